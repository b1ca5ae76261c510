/*
 * queue_survey.c - see queue.h: a question to all partitions.
 *
 * Stats ask Kafka first where the logs end, and then Redis up to where they are loaded: what is between is the backlog.
 * Kafka is asked once at a time; who wants to know meanwhile hears the same answer.
 */
#include <stdlib.h>

#include "err.h"
#include "mem.h"
#include "queue_private.h"

struct survey {
    struct queue *queue;
    struct survey *next; /* that waits for the same */
    int32_t left;
    int err;
    struct bus_bounds logs[BUS_PARTITIONS_MAX];
    struct queue_stats stats;
    queue_stats_fn *on_stats; /* NULL: on_done */
    queue_done_fn *on_done;
    void *arg;
};

static void answer(struct survey *s, int err)
{
    if (s->on_stats != NULL)
        s->on_stats(s->arg, err, err == 0 ? &s->stats : NULL);
    else
        s->on_done(s->arg, err);
    free(s);
}

static void partition_answered(struct survey *s, const struct store_reply *reply)
{
    if (reply == NULL)
        s->err = queue_lost(s->queue);
    if (--s->left == 0)
        answer(s, s->err);
}

static void ask_all(struct survey *s, struct store_script *script, queue_call_fn *fn)
{
    struct queue *q = s->queue;
    char retention[QUEUE_NUMBER_SIZE];
    const char *argv[] = {queue_number(retention, q->conf.retention_ms)};

    s->left = q->partition_count;
    for (int32_t i = 0; i < q->partition_count; i++)
        queue_call(&q->partitions[i], script, fn, s, 1, argv, NULL);
}

/* ---- stats ------------------------------------------------------------------------------------------------------- */

static void add_window(struct survey *s, struct queue_partition *p, const struct store_reply *look)
{
    int64_t oldest_ms = queue_reply_number(look, 8);

    p->visible = queue_reply_number(look, 4);
    p->flight = queue_reply_number(look, 5);
    s->stats.visible += p->visible;
    s->stats.in_flight += p->flight;
    s->stats.delayed += queue_reply_number(look, 6);
    s->stats.oldest_ms = oldest_ms > s->stats.oldest_ms ? oldest_ms : s->stats.oldest_ms;
}

static void on_looked(struct queue_partition *p, void *arg, const struct store_reply *reply)
{
    struct survey *s = arg;
    const struct bus_bounds *log = &s->logs[p->number];
    bool has_window = store_reply_count(reply) > 0;
    int64_t loaded = has_window ? queue_reply_number(reply, 1) : 0;

    if (has_window)
        add_window(s, p, reply);
    if (loaded < log->start)
        loaded = log->start;
    if (loaded < log->end) {
        s->stats.visible += log->end - loaded;
        s->stats.backlog += log->end - loaded;
    }
    partition_answered(s, reply);
}

static void on_bounds(void *arg, int err, const char *reason, const struct bus_bounds *logs)
{
    struct queue *q = arg;
    struct survey *next = q->counting;

    (void)reason;
    q->counting = NULL;
    while (next != NULL) {
        struct survey *s = next;

        next = s->next;
        if (q->closed || err != 0) {
            answer(s, q->closed ? ERR_CLOSED : ERR_UNAVAILABLE);
            continue;
        }
        for (int32_t i = 0; i < q->partition_count; i++)
            s->logs[i] = logs[i];
        ask_all(s, &queue_look_script, on_looked);
    }
    queue_release(q);
}

void queue_stats(struct queue *q, queue_stats_fn *fn, void *arg)
{
    struct survey *s = MEM_NEW(struct survey);
    bool asks = q->counting == NULL;

    *s = (struct survey){.queue = q, .next = q->counting, .stats = {.oldest_ms = -1}, .on_stats = fn, .arg = arg};
    q->counting = s;
    if (!asks)
        return;
    queue_hold(q);
    bus_producer_bounds(q->conf.producer, q->conf.topic, on_bounds, q);
}

/* ---- purge ------------------------------------------------------------------------------------------------------- */

static void on_purged(struct queue_partition *p, void *arg, const struct store_reply *reply)
{
    if (reply != NULL)
        p->flight = p->visible = 0;
    partition_answered(arg, reply);
}

void queue_purge(struct queue *q, queue_done_fn *fn, void *arg)
{
    struct survey *s = MEM_NEW(struct survey);

    s->queue = q;
    s->on_done = fn;
    s->arg = arg;
    ask_all(s, &queue_purge_script, on_purged);
}
