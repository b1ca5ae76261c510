/* generation.c - see generation.h. */
#include "generation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "err.h"
#include "generation_keys.h"
#include "id.h"
#include "log.h"
#include "mem.h"
#include "players_redis.h"

/* The store does not tell when it has connected again: while there is no contact we look often, which costs nothing. */
enum { LOOK_MS = 20 };

/* A key of it, and what it held when it was read last; "": never. */
struct part {
    struct generation *owner;
    const char *key;
    char value[GENERATION_SIZE];
};

struct generation {
    struct store *store; /* not owned */
    uv_timer_t timer;    /* one shot: the next poll; not armed while one is on its way */
    generation_fn *on_new;
    void *arg; /* not owned */
    char now[GENERATION_SIZE];
    int64_t since_ms, answered_ms; /* monotonic: the first and the last answer of the contact; since_ms -1: none */
    bool refused_before;           /* Redis refused a poll, and that was logged */
    bool timer_open;               /* freed when neither the timer is open nor a poll on its way */

    size_t waiting; /* answers to come of the poll that is on its way; the fields below are about that one */
    bool whole;     /* all keys are asked, not one a server only */
    bool lost, refused, changed;
    uint64_t losses; /* the store's, when it began */

    char keys[GENERATION_KEYS][GENERATION_KEY_SIZE];
    struct part parts[GENERATION_KEYS];
    size_t count;
};

/* SET NX GET in one step, which Redis has since 7.0 only. What is not of our making is replaced. */
static struct store_script poll_script = {
    /* KEYS generation; ARGV the one to write when there is none */
    .text = "local now = redis.call('GET', KEYS[1])\n"
            "if not now or #now ~= #ARGV[1] then\n"
            "  now = ARGV[1]\n"
            "  redis.call('SET', KEYS[1], now)\n"
            "end\n"
            "return now\n",
};

static void free_when_done(struct generation *g)
{
    if (!g->timer_open && g->waiting == 0)
        free(g);
}

static void on_timer(uv_timer_t *timer);

static void ask_in(struct generation *g, uint64_t delay_ms)
{
    ASSERT(uv_timer_start(&g->timer, on_timer, delay_ms, 0) == 0);
}

/* ---- a poll is answered ----------------------------------------------------------------------------------------- */

static void on_changed(struct generation *g, const char *now)
{
    bool first = g->now[0] == '\0';

    if (!first)
        log_warn("generation_new old=%s new=%s reason=\"Redis came back empty\"", g->now, now);
    (void)snprintf(g->now, sizeof(g->now), "%s", now);
    g->on_new(g->arg, g->now, first); /* may close us */
}

static void on_known(struct generation *g, const char *now)
{
    int64_t now_ms = clock_mono_ms();
    bool same = strcmp(now, g->now) == 0;

    if (!same || now_ms - g->answered_ms > GENERATION_GAP_MS)
        g->since_ms = -1;
    if (g->since_ms < 0)
        g->since_ms = now_ms;
    g->answered_ms = now_ms;
    g->refused_before = g->whole = false;
    ask_in(g, GENERATION_POLL_MS);
    if (!same)
        on_changed(g, now);
}

/* Of one key it is the value, of many a hash of all. */
static void combine(const struct generation *g, char out[GENERATION_SIZE])
{
    char all[GENERATION_KEYS * (GENERATION_SIZE - 1)];
    size_t len = 0;

    for (size_t i = 0; i < g->count; i++, len += GENERATION_SIZE - 1)
        memcpy(all + len, g->parts[i].value, GENERATION_SIZE - 1);
    if (g->count == 1)
        (void)snprintf(out, GENERATION_SIZE, "%s", g->parts[0].value);
    else
        (void)snprintf(out, GENERATION_SIZE, "%016" PRIx64, id_hash(all, len));
}

static void no_contact(struct generation *g, uint64_t again_ms)
{
    g->since_ms = -1;
    g->whole = true;
    ask_in(g, again_ms);
}

