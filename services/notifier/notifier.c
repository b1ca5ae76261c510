#include "notifier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "backend.h"
#include "bus.h"
#include "dead_letter.h"
#include "deliveries.h"
#include "err.h"
#include "event_id.h"
#include "log.h"
#include "mem.h"
#include "message.h"
#include "notifier_metrics.h"
#include "window.h"

#define PARTITIONS_MAX       64
#define COMMIT_INTERVAL_MS   200
#define METADATA_SIZE        4000
#define REQUEST_ID_SIZE      257
#define INCARNATION_AHEAD_MS 86400000 /* how far a process' clock may be ahead of the broker's */

struct partition { /* of game-events, while it is ours; lives on until its last delivery is finished */
    struct notifier *notifier;
    int32_t number;
    struct window *window;
    bool revoked;
};

struct notifier {
    const struct notifier_conf *conf;
    struct service *service;
    struct service_dep *group_dep;
    struct backend backend;
    struct bus_group *group;
    struct deliveries *deliveries;
    struct letter *letters, *letters_sent; /* dead ones: to send; sent and not yet confirmed */
    bool leaving;                          /* the group */
    struct partition *partitions[PARTITIONS_MAX];
    struct buf json; /* scratch */
    uv_timer_t timer;
    bool timer_open;
};

static const enum topic_id topics_used[] = {TOPIC_EVENTS, TOPIC_EVENTS_DLQ, TOPIC_OUTBOX, TOPIC_METRICS};

/* ---- committing -------------------------------------------------------------------------------------------------- */

static void commit(struct notifier *n, struct partition *p)
{
    struct event_seen seen;
    int64_t next_offset;
    char metadata[METADATA_SIZE];

    if (p->revoked || !window_committable(p->window, &next_offset, &seen))
        return;
    event_seen_format(&seen, metadata, sizeof(metadata));
    bus_group_commit(n->group, p->number, next_offset, metadata);
}

static void commit_all(struct notifier *n)
{
    for (int i = 0; i < PARTITIONS_MAX; i++)
        if (n->partitions[i] != NULL)
            commit(n, n->partitions[i]);
}

static void set_hold(struct notifier *n)
{
    bus_group_hold(n->group, deliveries_count(n->deliveries) >= (size_t)n->conf->in_flight_max ||
                                 bus_producer_pending(n->backend.producer) >= BACKEND_QUEUE_MAX);
}

static void partition_free_if_done(struct partition *p)
{
    if (!p->revoked || window_open(p->window) > 0)
        return;
    window_free(&p->window);
    free(p);
}

