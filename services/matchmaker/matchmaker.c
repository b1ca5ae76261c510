#include "matchmaker.h"

#include <stdlib.h>

#include "backend.h"
#include "bus.h"
#include "err.h"
#include "generation.h"
#include "log.h"
#include "matchmaker_metrics.h"
#include "mem.h"
#include "mm_catalog.h"
#include "queue_figures.h"
#include "shard.h"

#define JOURNAL_QUEUE_MAX_BYTES (32 << 20) /* what is replayed in a second: the time in which librdkafka looks again */

struct matchmaker {
    const struct matchmaker_conf *conf;
    struct service *service;
    struct service_dep *partitions;
    struct mm_catalog *catalog;
    struct backend backend;
    struct bus_reader *journal, *queue;
    struct bus_group *group;
    struct generation *generation;
    struct queue_figures *figures;
    struct attempt_line line;                 /* of the shards */
    struct shard *shards[BUS_PARTITIONS_MAX]; /* NULL: no configuration is on that partition */
    uv_timer_t timer;
    bool timer_open;
};

static const enum topic_id topics_used[] = {TOPIC_QUEUE, TOPIC_QUEUE_DLQ, TOPIC_JOURNAL, TOPIC_EVENTS, TOPIC_METRICS};

static void join_when_replayed(struct matchmaker *m);

/* ---- what the shards add up to ----------------------------------------------------------------------------------- */

/* A partition that is parked is so for every process: that this one is not ready would help nobody (J9). */
static void report_parked(struct matchmaker *m)
{
    struct buf reason = {0};
    const char *before = "ok, but parked: ";

    for (int p = 0; p < BUS_PARTITIONS_MAX; p++) {
        if (m->shards[p] == NULL || !shard_parked(m->shards[p]))
            continue;
        buf_printf(&reason, "%s%d", before, p);
        before = ", ";
    }
    service_dep_set(m->partitions, true, reason.len > 0 ? reason.data : "ok");
    buf_free(&reason);
}

static void report_partitions(struct matchmaker *m)
{
    char reason[128];

    if (m->group == NULL) {
        service_dep_set(m->partitions, false, "reading the journals");
        return;
    }
    if (!bus_group_joined(m->group)) {
        service_dep_set(m->partitions, false, "waiting for the consumer group");
        return;
    }
    for (int p = 0; p < BUS_PARTITIONS_MAX; p++) {
        if (m->shards[p] != NULL && !shard_ready(m->shards[p])) {
            snprintf(reason, sizeof(reason), "partition %d is %s", p, shard_state(m->shards[p]));
            service_dep_set(m->partitions, false, reason);
            return;
        }
    }
    report_parked(m);
}

static void report_figures(struct matchmaker *m)
{
    struct metrics *figures = service_metrics(m->service);
    size_t waiting = 0, bytes = 0, unpublished = 0, unviewed = 0, ruled = 0, parked = 0;

    for (int p = 0; p < BUS_PARTITIONS_MAX; p++) {
        unviewed += m->shards[p] != NULL ? shard_unviewed(m->shards[p]) : 0;
        parked += m->shards[p] != NULL && shard_parked(m->shards[p]);
        if (m->shards[p] == NULL || !shard_ruling(m->shards[p]))
            continue;
        ruled++;
        waiting += shard_waiting(m->shards[p]);
        bytes += shard_pool_bytes(m->shards[p]);
        unpublished += shard_unpublished(m->shards[p]);
    }
    metrics_set(figures, MM_PARTITIONS_RULED, (int64_t)ruled);
    metrics_set(figures, MM_PARTITIONS_PARKED, (int64_t)parked);
    metrics_set(figures, MM_WAITING, (int64_t)waiting);
    metrics_set(figures, MM_POOL_BYTES, (int64_t)bytes);
    metrics_set(figures, MM_UNPUBLISHED, (int64_t)unpublished);
    metrics_set(figures, MM_UNVIEWED, (int64_t)unviewed);
}

/* One partition that is full, or makes an attempt, holds up all: what is held stays in librdkafka's bounded queue. */
static void set_hold(struct matchmaker *m)
{
    bool full = false;

    for (int p = 0; p < BUS_PARTITIONS_MAX; p++)
        full = full || (m->shards[p] != NULL && shard_full(m->shards[p]));
    bus_reader_hold(m->queue, full);
}

