#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bus.h"
#include "bus_bounds.h"
#include "bus_handle.h"
#include "bus_record.h"
#include "err.h"
#include "log.h"
#include "mem.h"

_Static_assert(BUS_BEGINNING == RD_KAFKA_OFFSET_BEGINNING && BUS_END == RD_KAFKA_OFFSET_END &&
                   BUS_TAIL(7) == RD_KAFKA_OFFSET_TAIL(7),
               "logical offsets are passed on as they are");

/*
 * librdkafka looks again only after 500 ms for a partition whose leader it does not know when it is assigned. So
 * the first partition of a topic waits until the topic's metadata is here, and others that come meanwhile do so too.
 *
 * A partition whose topic is missing can neither be unassigned, nor its handle be destroyed: rd_kafka_destroy would
 * never return. So it stays assigned until the topic is there again; a handle that is closed before is left to the end
 * of the process.
 */

enum { METADATA_TIMEOUT_MS = 1000, METADATA_PAUSE_US = 250000, FETCH_MAX_BYTES = 1 << 20, NUMBER_SIZE = 24 };

struct bus_reader {
    struct bus_reader_conf conf; /* bus and name are not kept */
    struct bus_handle *handle;
    uint64_t reading[TOPIC_COUNT];                 /* a bit a partition */
    uint64_t waiting[TOPIC_COUNT];                 /* of reading: not assigned yet, for want of metadata */
    uint64_t stale[TOPIC_COUNT];                   /* assigned still, and not to be: their topic is missing */
    int64_t from[TOPIC_COUNT][BUS_PARTITIONS_MAX]; /* where the waiting ones begin */
    rd_kafka_topic_t *topics[TOPIC_COUNT];         /* those ever read: librdkafka keeps their metadata as long */
    uint32_t asked, known;                         /* a bit a topic: metadata asked for, and here */
    bool asking;                                   /* for metadata */
    bool lost;                                     /* a topic went away: it is not asked for at once */
    bool called;                                   /* a record or an end was handed on in this turn */
};

static uint64_t bit(int32_t partition)
{
    ASSERT(partition >= 0 && partition < BUS_PARTITIONS_MAX);
    return (uint64_t)1 << partition;
}

static uint32_t topic_bit(enum topic_id topic)
{
    return 1U << topic;
}

/* librdkafka drops what it fetched before a partition was removed, but its errors can be late, and what is stale
 * goes on. */
static bool is_read(const struct bus_reader *r, const char *name, int32_t partition, enum topic_id *topic)
{
    return topic_find(name, topic) && (r->reading[*topic] & ~r->waiting[*topic] & bit(partition)) != 0;
}

static void on_messages(struct bus_reader *r, rd_kafka_event_t *event)
{
    const rd_kafka_message_t *m;
    struct bus_record record;
    enum topic_id topic;

    while ((m = rd_kafka_event_message_next(event)) != NULL) {
        if (!is_read(r, rd_kafka_topic_name(m->rkt), m->partition, &topic))
            continue;
        r->called = true;
        bus_record_from(&record, topic, m);
        r->conf.on_record(r->conf.arg, &record);
    }
}

static void on_partition_end(struct bus_reader *r, enum topic_id topic, const rd_kafka_topic_partition_t *tp)
{
    r->called = true;
    if (r->conf.on_end != NULL)
        r->conf.on_end(r->conf.arg, topic, tp->partition, tp->offset);
}

static bool is_loss(rd_kafka_resp_err_t err, enum bus_lost *why)
{
    static const struct {
        rd_kafka_resp_err_t err;
        enum bus_lost why;
    } losses[] = {
        {RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, BUS_LOST_POSITION},
        {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, BUS_LOST_POSITION},
        {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, BUS_LOST_PARTITION},
        {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, BUS_LOST_PARTITION},
        {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, BUS_LOST_PARTITION},
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, BUS_LOST_PARTITION},
    };

    for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
        *why = losses[i].why;
        if (losses[i].err == err)
            return true;
    }
    return false;
}

/* All of its partitions go, one after the other: that is said once. Who adds one again waits for the topic. */
static void lose_topic(struct bus_reader *r, enum topic_id topic, const char *reason)
{
    if ((r->known & topic_bit(topic)) != 0)
        log_error("kafka_topic_lost topic=%s action=\"wait for it\": %s", topic_defs[topic].name, reason);
    r->known &= ~topic_bit(topic);
    r->lost = true;
}

