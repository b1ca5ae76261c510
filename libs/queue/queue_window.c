/*
 * queue_window.c - filling the windows of the partitions that the group gives us (PROTOCOLS Q1).
 *
 * Records are packed as they come; one load is on its way at a time, and what comes meanwhile is the next one. A load
 * without an answer is sent again: the script ignores what it has. A load or a look that finds another window (Redis
 * came back empty) sends reading back to the committed offset, and the window begins anew there.
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
    LOOK_MS = 100,      /* how often a window is looked after */
    LOOK_HELD_MS = 20,  /* while reading waits for room */
    LOAD_BYTES = 262144 /* read ahead of the load on its way */
};

#define METADATA_PURGED "purged="

static void *epoch_arg(const struct queue_window *w)
{
    return (void *)w->epoch; /* NOLINT(performance-no-int-to-ptr): opaque to who carries it */
}

/* The window that an answer is for; NULL: the partition was revoked since. */
static struct queue_window *window_of(const struct queue_partition *p, const void *epoch)
{
    struct queue_window *w = p->window;

    return !p->queue->closed && w->owned && (uintptr_t)epoch == w->epoch ? w : NULL;
}

/* ---- back-pressure ------------------------------------------------------------------------------------------------ */

static bool is_full(const struct queue *q, const struct queue_window *w)
{
    size_t ahead = w->reading.frames.len + w->loading.frames.len;

    return w->reading.frames.len > LOAD_BYTES || w->bytes + (int64_t)ahead > q->conf.window_bytes ||
           w->position - w->base > q->conf.window_span;
}

/* The group can only be held as a whole. */
static void hold_or_not(struct queue *q)
{
    bool full = false;

    for (int32_t i = 0; i < q->partition_count; i++) {
        const struct queue_window *w = q->partitions[i].window;

        full = full || (w->owned && is_full(q, w));
    }
    if (full != q->held)
        bus_group_hold(q->group, full);
    q->held = full;
}

/* ---- committing --------------------------------------------------------------------------------------------------- */

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

static void begin_anew(struct queue_partition *p)
{
    struct queue_window *w = p->window;

    log_warn("queue_window_lost queue=%s partition=%" PRId32 " action=\"read again from %" PRId64 "\"", p->queue->name,
             p->number, w->committed);
    w->open = false;
    w->owned = false; /* until it is assigned again */
    w->epoch++;
    bus_group_rewind(p->queue->group, p->number, INT64_MAX);
}

/* ---- opening ------------------------------------------------------------------------------------------------------ */

static void on_opened(struct queue_partition *p, void *arg, const struct store_reply *reply)
{
    struct queue_window *w = window_of(p, arg);
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
    queue_call(p, &queue_open_script, on_opened, epoch_arg(w), 3,
               (const char *[]){fresh, queue_number(numbers[0], w->committed), queue_number(numbers[1], w->purged)},
               NULL);
}

/* ---- loading ------------------------------------------------------------------------------------------------------ */

static void load(struct queue_partition *p);

static void on_loaded(struct queue_partition *p, void *arg, const struct store_reply *reply)
{
    struct queue_window *w = window_of(p, arg);

    if (w == NULL)
        return;
    w->calling = false;
    if (reply == NULL)
        return;
    if (store_reply_count(reply) == 0) {
        begin_anew(p);
        return;
    }
    w->next = queue_reply_number(reply, 0);
    w->base = queue_reply_number(reply, 1);
    w->bytes = queue_reply_number(reply, 2);
    buf_clear(&w->loading.frames);
    load(p);
    hold_or_not(p->queue);
    queue_news(p->queue);
}

