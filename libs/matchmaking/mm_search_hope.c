#include "mm_search_private.h"

#include <math.h>

#define SCAN_MAX (2 * MM_MATCH_PLAYERS_MAX)

static size_t players_near(const struct mm_part *part, const struct mm_plan *p, const struct mm_phase *phase,
                           const struct mm_narrow *n, struct mm_range *r)
{
    *r = (struct mm_range){0, 0, (double)INFINITY, 0, UINT64_MAX, UINT64_MAX};
    if (p->bound_count > 0) {
        r->low = n->spreads[0].low;
        r->high = n->spreads[0].high;
        r->window = mm_plan_window(p, phase, 0);
    }
    return mm_index_players(&part->index, r) + part->backfill_players;
}

/* The most players in a window over the sorted keys that holds all from low to high. */
static size_t densest(const struct mm_entry *entries, size_t count, const struct mm_range *r)
{
    size_t best = 0, players = 0, end = 0;

    for (size_t i = 0; i < count; i++) {
        double from = fmin(entries[i].key, r->low);

        for (; end < count && entries[end].key - from <= r->window; end++)
            players += entries[end].players;
        best = players > best ? players : best;
        if (entries[i].key > r->low)
            break;
        players -= entries[i].players;
    }
    return best;
}

/*
 * All within a window of each other: so what counts is the fullest window that holds those who are seated. Twice as many
 * as needed in reach on both sides are enough on one of them, and need not be counted.
 */
bool search_can_fill(const struct mm_search *s, const struct mm_narrow *narrow)
{
    const struct mm_part *part = s->q->ticket->part;
    size_t least = s->phase->min_players, near;
    struct mm_entry entries[SCAN_MAX];
    struct mm_range r;

    near = players_near(part, s->plan, s->phase, narrow, &r);
    if (near < least)
        return false;
    if (near >= 2 * least || s->plan->bound_count == 0 || part->backfill_players > 0)
        return true;
    return densest(entries, mm_index_scan(&part->index, &r, entries, SCAN_MAX), &r) >= least;
}

/* Which sums up to 63 the parties that wait make. */
static uint64_t reachable_sums(const struct mm_part *part)
{
    uint64_t sums = 1;

    for (unsigned size = 1; size <= MM_TICKET_PLAYERS_MAX; size++) {
        uint32_t tickets = part->sizes[size];

        for (uint32_t i = 0; i < tickets && i * size < MM_SMALL_MATCH_MAX; i++)
            sums |= sums << size;
    }
    return sums;
}

static bool can_fill_each_team(const struct mm_search *s, const struct mm_part *part)
{
    uint64_t sums = reachable_sums(part);

    for (size_t i = 0; i < s->plan->rules->family_count; i++) {
        struct mm_size size = s->phase->families[i];
        uint64_t enough = sums >> size.min;

        if ((enough & ((UINT64_C(2) << (size.max - size.min)) - 1)) == 0)
            return false;
    }
    return true;
}

bool search_has_hope(const struct mm_search *s, const struct mm_candidates_query *q)
{
    if (!search_can_fill(s, &q->narrow))
        return false;
    return s->plan->rules->large || q->part->backfill_players > 0 || can_fill_each_team(s, q->part);
}
