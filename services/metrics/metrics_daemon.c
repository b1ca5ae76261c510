/* metrics_daemon.c - see metrics_daemon.h. */
#include "metrics_daemon.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "backend.h"
#include "clock.h"
#include "err.h"
#include "log.h"
#include "mem.h"
#include "metrics_metrics.h"
#include "pages.h"
#include "put_metric.h"
#include "rollup.h"

#define PARTITIONS_MAX     64
#define TAIL_RECORDS       2000  /* some periods' worth of a few dozen daemons */
#define MESSAGE_TIMEOUT_MS 10000 /* figures grow old */
#define START_EVERY_MS     100

struct partition {
    bool reading, caught_up;
    int64_t next_offset; /* what is below has been counted */
};

struct metrics_daemon {
    const struct metrics_conf *conf;
    struct service *service;
    struct service_dep *caught_up;
    struct backend backend;
    struct bus_reader *reader;
    struct rollup *rollup;
    struct partition partitions[PARTITIONS_MAX];
    uv_timer_t timer;
    bool timer_open;
    struct log_limit refusal_log;
};

static const enum topic_id topics_used[] = {TOPIC_METRICS};

static void count(struct metrics_daemon *d, enum mt_metric id)
{
    metrics_add(service_metrics(d->service), id, 1);
}

/* ---- records ---------------------------------------------------------------------------------------------------- */

static void refuse(struct metrics_daemon *d, const struct bus_record *r, const char *reason)
{
    count(d, MT_REFUSED);
    log_warn_limited(&d->refusal_log, "record_refused partition=%" PRId32 " offset=%" PRId64 " reason=\"%s\"",
                     r->partition, r->offset, reason);
}

static void add_all(struct metrics_daemon *d, const struct put_metric *document)
{
    static const enum mt_metric counters[] = {
        [ROLLUP_ADDED] = MT_ADDED, [ROLLUP_LATE] = MT_LATE, [ROLLUP_FULL] = MT_FULL};

    for (size_t i = 0; i < document->count; i++)
        count(d, counters[rollup_add(d->rollup, &document->data[i])]);
}

static void on_record(void *arg, const struct bus_record *r)
{
    struct metrics_daemon *d = arg;
    struct put_metric document;
    char error[JSON_ERROR_SIZE];

    if (r->offset < d->partitions[r->partition].next_offset)
        return; /* read before the partition was lost and found again */
    d->partitions[r->partition].next_offset = r->offset + 1;
    count(d, MT_RECORDS);
    if (put_metric_parse(&document, r->value, r->value_len, r->timestamp_ms, error) != 0) {
        refuse(d, r, error);
        return;
    }
    add_all(d, &document);
    put_metric_free(&document);
}

/* ---- partitions ------------------------------------------------------------------------------------------------- */

static void tell_caught_up(struct metrics_daemon *d)
{
    char reason[64];

    for (int32_t p = 0; p < topic_defs[TOPIC_METRICS].partitions; p++) {
        if (!d->partitions[p].caught_up) {
            (void)snprintf(reason, sizeof(reason), "partition %d has not been read to its end", (int)p);
            service_dep_set(d->caught_up, false, reason);
            return;
        }
    }
    service_dep_set(d->caught_up, true, "ok");
}

static void on_end(void *arg, enum topic_id topic, int32_t partition, int64_t next_offset)
{
    struct metrics_daemon *d = arg;

    (void)topic;
    d->partitions[partition].caught_up = true;
    d->partitions[partition].next_offset = next_offset; /* below ours when the topic was made anew */
    tell_caught_up(d);
}

static void on_lost(void *arg, enum topic_id topic, int32_t partition, enum bus_lost why, const char *reason)
{
    struct metrics_daemon *d = arg;
    char text[160];

    (void)topic;
    (void)why;
    count(d, MT_LOST);
    d->partitions[partition].reading = d->partitions[partition].caught_up = false;
    (void)snprintf(text, sizeof(text), "partition %d was lost: %s", (int)partition, reason);
    service_dep_set(d->caught_up, false, text);
}