static void on_timer(uv_timer_t *timer)
{
    struct matchmaker *m = timer->data;
    int64_t in_ms = m->conf->silence_ms;

    for (int p = 0; p < BUS_PARTITIONS_MAX; p++) {
        int64_t shard_in_ms = m->shards[p] != NULL ? shard_on_time(m->shards[p]) : in_ms;

        in_ms = shard_in_ms < in_ms ? shard_in_ms : in_ms;
    }
    join_when_replayed(m);
    set_hold(m);
    report_partitions(m);
    report_figures(m);
    uv_timer_start(&m->timer, on_timer, (uint64_t)in_ms, 0);
}

/* Something happened that time depends on: look at it in this turn of the loop. */
static void look_soon(struct matchmaker *m)
{
    uv_timer_start(&m->timer, on_timer, 0, 0);
}

/* ---- call-backs -------------------------------------------------------------------------------------------------- */

static struct shard *shard_of(const struct matchmaker *m, int32_t partition)
{
    return partition >= 0 && partition < BUS_PARTITIONS_MAX ? m->shards[partition] : NULL;
}

static void on_journal(void *arg, const struct bus_record *r)
{
    struct matchmaker *m = arg;
    struct shard *s = shard_of(m, r->partition);

    if (s != NULL)
        shard_on_journal(s, r);
}

static void on_journal_end(void *arg, enum topic_id topic, int32_t partition, int64_t next_offset)
{
    struct matchmaker *m = arg;
    struct shard *s = shard_of(m, partition);

    (void)topic;
    if (s == NULL)
        return;
    shard_on_journal_end(s, next_offset);
    if (!shard_ruling(s))
        look_soon(m);
}

static void on_journal_batch(void *arg)
{
    struct matchmaker *m = arg;

    set_hold(m);
    report_partitions(m);
    if (!attempt_line_empty(&m->line))
        look_soon(m); /* it may be the next one's turn */
}

static void on_command(void *arg, const struct bus_record *r)
{
    struct matchmaker *m = arg;
    struct shard *s = shard_of(m, r->partition);

    if (s == NULL)
        return;
    shard_on_command(s, r);
    if (shard_full(s))
        bus_reader_hold(m->queue, true); /* at once: the rest of the batch stays where it is */
}

static void on_command_batch(void *arg)
{
    struct matchmaker *m = arg;

    for (int p = 0; p < BUS_PARTITIONS_MAX; p++)
        if (m->shards[p] != NULL)
            shard_on_batch(m->shards[p]);
    look_soon(m);
}

static void on_queue_end(void *arg, enum topic_id topic, int32_t partition, int64_t next_offset)
{
    struct matchmaker *m = arg;
    struct shard *s = shard_of(m, partition);

    (void)topic;
    if (s == NULL)
        return;
    shard_on_queue_end(s, next_offset);
    look_soon(m);
}

/* Whether a place in it or the whole topic: the reader waits until it is there again. */
static void on_lost(void *arg, enum topic_id topic, int32_t partition, enum bus_lost why, const char *reason)
{
    struct matchmaker *m = arg;
    struct shard *s = shard_of(m, partition);

    (void)reason;      /* libs/bus has logged it */
    ASSERT(s != NULL); /* only shards read */
    if (topic == TOPIC_JOURNAL)
        shard_on_journal_lost(s);
    else
        shard_on_queue_lost(s, why);
}

static void on_refused(void *arg)
{
    struct matchmaker *m = arg;

    service_fail(m->service);
}

static void on_assign(void *arg, int32_t partition, int64_t offset, const char *metadata)
{
    struct matchmaker *m = arg;
    struct shard *s = shard_of(m, partition);

    (void)offset;
    (void)metadata;
    if (s != NULL)
        shard_assign(s, true);
    look_soon(m);
}

/* Another process has taken our instance name: it is the one that counts now. */
static void on_fenced(void *arg, const char *reason)
{
    struct matchmaker *m = arg;

    (void)reason; /* libs/bus has logged it */
    service_fail(m->service);
}