static void load(struct queue_partition *p)
{
    struct queue_window *w = p->window;
    char numbers[2][QUEUE_NUMBER_SIZE];
    const char *argv[4];
    size_t lens[4];

    /* What is being appended again must have left its old place before its copy can be among what is loaded. */
    if (!w->open || w->calling || w->moving > 0 || w->loading.frames.len + w->reading.frames.len == 0)
        return;
    if (w->loading.frames.len == 0) {
        struct queue_frames empty = w->loading;

        w->loading = w->reading;
        w->reading = empty;
    }
    argv[0] = w->generation;
    argv[1] = queue_number(numbers[0], w->loading.after);
    argv[2] = queue_number(numbers[1], p->queue->conf.retention_ms);
    argv[3] = w->loading.frames.data;
    for (size_t i = 0; i < 3; i++)
        lens[i] = strlen(argv[i]);
    lens[3] = w->loading.frames.len;
    w->calling = true;
    queue_call(p, &queue_load_script, on_loaded, epoch_arg(w), 4, argv, lens);
}

static void on_record(void *arg, const struct bus_record *r)
{
    struct queue *q = arg;
    struct queue_window *w = q->partitions[r->partition].window;
    struct bus_header headers[QUEUE_ATTRIBUTES_MAX + QUEUE_OWN_HEADERS_MAX];
    struct queue_record record = {.partition = r->partition,
                                  .offset = r->offset,
                                  .timestamp_ms = r->timestamp_ms,
                                  .value = r->value,
                                  .value_len = r->value_len,
                                  .headers = headers};

    if (!w->open || r->offset >= w->next) { /* else it is in the window, or was */
        record.header_count = bus_headers(r, headers, sizeof(headers) / sizeof(headers[0]));
        if (w->reading.frames.len == 0)
            w->reading.after = w->position;
        (void)queue_message_frame(&record, &w->reading.frames);
    }
    w->position = r->offset + 1;
}

static void on_batch(void *arg)
{
    struct queue *q = arg;

    for (int32_t i = 0; i < q->partition_count; i++) {
        if (q->partitions[i].window->owned)
            load(&q->partitions[i]);
    }
    hold_or_not(q);
}

/* ---- looking after ------------------------------------------------------------------------------------------------ */

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
    p->flight = queue_reply_number(reply, 5);
    w->purged = queue_reply_number(reply, 7);
    return true;
}

static bool is_stuck(const struct queue_partition *p, int64_t visible)
{
    const struct queue_conf *conf = &p->queue->conf;

    return p->window->position - p->window->base > conf->window_span / 2 ||
           (visible == 0 && is_full(p->queue, p->window));
}

static void on_looked(struct queue_partition *p, void *arg, const struct store_reply *reply)
{
    struct queue_window *w = window_of(p, arg);
    int64_t visible = queue_reply_number(reply, 4);

    if (w == NULL)
        return;
    w->calling = false;
    if (reply == NULL)
        return;
    if (!remember(p, reply)) {
        begin_anew(p);
        return;
    }
    commit(p);
    load(p);
    if (!w->calling && is_stuck(p, visible))
        queue_move_stragglers(p);
    hold_or_not(p->queue);
    if (visible > 0)
        queue_news(p->queue);
}

static void call_look(struct queue_partition *p, queue_call_fn *fn)
{
    char retention[QUEUE_NUMBER_SIZE];

    queue_call(p, &queue_look_script, fn, epoch_arg(p->window), 1,
               (const char *[]){queue_number(retention, p->queue->conf.retention_ms)}, NULL);
}

static void look(struct queue_partition *p)
{
    struct queue_window *w = p->window;

    if (!w->owned || w->calling)
        return;
    if (!w->open) {
        open_window(p);
    } else if (w->loading.frames.len > 0) { /* its answer was lost */
        load(p);
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
    ASSERT(uv_timer_start(timer, on_look, q->held ? LOOK_HELD_MS : LOOK_MS, 0) == 0);
}

/* ---- membership --------------------------------------------------------------------------------------------------- */

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
    w->open = w->calling = false;
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
    w->owned = false;
    w->epoch++;
    hold_or_not(q);
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
                                        .on_record = on_record,
                                        .on_batch = on_batch,
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
    if (window_of(p, arg) != NULL && reply != NULL && remember(p, reply))
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
