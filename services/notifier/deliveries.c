#include "deliveries.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "clock.h"
#include "err.h"
#include "id.h"
#include "log.h"
#include "mem.h"
#include "notifier_metrics.h"
#include "presence.h"

struct delivery {
    struct deliveries *owner;
    void *window;
    uint64_t ticket;
    struct event_id id;
    char player[ID_PLAYER_MAX + 1];
    char type[40];
    char *json;
    size_t json_len;
    int64_t taken_us;
    char inbox_id[32], gateway[40], connection[40]; /* known after the inbox step */
    int32_t slot;
    struct delivery *prev, *next;
};

struct deliveries {
    struct deliveries_conf conf;
    struct delivery *waiting; /* for the inbox step, in order */
    struct delivery *asked;   /* the inbox step is under way, in order */
    struct delivery *failed;  /* Redis failed on them; they go before `waiting` when `asked` is empty */
    struct delivery *to_push; /* the producer's queue was full */
    struct delivery *pushed;  /* in the outbox, not yet reported */
    size_t count;
};

struct deliveries *deliveries_new(const struct deliveries_conf *conf)
{
    struct deliveries *d = MEM_NEW(struct deliveries);

    d->conf = *conf;
    return d;
}

static void delivery_free(struct delivery *e)
{
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

    if (d == NULL)
        return;
    free_list(d->waiting);
    free_list(d->asked);
    free_list(d->failed);
    free_list(d->to_push);
    free_list(d->pushed);
    free(d);
    *dp = NULL;
}

/* The delivery is in no list any more. */
static void finish(struct delivery *e)
{
    struct deliveries *d = e->owner;

    d->count--;
    metrics_observe(d->conf.metrics, NF_DELIVERY, (double)(clock_mono_us() - e->taken_us) / 1e6);
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
    metrics_add(d->conf.metrics, NF_PUSHED, 1);
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

        if (rc != 0 && rc != ERR_TOO_LARGE)
            return; /* deliveries_pump tries again */
        DL_DELETE(d->to_push, e);
        if (rc == 0) {
            DL_APPEND(d->pushed, e);
        } else {
            log_error("push_too_large player=%s bytes=%zu", e->player, e->json_len); /* it stays in the inbox */
            finish(e);
        }
    }
}

/* ---- first step: inbox and presence ------------------------------------------------------------------------------ */

static void retry_failed(struct deliveries *d)
{
    if (d->asked != NULL || d->failed == NULL)
        return;
    DL_CONCAT(d->failed, d->waiting);
    d->waiting = d->failed;
    d->failed = NULL;
}

static void on_inbox(void *arg, bool ok, const char *inbox_id, const struct presence *where, int64_t dropped)
{
    struct delivery *e = arg;
    struct deliveries *d = e->owner;

    DL_DELETE(d->asked, e);
    if (!ok) {
        metrics_add(d->conf.metrics, NF_RETRIES, 1);
        DL_APPEND(d->failed, e);
        return; /* deliveries_pump takes it up again */
    }
    metrics_add(d->conf.metrics, NF_INBOX_DROPPED, dropped);
    metrics_add(d->conf.metrics, inbox_id[0] != '\0' ? NF_INBOX : NF_REPEATS, 1);
    if (where == NULL || where->slot < 0 || where->slot >= topic_defs[TOPIC_OUTBOX].partitions) {
        metrics_add(d->conf.metrics, NF_AWAY, 1);
        finish(e);
        return;
    }
    snprintf(e->inbox_id, sizeof(e->inbox_id), "%s", inbox_id);
    snprintf(e->gateway, sizeof(e->gateway), "%s", where->gateway);
    snprintf(e->connection, sizeof(e->connection), "%s", where->connection);
    e->slot = where->slot;
    DL_APPEND(d->to_push, e);
    push_waiting(d);
}

static void ask_next(struct deliveries *d)
{
    while (d->failed == NULL && d->waiting != NULL) {
        struct delivery *e = d->waiting;

        if (presence_deliver(d->conf.store, e->player, &e->id, e->json, e->json_len, d->conf.inbox_ttl_ms, on_inbox,
                             e) != 0)
            return;
        DL_DELETE(d->waiting, e);
        DL_APPEND(d->asked, e);
    }
}

void deliveries_pump(struct deliveries *d)
{
    push_waiting(d);
    retry_failed(d);
    ask_next(d);
}

void deliveries_add(struct deliveries *d, void *window, uint64_t ticket, const char *player, const struct event_id *id,
                    const char *type, const char *json, size_t json_len)
{
    struct delivery *e = MEM_NEW(struct delivery);

    e->owner = d;
    e->window = window;
    e->ticket = ticket;
    e->id = *id;
    e->json = mem_dup(json, json_len);
    e->json_len = json_len;
    e->taken_us = clock_mono_us();
    snprintf(e->player, sizeof(e->player), "%s", player);
    snprintf(e->type, sizeof(e->type), "%s", type);
    DL_APPEND(d->waiting, e);
    d->count++;
    ask_next(d);
}

size_t deliveries_count(const struct deliveries *d)
{
    return d->count;
}