static void on_finished(void *arg, void *partition, uint64_t ticket)
{
    struct partition *p = partition;

    (void)arg;
    window_finish(p->window, ticket);
    partition_free_if_done(p);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

struct letter { /* a record that is no event, on its way to the DLQ */
    struct partition *partition;
    uint64_t ticket;
    struct dead_letter *dead_letter;
    char reason[JSON_ERROR_SIZE];
    struct letter *prev, *next;
};

static void letter_free(struct letter *l)
{
    dead_letter_free(&l->dead_letter);
    free(l);
}

static void on_letter_delivered(void *arg, int err, int32_t partition, int64_t offset)
{
    struct letter *l = arg;
    struct notifier *n = l->partition->notifier;

    (void)partition;
    (void)offset;
    if (err == ERR_CLOSED)
        return;     /* it is not finished, and will be read again */
    if (err != 0) { /* the broker refuses it for good: not finished, and only a restart tries again */
        log_error("dead_letter_failed error=\"%s\"", err_str(err));
        service_fail(n->service);
        return;
    }
    DL_DELETE(n->letters_sent, l);
    on_finished(n, l->partition, l->ticket);
    letter_free(l);
}

static void send_letters(struct notifier *n)
{
    static const struct dead_letter_to to = {TOPIC_EVENTS_DLQ, -1, "websocket"}; /* keyed by the subscription */

    while (n->letters != NULL) {
        struct letter *l = n->letters;

        if (dead_letter_send(l->dead_letter, l->reason, n->backend.producer, &to, on_letter_delivered, l) != 0)
            return; /* the timer tries again */
        DL_DELETE(n->letters, l);
        DL_APPEND(n->letters_sent, l);
    }
}

static void dead_letter(struct notifier *n, const struct bus_record *r, struct partition *p, uint64_t ticket,
                        const char *reason)
{
    struct letter *l = MEM_NEW(struct letter);

    log_warn("event_malformed partition=%d offset=%lld reason=\"%s\"", (int)r->partition, (long long)r->offset, reason);
    metrics_add(service_metrics(n->service), NF_DEAD_LETTERS, 1);
    *l = (struct letter){.partition = p, .ticket = ticket, .dead_letter = dead_letter_keep(r)};
    (void)snprintf(l->reason, sizeof(l->reason), "%s", reason);
    DL_APPEND(n->letters, l);
    send_letters(n);
}

static void on_timer(uv_timer_t *timer)
{
    struct notifier *n = timer->data;

    deliveries_pump(n->deliveries);
    send_letters(n);
    set_hold(n);
    commit_all(n);
    service_dep_set(n->group_dep, bus_group_joined(n->group),
                    bus_group_joined(n->group) ? "ok" : "waiting for the consumer group");
    metrics_set(service_metrics(n->service), NF_IN_FLIGHT, (int64_t)deliveries_count(n->deliveries));
}

/* An event as read: its id and texts copied out of the record's headers. */
struct incoming {
    struct event_id id;
    char id_text[EVENT_ID_SIZE], type[40], connection_id[40], request_id[REQUEST_ID_SIZE];
};

static int read_headers(struct incoming *in, const struct bus_record *r)
{
    size_t len;

    (void)bus_header_copy(r, "ce_type", in->type, sizeof(in->type));
    (void)bus_header_copy(r, "connection_id", in->connection_id, sizeof(in->connection_id));
    if (!bus_header_copy(r, "request_id", in->request_id, sizeof(in->request_id)) &&
        bus_header_get(r, "request_id", &len) != NULL)
        return ERR_INVALID;
    if (!json_utf8_valid(in->connection_id, strlen(in->connection_id)) ||
        !bus_header_copy(r, "ce_id", in->id_text, sizeof(in->id_text)) ||
        event_id_parse(in->id_text, strlen(in->id_text), &in->id) != 0)
        return ERR_INVALID;
    /* One id of the far future would make all that follow look like repeats. */
    return in->id.incarnation <= r->timestamp_ms + INCARNATION_AHEAD_MS ? 0 : ERR_INVALID;
}

/* The id counts as seen only when the event can be read: what is malformed must not hide what is not. */
static void deliver(struct notifier *n, const struct bus_record *r, struct partition *p, const struct incoming *in)
{
    const struct event_text text = {r->value, r->value_len, in->id_text, in->connection_id, in->request_id};
    char player[ID_PLAYER_MAX + 1], error[JSON_ERROR_SIZE];
    enum message_kind kind;
    uint64_t ticket;

    buf_clear(&n->json);
    kind = message_of(&text, player, &n->json, error);
    if (kind == MESSAGE_MALFORMED) {
        dead_letter(n, r, p, window_take(p->window, r->offset, NULL), error);
        return;
    }
    ticket = window_take(p->window, r->offset, &in->id);
    if (!window_accept(p->window, &in->id)) {
        metrics_add(service_metrics(n->service), NF_REPEATS, 1);
        window_finish(p->window, ticket);
    } else if (kind == MESSAGE_FOR_PLAYER) {
        deliveries_add(n->deliveries, p, ticket, player, &in->id, in->type, n->json.data, n->json.len);
    } else {
        window_finish(p->window, ticket);
    }
}

static void on_record(void *arg, const struct bus_record *r)
{
    struct notifier *n = arg;
    struct partition *p = r->partition < PARTITIONS_MAX ? n->partitions[r->partition] : NULL;
    struct incoming in = {0};

    if (p == NULL)
        return;
    metrics_add(service_metrics(n->service), NF_EVENTS, 1);
    if (read_headers(&in, r) == 0)
        deliver(n, r, p, &in);
    else
        dead_letter(n, r, p, window_take(p->window, r->offset, NULL),
                    "header ce_id, connection_id or request_id: is missing or cannot be read");
}

static void on_batch(void *arg)
{
    set_hold(arg);
}

static void on_assign(void *arg, int32_t number, int64_t offset, const char *metadata)
{
    struct notifier *n = arg;
    struct partition *p = MEM_NEW(struct partition);
    struct event_seen seen;

    (void)offset;
    if (event_seen_parse(&seen, metadata) != 0)
        log_warn("commit_metadata_unreadable partition=%d", (int)number);
    *p = (struct partition){.notifier = n, .number = number, .window = window_new(&seen)};
    ASSERT(number < PARTITIONS_MAX && n->partitions[number] == NULL);
    n->partitions[number] = p;
}

/* Another process has taken our instance name: it is the one that counts now. */
static void on_fenced(void *arg, const char *reason)
{
    struct notifier *n = arg;

    (void)reason; /* libs/bus has logged it */
    service_fail(n->service);
}

static void on_revoke(void *arg, int32_t number)
{
    struct notifier *n = arg;
    struct partition *p = n->partitions[number];

    if (p == NULL)
        return;
    commit(n, p);
    n->partitions[number] = NULL;
    p->revoked = true;
    partition_free_if_done(p);
}

static void on_refused(void *arg)
{
    struct notifier *n = arg;

    service_fail(n->service);
}

static void on_redis(void *arg, bool ready)
{
    struct notifier *n = arg;

    if (ready && n->deliveries != NULL)
        deliveries_pump(n->deliveries);
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static int open_backend(struct notifier *n)
{
    return backend_open(&n->backend, n->service,
                        &(struct backend_conf){
                            .name = "notifier",
                            .service = &n->conf->service,
                            .topics = topics_used,
                            .topic_count = sizeof(topics_used) / sizeof(topics_used[0]),
                            .redis_timeout_ms = n->conf->redis_timeout_ms,
                            .on_redis = on_redis,
                            .arg = n,
                        });
}

static int open_group(struct notifier *n)
{
    return bus_group_open(&n->group, service_loop(n->service),
                          &(struct bus_group_conf){
                              .bus = &n->backend.bus,
                              .group_id = "notifier",
                              .instance_id = service_instance(n->service),
                              .topic = TOPIC_EVENTS,
                              .on_assign = on_assign,
                              .on_revoke = on_revoke,
                              .on_fatal = on_fenced,
                              .on_record = on_record,
                              .on_batch = on_batch,
                              .arg = n,
                          });
}

static int notifier_open(struct service *service, void *daemon)
{
    struct notifier *n = daemon;
    int rc;

    n->service = service;
    rc = open_backend(n);
    if (rc != 0)
        return rc;
    n->group_dep = service_dep_add(service, "group");
    n->deliveries = deliveries_new(&(struct deliveries_conf){
        .store = n->backend.store,
        .producer = n->backend.producer,
        .metrics = service_metrics(service),
        .inbox_ttl_ms = n->conf->inbox_ttl_ms,
        .finished = on_finished,
        .refused = on_refused,
        .arg = n,
    });
    uv_timer_init(service_loop(service), &n->timer);
    n->timer.data = n;
    n->timer_open = true;
    rc = open_group(n);
    if (rc == 0)
        uv_timer_start(&n->timer, on_timer, 0, COMMIT_INTERVAL_MS);
    return rc;
}

/* Reading stops, what was read is delivered and committed, then the group is left. */
static void notifier_drain(void *daemon)
{
    struct notifier *n = daemon;

    uv_timer_stop(&n->timer);
    bus_group_hold(n->group, true);
    deliveries_pump(n->deliveries);
}

static bool notifier_drained(void *daemon)
{
    struct notifier *n = daemon;

    deliveries_pump(n->deliveries);
    send_letters(n);
    if (!bus_producer_ready(n->backend.producer))
        return true; /* what is left is not committed, and will be read again */
    if (deliveries_count(n->deliveries) > 0 || bus_producer_pending(n->backend.producer) > 0)
        return false;
    if (!n->leaving)
        bus_group_stop(n->group); /* on_revoke commits */
    n->leaving = true;
    return bus_group_stopped(n->group);
}

static void free_letters(struct letter *list)
{
    while (list != NULL) {
        struct letter *l = list;

        DL_DELETE(list, l);
        letter_free(l);
    }
}

static void notifier_close(void *daemon)
{
    struct notifier *n = daemon;

    bus_group_close(&n->group);
    backend_close(&n->backend);
    deliveries_free(&n->deliveries);
    free_letters(n->letters);
    free_letters(n->letters_sent);
    if (n->timer_open)
        uv_close((uv_handle_t *)&n->timer, NULL);
    for (int i = 0; i < PARTITIONS_MAX; i++) {
        if (n->partitions[i] != NULL)
            window_free(&n->partitions[i]->window);
        free(n->partitions[i]);
        n->partitions[i] = NULL;
    }
    buf_free(&n->json);
}

const struct service_hooks notifier_hooks = {
    .open = notifier_open,
    .drain = notifier_drain,
    .drained = notifier_drained,
    .close = notifier_close,
};

struct notifier *notifier_new(const struct notifier_conf *conf)
{
    struct notifier *n = MEM_NEW(struct notifier);

    n->conf = conf;
    return n;
}

void notifier_free(struct notifier **n)
{
    free(*n);
    *n = NULL;
}
