#include "deliveries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include <utlist.h>

#include "clock.h"
#include "err.h"
#include "generation.h"
#include "id.h"
#include "log.h"
#include "mem.h"
#include "notifier_metrics.h"
#include "presence.h"

enum { PAUSE_MIN_MS = 50, PAUSE_MAX_MS = 2000 };

struct delivery {
    struct deliveries *owner;
    struct lane *lane; /* until the inbox has it */
    void *window;      /* NULL: dropped while a step was under way */
    uint64_t ticket;
    char generation[GENERATION_SIZE];
    struct event_id id;
    char player[ID_PLAYER_MAX + 1];
    char type[40];
    char *json;
    size_t json_len;
    struct dead_letter *letter;
    bool again;
    int64_t taken_us;
    char inbox_id[32], gateway[40], connection[40]; /* known after the inbox step */
    int32_t slot;
    struct delivery *prev, *next; /* of the lane, to_push or pushed */
};

/* A player with events that are not in the inbox yet. Always either asked or stalled. */
struct lane {
    char player[ID_PLAYER_MAX + 1];
    struct delivery *events; /* oldest first; never empty */
    bool asked;              /* the inbox step of the first is under way */
    bool stalled;            /* in the list of that name, until due_ms at least */
    int64_t due_ms, pause_ms;
    UT_hash_handle hh;
    struct lane *prev, *next;
};

struct deliveries {
    struct deliveries_conf conf;
    struct lane *lanes;       /* by player */
    struct lane *stalled;     /* to ask again */
    struct delivery *to_push; /* in the inbox; the producer's queue was full */
    struct delivery *pushed;  /* in the outbox, not yet reported */
    size_t count, bytes;
    bool held;
    bool refusing; /* said in the log: Redis refuses */
};

struct deliveries *deliveries_new(const struct deliveries_conf *conf)
{
    struct deliveries *d = MEM_NEW(struct deliveries);

    d->conf = *conf;
    return d;
}

static size_t bytes_of(const struct delivery *e)
{
    return sizeof(*e) + e->json_len + (e->letter != NULL ? dead_letter_bytes(e->letter) : 0);
}

/* It is in no list any more. */
static void delivery_free(struct delivery *e)
{
    e->owner->count--;
    e->owner->bytes -= bytes_of(e);
    dead_letter_free(&e->letter);
    free(e->json);
    free(e);
}

static void free_list(struct delivery *list)
{
    while (list != NULL) {
        struct delivery *e = list;

        DL_DELETE(list, e);
        delivery_free(e);
    }
}

void deliveries_free(struct deliveries **dp)
{
    struct deliveries *d = *dp;
    struct lane *l = d != NULL ? d->lanes : NULL;

    if (d == NULL)
        return;
    HASH_CLEAR(hh, d->lanes);
    while (l != NULL) {
        struct lane *next = l->hh.next; /* clearing a table leaves its elements linked */

        free_list(l->events);
        free(l);
        l = next;
    }
    free_list(d->to_push);
    free_list(d->pushed);
    free(d);
    *dp = NULL;
}

static void count(const struct delivery *e, enum notifier_metric metric, int64_t n)
{
    if (!e->again)
        metrics_add(e->owner->conf.metrics, metric, n);
}

/* The delivery is in no list any more. */
static void finish(struct delivery *e)
{
    struct deliveries *d = e->owner;

    if (!e->again)
        metrics_observe(d->conf.metrics, NF_DELIVERY, (double)(clock_mono_us() - e->taken_us) / 1e6);
    if (e->window != NULL)
        d->conf.finished(d->conf.arg, e->window, e->ticket);
    delivery_free(e);
}

/* ---- second step: the outbox partition of the player's gateway --------------------------------------------------- */

static void on_pushed(void *arg, int err, int32_t partition, int64_t offset)
{
    struct delivery *e = arg;
    struct deliveries *d = e->owner;

    (void)partition;
    (void)offset;
    if (err == ERR_CLOSED)
        return; /* it is not finished, and will be read again */
    if (err != 0) {
        log_error("push_refused player=%s error=\"%s\"", e->player, err_str(err));
        d->conf.refused(d->conf.arg);
        return;
    }
    DL_DELETE(d->pushed, e);
    count(e, NF_PUSHED, 1);
    finish(e);
}

