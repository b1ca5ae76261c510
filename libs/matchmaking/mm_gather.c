#include "mm_gather.h"

#include <string.h>

#include "mm_scratch.h"
#include "mm_sets.h"

struct gather {
    const struct mm_lineup *l;
    const struct mm_expr *e;
    enum mm_aggregation party;
    size_t slot; /* of the attribute */
    struct mm_scratch *s;
    union {
        double *numbers;
        const char **strings;
        const struct mm_strings **sets;
    };
    size_t count;
};

/* Appends what the player on this seat, or the party that begins there, contributes; the next seat to ask. */
typedef int16_t gather_fn(struct gather *g, int16_t seat);

struct tally {
    double sum, min, max;
    size_t count;
};

static void tally_add(struct tally *t, double v)
{
    t->min = t->count == 0 || v < t->min ? v : t->min;
    t->max = t->count == 0 || v > t->max ? v : t->max;
    t->sum += v;
    t->count++;
}

static double tally_value(const struct tally *t, enum mm_aggregation party)
{
    if (party == MM_PARTY_MIN)
        return t->min;
    if (party == MM_PARTY_MAX)
        return t->max;
    return t->sum / (double)t->count;
}

static bool map_find(const struct mm_map *map, const char *key, double *out)
{
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->pairs[i].key, key) == 0) {
            *out = map->pairs[i].value;
            return true;
        }
    }
    return false;
}

static bool number_of(const struct mm_facts_player *p, size_t slot, const char *map_key, double *out)
{
    if (map_key != NULL)
        return map_find(p->data[slot].map, map_key, out);
    *out = p->data[slot].number;
    return true;
}

/* The next seat of the same team when it is of the same ticket, else -1. */
static int16_t next_of_ticket(const struct mm_lineup *l, int16_t seat)
{
    int16_t next = l->seats[seat].next;

    return next >= 0 && l->seats[next].ticket == l->seats[seat].ticket ? next : -1;
}

static int16_t gather_party_number(struct gather *g, int16_t seat)
{
    struct tally t = {0};
    int16_t next = seat;
    double v;

    do {
        seat = next;
        if (number_of(g->l->seats[seat].player, g->slot, g->e->map_key, &v))
            tally_add(&t, v);
        next = next_of_ticket(g->l, seat);
    } while (next >= 0);
    if (t.count > 0)
        g->numbers[g->count++] = tally_value(&t, g->party);
    return g->l->seats[seat].next;
}

static int16_t gather_number(struct gather *g, int16_t seat)
{
    double v;

    if (next_of_ticket(g->l, seat) >= 0)
        return gather_party_number(g, seat);
    if (number_of(g->l->seats[seat].player, g->slot, g->e->map_key, &v))
        g->numbers[g->count++] = v;
    return g->l->seats[seat].next;
}

static int16_t gather_list(struct gather *g, int16_t seat)
{
    const struct mm_strings *set = g->l->seats[seat].player->data[g->slot].strings;
    int16_t next;

    while ((next = next_of_ticket(g->l, seat)) >= 0) {
        const struct mm_strings *other = g->l->seats[next].player->data[g->slot].strings;

        set =
            g->party == MM_PARTY_INTERSECTION ? mm_set_intersection(set, other, g->s) : mm_set_union(set, other, g->s);
        seat = next;
    }
    g->sets[g->count++] = set;
    return g->l->seats[seat].next;
}

static int16_t gather_string(struct gather *g, int16_t seat)
{
    g->strings[g->count++] = g->l->seats[seat].player->data[g->slot].string;
    return g->l->seats[seat].next;
}

static int16_t gather_id(struct gather *g, int16_t seat)
{
    g->strings[g->count++] = g->l->seats[seat].player->id;
    return g->l->seats[seat].next;
}

