/* queue.c - see queue.h: the queue itself, sending, and what concerns all partitions. */
#include "queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "id.h"
#include "log.h"
#include "mem.h"
#include "queue_private.h"

enum { CALL_ARGS_MAX = 8 };

/* ---- calls -------------------------------------------------------------------------------------------------------- */

struct call {
    struct queue_partition *partition;
    queue_call_fn *fn;
    void *arg;
};

static void free_when_done(struct queue *q)
{
    if (!q->closed || q->calls > 0 || q->handles > 0)
        return;
    queue_windows_free(q);
    free(q->partitions);
    free(q);
}

void queue_hold(struct queue *q)
{
    q->calls++;
}

void queue_release(struct queue *q)
{
    ASSERT(q->calls > 0);
    q->calls--;
    free_when_done(q);
}

static void on_reply(void *arg, const struct store_reply *reply)
{
    struct call *call = arg;
    struct queue *q = call->partition->queue;
    const char *error = store_reply_error(reply);

    if (error != NULL)
        log_warn("queue_script queue=%s partition=%" PRId32 ": %s", q->name, call->partition->number, error);
    call->fn(call->partition, call->arg, error != NULL || q->closed ? NULL : reply);
    free(call);
    queue_release(q);
}

/* Redis is not there: the answer still comes from the loop. */
struct refusal {
    uv_timer_t timer;
    struct call *call;
};

static void on_refusal_closed(uv_handle_t *handle)
{
    struct refusal *r = handle->data;

    free(r);
}

static void on_refusal(uv_timer_t *timer)
{
    struct refusal *r = timer->data;
    struct call *call = r->call;

    uv_close((uv_handle_t *)timer, on_refusal_closed);
    on_reply(call, NULL);
}

static void refuse_later(struct call *call)
{
    struct refusal *r = MEM_NEW(struct refusal);

    r->call = call;
    r->timer.data = r;
    ASSERT(uv_timer_init(call->partition->queue->look_timer.loop, &r->timer) == 0);
    ASSERT(uv_timer_start(&r->timer, on_refusal, 0, 0) == 0);
}

void queue_call(struct queue_partition *p, struct store_script *script, queue_call_fn *fn, void *arg, int argc,
                const char *const *argv, const size_t *lens)
{
    const char *all[KEY_COUNT + CALL_ARGS_MAX];
    size_t all_lens[KEY_COUNT + CALL_ARGS_MAX];
    struct call *call = MEM_NEW(struct call);

    ASSERT(argc <= CALL_ARGS_MAX);
    *call = (struct call){p, fn, arg};
    for (int i = 0; i < KEY_COUNT; i++) {
        all[i] = p->keys[i];
        all_lens[i] = strlen(p->keys[i]);
    }
    for (int i = 0; i < argc; i++) {
        all[KEY_COUNT + i] = argv[i];
        all_lens[KEY_COUNT + i] = lens != NULL ? lens[i] : strlen(argv[i]);
    }
    queue_hold(p->queue);
    if (store_script(p->queue->conf.store, script, on_reply, call, KEY_COUNT, KEY_COUNT + argc, all, all_lens) != 0)
        refuse_later(call);
}

int queue_lost(const struct queue *q)
{
    return q->closed ? ERR_CLOSED : ERR_UNAVAILABLE;
}

const char *queue_number(char out[QUEUE_NUMBER_SIZE], int64_t n)
{
    (void)snprintf(out, QUEUE_NUMBER_SIZE, "%" PRId64, n);
    return out;
}

int64_t queue_reply_number(const struct store_reply *r, size_t i)
{
    const struct store_reply *element = store_reply_at(r, i);
    const char *text = store_reply_str(element, NULL);

    return text != NULL ? strtoll(text, NULL, 10) : store_reply_int(element, -1);
}

/* ---- sending ------------------------------------------------------------------------------------------------------ */

void queue_headers_text(struct queue_headers *h, const char *name, const char *value)
{
    ASSERT(h->count < sizeof(h->list) / sizeof(h->list[0]));
    h->list[h->count++] = (struct bus_header){name, value, strlen(value)};
}

