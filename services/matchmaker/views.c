#include "views.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "clock.h"
#include "err.h"
#include "log.h"
#include "matchmaker_metrics.h"
#include "mem.h"
#include "rebuild.h"

#define WRITES_OUT_MAX 1024 /* a tick is begun while fewer are unanswered */
#define RETRY_MS       200  /* after a failure; then one tick at a time until one succeeds */

struct tick {
    struct views *owner;       /* NULL: gone, only the answers are awaited */
    struct decision *decision; /* or, at rest, its text: a twentieth of the memory */
    char *text;
    size_t transitions;
    uint64_t number; /* in the order of the queue */
    struct view_batch batch;
    size_t writes; /* under way; 0: it waits for its turn */
    struct tick *prev, *next;
};

struct views {
    struct view_target to;
    struct metrics *metrics;
    struct rebuild *rebuild;
    struct tick *ticks;    /* not yet known to be written, oldest first */
    struct tick *to_write; /* whatever stands before it is under way */
    uint64_t numbers;
    size_t transitions; /* of all ticks */
    size_t writes;      /* under way */
    bool failing;       /* the last answer was a failure */
    int64_t retry_ms;   /* monotonic; while failing */
    bool behind;        /* since a tick had to wait for Redis, until none does */
    size_t dropped;     /* transitions, while behind */
};

struct views *views_new(const struct view_target *to, struct metrics *metrics)
{
    struct views *v = MEM_NEW(struct views);

    v->to = *to;
    v->metrics = metrics;
    v->rebuild = rebuild_new(to, metrics);
    return v;
}

static void tick_free(struct tick *t)
{
    decision_free(&t->decision);
    free(t->text);
    free(t);
}

static void tick_forget(struct views *v, struct tick *t)
{
    if (v->to_write == t)
        v->to_write = t->next;
    DL_DELETE(v->ticks, t);
    v->transitions -= t->transitions;
    if (t->batch.out == 0)
        tick_free(t);
    else
        t->owner = NULL;
}

void views_free(struct views **v)
{
    if (*v == NULL)
        return;
    while ((*v)->ticks != NULL)
        tick_forget(*v, (*v)->ticks);
    rebuild_free(&(*v)->rebuild);
    free(*v);
    *v = NULL;
}

/* ---- at rest ---------------------------------------------------------------------------------------------------- */

static void tick_rest(struct tick *t)
{
    if (t->text == NULL)
        t->text = mem_strdup(json_object_to_json_string_ext(t->decision->record.root, JSON_C_TO_STRING_PLAIN));
    decision_free(&t->decision);
}

static void tick_wake(struct tick *t)
{
    char error[MM_ERROR_SIZE];

    if (t->decision == NULL)
        t->decision = decision_read(t->text, strlen(t->text), error);
    ASSERT(t->decision != NULL); /* it was read before */
}

/* ---- told once each way ----------------------------------------------------------------------------------------- */

static void fall_behind(struct views *v, const char *reason)
{
    if (!v->behind)
        log_warn("views_behind partition=%d reason=\"%s\"", (int)v->to.partition, reason);
    v->behind = true;
}