static const struct kind {
    enum mm_leaf leaf;
    gather_fn *gather;
} ids = {MM_LEAF_STRING, gather_id}, of_attributes[] = {
                                         [MM_ATTRIBUTE_STRING] = {MM_LEAF_STRING, gather_string},
                                         [MM_ATTRIBUTE_NUMBER] = {MM_LEAF_NUMBER, gather_number},
                                         [MM_ATTRIBUTE_STRING_LIST] = {MM_LEAF_SET, gather_list},
                                         [MM_ATTRIBUTE_STRING_NUMBER_MAP] = {MM_LEAF_NUMBER, gather_number},
};

static struct mm_value gather_players(const struct mm_expr *e, enum mm_aggregation party, const struct mm_lineup *l,
                                      struct mm_scratch *s)
{
    bool attribute = e->source == MM_SOURCE_ATTRIBUTE;
    const struct mm_attribute *a = attribute ? &l->rules->attributes[e->attribute] : NULL;
    const struct kind *kind = attribute ? &of_attributes[a->type] : &ids;
    struct gather g = {.l = l, .e = e, .party = party, .slot = attribute ? a->slot : 0, .s = s};
    uint16_t *lengths = mm_scratch_take(s, e->team_count, sizeof(*lengths));

    _Static_assert(sizeof(double) == sizeof(char *), "leaves are of one size");
    g.numbers = mm_scratch_take(s, l->seat_count, sizeof(*g.numbers));
    for (size_t i = 0; i < e->team_count; i++) {
        size_t before = g.count;

        for (int16_t seat = l->teams[e->teams[i]].first; seat >= 0;)
            seat = kind->gather(&g, seat);
        lengths[i] = (uint16_t)(g.count - before);
    }
    return (struct mm_value){
        .leaf = kind->leaf,
        .depth = e->grouped ? 2 : 1,
        .count = g.count,
        .numbers = g.numbers,
        .lengths = lengths,
        .list_count = e->team_count,
    };
}

static struct mm_value gather_teams(const struct mm_expr *e, const struct mm_lineup *l, struct mm_scratch *s)
{
    const char **names = mm_scratch_take(s, e->team_count, sizeof(*names));

    for (size_t i = 0; i < e->team_count; i++)
        names[i] = l->rules->teams[e->teams[i]].name;
    return (struct mm_value){
        .leaf = MM_LEAF_STRING, .depth = e->grouped ? 1 : 0, .count = e->team_count, .strings = names};
}

static struct mm_value constant_strings(const struct mm_expr *e, struct mm_scratch *s)
{
    const struct mm_strings **sets = mm_scratch_take(s, 1, sizeof(*sets));
    struct mm_strings *set = mm_scratch_take(s, 1, sizeof(*set));

    *set = (struct mm_strings){.list = e->strings, .count = e->string_count};
    *sets = set;
    return (struct mm_value){.leaf = MM_LEAF_SET, .count = 1, .sets = sets};
}

struct mm_value mm_gather(const struct mm_expr *e, enum mm_aggregation party, const struct mm_lineup *l,
                          struct mm_scratch *s)
{
    switch (e->source) {
    case MM_SOURCE_NUMBER:
        return (struct mm_value){.leaf = MM_LEAF_NUMBER, .count = 1, .numbers = &e->number};
    case MM_SOURCE_STRING:
        return (struct mm_value){.leaf = MM_LEAF_STRING, .count = 1, .strings = &e->string};
    case MM_SOURCE_STRINGS:
        return constant_strings(e, s);
    case MM_SOURCE_TEAMS:
        return gather_teams(e, l, s);
    default:
        return gather_players(e, party, l, s);
    }
}

bool mm_ticket_number(const struct mm_facts *f, size_t slot, const char *map_key, enum mm_aggregation party,
                      double *out)
{
    struct tally t = {0};
    double v;

    for (size_t i = 0; i < f->player_count; i++) {
        if (number_of(&f->players[i], slot, map_key, &v))
            tally_add(&t, v);
    }
    if (t.count > 0)
        *out = tally_value(&t, party);
    return t.count > 0;
}