void queue_headers_number(struct queue_headers *h, const char *name, int64_t n)
{
    ASSERT(h->number_count < sizeof(h->numbers) / sizeof(h->numbers[0]));
    queue_headers_text(h, name, queue_number(h->numbers[h->number_count++], n));
}

void queue_headers_attributes(struct queue_headers *h, const struct bus_header *attributes, size_t count)
{
    ASSERT(count <= QUEUE_ATTRIBUTES_MAX);
    for (size_t i = 0; i < count; i++)
        h->list[h->count++] = attributes[i];
}

int queue_send(struct queue *q, const struct queue_send *m, bus_delivery_fn *delivered, void *arg)
{
    struct queue_headers h = {0};
    char id[ID_UUID_SIZE];
    struct bus_message message = {.topic = q->conf.topic,
                                  .partition = q->next_sent,
                                  .value = m->body,
                                  .value_len = m->body_len,
                                  .headers = h.list};
    int rc;

    if (m->delay_ms < 0 || m->delay_ms > QUEUE_DELAY_MAX_MS || m->attribute_count > QUEUE_ATTRIBUTES_MAX)
        return ERR_INVALID;
    queue_headers_attributes(&h, m->attributes, m->attribute_count);
    if (m->id == NULL)
        id_uuid(id);
    queue_headers_text(&h, QUEUE_HEADER_ID, m->id != NULL ? m->id : id);
    if (m->delay_ms > 0)
        queue_headers_number(&h, QUEUE_HEADER_DELAY, m->delay_ms);
    message.header_count = h.count;
    rc = bus_send(q->conf.producer, &message, delivered, arg);
    if (rc == 0)
        q->next_sent = (q->next_sent + 1) % q->partition_count;
    return rc;
}

/* ---- all partitions ----------------------------------------------------------------------------------------------- */

struct survey { /* a question to every partition */
    struct queue *queue;
    int32_t left;
    int err;
    struct queue_stats stats;
    queue_stats_fn *on_stats;
    queue_done_fn *on_done;
    void *arg;
};

static void survey_answered(struct survey *s, const struct store_reply *reply)
{
    if (reply == NULL)
        s->err = queue_lost(s->queue);
    if (--s->left > 0)
        return;
    if (s->on_stats != NULL)
        s->on_stats(s->arg, s->err, s->err == 0 ? &s->stats : NULL);
    else
        s->on_done(s->arg, s->err);
    free(s);
}

static void on_looked(struct queue_partition *p, void *arg, const struct store_reply *reply)
{
    struct survey *s = arg;

    if (store_reply_count(reply) > 0) {
        int64_t oldest_ms = queue_reply_number(reply, 8);

        p->flight = queue_reply_number(reply, 5);
        s->stats.visible += queue_reply_number(reply, 4);
        s->stats.in_flight += p->flight;
        s->stats.delayed += queue_reply_number(reply, 6);
        s->stats.oldest_ms = oldest_ms > s->stats.oldest_ms ? oldest_ms : s->stats.oldest_ms;
    }
    survey_answered(s, reply);
}

static void on_purged(struct queue_partition *p, void *arg, const struct store_reply *reply)
{
    if (reply != NULL)
        p->flight = 0;
    survey_answered(arg, reply);
}

static void survey(struct queue *q, struct store_script *script, queue_call_fn *fn, const struct survey *what)
{
    char retention[QUEUE_NUMBER_SIZE];
    const char *argv[] = {queue_number(retention, q->conf.retention_ms)};
    struct survey *s = mem_dup(what, sizeof(*what));

    s->queue = q;
    s->left = q->partition_count;
    for (int32_t i = 0; i < q->partition_count; i++)
        queue_call(&q->partitions[i], script, fn, s, 1, argv, NULL);
}

void queue_stats(struct queue *q, queue_stats_fn *fn, void *arg)
{
    survey(q, &queue_look_script, on_looked, &(struct survey){.stats = {.oldest_ms = -1}, .on_stats = fn, .arg = arg});
}

void queue_purge(struct queue *q, queue_done_fn *fn, void *arg)
{
    survey(q, &queue_purge_script, on_purged, &(struct survey){.on_done = fn, .arg = arg});
}

/* ---- the queue ---------------------------------------------------------------------------------------------------- */

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
    free_when_done(q);
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
