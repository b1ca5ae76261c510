/* queue_call.c - a queue's calls to Redis (queue_private.h), and how it lives until the last one is answered. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "log.h"
#include "mem.h"
#include "queue_private.h"

enum { CALL_ARGS_MAX = 8 };

void queue_free_when_done(struct queue *q)
{
    if (!q->closed || q->calls > 0 || q->handles > 0)
        return;
    queue_windows_free(q);
    free(q->partitions);
    free(q);
}

struct call {
    struct queue_partition *partition;
    queue_call_fn *fn;
    void *arg;
};

void queue_hold(struct queue *q)
{
    q->calls++;
}

void queue_release(struct queue *q)
{
    ASSERT(q->calls > 0);
    q->calls--;
    queue_free_when_done(q);
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