static int push(struct delivery *e)
{
    char id[EVENT_ID_SIZE], time_text[CLOCK_RFC3339_SIZE];

    event_id_format(&e->id, id);
    clock_rfc3339(clock_wall_ms(), time_text);

    const struct bus_header headers[] = {
        {"ce_id", id, strlen(id)},
        {"ce_type", e->type, strlen(e->type)},
        {"ce_source", "notifier", 8},
        {"ce_time", time_text, strlen(time_text)},
        {"gateway", e->gateway, strlen(e->gateway)},
        {"connection", e->connection, strlen(e->connection)},
        {"inbox_id", e->inbox_id, strlen(e->inbox_id)},
    };

    return bus_send(e->owner->conf.producer,
                    &(struct bus_message){
                        .topic = TOPIC_OUTBOX,
                        .partition = e->slot,
                        .key = e->player,
                        .key_len = strlen(e->player),
                        .value = e->json,
                        .value_len = e->json_len,
                        .headers = headers,
                        .header_count = sizeof(headers) / sizeof(headers[0]),
                    },
                    on_pushed, e);
}

static void push_waiting(struct deliveries *d)
{
    while (d->to_push != NULL) {
        struct delivery *e = d->to_push;
        int rc = push(e);

        ASSERT(rc != ERR_TOO_LARGE); /* a message is far smaller than what the topic takes */
        if (rc != 0)
            return; /* deliveries_pump tries again */
        DL_DELETE(d->to_push, e);
        DL_APPEND(d->pushed, e);
    }
}

/* It is in the inbox. */
static void to_outbox(struct delivery *e, const struct presence_delivered *r)
{
    struct deliveries *d = e->owner;
    const struct presence *where = r->where;

    count(e, NF_INBOX_DROPPED, r->dropped);
    count(e, r->inbox_id[0] != '\0' ? NF_INBOX : NF_REPEATS, 1);
    if (where == NULL || where->slot < 0 || where->slot >= topic_defs[TOPIC_OUTBOX].partitions) {
        count(e, NF_AWAY, 1);
        finish(e);
        return;
    }
    snprintf(e->inbox_id, sizeof(e->inbox_id), "%s", r->inbox_id);
    snprintf(e->gateway, sizeof(e->gateway), "%s", where->gateway);
    snprintf(e->connection, sizeof(e->connection), "%s", where->connection);
    e->slot = where->slot;
    DL_APPEND(d->to_push, e);
    push_waiting(d);
}

/* ---- first step: inbox and presence ------------------------------------------------------------------------------ */

static void stall(struct deliveries *d, struct lane *l)
{
    l->due_ms = clock_mono_ms() + l->pause_ms;
    l->stalled = true;
    DL_APPEND(d->stalled, l);
}

static void unstall(struct deliveries *d, struct lane *l)
{
    l->stalled = false;
    DL_DELETE(d->stalled, l);
}

static void lane_free(struct deliveries *d, struct lane *l)
{
    if (l->stalled)
        unstall(d, l);
    HASH_DEL(d->lanes, l);
    free(l);
}

static void on_inbox(void *arg, const struct presence_delivered *r);

static bool ask(struct deliveries *d, struct lane *l)
{
    struct delivery *e = l->events;

    if (!d->held)
        l->asked = presence_deliver(d->conf.store,
                                    &(struct presence_message){
                                        .player = l->player,
                                        .id = &e->id,
                                        .generation = e->generation,
                                        .json = e->json,
                                        .json_len = e->json_len,
                                        .inbox_ttl_ms = d->conf.inbox_ttl_ms,
                                    },
                                    on_inbox, e) == 0;
    return l->asked;
}

/* The lane is neither asked nor stalled. */
static void lane_next(struct deliveries *d, struct lane *l)
{
    if (l->events == NULL)
        lane_free(d, l);
    else if (!ask(d, l))
        stall(d, l);
}

static void say_refusing(struct deliveries *d, bool refusing, const char *error)
{
    if (refusing && !d->refusing)
        log_warn("inbox_refused error=\"%s\"", error);
    else if (!refusing && d->refusing)
        log_info("inbox_taken");
    d->refusing = refusing;
}

static void retry(struct deliveries *d, struct lane *l, const struct presence_delivered *r)
{
    int64_t longer_ms = l->pause_ms == 0 ? PAUSE_MIN_MS : l->pause_ms * 2;

    metrics_add(d->conf.metrics, NF_RETRIES, 1);
    if (r->err == ERR_BUSY)
        say_refusing(d, true, r->error);
    l->pause_ms = r->err != ERR_BUSY ? 0 : longer_ms < PAUSE_MAX_MS ? longer_ms : PAUSE_MAX_MS;
    stall(d, l);
}

