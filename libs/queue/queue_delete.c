/* queue_delete.c - see queue.h: deleting, and changing a visibility time-out. */
#include <inttypes.h>
#include <stdlib.h>

#include "err.h"
#include "mem.h"
#include "queue_private.h"

/* The deletes of a partition that go together, and where their answers go. */
struct queue_deletes {
    struct buf list; /* for the script */
    size_t count;
    struct answer {
        queue_done_fn *fn; /* may be NULL */
        void *arg;
    } * answers;
};

enum { TOGETHER_MAX = 500 }; /* one script must not hold up Redis */

static void answer(const struct queue_deletes *d, size_t i, int err)
{
    if (d->answers[i].fn != NULL)
        d->answers[i].fn(d->answers[i].arg, err);
}

static void free_deletes(struct queue_deletes *d)
{
    buf_free(&d->list);
    free(d->answers);
    free(d);
}

static void on_deleted(struct queue_partition *p, void *arg, const struct store_reply *reply)
{
    struct queue_deletes *d = arg;

    if (reply != NULL)
        p->flight = queue_reply_number(reply, 0);
    for (size_t i = 0; i < d->count; i++) {
        int err = queue_reply_number(reply, i + 1) == 1 ? 0 : ERR_NOT_FOUND;

        answer(d, i, reply != NULL ? err : queue_lost(p->queue));
    }
    free_deletes(d);
}

static void flush(struct queue_partition *p)
{
    struct queue_deletes *d = p->deletes;
    const char *argv[1];

    if (d == NULL)
        return;
    p->deletes = NULL;
    argv[0] = d->list.data;
    queue_call(p, &queue_delete_script, on_deleted, d, 1, argv, NULL);
}

void queue_deletes_flush(struct queue *q)
{
    for (int32_t i = 0; i < q->partition_count; i++)
        flush(&q->partitions[i]);
}

static void on_flush(uv_timer_t *timer)
{
    queue_deletes_flush(timer->data);
}

void queue_deletes_close(struct queue *q)
{
    for (int32_t i = 0; i < q->partition_count; i++) {
        struct queue_deletes *d = q->partitions[i].deletes;

        q->partitions[i].deletes = NULL;
        for (size_t n = 0; d != NULL && n < d->count; n++)
            answer(d, n, ERR_CLOSED);
        if (d != NULL)
            free_deletes(d);
    }
}

void queue_delete_at(struct queue_partition *p, const struct queue_receipt *r, queue_done_fn *fn, void *arg)
{
    struct queue_deletes *d = p->deletes;

    if (d == NULL)
        d = p->deletes = MEM_NEW(struct queue_deletes);
    buf_printf(&d->list, "%" PRId64 ":%" PRId64 " ", r->origin, r->receive_count);
    d->answers = mem_realloc(d->answers, d->count + 1, sizeof(d->answers[0]));
    d->answers[d->count++] = (struct answer){fn, arg};
    if (d->count == TOGETHER_MAX)
        flush(p);
    else if (!uv_is_active((uv_handle_t *)&p->queue->flush_timer))
        ASSERT(uv_timer_start(&p->queue->flush_timer, on_flush, 0, 0) == 0);
}

int queue_delete(struct queue *q, const char *receipt, queue_done_fn *fn, void *arg)
{
    struct queue_receipt r;
    int rc = queue_receipt_parse(&r, receipt, q->name, q->partition_count);

    if (rc == 0)
        queue_delete_at(&q->partitions[r.partition], &r, fn, arg);
    return rc;
}

/* ---- visibility -------------------------------------------------------------------------------------------------- */

struct change {
    bool releases; /* the message is visible at once */
    queue_done_fn *fn;
    void *arg;
};

static void on_changed(struct queue_partition *p, void *arg, const struct store_reply *reply)
{
    struct change *c = arg;
    int64_t said = store_reply_int(reply, 0);
    int err = said == 1 ? 0 : said == 0 ? ERR_NOT_FOUND : ERR_INVALID;

    if (err == 0 && c->releases)
        queue_news(p->queue);
    c->fn(c->arg, reply != NULL ? err : queue_lost(p->queue));
    free(c);
}

int queue_change_visibility(struct queue *q, const char *receipt, int64_t visibility_ms, queue_done_fn *fn, void *arg)
{
    char numbers[4][QUEUE_NUMBER_SIZE];
    struct queue_receipt r;
    struct change *c;

    if (visibility_ms < 0 || visibility_ms > QUEUE_VISIBILITY_MAX_MS ||
        queue_receipt_parse(&r, receipt, q->name, q->partition_count) != 0)
        return ERR_INVALID;
    c = MEM_NEW(struct change);
    *c = (struct change){visibility_ms == 0, fn, arg};
    queue_call(&q->partitions[r.partition], &queue_change_script, on_changed, c, 4,
               (const char *[]){queue_number(numbers[0], r.origin), queue_number(numbers[1], r.receive_count),
                                queue_number(numbers[2], visibility_ms),
                                queue_number(numbers[3], QUEUE_VISIBILITY_MAX_MS)},
               NULL);
    return 0;
}
