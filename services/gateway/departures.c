#include "departures.h"

#include <stdlib.h>

#include "clock.h"
#include "command.h"
#include "err.h"
#include "grace.h"
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

static void departures_again(struct departures *d, struct gone *e)
{
    grace_again(d->grace, e, clock_mono_ms());
    departures_arm(d);
}

static void departures_done(struct departures *d, struct gone *e)
{
    grace_done(d->grace, e);
    departures_arm(d);
}

static void departure_forget(struct departures *d, struct gone *e)
{
    if (presence_forget(d->g->backend.store, e->player, e->connection) != 0)
        departures_again(d, e);
    else
        departures_done(d, e);
}

static void on_left(void *arg, int err, int32_t partition, int64_t offset)
{
    struct gone *e = arg;
    struct departures *d = e->arg;

    (void)partition;
    (void)offset;
    command_count(d->g, err);
    if (err != 0) {
        departures_again(d, e);
        return;
    }
    gateway_count(d->g, GW_LEFT);
    if (grace_still(e))
        departure_forget(d, e);
    else
        departures_done(d, e);
}

static void departure_send(struct departures *d, struct gone *e, const char *ticket_id, int32_t partition)
{
    struct mm_issuer issuer = {e->player, e->connection, ""};
    struct mm_command c = {.type = MM_LEFT,
                           .ticket_id = ticket_id,
                           .configuration = "",
                           .players = {{.id = e->player}},
                           .player_count = 1,
                           .issuer = issuer};
    struct buf *value = &d->g->scratch;
    int err;

    buf_clear(value);
    mm_command_encode(&c, value);
    err = command_send(
        d->g, &(struct command){.type = MM_LEFT, .partition = partition, .key = "", .value = value, .issuer = issuer},
        on_left, e);
    if (err == 0)
        return;
    command_count(d->g, err);
    departures_again(d, e);
}

static void on_checked(void *arg, bool ok, bool still_ours, const char *ticket_id, int32_t partition)
{
    struct gone *e = arg;
    struct departures *d = e->arg;

    if (grace_still(e) && !ok)
        departures_again(d, e);
    else if (!grace_still(e) || !still_ours)
        departures_done(d, e);
    else if (ticket_id[0] == '\0')
        departure_forget(d, e);
    else
        departure_send(d, e, ticket_id, partition);
}

static void on_timer(uv_timer_t *timer)
{
    struct departures *d = timer->data;
    struct gone *e;

    while ((e = grace_take(d->grace, clock_mono_ms())) != NULL) {
        if (presence_check_gone(d->g->backend.store, e->player, e->connection, on_checked, e) != 0)
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

void departures_gone(struct departures *d, const struct session *s)
{
    grace_add(d->grace, s->player, s->id, clock_mono_ms());
    departures_arm(d);
}

void departures_back(struct departures *d, const struct session *s)
{
    grace_forget(d->grace, s->player);
    departures_arm(d);
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