static bool is_hopeless(const struct delivery *e, const struct presence_delivered *r)
{
    const struct deliveries_conf *conf = &e->owner->conf;

    return r->err == ERR_INVALID || (r->err == ERR_BUSY && conf->overtaken(conf->arg, e->window));
}

static void give_up(struct delivery *e, const char *reason)
{
    struct deliveries *d = e->owner;
    struct dead_letter *letter = e->letter;

    d->bytes -= dead_letter_bytes(letter);
    e->letter = NULL;
    d->conf.hopeless(d->conf.arg, e->window, e->ticket, letter, reason);
    delivery_free(e);
}

static void on_inbox(void *arg, const struct presence_delivered *r)
{
    struct delivery *e = arg;
    struct deliveries *d = e->owner;
    struct lane *l = e->lane;
    bool dropped = e->window == NULL;
    bool hopeless = !dropped && is_hopeless(e, r);

    l->asked = false;
    if (r->err != 0 && !dropped && !hopeless) {
        retry(d, l, r);
        return;
    }
    DL_DELETE(l->events, e);
    l->pause_ms = 0;
    if (hopeless)
        give_up(e, r->error);
    else if (dropped)
        delivery_free(e);
    else
        to_outbox(e, r);
    lane_next(d, l);
}

static void ask_stalled(struct deliveries *d)
{
    int64_t now_ms = clock_mono_ms();
    struct lane *next;

    for (struct lane *l = d->stalled; l != NULL; l = next) {
        next = l->next;
        if (l->due_ms > now_ms)
            continue;
        if (!ask(d, l))
            return;
        unstall(d, l);
    }
    if (d->stalled == NULL)
        say_refusing(d, false, NULL);
}

void deliveries_pump(struct deliveries *d)
{
    push_waiting(d);
    ask_stalled(d);
}

void deliveries_hold(struct deliveries *d, bool hold)
{
    bool released = d->held && !hold;

    d->held = hold;
    if (released)
        ask_stalled(d);
}

/* ---- coming and going -------------------------------------------------------------------------------------------- */

static struct lane *lane_new(struct deliveries *d, const char *player)
{
    struct lane *l = MEM_NEW(struct lane);

    snprintf(l->player, sizeof(l->player), "%s", player);
    HASH_ADD_STR(d->lanes, player, l);
    return l;
}

void deliveries_add(struct deliveries *d, const struct delivery_event *event, struct dead_letter *letter)
{
    struct delivery *e = MEM_NEW(struct delivery);
    struct lane *l;

    *e = (struct delivery){
        .owner = d,
        .window = event->window,
        .ticket = event->ticket,
        .id = event->id,
        .json = mem_dup(event->json, event->json_len),
        .json_len = event->json_len,
        .letter = letter,
        .again = event->again,
        .taken_us = clock_mono_us(),
    };
    snprintf(e->generation, sizeof(e->generation), "%s", event->generation);
    snprintf(e->player, sizeof(e->player), "%s", event->player);
    snprintf(e->type, sizeof(e->type), "%s", event->type);
    d->count++;
    d->bytes += bytes_of(e);
    HASH_FIND_STR(d->lanes, e->player, l);
    e->lane = l != NULL ? l : lane_new(d, e->player);
    DL_APPEND(e->lane->events, e);
    if (l == NULL)
        lane_next(d, e->lane);
}

static void silence(struct delivery *e, const void *window)
{
    if (e->window == window)
        e->window = NULL;
}

static void forget(struct delivery **list, const void *window)
{
    struct delivery *next;

    for (struct delivery *e = *list; e != NULL; e = next) {
        next = e->next;
        if (e->window != window)
            continue;
        DL_DELETE(*list, e);
        delivery_free(e);
    }
}

void deliveries_drop(struct deliveries *d, const void *window)
{
    struct lane *next;

    for (struct lane *l = d->lanes; l != NULL; l = next) {
        next = l->hh.next;
        if (l->asked)
            silence(l->events, window);
        forget(&l->events, window);
        if (l->events == NULL)
            lane_free(d, l);
    }
    forget(&d->to_push, window);
    for (struct delivery *e = d->pushed; e != NULL; e = e->next)
        silence(e, window);
}

size_t deliveries_count(const struct deliveries *d)
{
    return d->count;
}

size_t deliveries_bytes(const struct deliveries *d)
{
    return d->bytes;
}

bool deliveries_stalled(const struct deliveries *d)
{
    return d->stalled != NULL;
}