/* What is not read yet, or was lost; once Kafka has the topic. */
static void start_reading(struct metrics_daemon *d)
{
    if (!bus_producer_ready(d->backend.producer))
        return;
    for (int32_t p = 0; p < topic_defs[TOPIC_METRICS].partitions; p++) {
        if (d->partitions[p].reading)
            continue;
        d->partitions[p].reading = true;
        bus_reader_add(d->reader, TOPIC_METRICS, p, BUS_TAIL(TAIL_RECORDS));
    }
}

static void on_timer(uv_timer_t *timer)
{
    start_reading(timer->data);
}

/* ---- pages ------------------------------------------------------------------------------------------------------ */

static void get_prometheus(void *arg, struct http_request *req)
{
    const struct metrics_daemon *d = arg;
    struct buf page = {0};

    metrics_prometheus(service_metrics(d->service), &page);
    pages_prometheus(d->rollup, clock_wall_ms(), &page);
    http_respond(req, 200, "text/plain; version=0.0.4; charset=utf-8", page.data, page.len);
    buf_free(&page);
}

static void get_json(void *arg, struct http_request *req)
{
    const struct metrics_daemon *d = arg;
    struct buf page = {0};

    pages_json(d->rollup, clock_wall_ms(), &page);
    http_respond(req, 200, "application/json", page.data, page.len);
    buf_free(&page);
}

const struct http_route metrics_daemon_routes[] = {
    {"GET", "/metrics", get_prometheus, NULL}, {"GET", "/v1/metrics", get_json, NULL}, {NULL, NULL, NULL, NULL}};

/* ---- life ------------------------------------------------------------------------------------------------------- */

static int open_backend(struct metrics_daemon *d)
{
    const struct backend_conf conf = {
        .name = "metrics",
        .service = &d->conf->service,
        .topics = topics_used,
        .topic_count = sizeof(topics_used) / sizeof(topics_used[0]),
        .message_timeout_ms = MESSAGE_TIMEOUT_MS,
    };

    return backend_open(&d->backend, d->service, &conf);
}

static int open_reader(struct metrics_daemon *d)
{
    const struct bus_reader_conf conf = {
        .bus = &d->backend.bus,
        .name = "metrics",
        .on_record = on_record,
        .on_end = on_end,
        .on_lost = on_lost,
        .arg = d,
    };

    return bus_reader_open(&d->reader, service_loop(d->service), &conf);
}

static void open_timer(struct metrics_daemon *d)
{
    ASSERT(uv_timer_init(service_loop(d->service), &d->timer) == 0);
    d->timer.data = d;
    d->timer_open = true;
    ASSERT(uv_timer_start(&d->timer, on_timer, START_EVERY_MS, START_EVERY_MS) == 0);
}

static int metrics_daemon_open(struct service *service, void *daemon)
{
    struct metrics_daemon *d = daemon;
    int rc;

    d->service = service;
    d->caught_up = service_dep_add(service, "caught_up");
    d->rollup = rollup_new(d->conf->period_s, (size_t)d->conf->metric_max);
    rc = open_backend(d);
    if (rc == 0)
        rc = open_reader(d);
    if (rc == 0)
        open_timer(d);
    return rc;
}

static bool metrics_daemon_drained(void *daemon)
{
    const struct metrics_daemon *d = daemon;

    return bus_producer_pending(d->backend.producer) == 0;
}

static void metrics_daemon_close(void *daemon)
{
    struct metrics_daemon *d = daemon;

    bus_reader_close(&d->reader);
    backend_close(&d->backend);
    if (d->timer_open)
        uv_close((uv_handle_t *)&d->timer, NULL);
}

const struct service_hooks metrics_daemon_hooks = {
    .open = metrics_daemon_open,
    .drained = metrics_daemon_drained,
    .close = metrics_daemon_close,
};

struct metrics_daemon *metrics_daemon_new(const struct metrics_conf *conf)
{
    struct metrics_daemon *d = MEM_NEW(struct metrics_daemon);

    d->conf = conf;
    return d;
}

void metrics_daemon_free(struct metrics_daemon **d)
{
    rollup_free(&(*d)->rollup);
    free(*d);
    *d = NULL;
}
