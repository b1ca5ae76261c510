#include "mm_search_private.h"

#define LOOKED_AT 2000 /* candidates, the oldest; more tell no more of where most are */

static void count_at(const struct mm_candidate *c, size_t players[MM_LOCATIONS_MAX])
{
    for (size_t i = 0; i < MM_LOCATIONS_MAX; i++)
        players[i] += (c->locations >> i & 1) != 0 ? c->ticket->player_count : 0;
}

static void count_all(struct mm_search *s, const struct mm_candidates_query *q, size_t players[MM_LOCATIONS_MAX])
{
    const struct mm_candidate *c;

    mm_candidates_begin(&s->candidates, q);
    for (size_t i = 0; i < LOOKED_AT && (c = mm_candidates_get(&s->candidates, i, &s->work)) != NULL; i++)
        count_at(c, players);
    for (size_t i = 0; i < s->forced_count; i++)
        count_at(&s->forced[i], players);
}

/* Greater is better. */
static double promise(const struct mm_search *s, size_t location, const size_t players[MM_LOCATIONS_MAX])
{
    if (s->plan->rules->algorithm.batching == MM_BATCH_FASTEST_REGION)
        return -(double)mm_facts_latency(s->forced[0].ticket->facts, s->plan->reaches[0].party)[location];
    return (double)players[location];
}

size_t search_locations(struct mm_search *s, const struct mm_candidates_query *q, uint16_t order[MM_LOCATIONS_MAX])
{
    size_t players[MM_LOCATIONS_MAX] = {0}, count = 0;
    bool counted;

    count_all(s, q, players);
    counted = s->candidates.done && s->work > 0;
    for (uint16_t i = 0; i < s->forced[0].ticket->facts->location_count; i++) {
        size_t place = count;

        if ((q->narrow.locations >> i & 1) == 0 || (counted && players[i] < s->phase->min_players))
            continue;
        for (; place > 0 && promise(s, order[place - 1], players) < promise(s, i, players); place--)
            order[place] = order[place - 1];
        order[place] = i;
        count++;
    }
    return count;
}
