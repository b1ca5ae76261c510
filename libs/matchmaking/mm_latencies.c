#include "mm_latencies.h"

#include <json-c/linkhash.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

struct tally { /* of one location */
    double sum, min, max;
    size_t players;
};

uint8_t mm_latency_parties(const struct mm_ruleset *r)
{
    unsigned parties = 0;

    for (size_t i = 0; i < r->rule_count; i++) {
        if (r->rules[i].type == MM_RULE_LATENCY)
            parties |= 1u << mm_latency_row(r->rules[i].party);
    }
    return (uint8_t)parties;
}

void mm_locations_free(struct mm_locations *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->names[i]);
    *l = (struct mm_locations){0};
}

/* The number of a location, a new one when there is room; MM_LOCATIONS_MAX: there is none. */
static size_t number_of(struct mm_locations *l, const char *name)
{
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->names[i], name) == 0)
            return i;
    }
    if (l->count < MM_LOCATIONS_MAX)
        l->names[l->count++] = mem_strdup(name);
    else
        return MM_LOCATIONS_MAX;
    return l->count - 1;
}

static void tally_add(struct tally *t, double ms)
{
    t->min = t->players == 0 || ms < t->min ? ms : t->min;
    t->max = t->players == 0 || ms > t->max ? ms : t->max;
    t->sum += ms;
    t->players++;
}

/* How many locations of the player were added. */
static size_t add_player(struct tally tallies[MM_LOCATIONS_MAX], struct mm_locations *locations,
                         json_object *latency_ms)
{
    size_t added = 0;

    if (latency_ms == NULL)
        return 0;
    json_object_object_foreach(latency_ms, name, ms)
    {
        size_t i = number_of(locations, name);

        if (i == MM_LOCATIONS_MAX)
            continue;
        tally_add(&tallies[i], json_object_get_double(ms));
        added++;
    }
    return added;
}

static float aggregate(const struct tally *t, enum mm_aggregation party)
{
    if (party == MM_PARTY_MIN)
        return (float)t->min;
    if (party == MM_PARTY_MAX)
        return (float)t->max;
    return (float)(t->sum / (double)t->players);
}

static void put_row(float *row, const struct tally *tallies, size_t count, size_t enough, enum mm_aggregation party)
{
    for (size_t i = 0; i < count; i++)
        row[i] = tallies[i].players < enough ? MM_LATENCY_UNKNOWN : aggregate(&tallies[i], party);
}

void mm_latencies_read(struct mm_latencies *out, uint8_t parties, enum mm_reporters reporters,
                       struct mm_locations *locations, const struct mm_player *players, size_t player_count)
{
    static const enum mm_aggregation rows[MM_LATENCY_ROWS] = {MM_PARTY_MIN, MM_PARTY_AVG, MM_PARTY_MAX};
    struct tally tallies[MM_LOCATIONS_MAX] = {0};
    size_t enough = reporters == MM_REPORTED_BY_ALL ? player_count : 1;
    float *row = out->ms;

    out->parties = player_count == 1 ? 0 : parties;
    out->silent = 0;
    for (size_t i = 0; i < player_count; i++)
        out->silent += add_player(tallies, locations, players[i].latency_ms) == 0;
    out->count = locations->count;
    while (out->count > 0 && tallies[out->count - 1].players < enough)
        out->count--;
    if (out->parties == 0)
        put_row(row, tallies, out->count, enough, MM_PARTY_AVG);
    for (size_t i = 0; i < MM_LATENCY_ROWS; i++) {
        if ((out->parties >> mm_latency_row(rows[i]) & 1) == 0)
            continue;
        put_row(row, tallies, out->count, enough, rows[i]);
        row += out->count;
    }
}