static void on_partition_error(struct bus_reader *r, rd_kafka_event_t *event, const rd_kafka_topic_partition_t *tp)
{
    rd_kafka_resp_err_t err = rd_kafka_event_error(event);
    const char *text = rd_kafka_event_error_string(event);
    enum topic_id topic;
    enum bus_lost why;

    if (!is_read(r, tp->topic, tp->partition, &topic))
        return;
    if (err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        on_partition_end(r, topic, tp);
    } else if (is_loss(err, &why)) {
        if (why == BUS_LOST_PARTITION)
            lose_topic(r, topic, text);
        bus_reader_remove(r, topic, tp->partition);
        r->conf.on_lost(r->conf.arg, topic, tp->partition, why, text);
    } else {
        log_warn("kafka_error topic=%s partition=%d: %s", tp->topic, tp->partition, text);
    }
}

static void on_error(struct bus_reader *r, rd_kafka_event_t *event)
{
    rd_kafka_topic_partition_t *tp = rd_kafka_event_topic_partition(event);

    if (tp == NULL) {
        log_debug("kafka_error handle=%s: %s", rd_kafka_name(bus_handle_rk(r->handle)),
                  rd_kafka_event_error_string(event));
        return;
    }
    on_partition_error(r, event, tp);
    rd_kafka_topic_partition_destroy(tp);
}

static void on_event(void *arg, rd_kafka_event_t *event)
{
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_FETCH)
        on_messages(arg, event);
    else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR)
        on_error(arg, event);
}

static void on_turn(void *arg)
{
    struct bus_reader *r = arg;

    if (r->called && r->conf.on_batch != NULL)
        r->conf.on_batch(r->conf.arg);
    r->called = false;
}

static const struct bus_handle_ops reader_ops = {
    .type = RD_KAFKA_CONSUMER, .events = RD_KAFKA_EVENT_FETCH, .on_event = on_event, .on_turn = on_turn};

static void change_assignment(struct bus_reader *r,
                              rd_kafka_error_t *(*change)(rd_kafka_t *, const rd_kafka_topic_partition_list_t *),
                              enum topic_id topic, int32_t partition, int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

    rd_kafka_topic_partition_list_add(list, topic_defs[topic].name, partition)->offset = offset;
    ASSERT(change(bus_handle_rk(r->handle), list) == NULL);
    rd_kafka_topic_partition_list_destroy(list);
}

/* ---- metadata: asking blocks, so it is done in the thread pool --------------------------------------------------- */

struct metadata_job {
    struct bus_reader *reader;
    uint32_t wanted, found; /* a bit a topic */
    bool pause;
};

static uint32_t topics_in(const struct rd_kafka_metadata *metadata)
{
    uint32_t found = 0;

    for (int i = 0; i < metadata->topic_cnt; i++) {
        enum topic_id topic;

        if (metadata->topics[i].err == RD_KAFKA_RESP_ERR_NO_ERROR && topic_find(metadata->topics[i].topic, &topic))
            found |= topic_bit(topic);
    }
    return found;
}

static void in_pool(rd_kafka_t *rk, void *arg)
{
    struct metadata_job *job = arg;
    const struct rd_kafka_metadata *metadata;

    if (job->pause)
        (void)usleep(METADATA_PAUSE_US);
    if (rd_kafka_metadata(rk, 1, NULL, &metadata, METADATA_TIMEOUT_MS) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        job->found = topics_in(metadata);
        rd_kafka_metadata_destroy(metadata);
    }
    if ((job->wanted & ~job->found) != 0)
        (void)usleep(METADATA_PAUSE_US); /* before it is asked again; only this pool thread waits */
}

static void assign_waiting(struct bus_reader *r, enum topic_id topic)
{
    for (int32_t partition = 0; partition < BUS_PARTITIONS_MAX; partition++) {
        if ((r->stale[topic] & bit(partition)) != 0)
            change_assignment(r, rd_kafka_incremental_unassign, topic, partition, RD_KAFKA_OFFSET_INVALID);
        if ((r->waiting[topic] & bit(partition)) != 0)
            change_assignment(r, rd_kafka_incremental_assign, topic, partition, r->from[topic][partition]);
    }
    r->waiting[topic] = r->stale[topic] = 0;
}

static void ask_metadata(struct bus_reader *r);

static void on_metadata(void *arg, bool closed)
{
    struct metadata_job *job = arg;
    struct bus_reader *r = job->reader;
    uint32_t news = job->wanted & job->found;

    free(job);
    if (closed)
        return;
    r->asking = false;
    r->known |= news;
    for (int topic = 0; topic < TOPIC_COUNT; topic++) {
        if ((news & topic_bit(topic)) != 0)
            assign_waiting(r, topic);
    }
    if (r->known != r->asked)
        ask_metadata(r);
}

