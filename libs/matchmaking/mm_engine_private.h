/*
 * mm_engine_private.h - internal: what the parts of the engine share. Each part is one concern and one file:
 *   mm_engine.c          the calls: a command, time, figures
 *   mm_engine_start.c    StartMatchmaking: the checks, and the ticket
 *   mm_engine_end.c      how a ticket ends: stopped, left, timed out
 *   mm_engine_search.c   looks for a match for a ticket, and makes it
 *   mm_engine_restore.c  replay
 *   mm_engine_walk.c     walks and snapshots
 */
#ifndef MATCHMAKING_MM_ENGINE_PRIVATE_H
#define MATCHMAKING_MM_ENGINE_PRIVATE_H

#include "mm_ended.h"
#include "mm_engine.h"
#include "mm_pool.h"

struct mm_engine {
    mm_emit_fn *emit;
    void *emit_arg;
    struct mm_pools pools;
    struct mm_ended ended;
    uint64_t seed, matches;
};

/* Handlers of commands. */
void engine_start(struct mm_engine *e, int64_t now_ms, const struct mm_command *c);
void engine_stop(struct mm_engine *e, int64_t now_ms, const struct mm_command *c);
void engine_left(struct mm_engine *e, int64_t now_ms, const struct mm_command *c);

void engine_refuse(struct mm_engine *e, const struct mm_command *c, const char *code, const char *message);

struct engine_end { /* how a ticket ends; the reason is a code of proto/protocol.md */
    enum mm_ticket_state state;
    const char *reason;
};
extern const struct engine_end engine_replaced, engine_timed_out;

/* Emits the end and forgets the ticket. issuer: who asked for it; NULL: nobody. */
void engine_end(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t, const struct engine_end *end,
                const struct mm_issuer *issuer);
void engine_forget(struct mm_engine *e, int64_t now_ms, struct mm_ticket **t); /* says nothing; its id is remembered */
bool engine_is_expired(const struct mm_ticket *t, int64_t now_ms);

/* Makes a match with t, or sets the timer to when there is something to do about it next. t may be gone after it. */
void engine_search(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t);

#endif
