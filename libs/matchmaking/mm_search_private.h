/*
 * mm_search_private.h - internal: what the parts of the search share.
 *   mm_search.c         who drives, and what becomes of what was found
 *   mm_search_find.c    a match of one driver: its phase, and in which order others come
 *   mm_search_hope.c    the quick no: can there be a match at all?
 *   mm_search_places.c  the locations of a large match
 *   mm_search_seat.c    into depth, and back
 *   mm_search_grow.c    a match that is legal becomes as large as it can
 */
#ifndef MATCHMAKING_MM_SEARCH_PRIVATE_H
#define MATCHMAKING_MM_SEARCH_PRIVATE_H

#include "mm_balance.h"
#include "mm_candidates.h"
#include "mm_search.h"

#define TRIED_SETS         256
#define SEARCH_COUNTS_FROM 8 /* matches of fewer players are sought without counting those in reach at each step */

struct mm_search {
    const struct mm_plan *plan;
    struct mm_lineup *lineup;
    struct mm_scratch *scratch;
    struct mm_candidates candidates, drivers;
    int64_t *passed, *failed; /* [rule_count] */
    uint16_t *team_order;

    /* of the search under way */
    const struct mm_query *q;
    const struct mm_phase *phase;
    int64_t work;
    size_t most_players;           /* of the match */
    struct mm_candidate forced[2]; /* the driver, and who must be in it too */
    size_t forced_count;
    enum search_others {
        OTHERS_ANY,
        OTHERS_FROM_OLDEST, /* the candidate `oldest` and younger ones */
        OTHERS_NONE,
    } others;
    size_t oldest;
    struct mm_narrow seated;         /* of the line-up that was found */
    uint64_t tried[TRIED_SETS];      /* sets of tickets that were balanced in vain */
    struct mm_seating before, after; /* scratch */
};

static inline bool search_age_is_of_oldest(const struct mm_search *s)
{
    return s->plan->rules->algorithm.age_of_oldest;
}

/* A match that driver's age decides, with required in it, which may be NULL. */
enum mm_found search_find(struct mm_search *s, struct mm_ticket *driver, struct mm_ticket *required);

/* Could each team be filled to its least with parties of the sizes that are left? */
bool search_sizes_fit(const struct mm_search *s);

/* Could a match still be filled with what these leave? Looks at the plan's first bound. */
bool search_can_fill(const struct mm_search *s, const struct mm_narrow *narrow);

/*
 * The locations of a large match, the most promising first: where the longest waiting can play; then, as
 * batchingPreference says, where most can, or the nearest to the driver. Without those where too few can. How many.
 */
size_t search_locations(struct mm_search *s, const struct mm_candidates_query *q, uint16_t order[MM_LOCATIONS_MAX]);

enum mm_found search_seat(struct mm_search *s);
enum mm_found search_seat_from_oldest(struct mm_search *s); /* the same; with the oldest candidate that can be in it */
void search_grow(struct mm_search *s);

/* The rules of the list; counts line-ups and work. */
bool search_check(struct mm_search *s, const size_t *rules, size_t count);
/* A line-up in which each team has its least: does it obey all that was not checked as it was seated? */
bool search_is_legal(struct mm_search *s, const struct mm_narrow *narrow);

#define NO_TEAM SIZE_MAX
struct search_teams { /* those that were tried for a ticket: {0} */
    uint64_t tried[(MM_MATCH_PLAYERS_MAX + 63) / 64];
};
/*
 * The team to try next, or NO_TEAM: teams below their least first, among these the one with the most open seats; of
 * empty teams that no rule tells apart one.
 */
size_t search_next_team(const struct mm_search *s, const struct mm_facts *f, struct search_teams *t);

#endif
