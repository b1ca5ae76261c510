/*
 * mm_engine_private.h - internal: what the parts of the engine share. Each part is one concern and one file:
 *   mm_engine.c          the calls: a command, time, figures
 *   mm_engine_start.c    StartMatchmaking and StartMatchBackfill: the checks, and the ticket
 *   mm_engine_search.c   looks for a match for a ticket
 *   mm_engine_match.c    a match that was found: is one, or is proposed
 *   mm_engine_accept.c   proposals: answers, time-outs, what becomes of their tickets
 *   mm_engine_end.c      how a ticket ends: stopped, left, timed out
 *   mm_engine_why.c      DescribeMatchmaking: why a ticket waits
 *   mm_engine_restore.c  replay
 *   mm_engine_walk.c     walks and snapshots
 *
 * A ticket that was handed to engine_match, engine_end or engine_drop may be gone when they return.
 */
#ifndef MATCHMAKING_MM_ENGINE_PRIVATE_H
#define MATCHMAKING_MM_ENGINE_PRIVATE_H

#include "mm_ended.h"
#include "mm_engine.h"
#include "mm_pool.h"
#include "mm_proposal.h"

struct mm_engine {
    mm_emit_fn *emit;
    void *emit_arg;
    struct mm_pools pools;
    struct mm_proposals proposals;
    struct mm_ended ended;
    struct mm_origin redriven; /* the last one */
    uint64_t seed, matches;
};

/* Handlers of commands. */
typedef void engine_command_fn(struct mm_engine *e, int64_t now_ms, const struct mm_command *c);
engine_command_fn engine_start, engine_backfill, engine_stop, engine_left, engine_accept, engine_describe;

void engine_refuse(struct mm_engine *e, const struct mm_command *c, const char *code, const char *message);

/* ---- searching and matching ---- */

/* Makes a match with t, or sets the timer to when there is something to do about it next. t may be gone after it. */
void engine_search(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t);

struct engine_seat {
    struct mm_ticket *ticket;
    size_t team; /* of its players; those of a backfill ticket are in their own */
};

struct engine_line { /* a match that was found */
    struct mm_pool *pool;
    const struct engine_seat *seats;
    size_t seat_count;
    const struct mm_tally *rules;
    size_t rule_count;
};

/* All of its tickets are COMPLETED, or REQUIRES_ACCEPTANCE. */
void engine_match(struct mm_engine *e, int64_t now_ms, const struct engine_line *line);

/* Emits it, as a MATCH, with its players' attributes unless these are too much for one record. */
void engine_emit_match(struct mm_engine *e, struct mm_transition *match);

/* ---- ends ---- */

struct engine_end { /* how a ticket ends; the reason is a code of proto/protocol.md */
    enum mm_ticket_state state;
    const char *reason;
};
extern const struct engine_end engine_replaced;

/* The ticket is over. In a proposal, that counts as its REJECT. issuer: who asked for it; NULL: nobody. */
void engine_end(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t, const struct engine_end *end,
                const struct mm_issuer *issuer);
/* As engine_end of a ticket that is in no proposal any more. match_id: of the one it ends with; "": none. */
void engine_end_with(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t, const struct engine_end *end,
                     const struct mm_issuer *issuer, const char *match_id);
void engine_forget(struct mm_engine *e, int64_t now_ms, struct mm_ticket **t); /* says nothing; its id is remembered */
bool engine_is_expired(const struct mm_ticket *t, int64_t now_ms);
void engine_expire(struct mm_engine *e, int64_t now_ms,
                   struct mm_ticket *t); /* its time is over, or its pool is gone */

/* ---- proposals ---- */

/* t: a match that was found, of these seats; asks their players. */
void engine_propose(struct mm_engine *e, int64_t now_ms, struct mm_transition *t, const struct engine_line *line);

struct engine_drop {
    enum mm_outcome outcome;
    const struct mm_issuer *issuer; /* who rejected by AcceptMatch; NULL: nobody did */
    struct mm_ticket *ended;        /* it ends so, whatever its players answered; or NULL */
    const struct engine_end *end;
    const struct mm_issuer *ended_by; /* NULL: nobody */
};
void engine_drop(struct mm_engine *e, int64_t now_ms, struct mm_proposal *p, const struct engine_drop *how);
void engine_time_out(struct mm_engine *e, int64_t now_ms, struct mm_proposal *p);

/* ---- mm_engine_walk.c ---- */

struct engine_players { /* of a ticket, in both shapes */
    struct mm_ticket_player texts[MM_BACKFILL_PLAYERS_MAX];
    struct mm_player ids[MM_BACKFILL_PLAYERS_MAX];
};

/* That it waits, where it stands, without attributes; borrows from both. */
struct mm_transition engine_waits(const struct mm_ticket *t, struct engine_players *players);

#endif
