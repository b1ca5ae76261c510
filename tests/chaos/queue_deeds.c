/* queue_deeds.c - see queue_worker.h: receiving, and what happens to what was received. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "dice.h"
#include "err.h"
#include "mem.h"
#include "queue_worker.h"

enum {
    WAIT_MS = 1000,
    HOLD_TIMES = 5, /* of the visibility time-out */
    ID_SIZE = 101,
    RECEIPT_SIZE = 160,
};

#define OF_WHICH ",\"id\":\"%s\",\"sent\":%" PRId64 ",\"n\":%" PRId64

struct chore { /* something to do with a message: later, or on its way */
    struct worker *worker;
    char id[ID_SIZE], receipt[RECEIPT_SIZE];
    int64_t count, sent_ms, visible_ms;
    int64_t due_ms;   /* monotonic */
    int64_t asked_ms; /* wall */
    struct chore *next;
};

struct ask {
    struct worker *worker;
    int64_t asked_ms; /* wall */
};

static struct chore *new_chore(struct worker *w, const struct queue_message *m)
{
    struct chore *c = MEM_NEW(struct chore);

    c->worker = w;
    (void)snprintf(c->id, sizeof(c->id), "%s", m->id);
    (void)snprintf(c->receipt, sizeof(c->receipt), "%s", m->receipt);
    c->count = m->receive_count;
    c->sent_ms = m->sent_ms;
    return c;
}

/* ---- deleting, now or later -------------------------------------------------------------------------------------- */

static void on_deleted(void *arg, int err)
{
    struct chore *c = arg;

    steps_add("deleted", OF_WHICH ",\"asked\":%" PRId64 ",\"err\":%d", c->id, c->sent_ms, c->count, c->asked_ms, err);
    free(c);
}

static void delete_now(struct chore *c)
{
    c->asked_ms = clock_wall_ms();
    steps_add("delete", OF_WHICH, c->id, c->sent_ms, c->count);
    ASSERT(queue_delete(c->worker->queue, c->receipt, on_deleted, c) == 0);
}

static void delete_later(struct chore *c, int64_t delay_ms)
{
    c->due_ms = clock_mono_ms() + delay_ms;
    c->next = c->worker->chores;
    c->worker->chores = c;
}

static void do_due(struct worker *w, int64_t now_ms)
{
    struct chore **at = &w->chores;

    while (*at != NULL) {
        struct chore *c = *at;

        if (c->due_ms > now_ms) {
            at = &c->next;
            continue;
        }
        *at = c->next;
        delete_now(c);
    }
}

void deeds_close(struct worker *w)
{
    while (w->chores != NULL) {
        struct chore *c = w->chores;

        w->chores = c->next;
        free(c);
    }
}

/* ---- visibility -------------------------------------------------------------------------------------------------- */

/* What was lengthened is deleted in the second half of its new time. */
static void on_changed(void *arg, int err)
{
    struct chore *c = arg;

    steps_add("changed", OF_WHICH ",\"visible\":%" PRId64 ",\"asked\":%" PRId64 ",\"err\":%d", c->id, c->sent_ms,
              c->count, c->visible_ms, c->asked_ms, err);
    if (err == 0 && c->visible_ms > 0 && !service_draining(c->worker->service))
        delete_later(c, c->visible_ms * 3 / 4);
    else
        free(c);
}

static void change(struct chore *c, int64_t visible_ms)
{
    c->visible_ms = visible_ms;
    c->asked_ms = clock_wall_ms();
    steps_add("change", OF_WHICH ",\"visible\":%" PRId64, c->id, c->sent_ms, c->count, visible_ms);
    ASSERT(queue_change_visibility(c->worker->queue, c->receipt, visible_ms, on_changed, c) == 0);
}

/* ---- deeds ------------------------------------------------------------------------------------------------------- */

static enum deed deed_of(const struct queue_message *m)
{
    char name[32] = "";
    const struct kind *kind;

    for (size_t i = 0; i < m->attribute_count; i++) {
        if (strcmp(m->attributes[i].name, "kind") == 0)
            (void)snprintf(name, sizeof(name), "%.*s", (int)m->attributes[i].len, (const char *)m->attributes[i].value);
    }
    kind = worker_kind(name);
    return kind != NULL ? kind->deed : DEED_DELETE; /* the judge says what is wrong with it */
}

static void handle(struct worker *w, const struct queue_message *m)
{
    int64_t visible_ms = w->conf.visibility_ms;
    enum deed deed = deed_of(m);

    if (m->receive_count > 1 && (deed == DEED_LAPSE || deed == DEED_RELEASE))
        deed = DEED_DELETE;
    if (deed == DEED_CRASH) {
        steps_add("crash", ",\"id\":\"%s\"", m->id);
        abort();
    }
    if (deed == DEED_DELETE)
        delete_now(new_chore(w, m));
    else if (deed == DEED_DELETE_LATE)
        delete_later(new_chore(w, m), visible_ms * 3 / 4);
    else if (deed == DEED_RELEASE)
        change(new_chore(w, m), 0);
    else if (deed == DEED_LENGTHEN || deed == DEED_HOLD)
        change(new_chore(w, m), visible_ms * (deed == DEED_HOLD ? HOLD_TIMES : 2));
}

/* ---- receiving --------------------------------------------------------------------------------------------------- */

static void receive(struct worker *w);

static void note(const struct ask *ask, const struct queue_message *m)
{
    char sum[STEPS_SUM_SIZE];

    steps_add("got",
              ",\"asked\":%" PRId64 ",\"visible\":%" PRId64 ",\"id\":\"%s\",\"sum\":\"%s\",\"n\":%" PRId64
              ",\"first\":%" PRId64 ",\"sent\":%" PRId64,
              ask->asked_ms, ask->worker->conf.visibility_ms, m->id,
              steps_sum(sum, m->body, m->body_len, m->attributes, m->attribute_count), m->receive_count,
              m->first_receive_ms, m->sent_ms);
}

static void on_received(void *arg, int err, const struct queue_message *messages, size_t count)
{
    struct ask *ask = arg;
    struct worker *w = ask->worker;

    w->receiving--;
    for (size_t i = 0; i < count; i++)
        note(ask, &messages[i]);
    free(ask);
    if (service_draining(w->service))
        return;
    for (size_t i = 0; i < count; i++)
        handle(w, &messages[i]);
    if (err == 0) /* else with the next tick */
        receive(w);
}

static void receive(struct worker *w)
{
    struct ask *ask = MEM_NEW(struct ask);
    size_t max = 1 + dice_below(&w->dice, QUEUE_RECEIVE_MAX);

    *ask = (struct ask){w, clock_wall_ms()};
    w->receiving++;
    ASSERT(queue_receive(w->queue, &(struct queue_receive){max, w->conf.visibility_ms, WAIT_MS}, on_received, ask) ==
           0);
}

void deeds_tick(struct worker *w, int64_t now_ms)
{
    do_due(w, now_ms);
    while (w->receiving < w->conf.receivers)
        receive(w);
}
