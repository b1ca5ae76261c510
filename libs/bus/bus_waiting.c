/* bus_waiting.c - see bus_waiting.h. */
#include "bus_waiting.h"

#include <stdint.h>
#include <stdlib.h>
#include <utlist.h>

#include "err.h"
#include "mem.h"

enum { OFFER_MS = 100 };

struct waiter {
    struct bus_record *record;
    void *opaque; /* not owned */
    struct waiter *prev, *next;
};

struct bus_waiting {
    struct waiter *waiters[TOPIC_COUNT]; /* oldest first */
    size_t bytes;
    bus_waiting_send_fn *send;
    void *arg;        /* not owned */
    uv_timer_t timer; /* active while anything waits */
};

static void waiter_free(struct waiter *e)
{
    bus_record_free(&e->record);
    free(e);
}

static void forget(struct bus_waiting *w, struct waiter *e)
{
    DL_DELETE(w->waiters[e->record->topic], e);
    w->bytes -= e->record->kept_bytes;
    waiter_free(e);
}

static bool offer(struct bus_waiting *w, const struct waiter *e)
{
    const struct bus_record *r = e->record;
    const struct bus_message m = {
        .topic = r->topic,
        .partition = r->partition,
        .key = r->key,
        .key_len = r->key_len,
        .value = r->value,
        .value_len = r->value_len,
        .headers = r->kept,
        .header_count = r->kept_count,
    };

    return w->send(w->arg, &m, e->opaque);
}

static void on_timer(uv_timer_t *timer)
{
    struct bus_waiting *w = timer->data;
    bool empty = true;

    for (int topic = 0; topic < TOPIC_COUNT; topic++) {
        struct waiter *e, *next;

        DL_FOREACH_SAFE (w->waiters[topic], e, next) {
            /* cppcheck-suppress uninitvar; the macro sets it */
            if (!offer(w, e))
                break;
            forget(w, e);
        }
        empty = empty && w->waiters[topic] == NULL;
    }
    if (empty)
        (void)uv_timer_stop(timer);
}

void bus_waiting_open(struct bus_waiting **out, uv_loop_t *loop, bus_waiting_send_fn *send, void *arg)
{
    struct bus_waiting *w = MEM_NEW(struct bus_waiting);

    w->send = send;
    w->arg = arg;
    w->timer.data = w;
    ASSERT(uv_timer_init(loop, &w->timer) == 0);
    *out = w;
}

bool bus_waiting_for(const struct bus_waiting *w, enum topic_id topic)
{
    return w->waiters[topic] != NULL;
}

size_t bus_waiting_bytes(const struct bus_waiting *w)
{
    return w->bytes;
}

void bus_waiting_add(struct bus_waiting *w, const struct bus_record *r, void *opaque)
{
    struct waiter *e = MEM_NEW(struct waiter);

    e->record = bus_record_keep(r, SIZE_MAX);
    e->opaque = opaque;
    w->bytes += e->record->kept_bytes;
    DL_APPEND(w->waiters[r->topic], e);
    if (!uv_is_active((uv_handle_t *)&w->timer))
        ASSERT(uv_timer_start(&w->timer, on_timer, OFFER_MS, OFFER_MS) == 0);
}

static void on_closed(uv_handle_t *timer)
{
    free(timer->data);
}

void bus_waiting_close(struct bus_waiting **waiting)
{
    struct bus_waiting *w = *waiting;
    struct waiter *e, *next;

    *waiting = NULL;
    if (w == NULL)
        return;
    for (int topic = 0; topic < TOPIC_COUNT; topic++) {
        DL_FOREACH_SAFE (w->waiters[topic], e, next) {
            waiter_free(e);
        }
    }
    uv_close((uv_handle_t *)&w->timer, on_closed);
}
