#include "taking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "delivery.h"
#include "err.h"
#include "gateways.h"
#include "mem.h"
#include "outbox.h"
#include "presence.h"

#define RETRY_MS 200

struct taking {
    struct gateway *g;
    struct session *due, **last; /* each holds a reference */
    size_t asked;
    uv_timer_t retry; /* runs after a failure: until then nobody who waits is asked */
};

static void take_ask(struct session *s);

static struct session *taking_next(struct taking *t)
{
    struct session *s = t->due;

    t->due = s->take_next;
    if (t->due == NULL)
        t->last = &t->due;
    s->take = TAKE_NONE;
    return s;
}

static void taking_pump(struct taking *t)
{
    while (t->due != NULL && t->asked < TAKING_MAX && !uv_is_active((uv_handle_t *)&t->retry)) {
        struct session *s = taking_next(t);

        if (s->state != SESSION_CLOSING)
            take_ask(s);
        session_unref(s);
    }
}

static void on_retry(uv_timer_t *timer)
{
    taking_pump(timer->data);
}

void taking_again(struct session *s)
{
    struct taking *t = s->g->taking;

    if (s->state == SESSION_CLOSING || s->take == TAKE_DUE)
        return;
    if (s->take == TAKE_ASKED) {
        s->take_again = true;
        return;
    }
    s->take = TAKE_DUE;
    s->take_next = NULL;
    *t->last = session_ref(s);
    t->last = &s->take_next;
    taking_pump(t);
}

/* ---- how an asking ends: answered, then released ---------------------------------------------------------------- */

static void take_answered(struct session *s)
{
    s->g->taking->asked--;
    s->take = TAKE_NONE;
    if (s->take_again)
        taking_again(s);
}

static void take_release(struct session *s)
{
    taking_pump(s->g->taking);
    session_unref(s);
}

static void take_failed(struct session *s)
{
    struct taking *t = s->g->taking;

    if (!uv_is_active((uv_handle_t *)&t->retry))
        uv_timer_start(&t->retry, on_retry, RETRY_MS, 0);
    take_answered(s);
    taking_again(s);
    take_release(s);
}

static void take_closed(struct session *s, enum close_reason why)
{
    session_close(s, why);
    take_answered(s);
    take_release(s);
}

static void take_done(struct session *s, const struct presence_taken *t)
{
    s->since_us = t->since_us;
    s->spare[0] = '\0';
    if (t->other != NULL && strcmp(t->other->gateway, s->g->id) != 0)
        outbox_tell_replaced(s->g, s->player, t->other);
    take_answered(s);
    if (s->state != SESSION_CLOSING)
        delivery_inbox(s, t->messages, t->count);
    take_release(s);
}

/* ---- the index entry, the presence, and a look at who else has the player --------------------------------------- */

static void take_presence(struct session *s);

static void on_alive(void *arg, bool ok, bool alive)
{
    if (!ok)
        take_failed(arg);
    else if (alive)
        take_closed(arg, CLOSE_DUPLICATE);
    else
        take_presence(arg);
}

/* An open connection has the player, unless its gateway is dead. Of those here, none is open: session_open looked. */
static void take_refused(struct session *s, const struct presence *other)
{
    s->take_sent = false;
    (void)snprintf(s->spare, sizeof(s->spare), "%s", other->connection);
    if (strcmp(other->gateway, s->g->id) == 0)
        take_presence(s);
    else if (gateways_alive(s->g->backend.store, other->gateway, on_alive, s) != 0)
        take_failed(s);
}

static void on_taken(void *arg, bool ok, const struct presence_taken *t)
{
    if (!ok)
        take_failed(arg);
    else if (t->took == PRESENCE_TAKEN)
        take_done(arg, t);
    else if (t->took == PRESENCE_OPEN && t->other != NULL)
        take_refused(arg, t->other);
    else
        take_closed(arg, CLOSE_REPLACED);
}

static void take_presence(struct session *s)
{
    struct gateway *g = s->g;
    const struct presence_taking t = {.presence = {.gateway = g->id, .connection = s->id, .slot = g->slot},
                                      .since_us = s->since_us,
                                      .age_us = clock_mono_us() - s->opened_us,
                                      .first = !s->take_sent,
                                      .refuse = g->refuse_duplicates,
                                      .spare = s->spare};

    if (presence_take(g->backend.store, s->player, &t, on_taken, s) == 0)
        s->take_sent = true;
    else
        take_failed(s);
}

static void on_held(void *arg, bool ok, bool yes)
{
    struct session *s = arg;

    (void)yes;
    if (ok && s->state != SESSION_CLOSING)
        take_presence(s);
    else
        take_failed(s);
}

static void take_ask(struct session *s)
{
    struct gateway *g = s->g;

    (void)session_ref(s);
    g->taking->asked++;
    s->take = TAKE_ASKED;
    s->take_again = s->reread = false;
    if (gateways_hold(g->backend.store, g->id, s->player, s->id, on_held, s) != 0)
        take_failed(s);
}

void taking_begin(struct session *s)
{
    take_ask(s);
}

void taking_all(struct taking *t)
{
    for (struct session *s = t->g->by_connection; s != NULL; s = s->hh_connection.next)
        taking_again(s);
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

struct taking *taking_open(struct gateway *g)
{
    struct taking *t = MEM_NEW(struct taking);

    t->g = g;
    t->last = &t->due;
    t->retry.data = t;
    ASSERT(uv_timer_init(service_loop(g->service), &t->retry) == 0);
    return t;
}

static void on_timer_closed(uv_handle_t *timer)
{
    free(timer->data);
}

void taking_close(struct taking **t)
{
    if (*t == NULL)
        return;
    while ((*t)->due != NULL)
        session_unref(taking_next(*t));
    uv_close((uv_handle_t *)&(*t)->retry, on_timer_closed);
    *t = NULL;
}
