#include <stdlib.h>

#include "bus.h"
#include "bus_handle.h"
#include "bus_record.h"
#include "err.h"
#include "log.h"
#include "mem.h"

_Static_assert(BUS_BEGINNING == RD_KAFKA_OFFSET_BEGINNING && BUS_END == RD_KAFKA_OFFSET_END &&
                   BUS_TAIL(7) == RD_KAFKA_OFFSET_TAIL(7),
               "logical offsets are passed on as they are");

enum { PARTITIONS_MAX = 64 };

struct bus_reader {
    struct bus_reader_conf conf; /* bus and name are not kept */
    struct bus_handle *handle;
    uint64_t reading[TOPIC_COUNT]; /* a bit a partition */
    bool called;                   /* a record or an end was handed on in this turn */
};

static uint64_t bit(int32_t partition)
{
    ASSERT(partition >= 0 && partition < PARTITIONS_MAX);
    return (uint64_t)1 << partition;
}

/* librdkafka drops what it fetched before a partition was removed, but its errors can be late. */
static bool is_read(const struct bus_reader *r, const char *name, int32_t partition, enum topic_id *topic)
{
    return bus_topic_find(name, topic) && (r->reading[*topic] & bit(partition)) != 0;
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

static bool is_loss(rd_kafka_resp_err_t err)
{
    static const rd_kafka_resp_err_t losses[] = {
        RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET,    RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE,
        RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC,        RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION,
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
    };

    for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
        if (losses[i] == err)
            return true;
    }
    return false;
}

static void on_partition_error(struct bus_reader *r, rd_kafka_event_t *event, const rd_kafka_topic_partition_t *tp)
{
    rd_kafka_resp_err_t err = rd_kafka_event_error(event);
    const char *text = rd_kafka_event_error_string(event);
    enum topic_id topic;

    if (!is_read(r, tp->topic, tp->partition, &topic))
        return;
    if (err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        on_partition_end(r, topic, tp);
    } else if (is_loss(err)) {
        bus_reader_remove(r, topic, tp->partition);
        r->conf.on_lost(r->conf.arg, topic, tp->partition, text);
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

int bus_reader_open(struct bus_reader **out, uv_loop_t *loop, const struct bus_reader_conf *conf)
{
    /* librdkafka wants a group for any assignment; it is never joined and nothing is committed to it. */
    static const struct bus_setting settings[] = {{"group.id", "reader"}, {NULL, NULL}};
    struct bus_reader *r = MEM_NEW(struct bus_reader);
    int rc;

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

static void change_assignment(struct bus_reader *r,
                              rd_kafka_error_t *(*change)(rd_kafka_t *, const rd_kafka_topic_partition_list_t *),
                              enum topic_id topic, int32_t partition, int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

    rd_kafka_topic_partition_list_add(list, topic_defs[topic].name, partition)->offset = offset;
    ASSERT(change(bus_handle_rk(r->handle), list) == NULL);
    rd_kafka_topic_partition_list_destroy(list);
}

void bus_reader_add(struct bus_reader *r, enum topic_id topic, int32_t partition, int64_t offset)
{
    ASSERT((r->reading[topic] & bit(partition)) == 0);
    r->reading[topic] |= bit(partition);
    change_assignment(r, rd_kafka_incremental_assign, topic, partition, offset);
}

void bus_reader_remove(struct bus_reader *r, enum topic_id topic, int32_t partition)
{
    if ((r->reading[topic] & bit(partition)) == 0)
        return;
    r->reading[topic] &= ~bit(partition);
    change_assignment(r, rd_kafka_incremental_unassign, topic, partition, RD_KAFKA_OFFSET_INVALID);
}

void bus_reader_hold(struct bus_reader *r, bool hold)
{
    bus_handle_hold(r->handle, hold);
}

void bus_reader_close(struct bus_reader **reader)
{
    struct bus_reader *r = *reader;

    *reader = NULL;
    if (r == NULL)
        return;
    bus_handle_close(&r->handle);
    free(r);
}
