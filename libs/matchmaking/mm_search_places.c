#include "mm_search_private.h"

#define LOOKED_AT 2000 /* candidates, the oldest; more tell no more of where most are */

struct place { /* a location */
    uint16_t location;
    size_t players;
    uint64_t oldest; /* of the candidates who can play there */
    double latency_ms;
};

static void count_at(struct place *places, size_t count, const struct mm_candidate *c, uint64_t order)
{
    for (size_t i = 0; i < count; i++) {
        if ((c->locations >> places[i].location & 1) == 0)
            continue;
        places[i].players += c->ticket->player_count;
        places[i].oldest = order < places[i].oldest ? order : places[i].oldest;
    }
}

/* False: there are more candidates than were counted. */
static bool count_all(struct mm_search *s, const struct mm_candidates_query *q, struct place *places, size_t count)
{
    const struct mm_candidate *c;

    mm_candidates_begin(&s->candidates, q);
    for (size_t i = 0; i < LOOKED_AT && (c = mm_candidates_get(&s->candidates, i, &s->work)) != NULL; i++)
        count_at(places, count, c, c->ticket->order);
    for (size_t i = 0; i < s->forced_count; i++)
        count_at(places, count, &s->forced[i], UINT64_MAX);
    return s->candidates.done && s->work > 0;
}

static size_t find_places(const struct mm_search *s, uint64_t locations, struct place *places)
{
    const struct mm_facts *f = s->forced[0].ticket->facts;
    size_t count = 0;

    for (uint16_t i = 0; i < f->location_count; i++) {
        if ((locations >> i & 1) != 0)
            places[count++] = (struct place){.location = i,
                                             .oldest = UINT64_MAX,
                                             .latency_ms = (double)mm_facts_latency(f, s->plan->reaches[0].party)[i]};
    }
    return count;
}

/* Who waited longest first; then as batchingPreference says. */
static bool is_better(const struct mm_search *s, const struct place *a, const struct place *b)
{
    if (a->oldest != b->oldest)
        return a->oldest < b->oldest;
    if (s->plan->rules->algorithm.batching == MM_BATCH_FASTEST_REGION)
        return a->latency_ms < b->latency_ms;
    return a->players > b->players;
}

size_t search_locations(struct mm_search *s, const struct mm_candidates_query *q, uint16_t order[MM_LOCATIONS_MAX])
{
    struct place places[MM_LOCATIONS_MAX], sorted[MM_LOCATIONS_MAX];
    size_t found = find_places(s, q->narrow.locations, places), count = 0;
    bool counted = count_all(s, q, places, found);

    for (size_t i = 0; i < found; i++) {
        size_t at = count;

        if (counted && places[i].players < s->phase->min_players)
            continue;
        for (; at > 0 && is_better(s, &places[i], &sorted[at - 1]); at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = places[i];
        count++;
    }
    for (size_t i = 0; i < count; i++)
        order[i] = sorted[i].location;
    return count;
}
