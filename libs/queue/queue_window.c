/*
 * queue_window.c - which windows are ours to fill: opening them, looking after them, committing.
 *
 * A load or a look that finds another window (Redis came back empty) sends reading back to the committed offset, and
 * the window begins anew there.
 */
#include "queue_window.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "id.h"
#include "log.h"
#include "mem.h"

enum {
    LOOK_MS = 100,    /* how often a window is looked after */
    LOOK_HELD_MS = 20 /* while reading waits for room */
};

#define METADATA_PURGED "purged="

void *queue_epoch(const struct queue_window *w)
{
    return (void *)w->epoch; /* NOLINT(performance-no-int-to-ptr): opaque to who carries it */
}

struct queue_window *queue_window_of(const struct queue_partition *p, const void *epoch)
{
    struct queue_window *w = p->window;

    return !p->queue->closed && w->owned && (uintptr_t)epoch == w->epoch ? w : NULL;
}

/* ---- committing -------------------------------------------------------------------------------------------------- */

static void commit(struct queue_partition *p)
{
    struct queue_window *w = p->window;
    char metadata[sizeof(METADATA_PURGED) + QUEUE_NUMBER_SIZE];

    if (!w->open || (w->base == w->committed && w->purged == w->purged_committed) || w->position == 0)
        return;
    (void)snprintf(metadata, sizeof(metadata), METADATA_PURGED "%" PRId64, w->purged);
    bus_group_commit(p->queue->group, p->number, w->base, metadata);
    w->committed = w->base;
    w->purged_committed = w->purged;
}