static void ask_metadata(struct bus_reader *r)
{
    struct metadata_job *job;

    if (r->asking)
        return; /* when it ends, it sees that more has been asked for */
    r->asking = true;
    job = MEM_NEW(struct metadata_job);
    job->reader = r;
    job->wanted = r->asked & ~r->known;
    job->pause = r->lost; /* a broker that has not heard yet would say that the topic is there */
    r->lost = false;
    bus_handle_run(r->handle, in_pool, on_metadata, job);
}

static void await_metadata(struct bus_reader *r, enum topic_id topic)
{
    if (r->topics[topic] == NULL)
        r->topics[topic] = rd_kafka_topic_new(bus_handle_rk(r->handle), topic_defs[topic].name, NULL);
    ASSERT(r->topics[topic] != NULL);
    r->asked |= topic_bit(topic);
    ask_metadata(r);
}

/* ---- the reader -------------------------------------------------------------------------------------------------- */

/* What is fetched at once is unpacked whole, whatever the queue's bound: a little of it may be very much. */
static size_t fetch_max_bytes(const struct bus_reader_conf *conf)
{
    return conf->queue_max_bytes != 0 && conf->queue_max_bytes < FETCH_MAX_BYTES ? conf->queue_max_bytes
                                                                                 : FETCH_MAX_BYTES;
}

int bus_reader_open(struct bus_reader **out, uv_loop_t *loop, const struct bus_reader_conf *conf)
{
    /* librdkafka wants a group for any assignment; it is never joined and nothing is committed to it. */
    char queue_kbytes[NUMBER_SIZE], fetch_bytes[NUMBER_SIZE];
    const struct bus_setting settings[] = {
        {"group.id", "reader"},
        {"fetch.message.max.bytes", fetch_bytes},
        {conf->queue_max_bytes != 0 ? "queued.max.messages.kbytes" : NULL, queue_kbytes},
        {NULL, NULL},
    };
    struct bus_reader *r = MEM_NEW(struct bus_reader);
    int rc;

    (void)snprintf(queue_kbytes, sizeof(queue_kbytes), "%zu", conf->queue_max_bytes / 1024);
    (void)snprintf(fetch_bytes, sizeof(fetch_bytes), "%zu", fetch_max_bytes(conf));
    r->conf = *conf;
    r->conf.bus = NULL;
    r->conf.name = NULL;
    rc = bus_handle_open(&r->handle, loop, conf->name, conf->bus, settings, &reader_ops, r);
    if (rc != 0) {
        free(r);
        return rc;
    }
    *out = r;
    return 0;
}

void bus_reader_add(struct bus_reader *r, enum topic_id topic, int32_t partition, int64_t offset)
{
    ASSERT((r->reading[topic] & bit(partition)) == 0);
    r->reading[topic] |= bit(partition);
    if ((r->known & topic_bit(topic)) != 0) {
        change_assignment(r, rd_kafka_incremental_assign, topic, partition, offset);
        return;
    }
    r->waiting[topic] |= bit(partition);
    r->from[topic][partition] = offset;
    await_metadata(r, topic);
}

void bus_reader_remove(struct bus_reader *r, enum topic_id topic, int32_t partition)
{
    if ((r->reading[topic] & bit(partition)) == 0)
        return;
    r->reading[topic] &= ~bit(partition);
    if ((r->waiting[topic] & bit(partition)) != 0)
        r->waiting[topic] &= ~bit(partition);
    else if ((r->known & topic_bit(topic)) == 0)
        r->stale[topic] |= bit(partition);
    else
        change_assignment(r, rd_kafka_incremental_unassign, topic, partition, RD_KAFKA_OFFSET_INVALID);
}

void bus_reader_hold(struct bus_reader *r, bool hold)
{
    bus_handle_hold(r->handle, hold);
}

void bus_reader_bounds(struct bus_reader *r, enum topic_id topic, bus_bounds_fn *fn, void *arg)
{
    bus_bounds_ask(r->handle, topic, fn, arg, false);
}

void bus_reader_close(struct bus_reader **reader)
{
    struct bus_reader *r = *reader;
    bool stale = false;

    *reader = NULL;
    if (r == NULL)
        return;
    for (size_t i = 0; i < TOPIC_COUNT; i++) {
        if (r->topics[i] != NULL)
            rd_kafka_topic_destroy(r->topics[i]);
        stale = stale || r->stale[i] != 0;
    }
    if (stale)
        bus_handle_leave_behind(r->handle);
    bus_handle_close(&r->handle);
    free(r);
}
