#include "heartbeat.h"

#include <stdlib.h>

#include "clock.h"
#include "err.h"
#include "gateways.h"
#include "log.h"
#include "mem.h"

#define RETRY_MS 100

struct heartbeat {
    struct gateway *g;
    struct service_dep *dep;
    uv_timer_t timer;
    int waiting;         /* answers to come of this beat */
    bool failed, missed; /* of this beat */
    bool announce;       /* when a beat has succeeded */
    int64_t beaten_ms;   /* when one did; 0: never */
};

static void on_timer(uv_timer_t *timer);

static void beat_succeeded(struct heartbeat *h)
{
    bool announce = h->announce || (h->missed && h->beaten_ms != 0);

    h->beaten_ms = clock_mono_ms();
    h->announce = false;
    service_dep_set(h->dep, true, "renewed");
    if (announce)
        gateway_announce(h->g);
}

static void beat_failed(struct heartbeat *h)
{
    if (h->beaten_ms != 0 && clock_mono_ms() - h->beaten_ms > h->g->conf.lease_ms)
        service_dep_set(h->dep, false, "not renewed: other gateways take this one for dead");
}

static void beat_answered(struct heartbeat *h, bool ok, bool missed)
{
    h->failed = h->failed || !ok;
    h->missed = h->missed || missed;
    if (--h->waiting > 0)
        return;
    if (!uv_is_closing((uv_handle_t *)&h->timer))
        uv_timer_start(&h->timer, on_timer, h->failed ? RETRY_MS : (uint64_t)h->g->conf.lease_ms / 3, 0);
    if (h->failed)
        beat_failed(h);
    else
        beat_succeeded(h);
}

static void on_answer(void *arg, bool ok, bool missed)
{
    beat_answered(arg, ok, missed);
}

static void on_timer(uv_timer_t *timer)
{
    struct heartbeat *h = timer->data;
    struct gateway *g = h->g;

    h->failed = h->missed = false;
    h->waiting = 3; /* the third is this function's own: neither answer may be the last one before both are asked */
    if (gateways_enlist(g->backend.store, g->id, on_answer, h) != 0)
        beat_answered(h, false, false);
    if (gateways_beat(g->backend.store, g->id, service_instance(g->service), g->conf.lease_ms, on_answer, h) != 0)
        beat_answered(h, false, false);
    beat_answered(h, true, false);
}

struct heartbeat *heartbeat_open(struct gateway *g)
{
    struct heartbeat *h = MEM_NEW(struct heartbeat);

    h->g = g;
    h->dep = service_dep_add(g->service, "heartbeat");
    h->timer.data = h;
    ASSERT(uv_timer_init(service_loop(g->service), &h->timer) == 0);
    uv_timer_start(&h->timer, on_timer, 0, 0);
    return h;
}

void heartbeat_renew(struct heartbeat *h)
{
    h->announce = true;
    if (h->waiting == 0)
        uv_timer_start(&h->timer, on_timer, 0, 0);
}

static void on_timer_closed(uv_handle_t *timer)
{
    free(timer->data);
}

void heartbeat_close(struct heartbeat **h)
{
    if (*h == NULL)
        return;
    uv_close((uv_handle_t *)&(*h)->timer, on_timer_closed);
    *h = NULL;
}