void queue_begin_anew(struct queue_partition *p)
{
    struct queue_window *w = p->window;

    log_warn("queue_window_lost queue=%s partition=%" PRId32 " action=\"read again from %" PRId64 "\"", p->queue->name,
             p->number, w->committed);
    w->open = w->full = false;
    w->owned = false; /* until it is assigned again */
    w->epoch++;
    bus_group_rewind(p->queue->group, p->number, INT64_MAX);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static void on_opened(struct queue_partition *p, void *arg, const struct store_reply *reply)
{
    struct queue_window *w = queue_window_of(p, arg);
    const char *generation = store_reply_str(store_reply_at(reply, 0), NULL);

    if (w == NULL)
        return;
    w->calling = false;
    if (generation == NULL)
        return; /* asked again with the next look */
    (void)snprintf(w->generation, sizeof(w->generation), "%s", generation);
    w->next = queue_reply_number(reply, 1);
    w->purged = queue_reply_number(reply, 2);
    w->open = true;
}

static void open_window(struct queue_partition *p)
{
    struct queue_window *w = p->window;
    char fresh[QUEUE_GENERATION_SIZE], numbers[2][QUEUE_NUMBER_SIZE];

    (void)snprintf(fresh, sizeof(fresh), "%016" PRIx64, id_random_u64());
    w->calling = true;
    queue_call(p, &queue_open_script, on_opened, queue_epoch(w), 3,
               (const char *[]){fresh, queue_number(numbers[0], w->committed), queue_number(numbers[1], w->purged)},
               NULL);
}

/* ---- looking after ----------------------------------------------------------------------------------------------- */

/* False: it is another window. */
static bool remember(struct queue_partition *p, const struct store_reply *reply)
{
    struct queue_window *w = p->window;
    const char *generation = store_reply_str(store_reply_at(reply, 0), NULL);

    if (generation == NULL || strcmp(generation, w->generation) != 0)
        return false;
    w->next = queue_reply_number(reply, 1);
    w->base = queue_reply_number(reply, 2);
    w->bytes = queue_reply_number(reply, 3);
    p->visible = queue_reply_number(reply, 4);
    p->flight = queue_reply_number(reply, 5);
    w->purged = queue_reply_number(reply, 7);
    return true;
}

/*
 * Nothing to give while there is no room for more, or most of the span is deleted already and cannot be committed. A
 * window full of what waits for consumers is neither.
 */
static bool is_stuck(const struct queue_partition *p, const struct store_reply *look)
{
    const struct queue_window *w = p->window;
    int64_t visible = queue_reply_number(look, 4), span = w->position - w->base;
    int64_t left = visible + queue_reply_number(look, 5) + queue_reply_number(look, 6);

    return (visible == 0 && w->full) || (span > p->queue->conf.window_span / 2 && left < span / 2);
}

static void on_looked(struct queue_partition *p, void *arg, const struct store_reply *reply)
{
    struct queue_window *w = queue_window_of(p, arg);

    if (w == NULL)
        return;
    w->calling = false;
    if (reply == NULL)
        return;
    if (!remember(p, reply)) {
        queue_begin_anew(p);
        return;
    }
    queue_load(p);
    if (!w->calling && is_stuck(p, reply))
        queue_move_stragglers(p);
    queue_hold_or_not(p->queue);
    if (p->visible > 0)
        queue_news(p->queue);
}

static void call_look(struct queue_partition *p, queue_call_fn *fn)
{
    char retention[QUEUE_NUMBER_SIZE];

    queue_call(p, &queue_look_script, fn, queue_epoch(p->window), 1,
               (const char *[]){queue_number(retention, p->queue->conf.retention_ms)}, NULL);
}

static void look(struct queue_partition *p)
{
    struct queue_window *w = p->window;

    if (w->owned)
        commit(p); /* also while one load follows the other */
    if (!w->owned || w->calling)
        return;
    if (!w->open) {
        open_window(p);
    } else if (w->loading.frames.len > 0) { /* its answer was lost */
        queue_load(p);
    } else {
        w->calling = true;
        call_look(p, on_looked);
    }
}

static void on_look(uv_timer_t *timer)
{
    struct queue *q = timer->data;

    for (int32_t i = 0; i < q->partition_count; i++)
        look(&q->partitions[i]);
    ASSERT(uv_timer_start(timer, on_look, q->full || q->ahead ? LOOK_HELD_MS : LOOK_MS, 0) == 0);
}

/* ---- membership -------------------------------------------------------------------------------------------------- */

static int64_t purged_in(const char *metadata)
{
    size_t len = strlen(METADATA_PURGED);

    return strncmp(metadata, METADATA_PURGED, len) == 0 ? strtoll(metadata + len, NULL, 10) : 0;
}

static void on_assign(void *arg, int32_t partition, int64_t offset, const char *metadata)
{
    struct queue *q = arg;
    struct queue_window *w = q->partitions[partition].window;
    int64_t purged = purged_in(metadata);

    buf_clear(&w->reading.frames);
    buf_clear(&w->loading.frames);
    w->owned = true;
    w->open = w->calling = w->full = false;
    w->epoch++;
    w->committed = offset;
    w->position = w->base = offset > 0 ? offset : 0;
    w->bytes = 0;
    w->purged = purged > w->purged ? purged : w->purged;
    open_window(&q->partitions[partition]);
}

static void on_revoke(void *arg, int32_t partition)
{
    struct queue *q = arg;
    struct queue_window *w = q->partitions[partition].window;

    if (w->owned)
        commit(&q->partitions[partition]);
    w->owned = w->full = false;
    w->epoch++;
    queue_hold_or_not(q);
}

static void on_fatal(void *arg, const char *reason)
{
    struct queue *q = arg;

    if (q->conf.on_fatal != NULL)
        q->conf.on_fatal(q->conf.arg, reason);
}

int queue_windows_open(struct queue *q, uv_loop_t *loop)
{
    char group_id[QUEUE_NAME_MAX + sizeof("queue-")];
    const struct bus_group_conf conf = {.bus = q->conf.bus,
                                        .group_id = group_id,
                                        .instance_id = q->conf.instance_id,
                                        .topic = q->conf.topic,
                                        .on_assign = on_assign,
                                        .on_revoke = on_revoke,
                                        .on_record = queue_on_record,
                                        .on_batch = queue_on_batch,
                                        .on_fatal = on_fatal,
                                        .arg = q};

    (void)snprintf(group_id, sizeof(group_id), "queue-%s", q->name);
    for (int32_t i = 0; i < q->partition_count; i++)
        q->partitions[i].window = MEM_NEW(struct queue_window);
    ASSERT(uv_timer_start(&q->look_timer, on_look, LOOK_MS, 0) == 0);
    return bus_group_open(&q->group, loop, &conf);
}

/* The last look: what is deleted until now is committed when the group is left. */
static void last_looked(struct queue *q)
{
    if (--q->last_looks == 0 && !q->closed)
        bus_group_stop(q->group);
}

static void on_last_looked(struct queue_partition *p, void *arg, const struct store_reply *reply)
{
    if (queue_window_of(p, arg) != NULL && reply != NULL && remember(p, reply))
        commit(p);
    last_looked(p->queue);
}

void queue_windows_stop(struct queue *q)
{
    q->last_looks = 1;
    for (int32_t i = 0; i < q->partition_count; i++) {
        if (!q->partitions[i].window->owned)
            continue;
        q->last_looks++;
        call_look(&q->partitions[i], on_last_looked);
    }
    last_looked(q);
}

void queue_windows_close(struct queue *q)
{
    bus_group_close(&q->group);
}

void queue_windows_free(struct queue *q)
{
    for (int32_t i = 0; i < q->partition_count; i++) {
        struct queue_window *w = q->partitions[i].window;

        if (w == NULL)
            continue;
        buf_free(&w->reading.frames);
        buf_free(&w->loading.frames);
        free(w);
    }
}
