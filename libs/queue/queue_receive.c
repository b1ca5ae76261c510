/*
 * queue_receive.c - see queue.h: receiving.
 *
 * A receive asks the partitions in which something was visible when last heard of, until it has enough; when that gave
 * nothing, the others too. One that has nothing then waits in
 * line; news, or a timer, let the first in line ask around again, and when it finds something the next one too: an
 * idle queue costs one round of questions at a time, however many wait.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "err.h"
#include "mem.h"
#include "queue_private.h"

enum {
    LOOK_AROUND_MS = 100, /* what other processes make visible */
    AGAIN_MAX = 100,      /* a partition is asked again for what was to be buried */
    FAIR = 8              /* of so many searches one begins wherever its turn is: what others filled is heard of */
};

struct received {
    int32_t partition;
    int64_t count, first_ms;
    char *packed; /* owned */
    size_t len;
};

struct queue_waiter {
    struct queue *queue;
    struct queue_receive how;
    queue_received_fn *fn;
    void *arg;
    int64_t deadline_ms; /* monotonic */
    bool waited;         /* is, or was, in line */
    int err;
    int32_t at;     /* the partition that is asked */
    uint64_t asked; /* a bit a partition */
    int64_t due_ms; /* until something of what was asked is due, at most LOOK_AROUND_MS */
    int again;
    struct received received[QUEUE_RECEIVE_MAX];
    size_t count;
    struct queue_waiter *next;
};

/* ---- the line ---------------------------------------------------------------------------------------------------- */

static void wait_in_line(struct queue_waiter *w)
{
    struct queue *q = w->queue;

    if (w->waited) { /* it was the first */
        w->next = q->waiting;
        q->waiting = w;
    } else if (q->waiting == NULL) {
        q->waiting = w;
    } else {
        q->waiting_end->next = w;
    }
    if (w->next == NULL)
        q->waiting_end = w;
    w->waited = true;
}

static struct queue_waiter *next_in_line(struct queue *q)
{
    struct queue_waiter *w = q->waiting;

    if (w != NULL)
        q->waiting = w->next;
    if (w != NULL)
        w->next = NULL;
    return w;
}

/* At the latest then somebody asks around. */
static void set_timer(struct queue *q, int64_t delay_ms)
{
    uint64_t delay = delay_ms > 0 ? (uint64_t)delay_ms : 0;

    if (!uv_is_active((uv_handle_t *)&q->wait_timer) || uv_timer_get_due_in(&q->wait_timer) > delay)
        ASSERT(uv_timer_start(&q->wait_timer, queue_waiting_timer, delay, 0) == 0);
}

/* ---- the answer -------------------------------------------------------------------------------------------------- */

struct shown {
    struct queue_packed packed;
    char receipt[QUEUE_RECEIPT_SIZE];
};

static bool show(const struct queue_waiter *w, const struct received *r, struct shown *s, struct queue_message *out)
{
    if (queue_message_unpack(&s->packed, r->packed, r->len) != 0)
        return false;
    queue_receipt_format(&(struct queue_receipt){r->partition, s->packed.origin, r->count}, w->queue->name, s->receipt);
    *out = (struct queue_message){.id = s->packed.id,
                                  .receipt = s->receipt,
                                  .body = s->packed.body,
                                  .body_len = s->packed.body_len,
                                  .attributes = s->packed.attributes,
                                  .attribute_count = s->packed.attribute_count,
                                  .sent_ms = s->packed.sent_ms,
                                  .first_receive_ms = r->first_ms,
                                  .receive_count = r->count};
    return true;
}

