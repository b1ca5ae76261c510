#include "reaper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "err.h"
#include "gateways.h"
#include "generation.h"
#include "leaving.h"
#include "log.h"
#include "mem.h"
#include "watch.h"

#define CURSOR_SIZE 32

struct reaper {
    struct gateway *g;
    uv_timer_t timer;
    struct watch watch;
    size_t looking; /* answers to come about who lives */

    bool reaping; /* the fields below: of the dead gateway whose players leave now */
    bool failed;
    size_t leaving; /* players of this step, and one while they are being started */
    size_t players; /* of all steps */
    char cursor[CURSOR_SIZE];
    char dead[GATEWAY_ID_SIZE];
};

static void reap_step(struct reaper *r);

/* ---- reap ------------------------------------------------------------------------------------------------------- */

static void reap_end(struct reaper *r, const char *how)
{
    log_info("gateway_reaped gateway=%s result=%s players=%zu", r->dead, how, r->players);
    r->reaping = false;
}

/* Redis or Kafka did, and says so itself. The next look begins again. */
static void reap_failed(struct reaper *r)
{
    log_debug("gateway_not_reaped gateway=%s players=%zu", r->dead, r->players);
    r->reaping = false;
}

static void on_delisted(void *arg, bool ok, bool yes)
{
    struct reaper *r = arg;

    if (ok && yes)
        gateway_count(r->g, GW_REAPED);
    if (ok)
        reap_end(r, "done");
    else
        reap_failed(r);
}

static void on_reaped(void *arg, bool ok, bool empty)
{
    struct reaper *r = arg;

    if (!ok || !empty || gateways_delist(r->g->backend.store, r->dead, on_delisted, r) != 0)
        reap_failed(r);
}

static void reap_finish(struct reaper *r)
{
    if (gateways_reaped(r->g->backend.store, r->dead, r->g->id, on_reaped, r) != 0)
        reap_failed(r);
}

/* It lives. What we have taken from it, it is to write again. */
static void reap_alive(struct reaper *r)
{
    if (r->players > 0)
        (void)gateways_delist(r->g->backend.store, r->dead, NULL, NULL);
    reap_end(r, "alive");
}

static void reap_left(struct reaper *r, enum leaving_end end)
{
    r->failed = r->failed || end == LEAVING_FAILED;
    if (--r->leaving > 0)
        return;
    if (r->failed)
        reap_failed(r);
    else if (strcmp(r->cursor, "0") == 0)
        reap_finish(r);
    else
        reap_step(r);
}

static void on_left(void *arg, enum leaving_end end)
{
    reap_left(arg, end);
}

/* Entries that no gateway writes are only removed. */
static void reap_player(struct reaper *r, const struct held *entry)
{
    struct leaver who = {.gateway = r->dead, .player = entry->player, .connection = entry->connection, .dead = true};
    bool valid =
        id_player_valid(entry->player, strlen(entry->player)) && strlen(entry->connection) < ID_CONNECTION_SIZE;

    r->players++;
    r->leaving++;
    if (!valid)
        (void)gateways_drop(r->g->backend.store, r->dead, entry->player, entry->connection, NULL, NULL);
    if (!valid)
        reap_left(r, LEAVING_DONE);
    else if (leaving_begin(r->g, &who, on_left, r) != 0)
        reap_left(r, LEAVING_FAILED);
}

static void reap_entries(struct reaper *r, const struct reap_step *step)
{
    (void)snprintf(r->cursor, sizeof(r->cursor), "%s", step->cursor);
    r->leaving = 1;
    for (size_t i = 0; i < step->count; i++)
        reap_player(r, &step->entries[i]);
    reap_left(r, LEAVING_DONE);
}

static void on_step(void *arg, bool ok, const struct reap_step *step)
{
    struct reaper *r = arg;

    if (!ok)
        reap_failed(r);
    else if (step->state == REAP_ALIVE)
        reap_alive(r);
    else if (step->state == REAP_BUSY)
        r->reaping = false;
    else
        reap_entries(r, step);
}

static void reap_step(struct reaper *r)
{
    struct gateway *g = r->g;

    if (g->stage != GATEWAY_SERVING ||
        gateways_reap(g->backend.store, r->dead, g->id, g->conf.lease_ms, r->cursor, on_step, r) != 0)
        reap_failed(r);
}

static void reap_begin(struct reaper *r, const char *dead)
{
    memcpy(r->dead, dead, sizeof(r->dead));
    (void)snprintf(r->cursor, sizeof(r->cursor), "0");
    r->reaping = true;
    r->failed = false;
    r->players = 0;
    reap_step(r);
}

/* ---- watch ------------------------------------------------------------------------------------------------------ */

static void reaper_looked(struct reaper *r)
{
    const struct gateway_conf *conf = &r->g->conf;
    const struct watched *dead;

    if (--r->looking > 0 || r->reaping || r->g->stage != GATEWAY_SERVING)
        return;
    dead = watch_dead(&r->watch, clock_mono_ms(), generation_contact_ms(r->g->generation),
                      conf->lease_ms + conf->grace_ms);
    if (dead != NULL)
        reap_begin(r, dead->id);
}

static void on_alive(void *arg, bool ok, bool alive)
{
    struct watched *e = arg;

    if (ok)
        watch_looked(e, alive, clock_mono_ms());
    reaper_looked(e->arg);
}

static void on_list(void *arg, bool ok, const char *const *ids, size_t count)
{
    struct reaper *r = arg;

    if (ok)
        watch_list(&r->watch, ids, count);
    for (struct watched *e = ok ? r->watch.all : NULL; e != NULL; e = e->next) {
        if (strcmp(e->id, r->g->id) != 0 && gateways_alive(r->g->backend.store, e->id, on_alive, e) == 0)
            r->looking++;
    }
    reaper_looked(r);
}

static void on_timer(uv_timer_t *timer)
{
    struct reaper *r = timer->data;

    if (r->looking == 0 && gateways_list(r->g->backend.store, on_list, r) == 0)
        r->looking = 1;
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

struct reaper *reaper_open(struct gateway *g)
{
    struct reaper *r = MEM_NEW(struct reaper);
    uint64_t period_ms = (uint64_t)g->conf.lease_ms / 3;

    r->g = g;
    r->watch.arg = r;
    r->timer.data = r;
    ASSERT(uv_timer_init(service_loop(g->service), &r->timer) == 0);
    uv_timer_start(&r->timer, on_timer, period_ms, period_ms);
    return r;
}

static void on_timer_closed(uv_handle_t *timer)
{
    free(timer->data);
}

void reaper_close(struct reaper **r)
{
    if (*r == NULL)
        return;
    watch_free(&(*r)->watch);
    uv_close((uv_handle_t *)&(*r)->timer, on_timer_closed);
    *r = NULL;
}
