#include "mm_facts.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "mm_attributes.h"
#include "mm_datum.h"
#include "mm_latencies.h"

struct reading { /* what is known of the ticket before its block is made */
    const struct mm_ruleset *r;
    const struct mm_player *players;
    size_t player_count;
    const char *const *ids_borrowed;
    bool backfill;
    json_object **values; /* [player_count][slot_count], without the member that names the type; borrowed */
    struct mm_latencies *latencies;
    char *message;
};

static const char *refuse(const struct reading *g, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static const char *refuse(const struct reading *g, const char *code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(g->message, MM_MESSAGE_SIZE, format, args);
    va_end(args);
    return code;
}

/* Values. */

static const char *type_of(json_object *tagged)
{
    struct json_object_iterator i;

    if (!json_object_is_type(tagged, json_type_object) || json_object_object_length(tagged) == 0)
        return "no attribute value";
    i = json_object_iter_begin(tagged);
    return json_object_iter_peek_name(&i);
}

static const char *get_value(const struct reading *g, json_object *attributes, const struct mm_attribute *a,
                             json_object **value)
{
    json_object *tagged;

    if (!json_object_object_get_ex(attributes, a->name, &tagged)) {
        *value = a->fallback;
        if (*value != NULL || !a->used)
            return NULL;
        return refuse(g, "missing_attribute", "attribute \"%.100s\" is missing, and the rule set has no default for it",
                      a->name);
    }
    if (json_object_object_get_ex(tagged, mm_attribute_key(a->type), value) &&
        mm_attribute_check_value(a->type, *value, "", NULL) == 0)
        return NULL;
    return refuse(g, "invalid_attributes", "attribute \"%.100s\" must be of type %s, is %.20s", a->name,
                  mm_attribute_key(a->type), type_of(tagged));
}

static const char *get_values(const struct reading *g)
{
    for (size_t p = 0; p < g->player_count; p++) {
        for (size_t i = 0; i < g->r->attribute_count; i++) {
            const struct mm_attribute *a = &g->r->attributes[i];
            json_object *value;
            const char *code = get_value(g, g->players[p].attributes, a, &value);

            if (code != NULL)
                return code;
            if (a->used)
                g->values[p * g->r->slot_count + a->slot] = value;
        }
    }
    return NULL;
}

/* Teams. */

static size_t largest(const struct mm_ruleset *r, size_t family)
{
    size_t max = 0;

    for (size_t i = 0; i < r->phase_count; i++) {
        if (r->phases[i].families[family].max > max)
            max = r->phases[i].families[family].max;
    }
    return max;
}

static int team_of(const struct mm_ruleset *r, const struct mm_player *p)
{
    for (size_t i = 0; p->team != NULL && i < r->team_count; i++) {
        if (strcmp(r->teams[i].name, p->team) == 0)
            return (int)i;
    }
    return MM_NEVER;
}

/* Does any team take a party of this size? */
static const char *check_party(const struct reading *g)
{
    size_t max = 0;

    for (size_t i = 0; i < g->r->family_count; i++) {
        size_t of_family = largest(g->r, i);

        max = of_family > max ? of_family : max;
    }
    if (g->player_count <= max)
        return NULL;
    return refuse(g, "party_too_large", "%zu players are more than a team has, which is at most %zu", g->player_count,
                  max);
}

static const char *check_backfill(const struct reading *g)
{
    for (size_t team = 0; team < g->r->team_count; team++) {
        size_t count = 0, max = largest(g->r, g->r->teams[team].family);

        for (size_t i = 0; i < g->player_count; i++)
            count += team_of(g->r, &g->players[i]) == (int)team;
        if (count > max)
            return refuse(g, "party_too_large", "team \"%.100s\" has at most %zu players, not %zu",
                          g->r->teams[team].name, max, count);
    }
    for (size_t i = 0; i < g->player_count; i++) {
        if (team_of(g->r, &g->players[i]) == MM_NEVER)
            return refuse(g, "unknown_team", "the rule set has no team \"%.100s\"",
                          g->players[i].team == NULL ? "" : g->players[i].team);
    }
    return NULL;
}

static const char *get_latencies(const struct reading *g, struct mm_locations *locations)
{
    uint8_t parties = mm_latency_parties(g->r);

    g->latencies->parties = 0;
    g->latencies->count = 0;
    if (parties == 0)
        return NULL;
    mm_latencies_read(g->latencies, parties, g->backfill ? MM_REPORTED_BY_SOME : MM_REPORTED_BY_ALL, locations,
                      g->players, g->player_count);
    if (g->latencies->silent == 0 || g->backfill)
        return NULL;
    return refuse(g, "missing_latency", "the rule set needs every player's latency to some location");
}

static size_t latency_bytes(const struct mm_latencies *l)
{
    size_t rows = l->parties == 0 ? 1 : (size_t)__builtin_popcount(l->parties);

    return rows * l->count * sizeof(float);
}

/* The block: the ticket, its players, their values by slot, latencies, lists and maps; then all text. */

static size_t fixed_bytes(const struct reading *g)
{
    return sizeof(struct mm_facts) + g->player_count * sizeof(struct mm_facts_player) +
           g->player_count * g->r->slot_count * sizeof(union mm_datum);
}

static struct mm_room room_of(const struct reading *g)
{
    struct mm_room room = {.words = fixed_bytes(g)};

    for (size_t p = 0; p < g->player_count; p++) {
        if (g->ids_borrowed == NULL)
            mm_room_text(&room, g->players[p].id);
        for (size_t i = 0; i < g->r->attribute_count; i++) {
            const struct mm_attribute *a = &g->r->attributes[i];

            if (a->used)
                mm_datum_room(&room, a->type, g->values[p * g->r->slot_count + a->slot]);
        }
    }
    return room;
}

static void put_player(struct mm_facts_player *out, const struct reading *g, size_t p, union mm_datum *data,
                       struct mm_block *b)
{
    json_object *const *values = &g->values[p * g->r->slot_count];

    out->id = g->ids_borrowed != NULL ? g->ids_borrowed[p] : mm_block_text(b, g->players[p].id);
    out->team = g->backfill ? team_of(g->r, &g->players[p]) : MM_NEVER;
    out->data = data;
    for (size_t i = 0; i < g->r->attribute_count; i++) {
        const struct mm_attribute *a = &g->r->attributes[i];

        if (a->used)
            data[a->slot] = mm_datum_put(b, a->type, values[a->slot]);
    }
}

static struct mm_facts *make(const struct reading *g)
{
    struct mm_room room = room_of(g);
    size_t latency = latency_bytes(g->latencies);
    char *start = mem_alloc(room.words + latency + room.text);
    struct mm_block b = {.words = start, .text = start + room.words + latency};
    struct mm_facts *f = mm_block_words(&b, sizeof(*f) + g->player_count * sizeof(f->players[0]));
    union mm_datum *data = mm_block_words(&b, g->player_count * g->r->slot_count * sizeof(*data));

    f->player_count = (uint16_t)g->player_count;
    f->location_count = (uint16_t)g->latencies->count;
    f->latency_parties = g->latencies->parties;
    for (size_t p = 0; p < g->player_count; p++)
        put_player(&f->players[p], g, p, data + p * g->r->slot_count, &b);
    f->latency_ms = memcpy(start + room.words, g->latencies->ms, latency);
    return f;
}

const char *mm_facts_read(struct mm_facts **out, const struct mm_ruleset *r, struct mm_locations *locations,
                          const struct mm_player *players, size_t player_count, const char *const *ids_borrowed,
                          char message[MM_MESSAGE_SIZE])
{
    json_object *few[16];
    size_t values = player_count * r->slot_count;
    struct mm_latencies latencies;
    struct reading g = {
        .r = r,
        .players = players,
        .player_count = player_count,
        .ids_borrowed = ids_borrowed,
        .backfill = players[0].team != NULL,
        .latencies = &latencies,
        .values = values <= sizeof(few) / sizeof(few[0]) ? few : mem_alloc(values * sizeof(json_object *)),
    };
    const char *code;

    g.message = message;
    code = g.backfill ? check_backfill(&g) : check_party(&g);
    if (code == NULL)
        code = get_values(&g);
    if (code == NULL)
        code = get_latencies(&g, locations);
    if (code == NULL)
        *out = make(&g);
    if (g.values != few)
        free(g.values);
    return code;
}

bool mm_facts_is_backfill(const struct mm_facts *f)
{
    return f->players[0].team != MM_NEVER;
}

size_t mm_facts_bytes(struct mm_facts *f)
{
    return malloc_usable_size(f) + sizeof(size_t);
}