static void answer(struct queue_waiter *w, int err)
{
    struct queue_message messages[QUEUE_RECEIVE_MAX];
    struct shown *shown = mem_alloc(sizeof(*shown) * (w->count + 1));
    size_t count = 0;

    for (size_t i = 0; i < w->count; i++)
        count += show(w, &w->received[i], &shown[i], &messages[count]);
    w->fn(w->arg, count > 0 ? 0 : err, messages, count);
    for (size_t i = 0; i < w->count; i++)
        free(w->received[i].packed);
    free(shown);
    free(w);
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static bool over_limit(const struct queue *q)
{
    int64_t flight = 0;

    for (int32_t i = 0; i < q->partition_count; i++)
        flight += q->partitions[i].flight;
    return flight >= q->conf.in_flight_max;
}

static void ask(struct queue_waiter *w);

/* From the one that was asked last on; false: there is none that is worth it. */
static bool pick_partition(struct queue_waiter *w)
{
    const struct queue *q = w->queue;
    int32_t other = -1;

    for (int32_t i = 0; i < q->partition_count; i++) {
        int32_t at = (w->at + i) % q->partition_count;

        if ((w->asked & (uint64_t)1 << at) != 0)
            continue;
        if (q->partitions[at].visible > 0) {
            w->at = at;
            return true;
        }
        other = other < 0 ? at : other;
    }
    w->at = other < 0 ? w->at : other;
    return other >= 0 && w->count == 0;
}

static void search(struct queue_waiter *w)
{
    w->at = w->queue->next_asked;
    w->queue->next_asked = (w->at + 1) % w->queue->partition_count;
    w->asked = 0;
    w->again = 0;
    w->err = 0;
    w->due_ms = LOOK_AROUND_MS;
    if (w->queue->searches++ % FAIR != 0)
        (void)pick_partition(w);
    ask(w);
}

static void let_next_ask(struct queue *q)
{
    struct queue_waiter *w = q->searching ? NULL : next_in_line(q);

    if (w == NULL)
        return;
    q->searching = true;
    q->news = false;
    search(w);
}

/* All were asked, or it has enough. */
static void searched(struct queue_waiter *w)
{
    struct queue *q = w->queue;
    bool found = w->count > 0;
    bool was_first = w->waited;
    int64_t left_ms = w->deadline_ms - clock_mono_ms();
    int err = w->err == 0 && w->how.wait_ms == 0 && over_limit(q) ? ERR_BUSY : w->err;

    if (was_first)
        q->searching = false;
    if (!found && left_ms > 0 && !q->closed) {
        wait_in_line(w);
        set_timer(q, left_ms < w->due_ms ? left_ms : w->due_ms);
    } else {
        queue_hold(q); /* the call-back may close the queue */
        answer(w, q->closed ? ERR_CLOSED : err);
        queue_release(q);
    }
    if (!q->closed && (q->news || (was_first && found)))
        let_next_ask(q);
}

static void add_received(struct queue_waiter *w, int32_t partition, const struct store_reply *list)
{
    for (size_t i = 0; i + 3 < store_reply_count(list) && w->count < QUEUE_RECEIVE_MAX; i += 4) {
        struct received *r = &w->received[w->count++];
        const char *packed = store_reply_str(store_reply_at(list, i + 3), &r->len);

        r->packed = mem_dup(packed != NULL ? packed : "", r->len);
        r->partition = partition;
        r->count = queue_reply_number(list, i + 1);
        r->first_ms = queue_reply_number(list, i + 2);
    }
}

static void bury(struct queue_partition *p, const struct store_reply *list)
{
    for (size_t i = 0; i + 3 < store_reply_count(list); i += 4) {
        size_t len;
        const char *packed = store_reply_str(store_reply_at(list, i + 3), &len);
        const char *offset = store_reply_str(store_reply_at(list, i), NULL);

        if (packed != NULL && offset != NULL)
            queue_bury(p, offset, queue_reply_number(list, i + 1), packed, len);
    }
}

/* The call to the partition is over: the next one, or the end. */
static void ask_on(struct queue_waiter *w, bool again)
{
    if (!again || ++w->again >= AGAIN_MAX) {
        w->again = 0;
        w->asked |= (uint64_t)1 << w->at;
        again = false;
    }
    if (!w->queue->closed && w->count < w->how.max && (again || pick_partition(w)))
        ask(w);
    else
        searched(w);
}

static void on_asked(struct queue_partition *p, void *arg, const struct store_reply *reply)
{
    struct queue_waiter *w = arg;
    int64_t due_ms = queue_reply_number(reply, 2);

    if (reply == NULL) {
        w->err = queue_lost(p->queue);
    } else {
        p->flight = queue_reply_number(reply, 0);
        p->visible = queue_reply_number(reply, 1);
        add_received(w, p->number, store_reply_at(reply, 4));
        bury(p, store_reply_at(reply, 5));
    }
    if (due_ms >= 0 && due_ms < w->due_ms)
        w->due_ms = due_ms + 1;
    ask_on(w, queue_reply_number(reply, 3) == 1 && w->count < w->how.max);
}

/* Above the limit it is still asked: how many are in flight is told in the answer. */
static void ask(struct queue_waiter *w)
{
    const struct queue_conf *conf = &w->queue->conf;
    size_t most = over_limit(w->queue) ? 0 : w->how.max - w->count;
    struct queue_partition *p = &w->queue->partitions[w->at];
    char numbers[5][QUEUE_NUMBER_SIZE];

    p->visible -= p->visible > (int64_t)most ? (int64_t)most : p->visible; /* who asks meanwhile asks elsewhere */
    queue_call(p, &queue_receive_script, on_asked, w, 5,
               (const char *[]){queue_number(numbers[0], conf->retention_ms), queue_number(numbers[1], (int64_t)most),
                                queue_number(numbers[2], w->how.visibility_ms),
                                queue_number(numbers[3], conf->max_receives),
                                queue_number(numbers[4], QUEUE_HIDDEN_MS)},
               NULL);
}

int queue_receive(struct queue *q, const struct queue_receive *how, queue_received_fn *fn, void *arg)
{
    struct queue_waiter *w;

    if (how->max < 1 || how->max > QUEUE_RECEIVE_MAX || how->visibility_ms < 0 ||
        how->visibility_ms > QUEUE_VISIBILITY_MAX_MS || how->wait_ms < 0 || how->wait_ms > QUEUE_WAIT_MAX_MS)
        return ERR_INVALID;
    w = MEM_NEW(struct queue_waiter);
    w->queue = q;
    w->how = *how;
    w->fn = fn;
    w->arg = arg;
    w->deadline_ms = clock_mono_ms() + how->wait_ms;
    search(w);
    return 0;
}

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

void queue_news(struct queue *q)
{
    q->news = true;
    let_next_ask(q);
}

/* Whose time is over leaves the line, wherever it stands. */
static void answer_overdue(struct queue *q)
{
    int64_t now_ms = clock_mono_ms();
    struct queue_waiter **at = &q->waiting, *over = NULL;

    q->waiting_end = NULL;
    while (*at != NULL) {
        struct queue_waiter *w = *at;

        if (w->deadline_ms <= now_ms) {
            *at = w->next;
            w->next = over;
            over = w;
        } else {
            q->waiting_end = w;
            at = &w->next;
        }
    }
    while (over != NULL) {
        struct queue_waiter *w = over;

        over = w->next;
        answer(w, w->err);
    }
}

void queue_waiting_timer(uv_timer_t *timer)
{
    struct queue *q = timer->data;

    queue_hold(q);
    answer_overdue(q);
    if (!q->closed && q->waiting != NULL) {
        set_timer(q, LOOK_AROUND_MS);
        queue_news(q);
    }
    queue_release(q);
}

void queue_waiting_close(struct queue *q)
{
    struct queue_waiter *w;

    while ((w = next_in_line(q)) != NULL)
        answer(w, ERR_CLOSED);
}
