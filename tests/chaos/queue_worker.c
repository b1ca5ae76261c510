/* queue_worker.c - see queue_worker.h: the process, and sending. */
#include "queue_worker.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "dice.h"
#include "err.h"
#include "log.h"
#include "mem.h"

enum {
    TICK_MS = 5,
    STATS_MS = 1000,
    SENT_A_TICK_MAX = 500,
    PRODUCE_TIMEOUT_MS = 8000,
    REDIS_TIMEOUT_MS = 2000,
    MAX_RECEIVES = 3,
    ID_SIZE = 101,
    BODY_SIZE = 200,
};

static const enum topic_id topics[] = {TOPIC_QUEUE, TOPIC_QUEUE_DLQ, TOPIC_METRICS};

/* ---- kinds ------------------------------------------------------------------------------------------------------- */

static const struct kind kinds[] = {
    {"plain", 900, DEED_DELETE, 0},        {"late", 20, DEED_DELETE_LATE, 0},  {"lapse", 20, DEED_LAPSE, 0},
    {"release", 20, DEED_RELEASE, 0},      {"lengthen", 10, DEED_LENGTHEN, 0}, {"hold", 5, DEED_HOLD, 0},
    {"delayed", 20, DEED_DELETE, 3000},    {"stubborn", 5, DEED_NEVER, 0},     {"poison", 0, DEED_CRASH, 0},
    {"long-delay", 2, DEED_DELETE, 20000},
};

