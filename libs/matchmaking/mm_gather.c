#include "mm_gather.h"

#include <string.h>

#include "mm_scratch.h"
#include "mm_sets.h"

struct gather {
    const struct mm_seat *seats;
    enum mm_aggregation party;
    const char *map_key;
    size_t slot; /* of the attribute */
    struct mm_scratch *s;
    union { /* where the next leaf goes */
        double *numbers;
        const char **strings;
        const struct mm_strings **sets;
    };
};

/* Appends what the players of one team contribute; seat: the first of them. */
typedef void gather_fn(struct gather *g, int16_t seat);

struct tally {
    double sum, min, max;
    size_t count;
};

static inline void tally_add(struct tally *t, double v)
{
    t->min = t->count == 0 || v < t->min ? v : t->min;
    t->max = t->count == 0 || v > t->max ? v : t->max;
    t->sum += v;
    t->count++;
}

static inline double tally_value(const struct tally *t, enum mm_aggregation party)
{
    if (party == MM_PARTY_MIN)
        return t->min;
    if (party == MM_PARTY_MAX)
        return t->max;
    return t->sum / (double)t->count;
}

static const double *find_entry(const struct mm_map *map, const char *key)
{
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->pairs[i].key, key) == 0)
            return &map->pairs[i].value;
    }
    return NULL;
}

/* NULL: a map without this key. key NULL: the attribute is a number. */
static inline const double *number_of(const struct mm_facts_player *p, size_t slot, const char *key)
{
    return key == NULL ? &p->data[slot].number : find_entry(p->data[slot].map, key);
}

/* Is the next in the team of the same ticket? */
static inline bool goes_on(const struct mm_seat *seats, int16_t seat)
{
    int16_t next = seats[seat].next;

    return next >= 0 && seats[next].ticket == seats[seat].ticket;
}

/* Inlined into the two below, so that plain numbers do not ask for a key at each seat: this is where checks spend most
 * of their time. */
static inline __attribute__((always_inline)) void gather(struct gather *g, int16_t seat, const char *key)
{
    const struct mm_seat *seats = g->seats;
    double *out = g->numbers;

    while (seat >= 0) {
        struct tally t = {0};
        const double *v = number_of(seats[seat].player, g->slot, key);

        if (!goes_on(seats, seat)) {
            if (v != NULL)
                *out++ = *v;
            seat = seats[seat].next;
            continue;
        }
        for (bool more = true; more; seat = seats[seat].next) {
            v = number_of(seats[seat].player, g->slot, key);
            if (v != NULL)
                tally_add(&t, *v);
            more = goes_on(seats, seat);
        }
        if (t.count > 0)
            *out++ = tally_value(&t, g->party);
    }
    g->numbers = out;
}

static void gather_numbers(struct gather *g, int16_t seat)
{
    gather(g, seat, NULL);
}

static void gather_entries(struct gather *g, int16_t seat)
{
    gather(g, seat, g->map_key);
}

static void gather_lists(struct gather *g, int16_t seat)
{
    while (seat >= 0) {
        const struct mm_strings *set = g->seats[seat].player->data[g->slot].strings;

        for (; goes_on(g->seats, seat); seat = g->seats[seat].next) {
            const struct mm_strings *other = g->seats[g->seats[seat].next].player->data[g->slot].strings;

            set = g->party == MM_PARTY_INTERSECTION ? mm_set_intersection(set, other, g->s)
                                                    : mm_set_union(set, other, g->s);
        }
        *g->sets++ = set;
        seat = g->seats[seat].next;
    }
}

static void gather_strings(struct gather *g, int16_t seat)
{
    for (; seat >= 0; seat = g->seats[seat].next)
        *g->strings++ = g->seats[seat].player->data[g->slot].string;
}

static void gather_ids(struct gather *g, int16_t seat)
{
    for (; seat >= 0; seat = g->seats[seat].next)
        *g->strings++ = g->seats[seat].player->id;
}

static const struct kind {
    enum mm_leaf leaf;
    gather_fn *gather;
} ids = {MM_LEAF_STRING, gather_ids}, of_attributes[] = {
                                          [MM_ATTRIBUTE_STRING] = {MM_LEAF_STRING, gather_strings},
                                          [MM_ATTRIBUTE_NUMBER] = {MM_LEAF_NUMBER, gather_numbers},
                                          [MM_ATTRIBUTE_STRING_LIST] = {MM_LEAF_SET, gather_lists},
                                          [MM_ATTRIBUTE_STRING_NUMBER_MAP] = {MM_LEAF_NUMBER, gather_entries},
};

/* What of each player: the id, or an attribute. */
static struct mm_value gather_each(const struct mm_expr *e, enum mm_aggregation party, const struct mm_lineup *l,
                                   struct mm_scratch *s)
{
    const struct mm_attribute *a = e->source == MM_SOURCE_ATTRIBUTE ? &l->rules->attributes[e->attribute] : NULL;
    const struct kind *kind = a != NULL ? &of_attributes[a->type] : &ids;
    struct gather g = {.seats = l->seats, .party = party, .map_key = e->map_key, .s = s};
    uint16_t *lengths = mm_scratch_take(s, e->team_count, sizeof(*lengths));
    double *leaves = mm_scratch_take(s, l->seat_count, sizeof(*leaves));

    _Static_assert(sizeof(double) == sizeof(char *), "leaves are of one size");
    g.numbers = leaves;
    g.slot = a != NULL ? a->slot : 0;
    for (size_t i = 0; i < e->team_count; i++) {
        const double *before = g.numbers;

        kind->gather(&g, l->teams[e->teams[i]].first);
        lengths[i] = (uint16_t)(g.numbers - before);
    }
    return (struct mm_value){
        .leaf = kind->leaf,
        .depth = e->grouped ? 2 : 1,
        .count = (size_t)(g.numbers - leaves),
        .numbers = leaves,
        .lengths = lengths,
        .list_count = e->team_count,
    };
}

/* Players and teams themselves are only ever counted: there are no leaves. */
static struct mm_value gather_players(const struct mm_expr *e, const struct mm_lineup *l, struct mm_scratch *s)
{
    uint16_t *lengths = mm_scratch_take(s, e->team_count, sizeof(*lengths));
    struct mm_value v = {
        .leaf = MM_LEAF_NONE, .depth = e->grouped ? 2 : 1, .lengths = lengths, .list_count = e->team_count};

    for (size_t i = 0; i < e->team_count; i++) {
        lengths[i] = l->teams[e->teams[i]].count;
        v.count += lengths[i];
    }
    return v;
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
        return (struct mm_value){.leaf = MM_LEAF_NONE, .depth = e->grouped ? 1 : 0, .count = e->team_count};
    case MM_SOURCE_PLAYERS:
        return gather_players(e, l, s);
    default:
        return gather_each(e, party, l, s);
    }
}

double mm_ticket_number(const struct mm_facts *f, size_t slot, enum mm_aggregation party)
{
    struct tally t = {0};

    if (f->player_count == 1)
        return f->players[0].data[slot].number;
    for (size_t i = 0; i < f->player_count; i++)
        tally_add(&t, f->players[i].data[slot].number);
    return tally_value(&t, party);
}
