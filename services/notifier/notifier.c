#include "notifier.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "bus.h"
#include "clock.h"
#include "dead_letter.h"
#include "deliveries.h"
#include "dlq_figures.h"
#include "err.h"
#include "event_id.h"
#include "generation.h"
#include "letters.h"
#include "log.h"
#include "mem.h"
#include "message.h"
#include "notifier_metrics.h"
#include "partitions.h"
#include "presence.h"

enum {
    TICK_MS = 200,         /* commits, retries, figures */
    AHEAD_MAX = 100000,    /* of one partition: finished behind one that is not. It bounds the window's memory */
    REWIND_MORE_MS = 60000 /* for clocks that differ, and events that came late */
};

#define REQUEST_ID_SIZE      257
#define INCARNATION_AHEAD_MS 86400000 /* how far a process' clock may be ahead of the broker's */

struct notifier {
    const struct notifier_conf *conf;
    struct service *service;
    struct metrics *metrics; /* the service's */
    struct service_dep *group_dep;
    struct backend backend;
    struct generation *generation;
    struct bus_group *group;
    struct partitions *partitions;
    struct deliveries *deliveries;
    struct letters *letters;
    struct dlq_figures *figures;
    struct log_limit dead_log;
    bool redis_sure; /* it is the Redis of generation_now(): asked since we connected */
    int64_t contact_before_ms;
    bool leaving;    /* the group */
    struct buf json; /* scratch */
    uv_timer_t timer;
    bool timer_open;
};

static const enum topic_id topics_used[] = {TOPIC_EVENTS, TOPIC_EVENTS_DLQ, TOPIC_OUTBOX, TOPIC_METRICS};

/* ---- how much at once -------------------------------------------------------------------------------------------- */

static size_t in_flight(const struct notifier *n)
{
    return deliveries_count(n->deliveries) + letters_count(n->letters);
}

static size_t in_flight_bytes(const struct notifier *n)
{
    return deliveries_bytes(n->deliveries) + letters_bytes(n->letters);
}

static bool is_full(const struct notifier *n)
{
    return in_flight(n) >= (size_t)n->conf->in_flight_max || in_flight_bytes(n) >= (size_t)n->conf->in_flight_max_bytes;
}

static void set_hold(struct notifier *n)
{
    bus_group_hold(n->group, is_full(n) || !partitions_known(n->partitions) ||
                                 bus_producer_pending(n->backend.producer) >= BACKEND_QUEUE_MAX ||
                                 partitions_ahead(n->partitions) >= AHEAD_MAX);
}

/* ---- which Redis (PROTOCOLS P5) ---------------------------------------------------------------------------------- */

/*
 * After a lost connection nothing is given to Redis until the generation was read again: one that came back empty is
 * given what it lost first, in order. That the poll was answered since shows in that the contact has changed.
 */
static void check_redis(struct notifier *n)
{
    int64_t contact_ms = generation_contact_ms(n->generation);

    if (contact_ms < 0)
        n->contact_before_ms = -1;
    else if (contact_ms != n->contact_before_ms)
        n->redis_sure = true;
    deliveries_hold(n->deliveries, !n->redis_sure);
}

static void on_redis(void *arg, bool ready)
{
    struct notifier *n = arg;

    (void)ready;
    n->redis_sure = false;
    n->contact_before_ms = generation_contact_ms(n->generation);
    deliveries_hold(n->deliveries, true);
}

static void on_generation(void *arg, const char *generation, bool first)
{
    struct notifier *n = arg;

    (void)first;
    partitions_generation(n->partitions, generation);
    set_hold(n);
}

static void on_commit(void *arg, int32_t number, int64_t offset, const char *metadata)
{
    struct notifier *n = arg;

    bus_group_commit(n->group, number, offset, metadata);
}

static void on_rewind(void *arg, int32_t number)
{
    struct notifier *n = arg;

    metrics_add(n->metrics, NF_REWINDS, 1);
    bus_group_rewind(n->group, number, clock_wall_ms() - n->conf->inbox_ttl_ms - REWIND_MORE_MS);
}

static void on_drop(void *arg, struct partition *p)
{
    struct notifier *n = arg;

    deliveries_drop(n->deliveries, p);
    letters_drop(n->letters, p);
}

/* ---- ends -------------------------------------------------------------------------------------------------------- */

static void on_finished(void *arg, void *partition, uint64_t ticket)
{
    struct partition *p = partition;

    (void)arg;
    window_finish(p->window, ticket);
}