const struct kind *worker_kind(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

const struct kind *worker_draw_kind(struct worker *w)
{
    const struct kind *kind = kinds;
    size_t all = 0, drawn;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        all += kinds[i].weight;
    for (drawn = dice_below(&w->dice, all); drawn >= kind->weight; kind++)
        drawn -= kind->weight;
    return kind;
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

struct sending {
    struct worker *worker;
    const struct kind *kind;
    char id[ID_SIZE], sum[STEPS_SUM_SIZE];
};

static void on_sent(void *arg, int err, int32_t partition, int64_t offset)
{
    struct sending *s = arg;
    struct worker *w = s->worker;

    if (err == 0)
        steps_add("sent",
                  ",\"id\":\"%s\",\"sum\":\"%s\",\"kind\":\"%s\",\"delay\":%" PRId64 ",\"partition\":%" PRId32
                  ",\"offset\":%" PRId64,
                  s->id, s->sum, s->kind->name, s->kind->delay_ms, partition, offset);
    else
        steps_add("unsent", ",\"id\":\"%s\"", s->id);
    if (++w->confirmed == w->conf.count)
        steps_add("done", "%s", "");
    free(s);
}

static int send_one(struct worker *w)
{
    struct sending *s = MEM_NEW(struct sending);
    struct bus_header attributes[2];
    char body[BODY_SIZE];
    int len, rc;

    s->worker = w;
    s->kind = w->conf.kind[0] != '\0' ? worker_kind(w->conf.kind) : worker_draw_kind(w);
    (void)snprintf(s->id, sizeof(s->id), "%s.%" PRId64 ".%" PRId64, service_instance(w->service), w->started_ms,
                   w->sent);
    len = snprintf(body, sizeof(body), "the body of %s, %016" PRIx64, s->id, (uint64_t)w->dice);
    attributes[0] = (struct bus_header){"kind", s->kind->name, strlen(s->kind->name)};
    attributes[1] = (struct bus_header){"of", service_instance(w->service), strlen(service_instance(w->service))};
    (void)steps_sum(s->sum, body, (size_t)len, attributes, 2);
    rc = queue_send(w->queue,
                    &(struct queue_send){.id = s->id,
                                         .body = body,
                                         .body_len = (size_t)len,
                                         .attributes = attributes,
                                         .attribute_count = 2,
                                         .delay_ms = s->kind->delay_ms},
                    on_sent, s);
    if (rc == 0)
        w->sent++;
    else
        free(s);
    return rc;
}

static void send_due(struct worker *w, int64_t now_ms)
{
    int64_t due;

    if (w->quiet || w->conf.rate == 0 || !bus_producer_ready(w->backend.producer))
        return;
    if (w->sending_ms == 0)
        w->sending_ms = now_ms;
    due = (now_ms - w->sending_ms) * w->conf.rate / 1000;
    if (w->conf.count > 0 && due > w->conf.count)
        due = w->conf.count;
    for (int i = 0; w->sent < due && i < SENT_A_TICK_MAX; i++) {
        if (send_one(w) != 0)
            return; /* full: with a later tick */
    }
}

/* ---- the tick ---------------------------------------------------------------------------------------------------- */

static void on_stats(void *arg, int err, const struct queue_stats *stats)
{
    (void)arg;
    if (err == 0)
        steps_add("stats", ",\"visible\":%" PRId64 ",\"flight\":%" PRId64 ",\"delayed\":%" PRId64, stats->visible,
                  stats->in_flight, stats->delayed);
}

static void on_tick(uv_timer_t *timer)
{
    struct worker *w = timer->data;
    int64_t now_ms = clock_mono_ms();

    if (service_draining(w->service))
        return;
    send_due(w, now_ms);
    deeds_tick(w, now_ms);
    if (now_ms - w->stats_ms >= STATS_MS) {
        w->stats_ms = now_ms;
        queue_stats(w->queue, on_stats, NULL);
    }
}

/* ---- signals ----------------------------------------------------------------------------------------------------- */

static void on_purged(void *arg, int err)
{
    int64_t *asked_ms = arg;

    steps_add("purged", ",\"asked\":%" PRId64 ",\"err\":%d", *asked_ms, err);
    free(asked_ms);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct worker *w = handle->data;
    int64_t now_ms = clock_wall_ms();

    if (number == SIGUSR1) {
        w->quiet = true;
        return;
    }
    steps_add("purge", "%s", "");
    queue_purge(w->queue, on_purged, mem_dup(&now_ms, sizeof(now_ms)));
}

static void open_signal(struct worker *w, uv_signal_t *handle, int number)
{
    ASSERT(uv_signal_init(service_loop(w->service), handle) == 0);
    handle->data = w;
    ASSERT(uv_signal_start(handle, on_signal, number) == 0);
}

static void on_redis(void *arg, bool ready)
{
    (void)arg;
    steps_add("redis", ",\"ready\":%d", ready);
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static void on_fatal(void *arg, const char *reason)
{
    struct worker *w = arg;

    log_error("queue_fatal: %s", reason);
    service_fail(w->service);
}

static int open_queue(struct worker *w)
{
    const struct queue_conf conf = {.name = "chaos",
                                    .topic = TOPIC_QUEUE,
                                    .bus = &w->backend.bus,
                                    .producer = w->backend.producer,
                                    .store = w->backend.store,
                                    .instance_id = w->conf.fills ? service_instance(w->service) : NULL,
                                    .max_receives = MAX_RECEIVES,
                                    .dead_topic = TOPIC_QUEUE_DLQ,
                                    .window_bytes = w->conf.window_bytes,
                                    .window_span = w->conf.window_span,
                                    .on_fatal = on_fatal,
                                    .arg = w};

    return queue_open(&w->queue, service_loop(w->service), &conf);
}

static int check_settings(const struct worker *w)
{
    if (w->conf.kind[0] != '\0' && worker_kind(w->conf.kind) == NULL)
        return service_setting_wrong(w->service, "KIND", "must be the name of a kind");
    if (steps_open(w->conf.steps) != 0)
        return service_setting_wrong(w->service, "STEPS", "must be a file that can be written");
    return 0;
}

static int worker_open(struct service *service, void *daemon)
{
    struct worker *w = daemon;
    const struct backend_conf conf = {.name = "queue-worker",
                                      .service = &w->conf.service,
                                      .topics = topics,
                                      .topic_count = sizeof(topics) / sizeof(topics[0]),
                                      .message_timeout_ms = PRODUCE_TIMEOUT_MS,
                                      .redis_timeout_ms = REDIS_TIMEOUT_MS,
                                      .on_redis = on_redis};
    int rc;

    w->service = service;
    w->dice = (uint64_t)w->conf.seed;
    w->started_ms = clock_wall_ms();
    if ((rc = check_settings(w)) != 0 || (rc = backend_open(&w->backend, service, &conf)) != 0 ||
        (rc = open_queue(w)) != 0)
        return rc;
    open_signal(w, &w->quiet_signal, SIGUSR1);
    open_signal(w, &w->purge_signal, SIGUSR2);
    ASSERT(uv_timer_init(service_loop(service), &w->tick) == 0);
    w->tick.data = w;
    ASSERT(uv_timer_start(&w->tick, on_tick, TICK_MS, TICK_MS) == 0);
    w->open = true;
    return 0;
}

static void worker_drain(void *daemon)
{
    struct worker *w = daemon;

    queue_stop(w->queue);
}

static bool worker_drained(void *daemon)
{
    const struct worker *w = daemon;

    return queue_stopped(w->queue) && bus_producer_pending(w->backend.producer) == 0;
}

static void worker_close(void *daemon)
{
    struct worker *w = daemon;

    queue_close(&w->queue);
    deeds_close(w);
    backend_close(&w->backend);
    if (!w->open)
        return;
    uv_close((uv_handle_t *)&w->tick, NULL);
    uv_close((uv_handle_t *)&w->quiet_signal, NULL);
    uv_close((uv_handle_t *)&w->purge_signal, NULL);
}

#define ROW(...) CONF_ROW(struct worker_conf, __VA_ARGS__)
static const struct conf_key keys[] = {SERVICE_ROWS(struct worker_conf, service, "0") WORKER_CONF(ROW) CONF_END};

int main(int argc, char **argv)
{
    static struct worker worker;
    const struct service_def def = {
        .name = "queue-worker",
        .summary = "Sends to a queue, receives and deletes, and writes down each step.",
        .keys = keys,
        .conf = &worker.conf,
        .base = &worker.conf.service,
        .hooks = {.open = worker_open, .drain = worker_drain, .drained = worker_drained, .close = worker_close},
        .daemon = &worker};

    return service_main(&def, argc, argv);
}