static void on_revoke(void *arg, int32_t partition)
{
    struct matchmaker *m = arg;
    struct shard *s = shard_of(m, partition);

    if (s != NULL)
        shard_assign(s, false);
}

/* Redis came back empty, or is seen for the first time. */
static void on_generation(void *arg, const char *generation, bool first)
{
    struct matchmaker *m = arg;

    (void)first;
    for (int p = 0; p < BUS_PARTITIONS_MAX; p++)
        if (m->shards[p] != NULL)
            shard_on_generation(m->shards[p], generation);
}

/* ---- the group: who is to rule what ------------------------------------------------------------------------------ */

static int open_group(struct matchmaker *m)
{
    return bus_group_open(&m->group, service_loop(m->service),
                          &(struct bus_group_conf){
                              .bus = &m->backend.bus,
                              .group_id = "matchmaker",
                              .instance_id = service_instance(m->service),
                              .topic = TOPIC_QUEUE,
                              .balance_only = true,
                              .on_assign = on_assign,
                              .on_revoke = on_revoke,
                              .on_fatal = on_fenced,
                              .arg = m,
                          });
}

/* Only then: whoever is given a partition can rule it at once, and its ruler need not wait (J4). */
static void join_when_replayed(struct matchmaker *m)
{
    for (int p = 0; p < BUS_PARTITIONS_MAX; p++)
        if (m->shards[p] != NULL && !shard_replayed(m->shards[p]))
            return;
    if (m->group == NULL && !service_draining(m->service) && open_group(m) != 0)
        service_fail(m->service);
}

/* ---- questions --------------------------------------------------------------------------------------------------- */

bool matchmaker_why(const struct matchmaker *m, const char *ticket_id, struct buf *out)
{
    for (int p = 0; p < BUS_PARTITIONS_MAX; p++)
        if (m->shards[p] != NULL && shard_why(m->shards[p], ticket_id, out))
            return true;
    return false;
}

void matchmaker_ruled(const struct matchmaker *m, struct buf *out)
{
    const char *before = "";

    for (int p = 0; p < BUS_PARTITIONS_MAX; p++) {
        if (m->shards[p] == NULL || !shard_ruling(m->shards[p]))
            continue;
        buf_printf(out, "%s%d", before, p);
        before = ", ";
    }
    buf_str(out, before[0] == '\0' ? "none" : "");
}

