/*
 * mm_search.h - internal: looks for a match around a ticket. Pure; deterministic.
 *
 * The driver is the ticket whose age decides which numbers are in force: the newest of the match, or the oldest where
 * the rule set says so. All others are older (or younger) than it, and come one by one, by age, out of the part of the
 * pool that its ticket may meet (mm_part). The search goes into depth, oldest first, and comes back: so a match that it
 * finds has the oldest ticket that any legal match of the driver has, and where it finds none there is none.
 *
 * Work is counted, not timed: so the same pool gives the same match on every machine. A search that uses up its budget
 * is unfinished, and is to be done again with a larger one; after the largest with small ones and in other orders, as
 * long as the ticket waits.
 */
#ifndef MATCHMAKING_MM_SEARCH_H
#define MATCHMAKING_MM_SEARCH_H

#include "mm_check.h"
#include "mm_lineup.h"
#include "mm_plan.h"
#include "mm_pool.h"

/* Units of work: 5,000 are some tenths of a millisecond. */
#define MM_WORK_LOOK   1  /* a candidate */
#define MM_WORK_SEAT   2  /* a team tried for it */
#define MM_WORK_CHECK  20 /* a rule checked */
#define MM_WORK_FIRST  20000
#define MM_WORK_LEVELS 8  /* each time twice as much: at most 128 times the first */
#define MM_SMALL_POOL  12 /* with so few tickets to meet, all of it at once: it is rarely needed */

enum mm_found { MM_FOUND_NOTHING, MM_FOUND_MATCH, MM_FOUND_UNFINISHED };

struct mm_query {
    const struct mm_pools *pools;
    const struct mm_pool *pool;
    struct mm_ticket *ticket; /* in a part */
    int64_t now_ms;
    int64_t work;     /* the budget */
    uint64_t shuffle; /* 0; or others are seated in an order drawn from this: other ways are tried first each time */
};

struct mm_search *mm_search_new(const struct mm_plan *plan);
void mm_search_free(struct mm_search **s); /* NULL is fine */

/* Its own numbers changed (a phase began): a match that it drives. */
enum mm_found mm_search_driven(struct mm_search *s, const struct mm_query *q);

/*
 * The same at a moment when other tickets' phases begin, too: of the matches that are possible now one with an older
 * ticket goes before, even if the ticket asked for is not in it.
 */
enum mm_found mm_search_oldest(struct mm_search *s, const struct mm_query *q);

/* It came into its part: a match that it drives, or that another one drives and it is in. */
enum mm_found mm_search_entered(struct mm_search *s, const struct mm_query *q);

/*
 * What was found, until the next search: owners are the tickets, in the order in which they were seated. Of teams that
 * no rule tells apart the one with the oldest ticket comes first: team_order[i] is the team of the line-up that is to
 * be called the rule set's i-th.
 */
const struct mm_lineup *mm_search_lineup(const struct mm_search *s);
const uint16_t *mm_search_team_order(const struct mm_search *s);

/* Line-ups of the last search that passed and failed, by rule. */
const int64_t *mm_search_passed(const struct mm_search *s);
const int64_t *mm_search_failed(const struct mm_search *s);

#endif
