#include "mm_search_private.h"

static const struct mm_phase *phase_of(const struct mm_search *s, const struct mm_ticket *driver)
{
    int64_t age_ms = s->q->now_ms - driver->facts->since_ms;

    return mm_ruleset_phase(s->plan->rules, age_ms > 0 ? age_ms : 0);
}

/* Seats that are to stay free do not make a match smaller than it must be. */
static size_t most_players(const struct mm_search *s)
{
    size_t free_seats = s->q->pool->additional_players, max = s->phase->max_players, min = s->phase->min_players;

    return max >= min + free_seats ? max - free_seats : min;
}

/* What those who must be in it leave; false: they do not go together. */
static bool force(struct mm_search *s, struct mm_ticket *driver, struct mm_ticket *required, struct mm_narrow *out)
{
    struct mm_narrow nobody = mm_narrow_none();
    int bound;

    s->forced_count = required == NULL ? 1 : 2;
    mm_candidate_read(&s->forced[0], s->plan, s->phase, driver);
    if (!mm_narrow_by(s->plan, s->phase, &nobody, &s->forced[0], out, &bound))
        return false;
    if (required == NULL)
        return true;
    mm_candidate_read(&s->forced[1], s->plan, s->phase, required);
    return mm_narrow_by(s->plan, s->phase, out, &s->forced[1], out, &bound);
}

/* In a large match a location is chosen first: one that is good for few would have them all leave again. */
static enum mm_found seat_by_location(struct mm_search *s, struct mm_candidates_query *q)
{
    uint64_t all = q->narrow.locations;
    uint16_t order[MM_LOCATIONS_MAX];
    enum mm_found found = MM_FOUND_NOTHING;
    size_t count = search_locations(s, q, order);

    for (size_t i = 0; i < count && found == MM_FOUND_NOTHING; i++) {
        s->forced[0].locations = all & UINT64_C(1) << order[i];
        q->narrow.locations = s->forced[0].locations;
        mm_candidates_begin(&s->candidates, q);
        found = search_seat_from_oldest(s);
    }
    return found;
}

/*
 * Sorts are relative to the oldest ticket of the match: it is built around it. So each that can be the oldest is taken
 * for it in turn, and the others are younger; if none can, there is the driver alone.
 */
static enum mm_found seat_around_oldest(struct mm_search *s, struct mm_candidates_query *q)
{
    struct mm_candidates_query by_age = *q;
    enum mm_found found = MM_FOUND_NOTHING;
    const struct mm_candidate *oldest;

    by_age.by_age = true;
    mm_candidates_begin(&s->drivers, &by_age);
    q->another = q->around;
    for (size_t i = 0; found == MM_FOUND_NOTHING && (oldest = mm_candidates_get(&s->drivers, i, &s->work)) != NULL;
         i++) {
        s->forced[1] = *oldest;
        s->forced_count = 2;
        q->around = oldest->ticket;
        q->after = oldest->ticket->order;
        mm_candidates_begin(&s->candidates, q);
        found = search_seat(s);
    }
    if (found != MM_FOUND_NOTHING || s->work <= 0)
        return found == MM_FOUND_NOTHING ? MM_FOUND_UNFINISHED : found;
    s->forced_count = 1;
    q->after = q->before;
    mm_candidates_begin(&s->candidates, q);
    return search_seat(s);
}

/* Two alone against each other: the first that fits is the oldest. */
static bool is_plain(const struct mm_search *s)
{
    return search_age_is_of_oldest(s) || (s->plan->all_alike && s->q->ticket->part->backfill_players == 0 &&
                                          s->phase->min_players == 2 && s->phase->max_players == 2);
}

static enum mm_found seat(struct mm_search *s, struct mm_candidates_query *q)
{
    for (size_t i = 0; i < TRIED_SETS && s->plan->balance_slot != MM_NEVER; i++)
        s->tried[i] = 0;
    if (s->plan->rules->large && q->narrow.locations != UINT64_MAX)
        return seat_by_location(s, q);
    if (s->plan->sort_count > 0 && s->forced_count == 1 && !search_age_is_of_oldest(s) && q->shuffle == 0)
        return seat_around_oldest(s, q);
    mm_candidates_begin(&s->candidates, q);
    return is_plain(s) || q->shuffle != 0 ? search_seat(s) : search_seat_from_oldest(s);
}

enum mm_found search_find(struct mm_search *s, struct mm_ticket *driver, struct mm_ticket *required)
{
    struct mm_candidates_query q = {
        .pools = s->q->pools,
        .part = s->q->ticket->part,
        .around = driver,
        .another = required,
        .after = search_age_is_of_oldest(s) ? driver->order : 0,
        .before = search_age_is_of_oldest(s) ? UINT64_MAX : driver->order,
        .now_ms = s->q->now_ms,
        .shuffle = s->q->shuffle,
    };
    enum mm_found found;

    q.phase = s->phase = phase_of(s, driver);
    s->most_players = most_players(s);
    if (!force(s, driver, required, &q.narrow) || !search_can_fill(s, &q.narrow))
        return MM_FOUND_NOTHING;
    found = seat(s, &q);
    if (found == MM_FOUND_MATCH)
        search_grow(s);
    return found;
}
