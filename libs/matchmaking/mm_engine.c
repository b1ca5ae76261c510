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
            (void)mm_pools_add(&e->pools, c->name, c->rules, c->request_timeout_ms);
    }
    return e;
}

void mm_engine_free(struct mm_engine **e)
{
    if (*e == NULL)
        return;
    mm_pools_free(&(*e)->pools);
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
    e->emit(e->emit_arg, &(struct mm_transition){
                             .kind = MM_REFUSED,
                             .ticket_id = c->ticket_id,
                             .reason = code,
                             .message = message,
                             .issuer = c->issuer,
                         });
}

static void not_served(struct mm_engine *e, int64_t now_ms, const struct mm_command *c)
{
    (void)now_ms;
    engine_refuse(e, c, "ticket_not_found", "no such ticket is open");
}

void mm_engine_apply(struct mm_engine *e, int64_t now_ms, const struct mm_command *c)
{
    static void (*const handlers[MM_COMMAND_TYPES])(struct mm_engine *, int64_t, const struct mm_command *) = {
        [MM_START] = engine_start, [MM_STOP] = engine_stop,    [MM_LEFT] = engine_left,
        [MM_ACCEPT] = not_served,  [MM_BACKFILL] = not_served, [MM_DESCRIBE] = not_served,
    };

    mm_ended_forget(&e->ended, now_ms - MM_ENDED_MEMORY_MS);
    handlers[c->type](e, now_ms, c);
}

void mm_engine_tick(struct mm_engine *e, int64_t now_ms, size_t max)
{
    struct mm_ticket *t;

    mm_ended_forget(&e->ended, now_ms - MM_ENDED_MEMORY_MS);
    for (size_t n = 0; n < max && (t = mm_ticket_due(&e->pools, now_ms)) != NULL; n++) {
        if (engine_is_expired(t, now_ms))
            engine_end(e, now_ms, t, &engine_timed_out, NULL);
        else
            engine_search(e, now_ms, t);
    }
}

int64_t mm_engine_due_ms(const struct mm_engine *e)
{
    return mm_timers_due_ms(&e->pools.timers);
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
    return mm_pools_bytes(&e->pools) + mm_ended_bytes(&e->ended);
}
