#include "mm_search_private.h"

#include <math.h>
#include <string.h>

#define SCAN_MAX     ((size_t)2 * MM_MATCH_PLAYERS_MAX)
#define SUMS_MAX     63
#define COUNTED_FROM 3 /* for a pair, to count is as much work as to look for the other one */

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
 * All within a window of each other: so what counts is the fullest window that holds those who are seated. Twice as
 * many as needed in reach on both sides are enough on one of them, and need not be counted.
 */
bool search_can_fill(const struct mm_search *s, const struct mm_narrow *narrow)
{
    const struct mm_part *part = s->q->ticket->part;
    size_t least = s->phase->min_players, near;
    struct mm_entry entries[SCAN_MAX];
    struct mm_range r;

    if (least < COUNTED_FROM)
        return true;
    near = players_near(part, s->plan, s->phase, narrow, &r);
    if (near < least)
        return false;
    if (near >= 2 * least || s->plan->bound_count == 0 || part->backfill_players > 0)
        return true;
    return densest(entries, mm_index_scan(&part->index, &r, entries, SCAN_MAX), &r) >= least;
}

/* Which sums up to 63 the parties that wait and are not seated make. */
static uint64_t reachable_sums(const struct mm_search *s)
{
    uint32_t left[MM_TICKET_PLAYERS_MAX + 1];
    uint64_t sums = 1;

    memcpy(left, s->q->ticket->part->sizes, sizeof(left));
    for (size_t i = 0; i < s->lineup->ticket_count; i++)
        left[s->lineup->tickets[i].facts->player_count]--;
    for (unsigned size = 1; size <= MM_TICKET_PLAYERS_MAX; size++) {
        for (uint32_t i = 0; i < left[size] && i * size < SUMS_MAX; i++)
            sums |= sums << size;
    }
    return sums;
}

static bool has_parties(const struct mm_part *part)
{
    for (size_t size = 2; size <= MM_TICKET_PLAYERS_MAX; size++) {
        if (part->sizes[size] > 0)
            return true;
    }
    return false;
}

bool search_sizes_fit(const struct mm_search *s)
{
    const struct mm_part *part = s->q->ticket->part;
    uint64_t sums;

    if (part->backfill_players > 0 || !has_parties(part))
        return true;
    sums = reachable_sums(s);
    for (size_t i = 0; i < s->plan->rules->team_count; i++) {
        struct mm_size size = mm_phase_size(s->plan->rules, s->phase, i);
        size_t count = s->lineup->teams[i].count, span = size.max - (count > size.min ? count : size.min);

        if (count >= size.min || size.min - count > SUMS_MAX || span >= SUMS_MAX)
            continue;
        if ((sums >> (size.min - count) & ((UINT64_C(2) << span) - 1)) == 0)
            return false;
    }
    return true;
}
