#include "rebuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "generation.h"
#include "log.h"
#include "matchmaker_metrics.h"
#include "mem.h"
#include "tickets.h"

#define STEP_TICKETS 128
#define RETRY_MS     200

enum rebuild_state {
    REBUILD_IDLE,
    REBUILD_ASKING,   /* is it due? */
    REBUILD_CLEARING, /* it is: Redis is told that it is not complete */
    REBUILD_WALKING,  /* ticket by ticket */
    REBUILD_MARKING,  /* all are written: Redis is told so */
};

struct rebuild {
    struct view_target to;
    struct metrics *metrics;
    enum rebuild_state state;
    char generation[GENERATION_SIZE]; /* "": not known yet */
    bool demanded;                    /* whatever Redis says */
    struct mm_engine *engine;         /* NULL: no reign */
    const struct journal *journal;
    struct mm_cursor cursor; /* while WALKING */
    struct view_batch batch; /* the step under way */
    size_t tickets;          /* written so far */
    int64_t began_ms, retry_ms;
    bool waiting; /* for Redis' answer */
    bool stale;   /* to a question of an earlier state */
    bool gone;    /* freed by that answer */
};

struct rebuild *rebuild_new(const struct view_target *to, struct metrics *metrics)
{
    struct rebuild *r = MEM_NEW(struct rebuild);

    r->to = *to;
    r->metrics = metrics;
    return r;
}

static void set_state(struct rebuild *r, enum rebuild_state state)
{
    if (state == REBUILD_WALKING)
        mm_engine_walk_begin(r->engine, &r->cursor);
    r->state = state;
}

static void begin(struct rebuild *r)
{
    set_state(r, REBUILD_ASKING);
    r->stale = r->waiting;
    rebuild_pump(r);
}

void rebuild_free(struct rebuild **rp)
{
    struct rebuild *r = *rp;

    *rp = NULL;
    if (r == NULL)
        return;
    rebuild_reign_end(r);
    r->gone = r->waiting;
    if (!r->gone)
        free(r);
}

void rebuild_reign(struct rebuild *r, struct mm_engine *engine, const struct journal *journal)
{
    r->engine = engine;
    r->journal = journal;
    begin(r);
}

void rebuild_reign_end(struct rebuild *r)
{
    set_state(r, REBUILD_IDLE);
    r->stale = r->waiting;
    r->engine = NULL;
}

void rebuild_generation(struct rebuild *r, const char *generation)
{
    (void)snprintf(r->generation, sizeof(r->generation), "%s", generation);
    if (r->engine != NULL)
        begin(r);
}

void rebuild_demand(struct rebuild *r)
{
    r->demanded = true;
    if (r->engine != NULL)
        begin(r);
}

bool rebuild_due(const struct rebuild *r)
{
    return r->state != REBUILD_IDLE;
}

/* ---- what is sent in each state; false: Redis did not take it ---------------------------------------------------- */

static void answered(struct rebuild *r, bool ok, const char *text);

static void on_read(void *arg, const struct store_reply *reply)
{
    const char *text = store_reply_str(reply, NULL);

    answered(arg, reply != NULL, text != NULL ? text : "");
}

static void on_written(void *arg, const struct store_reply *reply)
{
    answered(arg, reply != NULL && store_reply_error(reply) == NULL, "");
}

static void on_step_written(void *arg)
{
    struct rebuild *r = arg;

    answered(r, !r->batch.failed, "");
}

static bool ask(struct rebuild *r)
{
    return rebuilt_read(r->to.store, r->to.partition, (struct ticket_answer){on_read, r}) == 0;
}

static bool clear(struct rebuild *r)
{
    return rebuilt_write(r->to.store, r->to.partition, "", (struct ticket_answer){on_written, r}) == 0;
}

static bool mark(struct rebuild *r)
{
    return rebuilt_write(r->to.store, r->to.partition, r->generation, (struct ticket_answer){on_written, r}) == 0;
}

static void write_open(void *arg, const struct mm_transition *t)
{
    struct rebuild *r = arg;

    view_batch_open(&r->batch, &r->to, t, r->journal->epoch, r->journal->seq);
}

static bool walk(struct rebuild *r)
{
    size_t count;

    r->batch = (struct view_batch){.on_answered = on_step_written, .arg = r};
    count = mm_engine_walk(r->engine, &r->cursor, STEP_TICKETS, write_open, r);
    if (count == 0) {
        set_state(r, REBUILD_MARKING);
        return mark(r);
    }
    r->tickets += count;
    return r->batch.out > 0;
}

/* ---- what an answer leads to ------------------------------------------------------------------------------------- */

static void on_asked(struct rebuild *r, const char *generation)
{
    if (!r->demanded && strcmp(generation, r->generation) == 0) {
        log_info("views_complete partition=%d generation=%s", (int)r->to.partition, generation);
        set_state(r, REBUILD_IDLE);
        return;
    }
    log_debug("views_rebuild partition=%d generation=%s was=\"%.16s\" waiting=%zu", (int)r->to.partition, r->generation,
              generation, mm_engine_waiting(r->engine));
    r->tickets = 0;
    r->began_ms = clock_mono_ms();
    set_state(r, REBUILD_CLEARING);
}

static void on_cleared(struct rebuild *r, const char *text)
{
    (void)text;
    set_state(r, REBUILD_WALKING);
}

static void on_step(struct rebuild *r, const char *text)
{
    (void)text;
    metrics_add(r->metrics, MM_VIEWS_LOST, (int64_t)r->batch.refused);
}

static void on_marked(struct rebuild *r, const char *text)
{
    (void)text;
    log_info("views_rebuilt partition=%d tickets=%zu took_ms=%lld", (int)r->to.partition, r->tickets,
             (long long)(clock_mono_ms() - r->began_ms));
    metrics_add(r->metrics, MM_VIEWS_REBUILT, (int64_t)r->tickets);
    r->demanded = false;
    set_state(r, REBUILD_IDLE);
}

static const struct {
    bool (*send)(struct rebuild *r);
    void (*on_answer)(struct rebuild *r, const char *text);
} steps[] = {
    [REBUILD_ASKING] = {ask, on_asked},
    [REBUILD_CLEARING] = {clear, on_cleared},
    [REBUILD_WALKING] = {walk, on_step},
    [REBUILD_MARKING] = {mark, on_marked},
};

static void fail(struct rebuild *r)
{
    r->retry_ms = clock_mono_ms() + RETRY_MS;
    set_state(r, REBUILD_ASKING);
}

static void answered(struct rebuild *r, bool ok, const char *text)
{
    bool stale = r->stale;

    r->waiting = r->stale = false;
    if (r->gone) {
        free(r);
        return;
    }
    if (!stale && !ok)
        fail(r);
    else if (!stale)
        steps[r->state].on_answer(r, text);
    rebuild_pump(r);
}

void rebuild_pump(struct rebuild *r)
{
    if (r->state == REBUILD_IDLE || r->waiting || r->generation[0] == '\0' || !store_ready(r->to.store) ||
        clock_mono_ms() < r->retry_ms)
        return;
    r->waiting = steps[r->state].send(r);
    if (!r->waiting)
        fail(r);
}
