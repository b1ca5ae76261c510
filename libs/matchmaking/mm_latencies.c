#include "mm_latencies.h"

#include <json-c/linkhash.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

struct tally { /* of one location */
    double sum, min, max;
    size_t players;
};

const struct mm_rule *mm_latency_rule(const struct mm_ruleset *r)
{
    for (size_t i = 0; i < r->rule_count; i++) {
        if (r->rules[i].type == MM_RULE_LATENCY)
            return &r->rules[i];
    }
    return NULL;
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

void mm_latencies_read(struct mm_latencies *out, enum mm_aggregation party, enum mm_reporters reporters,
                       struct mm_locations *locations, const struct mm_player *players, size_t player_count)
{
    struct tally tallies[MM_LOCATIONS_MAX] = {0};
    size_t enough = reporters == MM_REPORTED_BY_ALL ? player_count : 1;

    out->count = 0;
    out->silent = 0;
    for (size_t i = 0; i < player_count; i++)
        out->silent += add_player(tallies, locations, players[i].latency_ms) == 0;
    for (size_t i = 0; i < locations->count; i++) {
        out->ms[i] = MM_LATENCY_UNKNOWN;
        if (tallies[i].players < enough)
            continue;
        out->ms[i] = aggregate(&tallies[i], party);
        out->count = i + 1;
    }
}