/*
 * Contact that was lost meanwhile, to whichever server, makes all answers old: what was read before may be gone. One
 * key that is another says that its server was emptied; what the generation is now, all keys say.
 */
static void poll_end(struct generation *g)
{
    char now[GENERATION_SIZE];

    if (g->lost || store_losses(g->store) != g->losses) {
        no_contact(g, LOOK_MS);
    } else if (g->refused) {
        no_contact(g, GENERATION_POLL_MS);
    } else if (g->changed && !g->whole && g->count > 1) {
        g->whole = true;
        ask_in(g, 0);
    } else {
        combine(g, now);
        on_known(g, now);
    }
}

static void on_refused(struct generation *g, const char *error)
{
    if (!g->refused_before)
        log_warn("generation_unknown: %s", error != NULL ? error : "Redis gave something else");
    g->refused = g->refused_before = true;
}

static void on_answer(void *arg, const struct store_reply *reply)
{
    struct part *p = arg;
    struct generation *g = p->owner;
    size_t len;
    const char *now = store_reply_str(reply, &len);

    g->waiting--;
    if (uv_is_closing((uv_handle_t *)&g->timer)) {
        free_when_done(g);
        return;
    }
    if (reply == NULL) {
        g->lost = true;
    } else if (now == NULL || len != GENERATION_SIZE - 1) {
        on_refused(g, store_reply_error(reply));
    } else if (memcmp(now, p->value, len) != 0) {
        g->changed = true;
        memcpy(p->value, now, len);
    }
    if (g->waiting == 0)
        poll_end(g);
}

/* ---- a poll is sent --------------------------------------------------------------------------------------------- */

static void part_ask(struct part *p)
{
    char fresh[GENERATION_SIZE];
    const char *argv[] = {p->key, fresh};

    (void)snprintf(fresh, sizeof(fresh), "%016" PRIx64, id_random_u64());
    if (store_script(p->owner->store, &poll_script, on_answer, p, 1, 2, argv, NULL) == 0)
        p->owner->waiting++;
    else
        p->owner->lost = true;
}

/* What stands on one server is lost together, so of keys in a row on one the first says enough. */
static void on_timer(uv_timer_t *timer)
{
    struct generation *g = timer->data;

    g->lost = g->refused = g->changed = false;
    g->losses = store_losses(g->store);
    for (size_t i = 0; i < g->count && !g->lost; i++) {
        if (g->whole || i == 0 || !store_together(g->store, g->parts[i - 1].key, g->parts[i].key))
            part_ask(&g->parts[i]);
    }
    if (g->waiting == 0)
        no_contact(g, LOOK_MS);
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

struct generation *generation_open(uv_loop_t *loop, struct store *store, generation_fn *on_new, void *arg)
{
    struct generation *g = MEM_NEW(struct generation);

    g->store = store;
    g->on_new = on_new;
    g->arg = arg;
    g->since_ms = -1;
    g->whole = true;
    g->count = generation_keys(store_is_cluster(store), g->keys);
    for (size_t i = 0; i < g->count; i++)
        g->parts[i] = (struct part){.owner = g, .key = g->keys[i]};
    g->timer.data = g;
    ASSERT(uv_timer_init(loop, &g->timer) == 0);
    g->timer_open = true;
    ask_in(g, 0);
    return g;
}

static void on_closed(uv_handle_t *handle)
{
    struct generation *g = handle->data;

    g->timer_open = false;
    free_when_done(g);
}

void generation_close(struct generation **generation)
{
    struct generation *g = *generation;

    *generation = NULL;
    if (g != NULL)
        uv_close((uv_handle_t *)&g->timer, on_closed);
}

const char *generation_now(const struct generation *g)
{
    return g->now;
}

int64_t generation_contact_ms(const struct generation *g)
{
    return g->since_ms < 0 ? -1 : g->answered_ms - g->since_ms;
}
