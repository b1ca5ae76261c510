#include "departures.h"

#include <stdlib.h>

#include "clock.h"
#include "err.h"
#include "gateways.h"
#include "generation.h"
#include "grace.h"
#include "leaving.h"
#include "mem.h"
#include "presence.h"

#define RETRY_MS 1000

struct departures {
    struct gateway *g;
    struct grace *grace;
    uv_timer_t timer;
};

static void on_timer(uv_timer_t *timer);

/* After every change of the list. */
static void departures_arm(struct departures *d)
{
    int64_t next_ms = grace_next_ms(d->grace), in_ms = next_ms - clock_mono_ms();

    metrics_set(d->g->metrics, GW_GRACE, (int64_t)grace_count(d->grace));
    if (next_ms < 0 || d->g->stage != GATEWAY_SERVING)
        uv_timer_stop(&d->timer);
    else
        uv_timer_start(&d->timer, on_timer, in_ms > 0 ? (uint64_t)in_ms : 0, 0);
}

/* Not waited for: what does not arrive is missing when the grace time is over, and then written again. */
static void departure_announce(struct departures *d, const struct gone *e)
{
    struct presence p = {.gateway = d->g->id, .connection = e->connection, .slot = d->g->slot};

    (void)gateways_hold(d->g->backend.store, d->g->id, e->player, e->connection, NULL, NULL);
    (void)presence_restore_gone(d->g->backend.store, e->player, &p, e->since_us);
}

static void on_end(void *arg, enum leaving_end end)
{
    struct gone *e = arg;
    struct departures *d = e->arg;

    if (end == LEAVING_MISSING && e->state == GONE_BUSY)
        departure_announce(d, e);
    if (end == LEAVING_DONE)
        grace_done(d->grace, e);
    else
        grace_again(d->grace, e, clock_mono_ms());
    departures_arm(d);
}

static void on_timer(uv_timer_t *timer)
{
    struct departures *d = timer->data;
    bool certain = generation_contact_ms(d->g->generation) >= d->g->conf.lease_ms;
    struct gone *e;

    while ((e = grace_take(d->grace, clock_mono_ms())) != NULL) {
        struct leaver who = {
            .gateway = d->g->id, .player = e->player, .connection = e->connection, .tickets = e->tickets};

        if (!certain || leaving_begin(d->g, &who, on_end, e) != 0)
            grace_again(d->grace, e, clock_mono_ms());
    }
    departures_arm(d);
}

struct departures *departures_open(struct gateway *g)
{
    struct departures *d = MEM_NEW(struct departures);

    d->g = g;
    d->grace = grace_new(g->conf.grace_ms, RETRY_MS, d);
    d->timer.data = d;
    ASSERT(uv_timer_init(service_loop(g->service), &d->timer) == 0);
    return d;
}

void departures_gone(struct departures *d, struct session *s)
{
    struct gone *e;

    (void)presence_mark_gone(d->g->backend.store, s->player, s->id);
    if (d->g->stage != GATEWAY_SERVING)
        return;
    e = grace_add(d->grace, s->player, s->id, clock_mono_ms());
    e->since_us = s->since_us;
    e->tickets = s->tickets;
    s->tickets = NULL;
    departures_arm(d);
}

void departures_back(struct departures *d, const struct session *s)
{
    grace_forget(d->grace, s->player);
    departures_arm(d);
}

void departures_announce(struct departures *d)
{
    for (const struct gone *e = grace_all(d->grace); e != NULL; e = e->hh.next)
        departure_announce(d, e);
}

static void on_timer_closed(uv_handle_t *timer)
{
    free(timer->data);
}

void departures_close(struct departures **d)
{
    if (*d == NULL)
        return;
    grace_free(&(*d)->grace);
    uv_close((uv_handle_t *)&(*d)->timer, on_timer_closed);
    *d = NULL;
}