static void dead_letter(struct notifier *n, struct partition *p, uint64_t ticket, struct dead_letter *letter,
                        const char *reason)
{
    log_warn_limited(&n->dead_log, "event_dead partition=%" PRId32 " offset=%" PRId64 " reason=\"%s\"", p->number,
                     dead_letter_offset(letter), reason);
    metrics_add(n->metrics, NF_DEAD_LETTERS, 1);
    letters_add(n->letters, p, ticket, letter, reason);
}

static void on_hopeless(void *arg, void *partition, uint64_t ticket, struct dead_letter *letter, const char *reason)
{
    dead_letter(arg, partition, ticket, letter, reason);
}

static bool is_overtaken(void *arg, void *partition)
{
    const struct partition *p = partition;

    (void)arg;
    return window_ahead(p->window) >= AHEAD_MAX;
}

static void on_refused(void *arg)
{
    struct notifier *n = arg;

    service_fail(n->service);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* An event as read: its id and texts copied out of the record's headers. */
struct incoming {
    struct event_id id;
    char id_text[EVENT_ID_SIZE], type[40], connection_id[40], request_id[REQUEST_ID_SIZE];
    bool again;
};

static int read_headers(struct incoming *in, const struct bus_record *r)
{
    if (bus_header_text(r, "ce_type", in->type, sizeof(in->type)) != 0 ||
        bus_header_text(r, "connection_id", in->connection_id, sizeof(in->connection_id)) != 0 ||
        bus_header_text(r, "request_id", in->request_id, sizeof(in->request_id)) != 0 ||
        bus_header_text(r, "ce_id", in->id_text, sizeof(in->id_text)) != 0 ||
        event_id_parse(in->id_text, strlen(in->id_text), &in->id) != 0)
        return ERR_INVALID;
    /* One id of the far future would make all that follow look like repeats. */
    return in->id.incarnation <= r->timestamp_ms + INCARNATION_AHEAD_MS ? 0 : ERR_INVALID;
}

static void deliver(struct notifier *n, const struct bus_record *r, struct partition *p, const struct incoming *in,
                    const char *player)
{
    uint64_t ticket = window_take(p->window, r->offset, &in->id);

    deliveries_add(n->deliveries,
                   &(struct delivery_event){
                       .window = p,
                       .ticket = ticket,
                       .generation = p->generation,
                       .player = player,
                       .id = in->id,
                       .type = in->type,
                       .json = n->json.data,
                       .json_len = n->json.len,
                       .again = in->again,
                   },
                   dead_letter_keep(r));
}

static void refuse(struct notifier *n, const struct bus_record *r, struct partition *p, bool again, const char *reason)
{
    uint64_t ticket = window_take(p->window, r->offset, NULL);

    if (again) /* it is a dead letter already */
        window_finish(p->window, ticket);
    else
        dead_letter(n, p, ticket, dead_letter_keep(r), reason);
}

static enum message_kind read_message(struct notifier *n, const struct event_text *text, char player[ID_PLAYER_MAX + 1],
                                      char error[JSON_ERROR_SIZE])
{
    enum message_kind kind;

    buf_clear(&n->json);
    kind = message_of(text, player, &n->json, error);
    if (kind != MESSAGE_FOR_PLAYER || n->json.len <= INBOX_MESSAGE_MAX_BYTES)
        return kind;
    (void)snprintf(error, JSON_ERROR_SIZE, "the player's message is %zu bytes long, at most %d are allowed",
                   n->json.len, INBOX_MESSAGE_MAX_BYTES);
    return MESSAGE_MALFORMED;
}

/* The id counts as seen only when the event can be read: what is malformed must not hide what is not. */
static void take(struct notifier *n, const struct bus_record *r, struct partition *p, const struct incoming *in)
{
    const struct event_text text = {in->type, r->value, r->value_len, in->id_text, in->connection_id, in->request_id};
    char player[ID_PLAYER_MAX + 1], error[JSON_ERROR_SIZE];
    enum message_kind kind = read_message(n, &text, player, error);
    bool fresh;

    if (kind == MESSAGE_MALFORMED) {
        refuse(n, r, p, in->again, error);
        return;
    }
    fresh = window_accept(p->window, &in->id);
    metrics_add(n->metrics, NF_REPEATS, !fresh);
    if (fresh && kind == MESSAGE_FOR_PLAYER)
        deliver(n, r, p, in, player);
    else
        window_finish(p->window, window_take(p->window, r->offset, &in->id));
}

static void on_record(void *arg, const struct bus_record *r)
{
    struct notifier *n = arg;
    struct partition *p = partitions_find(n->partitions, r->partition);
    struct incoming in = {0};

    if (p == NULL)
        return;
    in.again = partition_again(p, r->offset);
    metrics_add(n->metrics, in.again ? NF_REREAD : NF_EVENTS, 1);
    if (read_headers(&in, r) == 0)
        take(n, r, p, &in);
    else
        refuse(n, r, p, in.again, "header ce_id, ce_type, connection_id or request_id: is missing or cannot be read");
    if (is_full(n)) /* at once: the rest of the batch may be large */
        set_hold(n);
}

static void on_batch(void *arg)
{
    set_hold(arg);
}

static void on_assign(void *arg, int32_t number, int64_t offset, const char *metadata)
{
    struct notifier *n = arg;

    partitions_assign(n->partitions, number, offset, metadata);
}

static void on_revoke(void *arg, int32_t number)
{
    struct notifier *n = arg;

    partitions_revoke(n->partitions, number);
}

/* Another process has taken our instance name: it is the one that counts now. */
static void on_fenced(void *arg, const char *reason)
{
    struct notifier *n = arg;

    (void)reason; /* libs/bus has logged it */
    service_fail(n->service);
}

static void on_timer(uv_timer_t *timer)
{
    struct notifier *n = timer->data;
    bool joined = bus_group_joined(n->group);

    check_redis(n);
    deliveries_pump(n->deliveries);
    letters_pump(n->letters);
    set_hold(n);
    partitions_commit(n->partitions);
    service_dep_set(n->group_dep, joined, joined ? "ok" : "waiting for the consumer group");
    metrics_set(n->metrics, NF_IN_FLIGHT, (int64_t)in_flight(n));
    metrics_set(n->metrics, NF_IN_FLIGHT_BYTES, (int64_t)in_flight_bytes(n));
    metrics_set(n->metrics, NF_PARTITIONS, (int64_t)partitions_count(n->partitions));
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

static bool is_ours(void *arg, int32_t partition)
{
    const struct notifier *n = arg;

    return partitions_find(n->partitions, partition) != NULL;
}

static int open_figures(struct notifier *n)
{
    return dlq_figures_open(
        &n->figures, service_loop(n->service),
        &(struct dlq_figures_conf){.bus = &n->backend.bus, .metrics = n->metrics, .ours = is_ours, .arg = n});
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

static void open_parts(struct notifier *n)
{
    n->partitions =
        partitions_new(&(struct partitions_conf){.commit = on_commit, .rewind = on_rewind, .drop = on_drop, .arg = n});
    n->letters = letters_new(&(struct letters_conf){
        .producer = n->backend.producer, .finished = on_finished, .refused = on_refused, .arg = n});
    n->deliveries = deliveries_new(&(struct deliveries_conf){
        .store = n->backend.store,
        .producer = n->backend.producer,
        .metrics = n->metrics,
        .inbox_ttl_ms = n->conf->inbox_ttl_ms,
        .finished = on_finished,
        .hopeless = on_hopeless,
        .overtaken = is_overtaken,
        .refused = on_refused,
        .arg = n,
    });
    deliveries_hold(n->deliveries, true);
    n->generation = generation_open(service_loop(n->service), n->backend.store, on_generation, n);
}

static int notifier_open(struct service *service, void *daemon)
{
    struct notifier *n = daemon;
    int rc;

    n->service = service;
    n->metrics = service_metrics(service);
    rc = open_backend(n);
    if (rc != 0)
        return rc;
    n->group_dep = service_dep_add(service, "group");
    open_parts(n);
    uv_timer_init(service_loop(service), &n->timer);
    n->timer.data = n;
    n->timer_open = true;
    rc = open_group(n);
    if (rc == 0)
        rc = open_figures(n);
    if (rc == 0) {
        bus_group_hold(n->group, true);
        uv_timer_start(&n->timer, on_timer, 0, TICK_MS);
    }
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

/* What cannot be delivered now is not waited for: it is not committed, and will be read again. */
static bool notifier_drained(void *daemon)
{
    struct notifier *n = daemon;

    deliveries_pump(n->deliveries);
    letters_pump(n->letters);
    if (!bus_producer_writable(n->backend.producer))
        return true;
    if ((in_flight(n) > 0 && !deliveries_stalled(n->deliveries)) || bus_producer_pending(n->backend.producer) > 0)
        return false;
    if (!n->leaving)
        bus_group_stop(n->group); /* on_revoke commits */
    n->leaving = true;
    return bus_group_stopped(n->group);
}

static void notifier_close(void *daemon)
{
    struct notifier *n = daemon;

    bus_group_close(&n->group);
    dlq_figures_close(&n->figures);
    generation_close(&n->generation);
    backend_close(&n->backend);
    deliveries_free(&n->deliveries);
    letters_free(&n->letters);
    partitions_free(&n->partitions);
    if (n->timer_open)
        uv_close((uv_handle_t *)&n->timer, NULL);
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