static void catch_up(struct views *v)
{
    if (v->behind)
        log_info("views_caught_up partition=%d dropped=%zu", (int)v->to.partition, v->dropped);
    v->behind = false;
    v->dropped = 0;
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static void lose(struct views *v, size_t count)
{
    metrics_add(v->metrics, MM_VIEWS_LOST, (int64_t)count);
}

/* Redis did not take all of it: its turn comes again, before those that were added later. */
static void tick_again(struct tick *t)
{
    struct views *v = t->owner;

    if (v->to_write == NULL || t->number < v->to_write->number)
        v->to_write = t;
    fall_behind(v, t->batch.reason);
    v->failing = true;
    v->retry_ms = clock_mono_ms() + RETRY_MS;
    tick_rest(t);
}

static void tick_answered(struct tick *t)
{
    struct views *v = t->owner;

    v->writes -= t->writes;
    t->writes = 0;
    if (t->batch.failed) {
        tick_again(t);
        return;
    }
    v->failing = false;
    lose(v, t->batch.refused);
    tick_forget(v, t);
    if (v->ticks == NULL)
        catch_up(v);
}

static void pump(struct views *v);

static void on_answered(void *arg)
{
    struct tick *t = arg;
    struct views *v = t->owner;

    if (v == NULL) {
        tick_free(t);
        return;
    }
    tick_answered(t);
    pump(v);
}

static void tick_write(struct tick *t)
{
    tick_wake(t);
    t->batch = (struct view_batch){.on_answered = on_answered, .arg = t};
    view_batch_tick(&t->batch, &t->owner->to, t->decision);
    t->writes = t->batch.out;
    t->owner->writes += t->writes;
    if (t->writes == 0)
        tick_answered(t);
}

static bool may_write(const struct views *v)
{
    return v->writes < (v->failing ? 1 : WRITES_OUT_MAX) && store_ready(v->to.store) &&
           (!v->failing || clock_mono_ms() >= v->retry_ms);
}

static void pump(struct views *v)
{
    while (v->to_write != NULL && may_write(v)) {
        struct tick *t = v->to_write;

        v->to_write = t->next;
        if (t->writes == 0)
            tick_write(t);
    }
}

/* ---- the queue -------------------------------------------------------------------------------------------------- */

static struct tick *oldest_waiting(const struct views *v)
{
    struct tick *t = v->to_write;

    while (t != NULL && t->writes > 0)
        t = t->next;
    return t;
}

static void drop(struct views *v, struct tick *t)
{
    if (v->dropped == 0)
        log_warn("views_dropped partition=%d reason=\"more than %d decisions wait for Redis\"", (int)v->to.partition,
                 VIEWS_TRANSITIONS_MAX);
    v->dropped += t->transitions;
    lose(v, t->transitions);
    tick_forget(v, t);
    rebuild_demand(v->rebuild);
}

/* Redis has been away for so long that we give up the oldest; what is open will be written again. */
static void make_room(struct views *v)
{
    struct tick *t;

    while (v->transitions > VIEWS_TRANSITIONS_MAX && (t = oldest_waiting(v)) != NULL)
        drop(v, t);
}

void views_add(struct views *v, struct decision *d)
{
    struct tick *t;

    if (d->count == 0)
        return;
    t = MEM_NEW(struct tick);
    *t = (struct tick){.owner = v, .decision = decision_share(d), .transitions = d->count, .number = v->numbers++};
    if (v->failing || !store_ready(v->to.store)) {
        fall_behind(v, "Redis is away");
        tick_rest(t);
    }
    DL_APPEND(v->ticks, t);
    v->transitions += d->count;
    if (v->to_write == NULL)
        v->to_write = t;
    pump(v);
    make_room(v);
}

/* ---- the rebuild ------------------------------------------------------------------------------------------------ */

void views_reign(struct views *v, struct mm_engine *engine, const struct journal *journal)
{
    rebuild_reign(v->rebuild, engine, journal);
}

void views_reign_end(struct views *v)
{
    rebuild_reign_end(v->rebuild);
}

void views_generation(struct views *v, const char *generation)
{
    rebuild_generation(v->rebuild, generation);
}

/* ---- time ------------------------------------------------------------------------------------------------------- */

int64_t views_on_time(struct views *v)
{
    pump(v);
    rebuild_pump(v->rebuild);
    return v->ticks == NULL && !rebuild_due(v->rebuild) ? INT64_MAX : RETRY_MS;
}

bool views_idle(const struct views *v)
{
    return v->ticks == NULL || v->failing || !store_ready(v->to.store);
}

size_t views_backlog(const struct views *v)
{
    return v->transitions;
}
