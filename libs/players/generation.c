/* generation.c - see generation.h. */
#include "generation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "err.h"
#include "id.h"
#include "log.h"
#include "mem.h"
#include "players_redis.h"

/* The store does not tell when it has connected again: while there is no contact we look often, which costs nothing. */
enum { LOOK_MS = 20 };

struct generation {
    struct store *store; /* not owned */
    uv_timer_t timer;    /* one shot: the next poll; not armed while one is on its way */
    generation_fn *on_new;
    void *arg; /* not owned */
    char now[GENERATION_SIZE];
    int64_t since_ms, answered_ms; /* monotonic: the first and the last answer of the contact; since_ms -1: none */
    bool asked, failed;            /* a poll is on its way; Redis refused the last one */
    bool timer_open;               /* freed when neither the timer is open nor a poll on its way */
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
    if (!g->timer_open && !g->asked)
        free(g);
}

static void on_timer(uv_timer_t *timer);

static void ask_in(struct generation *g, uint64_t delay_ms)
{
    ASSERT(uv_timer_start(&g->timer, on_timer, delay_ms, 0) == 0);
}

static void on_refused(struct generation *g, const char *error)
{
    if (!g->failed)
        log_warn("generation_unknown: %s", error != NULL ? error : "Redis gave something else");
    g->failed = true;
    g->since_ms = -1;
    ask_in(g, GENERATION_POLL_MS);
}

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
    g->failed = false;
    ask_in(g, GENERATION_POLL_MS);
    if (!same)
        on_changed(g, now);
}

static void on_answer(void *arg, const struct store_reply *reply)
{
    struct generation *g = arg;
    size_t len;
    const char *now = store_reply_str(reply, &len);

    g->asked = false;
    if (uv_is_closing((uv_handle_t *)&g->timer)) {
        free_when_done(g);
    } else if (reply == NULL) {
        g->since_ms = -1;
        ask_in(g, LOOK_MS);
    } else if (now == NULL || len != GENERATION_SIZE - 1) {
        on_refused(g, store_reply_error(reply));
    } else {
        on_known(g, now);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct generation *g = timer->data;
    char fresh[GENERATION_SIZE];
    const char *argv[] = {"generation", fresh};

    (void)snprintf(fresh, sizeof(fresh), "%016" PRIx64, id_random_u64());
    g->asked = store_script(g->store, &poll_script, on_answer, g, 1, 2, argv, NULL) == 0;
    if (g->asked)
        return;
    g->since_ms = -1;
    ask_in(g, LOOK_MS);
}

struct generation *generation_open(uv_loop_t *loop, struct store *store, generation_fn *on_new, void *arg)
{
    struct generation *g = MEM_NEW(struct generation);

    g->store = store;
    g->on_new = on_new;
    g->arg = arg;
    g->since_ms = -1;
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