bool matchmaker_unpark(struct matchmaker *m, int32_t partition)
{
    struct shard *s = shard_of(m, partition);
    bool unparked = s != NULL && shard_unpark(s);

    if (unparked)
        look_soon(m);
    return unparked;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

static int load_catalog(struct matchmaker *m)
{
    char error[MM_ERROR_SIZE];

    if (mm_catalog_load(&m->catalog, m->conf->matchmaking_file, topic_defs[TOPIC_QUEUE].partitions, error) == 0)
        return 0;
    return service_setting_wrong(m->service, "MATCHMAKING_FILE", error);
}

static int open_backend(struct matchmaker *m)
{
    return backend_open(&m->backend, m->service,
                        &(struct backend_conf){
                            .name = "matchmaker",
                            .service = &m->conf->service,
                            .topics = topics_used,
                            .topic_count = sizeof(topics_used) / sizeof(topics_used[0]),
                            .redis_timeout_ms = m->conf->redis_timeout_ms,
                        });
}

static bool position_of(void *arg, int32_t partition, int64_t *read, int64_t *safe)
{
    const struct shard *s = shard_of(arg, partition);

    return s != NULL && shard_position(s, read, safe);
}

static int open_figures(struct matchmaker *m)
{
    return queue_figures_open(
        &m->figures, service_loop(m->service),
        &(struct queue_figures_conf){
            .bus = &m->backend.bus, .metrics = service_metrics(m->service), .position = position_of, .arg = m});
}

static int open_readers(struct matchmaker *m)
{
    uv_loop_t *loop = service_loop(m->service);
    const struct bus_reader_conf journal = {
        .bus = &m->backend.bus,
        .name = "journal",
        .queue_max_bytes = JOURNAL_QUEUE_MAX_BYTES,
        .on_record = on_journal,
        .on_end = on_journal_end,
        .on_batch = on_journal_batch,
        .on_lost = on_lost,
        .arg = m,
    };
    const struct bus_reader_conf queue = {
        .bus = &m->backend.bus,
        .name = "queue",
        .on_record = on_command,
        .on_end = on_queue_end,
        .on_batch = on_command_batch,
        .on_lost = on_lost,
        .arg = m,
    };
    int rc = bus_reader_open(&m->journal, loop, &journal);

    return rc == 0 ? bus_reader_open(&m->queue, loop, &queue) : rc;
}

static void open_shards(struct matchmaker *m)
{
    for (size_t i = 0; i < m->catalog->count; i++) {
        int32_t p = m->catalog->configurations[i].partition;

        if (m->shards[p] != NULL)
            continue;
        m->shards[p] = shard_open(&(struct shard_conf){
            .producer = m->backend.producer,
            .journal = m->journal,
            .queue = m->queue,
            .store = m->backend.store,
            .catalog = m->catalog,
            .metrics = service_metrics(m->service),
            .line = &m->line,
            .instance = service_instance(m->service),
            .partition = p,
            .silence_ms = m->conf->silence_ms,
            .ticks_in_flight_max = m->conf->ticks_in_flight_max,
            .tick_max_bytes = m->conf->tick_max_bytes,
            .snapshot_min_bytes = m->conf->snapshot_min_bytes,
            .on_refused = on_refused,
            .arg = m,
        });
    }
}

static int matchmaker_open(struct service *service, void *daemon)
{
    struct matchmaker *m = daemon;
    int rc;

    m->service = service;
    rc = load_catalog(m);
    if (rc == 0)
        rc = open_backend(m);
    if (rc == 0)
        rc = open_readers(m);
    if (rc == 0)
        rc = open_figures(m);
    if (rc != 0)
        return rc;
    m->partitions = service_dep_add(service, "partitions");
    open_shards(m);
    m->generation = generation_open(service_loop(service), m->backend.store, on_generation, m);
    uv_timer_init(service_loop(service), &m->timer);
    m->timer.data = m;
    m->timer_open = true;
    look_soon(m);
    return 0;
}

static void matchmaker_drain(void *daemon)
{
    struct matchmaker *m = daemon;

    for (int p = 0; p < BUS_PARTITIONS_MAX; p++)
        if (m->shards[p] != NULL)
            shard_drain(m->shards[p]);
    if (m->group != NULL)
        bus_group_stop(m->group);
}

static bool matchmaker_drained(void *daemon)
{
    const struct matchmaker *m = daemon;

    if (!bus_producer_writable(m->backend.producer))
        return true; /* what is left to say, nobody hears */
    for (int p = 0; p < BUS_PARTITIONS_MAX; p++)
        if (m->shards[p] != NULL && !shard_drained(m->shards[p]))
            return false;
    return (m->group == NULL || bus_group_stopped(m->group)) && bus_producer_pending(m->backend.producer) == 0;
}

static void matchmaker_close(void *daemon)
{
    struct matchmaker *m = daemon;

    for (int p = 0; p < BUS_PARTITIONS_MAX; p++)
        shard_close(&m->shards[p]);
    bus_group_close(&m->group);
    queue_figures_close(&m->figures);
    bus_reader_close(&m->queue);
    bus_reader_close(&m->journal);
    generation_close(&m->generation);
    backend_close(&m->backend);
    if (m->timer_open)
        uv_close((uv_handle_t *)&m->timer, NULL);
}

const struct service_hooks matchmaker_hooks = {
    .open = matchmaker_open,
    .drain = matchmaker_drain,
    .drained = matchmaker_drained,
    .close = matchmaker_close,
};

struct matchmaker *matchmaker_new(const struct matchmaker_conf *conf)
{
    struct matchmaker *m = MEM_NEW(struct matchmaker);

    m->conf = conf;
    return m;
}

void matchmaker_free(struct matchmaker **m)
{
    if (*m != NULL)
        mm_catalog_free(&(*m)->catalog);
    free(*m);
    *m = NULL;
}
