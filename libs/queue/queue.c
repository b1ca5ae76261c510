/* queue.c - see queue.h: the queue itself. */
#include "queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "id.h"
#include "log.h"
#include "mem.h"
#include "queue_private.h"

/* ---- the queue --------------------------------------------------------------------------------------------------- */

static bool name_valid(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t len = strlen(name);

    return len > 0 && len <= QUEUE_NAME_MAX && strspn(name, allowed) == len;
}

static void open_timer(struct queue *q, uv_loop_t *loop, uv_timer_t *timer)
{
    ASSERT(uv_timer_init(loop, timer) == 0);
    timer->data = q;
    q->handles++;
}

static void open_partitions(struct queue *q)
{
    q->partition_count = topic_defs[q->conf.topic].partitions;
    q->partitions = mem_alloc((size_t)q->partition_count * sizeof(q->partitions[0]));
    for (int32_t i = 0; i < q->partition_count; i++) {
        struct queue_partition *p = &q->partitions[i];

        p->queue = q;
        p->number = i;
        for (int key = 0; key < KEY_COUNT; key++)
            queue_key(p->keys[key], (enum queue_key)key, q->name, i);
    }
    q->next_sent = q->next_asked = (int32_t)(id_random_u64() % (uint64_t)q->partition_count);
}

static void keep_conf(struct queue *q, const struct queue_conf *conf)
{
    q->conf = *conf;
    (void)snprintf(q->name, sizeof(q->name), "%s", conf->name);
    q->conf.name = q->name;
    if (conf->in_flight_max == 0)
        q->conf.in_flight_max = QUEUE_IN_FLIGHT_MAX;
    if (conf->window_bytes == 0)
        q->conf.window_bytes = QUEUE_WINDOW_BYTES;
    if (conf->window_span == 0)
        q->conf.window_span = QUEUE_WINDOW_SPAN;
}

int queue_open(struct queue **out, uv_loop_t *loop, const struct queue_conf *conf)
{
    struct queue *q;
    int rc;

    if (!name_valid(conf->name)) {
        log_error("queue_name name=\"%s\": must be 1 to %d of A-Z, a-z, 0-9, _ and -", conf->name, QUEUE_NAME_MAX);
        return ERR_INVALID;
    }
    q = MEM_NEW(struct queue);
    keep_conf(q, conf);
    open_partitions(q);
    open_timer(q, loop, &q->flush_timer);
    open_timer(q, loop, &q->look_timer);
    open_timer(q, loop, &q->wait_timer);
    rc = conf->instance_id != NULL ? queue_windows_open(q, loop) : 0;
    if (rc == 0)
        *out = q;
    else
        queue_close(&q);
    return rc;
}

void queue_stop(struct queue *q)
{
    if (q->group != NULL)
        queue_windows_stop(q);
}

bool queue_stopped(const struct queue *q)
{
    return q->group == NULL || bus_group_stopped(q->group);
}

static void on_closed(uv_handle_t *handle)
{
    struct queue *q = handle->data;

    q->handles--;
    queue_free_when_done(q);
}

void queue_close(struct queue **queue)
{
    struct queue *q = *queue;

    *queue = NULL;
    if (q == NULL)
        return;
    q->closed = true;
    queue_windows_close(q);
    queue_deletes_close(q);
    queue_waiting_close(q);
    uv_close((uv_handle_t *)&q->flush_timer, on_closed);
    uv_close((uv_handle_t *)&q->look_timer, on_closed);
    uv_close((uv_handle_t *)&q->wait_timer, on_closed);
}
