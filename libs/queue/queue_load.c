/*
 * queue_load.c - records of the log into a window (PROTOCOLS Q1).
 *
 * They are packed as they come; one load is on its way at a time, and what comes meanwhile is the next one. A load
 * without an answer is sent again: the script ignores what it has.
 */
#include <string.h>

#include "queue_window.h"

enum {
    LOAD_BYTES = 262144, /* read ahead of the load on its way */
    FULL = 4,            /* quarters */
    ROOM_AGAIN = 3,      /* below it a full one is read on */
};

/* ---- back-pressure ----------------------------------------------------------------------------------------------- */

static bool is_filled(const struct queue *q, const struct queue_window *w, int64_t quarters)
{
    size_t ahead = w->reading.frames.len + w->loading.frames.len;

    return 4 * (w->bytes + (int64_t)ahead) > quarters * q->conf.window_bytes ||
           4 * (w->position - w->base) > quarters * q->conf.window_span;
}

static void hold_window(struct queue_partition *p)
{
    struct queue_window *w = p->window;
    bool full = is_filled(p->queue, w, w->full ? ROOM_AGAIN : FULL);

    if (full != w->full)
        bus_group_hold_one(p->queue->group, p->number, full);
    w->full = full;
}

/* For the moment that a load takes everything is held, since nothing is fetched again after that. */
void queue_hold_or_not(struct queue *q)
{
    bool ahead = false;

    q->full = false;
    for (int32_t i = 0; i < q->partition_count; i++) {
        const struct queue_window *w = q->partitions[i].window;

        if (!w->owned)
            continue;
        hold_window(&q->partitions[i]);
        q->full = q->full || w->full;
        ahead = ahead || w->reading.frames.len > LOAD_BYTES;
    }
    if (ahead != q->ahead)
        bus_group_hold(q->group, ahead);
    q->ahead = ahead;
}

/* ---- loading ----------------------------------------------------------------------------------------------------- */

static void on_loaded(struct queue_partition *p, void *arg, const struct store_reply *reply)
{
    struct queue_window *w = queue_window_of(p, arg);

    if (w == NULL)
        return;
    w->calling = false;
    if (reply == NULL)
        return;
    if (store_reply_count(reply) == 0) {
        queue_begin_anew(p);
        return;
    }
    w->next = queue_reply_number(reply, 0);
    w->base = queue_reply_number(reply, 1);
    w->bytes = queue_reply_number(reply, 2);
    p->visible = queue_reply_number(reply, 3);
    buf_clear(&w->loading.frames);
    queue_load(p);
    queue_hold_or_not(p->queue);
    queue_news(p->queue);
}

void queue_load(struct queue_partition *p)
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
    queue_call(p, &queue_load_script, on_loaded, queue_epoch(w), 4, argv, lens);
}

void queue_on_record(void *arg, const struct bus_record *r)
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
    if (w->reading.frames.len > LOAD_BYTES || is_filled(q, w, FULL))
        queue_hold_or_not(q); /* at once: many are called back in one turn */
}

void queue_on_batch(void *arg)
{
    struct queue *q = arg;

    for (int32_t i = 0; i < q->partition_count; i++) {
        if (q->partitions[i].window->owned)
            queue_load(&q->partitions[i]);
    }
    queue_hold_or_not(q);
}
