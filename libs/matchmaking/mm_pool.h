/*
 * mm_pool.h - internal: the waiting tickets of a partition: by id, by player, by value, by time. Decides nothing.
 */
#ifndef MATCHMAKING_MM_POOL_H
#define MATCHMAKING_MM_POOL_H

#include "buf.h"
#include "mm_catalog.h"
#include "mm_cursor.h"
#include "mm_part.h"
#include "mm_table.h"
#include "mm_ticket.h"
#include "mm_timers.h"

#define MM_WAITS_KEPT 32

struct mm_pool { /* of one configuration */
    char *name;
    const struct mm_ruleset *rules; /* borrowed; NULL: the configuration is gone, its restored tickets are to end */
    struct mm_plan *plan;
    struct mm_search *search;
    struct mm_parts parts;
    struct mm_locations locations;
    int64_t request_timeout_ms;
    int64_t acceptance_timeout_ms; /* 0: matches need no acceptance */
    size_t additional_players;     /* seats that a match leaves free */
    size_t count;
    int64_t newest_since_ms;
    int64_t busy_until_ms;        /* searches that did not end go on one after the other */
    int64_t shuffled_until_ms;    /* likewise those that go on in another order */
    int64_t waits[MM_WAITS_KEPT]; /* of the tickets matched last */
    size_t wait_count;            /* in all, also those not kept */
};

struct mm_pools {
    struct mm_pool **list;
    size_t count;
    struct mm_ticket **by_number; /* NULL: the number is spare */
    uint32_t numbers;             /* given so far: 0 .. numbers - 1 */
    uint32_t *spares;
    size_t numbers_max, spare_count, spares_max;
    struct mm_table tickets, players; /* by id */
    struct mm_table sessions;         /* backfill tickets, by game session */
    struct mm_timers timers;
    uint64_t arrivals;
    size_t waiting, ticket_bytes;
    struct buf texts; /* scratch: those of a ticket that is being made */
};

struct mm_pool *mm_pools_find(const struct mm_pools *ps, const char *configuration); /* NULL: none */
struct mm_pool *mm_pools_add(struct mm_pools *ps, const struct mm_configuration *c);
struct mm_pool *mm_pools_add_gone(struct mm_pools *ps, const char *configuration); /* what is in it is to time out */
void mm_pools_free(struct mm_pools *ps);                                           /* with all tickets */
size_t mm_pools_bytes(const struct mm_pools *ps);

/* It has no timer yet, and nobody finds it. The id and the players must not be waiting. */
struct mm_ticket *mm_ticket_add(struct mm_pools *ps, struct mm_pool *pool, const struct mm_arrival *a);
void mm_ticket_remove(struct mm_pools *ps, struct mm_ticket **t);
bool mm_ticket_enter(struct mm_ticket *t); /* from now on others find it; false: its own players fit no match */
void mm_ticket_propose(struct mm_pools *ps, struct mm_ticket *t); /* nobody finds it, and it has no timer */
void mm_ticket_back(struct mm_ticket *t);                         /* others find it again; it has no timer */

struct mm_ticket *mm_ticket_find(const struct mm_pools *ps, const char *ticket_id); /* NULL: none */
struct mm_ticket *mm_ticket_of_player(const struct mm_pools *ps, const char *player_id);
struct mm_ticket *mm_ticket_of_session(const struct mm_pools *ps, const char *game_session); /* backfill tickets */
struct mm_ticket *mm_ticket_due(const struct mm_pools *ps, int64_t now_ms); /* the first whose timer is due, or NULL */
void mm_ticket_wake(struct mm_pools *ps, const struct mm_ticket *t, int64_t at_ms); /* its timer, set or moved */

struct mm_ticket *mm_pool_oldest(const struct mm_pools *ps, const struct mm_pool *pool); /* NULL: nobody is found */

/* One of its tickets was matched after so long; and how long that took on average lately, -1: not known. */
void mm_pool_waited(struct mm_pool *pool, int64_t wait_ms);
int64_t mm_pool_estimate_ms(const struct mm_pool *pool);

void mm_pools_walk(const struct mm_pools *ps, struct mm_cursor *c);
struct mm_ticket *mm_pools_next(const struct mm_pools *ps, struct mm_cursor *c); /* NULL: that was the last one */

static inline int64_t mm_ticket_expiry_ms(const struct mm_ticket *t)
{
    return mm_ticket_since_ms(t) + t->pool->request_timeout_ms;
}

#endif
