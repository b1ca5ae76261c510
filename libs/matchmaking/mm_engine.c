#include "mm_engine_private.h"

#include <stdlib.h>

#include "mem.h"

struct mm_engine *mm_engine_new(const struct mm_catalog *catalog, int32_t partition, mm_emit_fn *emit, void *arg)
{
    struct mm_engine *e = MEM_NEW(struct mm_engine);

    e->emit = emit;
    e->emit_arg = arg;
    for (size_t i = 0; i < catalog->count; i++) {
        const struct mm_configuration *c = &catalog->configurations[i];

        if (c->partition == partition)
            (void)mm_pools_add(&e->pools, c);
    }
    return e;
}

void mm_engine_free(struct mm_engine **e)
{
    if (*e == NULL)
        return;
    mm_pools_free(&(*e)->pools);
    mm_proposals_free(&(*e)->proposals);
    mm_ended_free(&(*e)->ended);
    free(*e);
    *e = NULL;
}

void mm_engine_seed(struct mm_engine *e, uint64_t seed)
{
    e->seed = seed;
    e->matches = 0;
}

void engine_refuse(struct mm_engine *e, const struct mm_command *c, const char *code, const char *message)
{
    bool party = c->type == MM_START && c->player_count > 1;

    e->emit(e->emit_arg, &(struct mm_transition){
                             .kind = MM_REFUSED,
                             .ticket_id = c->ticket_id,
                             .reason = code,
                             .message = message,
                             .players = party ? c->players : NULL,
                             .player_count = party ? c->player_count : 0,
                             .issuer = c->issuer,
                         });
}

/*
 * Dead letters are in the queue's order, but for repeats: of a ruler that died before it had said that they are out,
 * and of a redrive that was killed. Offsets begin anew with a topic that was made anew; times do not.
 */
static bool is_repeat(const struct mm_engine *e, const struct mm_origin *l)
{
    return l->offset <= e->redriven.offset && l->time_ms <= e->redriven.time_ms;
}

static void note_origin(struct mm_engine *e, const struct mm_origin *l)
{
    e->redriven.offset = l->offset;
    if (l->time_ms > e->redriven.time_ms)
        e->redriven.time_ms = l->time_ms;
    e->emit(e->emit_arg,
            &(struct mm_transition){.kind = MM_REDRIVEN, .offset = e->redriven.offset, .at_ms = e->redriven.time_ms});
}

bool mm_engine_apply(struct mm_engine *e, int64_t now_ms, const struct mm_command *c)
{
    static engine_command_fn *const handlers[MM_COMMAND_TYPES] = {
        [MM_START] = engine_start,   [MM_STOP] = engine_stop,         [MM_LEFT] = engine_left,
        [MM_ACCEPT] = engine_accept, [MM_BACKFILL] = engine_backfill, [MM_DESCRIBE] = engine_describe,
    };

    if (c->origin.time_ms != 0 && is_repeat(e, &c->origin))
        return false;
    if (c->origin.time_ms != 0)
        note_origin(e, &c->origin);
    mm_ended_forget(&e->ended, now_ms - MM_ENDED_MEMORY_MS);
    handlers[c->type](e, now_ms, c);
    return true;
}

static void on_ticket_due(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t)
{
    if (engine_is_expired(t, now_ms))
        engine_expire(e, now_ms, t);
    else
        engine_search(e, now_ms, t);
}

void mm_engine_tick(struct mm_engine *e, int64_t now_ms, size_t max)
{
    mm_ended_forget(&e->ended, now_ms - MM_ENDED_MEMORY_MS);
    for (size_t n = 0; n < max && mm_engine_due_ms(e) <= now_ms; n++) {
        if (mm_proposals_due_ms(&e->proposals) <= mm_timers_due_ms(&e->pools.timers))
            engine_time_out(e, now_ms, mm_proposal_first(&e->proposals));
        else
            on_ticket_due(e, now_ms, mm_ticket_due(&e->pools, now_ms));
    }
}

int64_t mm_engine_due_ms(const struct mm_engine *e)
{
    int64_t tickets_ms = mm_timers_due_ms(&e->pools.timers), proposals_ms = mm_proposals_due_ms(&e->proposals);

    return tickets_ms < proposals_ms ? tickets_ms : proposals_ms;
}

size_t mm_engine_waiting(const struct mm_engine *e)
{
    return e->pools.waiting;
}

size_t mm_engine_waiting_in(const struct mm_engine *e, const char *configuration)
{
    const struct mm_pool *pool = mm_pools_find(&e->pools, configuration);

    return pool == NULL ? 0 : pool->count;
}

int64_t mm_engine_oldest_ms(const struct mm_engine *e, const char *configuration)
{
    const struct mm_pool *pool = mm_pools_find(&e->pools, configuration);
    const struct mm_ticket *oldest = pool == NULL ? NULL : mm_pool_oldest(&e->pools, pool);

    return oldest == NULL ? -1 : oldest->start_ms;
}

size_t mm_engine_bytes(const struct mm_engine *e)
{
    return mm_pools_bytes(&e->pools) + mm_proposals_bytes(&e->proposals) + mm_ended_bytes(&e->ended);
}
