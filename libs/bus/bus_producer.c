#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "bus.h"
#include "bus_bounds.h"
#include "bus_handle.h"
#include "bus_probe.h"
#include "bus_record.h"
#include "bus_waiting.h"
#include "err.h"
#include "log.h"
#include "mem.h"

enum {
    SETTING_SIZE = 24,
    RECORD_OVERHEAD_MAX = 256, /* of the record batch around one record, beside key, value and headers */
    HEADER_OVERHEAD_MAX = 16,
    TRIM_TIMEOUT_MS = 10000,
    WAITING_MAX_BYTES = 128 << 20 /* as many as librdkafka keeps */
};

/* A message on its way; the opaque of its delivery report. */
struct sent {
    bus_delivery_fn *delivered;
    void *arg;
    bool waits; /* if need be, for its topic */
    struct sent *prev, *next;
};

/* A trim that is not answered yet; the opaque of its request. */
struct trim {
    enum topic_id topic;
    bus_trimmed_fn *trimmed;
    void *arg;
    struct trim *prev, *next;
};

struct bus_producer {
    struct bus_handle *handle;
    struct bus_probe *probe;
    struct bus_waiting *waiting; /* NULL: messages are given up in time, and so for want of a topic too */
    size_t queue_max;
    rd_kafka_topic_t *topics[TOPIC_COUNT]; /* NULL: not one of ours */
    struct sent *sent;
    size_t pending; /* length of sent */
    struct trim *trims;
    struct log_limit undelivered;
    rd_kafka_resp_err_t trim_fault; /* of the last trim answered; logged when it is another than before */
    bool fatal, closing;
    void (*on_state)(void *arg, bool ready, const char *reason);
    void (*on_fatal)(void *arg, const char *reason);
    void *arg; /* not owned */
};

static const struct {
    rd_kafka_resp_err_t native;
    int err;
} delivery_errors[] = {
    {RD_KAFKA_RESP_ERR_NO_ERROR, ERR_OK},
    {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, ERR_TIMEOUT},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ERR_TOO_LARGE},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, ERR_TOO_LARGE},
    {RD_KAFKA_RESP_ERR__QUEUE_FULL, ERR_BUSY},
};

static int err_of(rd_kafka_resp_err_t native)
{
    for (size_t i = 0; i < sizeof(delivery_errors) / sizeof(delivery_errors[0]); i++) {
        if (delivery_errors[i].native == native)
            return delivery_errors[i].err;
    }
    return ERR_UNAVAILABLE;
}

static void report(struct bus_producer *p, struct sent *sent, int err, int32_t partition, int64_t offset)
{
    bus_delivery_fn *delivered = sent->delivered;
    void *arg = sent->arg;

    DL_DELETE(p->sent, sent);
    p->pending--;
    free(sent);
    if (delivered != NULL)
        delivered(arg, err, partition, offset);
}

/* A broker that is away fails messages by the thousand, and readiness says why. */
static void complain(struct bus_producer *p, const rd_kafka_message_t *m)
{
    log_warn_limited(&p->undelivered, "kafka_undelivered topic=%s partition=%" PRId32 " reason=\"%s\"",
                     rd_kafka_topic_name(m->rkt), m->partition, rd_kafka_err2str(m->err));
}

/* The last of these is said of what was on its way to a partition that is no more. */
static bool is_topic_missing(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
           err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || err == RD_KAFKA_RESP_ERR__DESTROY;
}

static bool keep_undelivered(struct bus_producer *p, const rd_kafka_message_t *m)
{
    const struct sent *sent = m->_private;
    struct bus_record r;
    enum topic_id topic;

    if (!sent->waits || !is_topic_missing(m->err) || !topic_find(rd_kafka_topic_name(m->rkt), &topic))
        return false;
    bus_record_from(&r, topic, m);
    bus_waiting_add(p->waiting, &r, m->_private);
    return true;
}

static void on_reports(struct bus_producer *p, rd_kafka_event_t *event)
{
    const rd_kafka_message_t *m;

    while ((m = rd_kafka_event_message_next(event)) != NULL) {
        int err = err_of(m->err);

        if (err != 0)
            complain(p, m);
        if (keep_undelivered(p, m))
            continue;
        report(p, m->_private, err, m->partition, err == 0 ? m->offset : -1);
    }
}

static void on_fatal(struct bus_producer *p)
{
    char reason[256];

    if (p->fatal)
        return;
    p->fatal = true;
    (void)rd_kafka_fatal_error(bus_handle_rk(p->handle), reason, sizeof(reason));
    log_error("kafka_fatal handle=producer: %s", reason);
    p->on_fatal(p->arg, reason);
}

static void on_error(struct bus_producer *p, rd_kafka_event_t *event)
{
    rd_kafka_resp_err_t err = rd_kafka_event_error(event);

    if (rd_kafka_event_error_is_fatal(event))
        on_fatal(p);
    else if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        bus_probe_down(p->probe);
    else
        bus_probe_error(p->probe, rd_kafka_event_error_string(event));
}

static void trim_done(struct bus_producer *p, struct trim *trim, int err)
{
    DL_DELETE(p->trims, trim);
    if (trim->trimmed != NULL)
        trim->trimmed(trim->arg, err);
    free(trim);
}

/* The request can fail, or the one partition in it; the result may be read only when the request did not. */
static void on_trimmed(struct bus_producer *p, rd_kafka_event_t *event)
{
    struct trim *trim = rd_kafka_event_opaque(event);
    rd_kafka_resp_err_t err = rd_kafka_event_error(event);

    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
        err = rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event))->elems[0].err;
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR && err != p->trim_fault)
        log_warn("kafka_untrimmed topic=%s: %s", topic_defs[trim->topic].name, rd_kafka_err2str(err));
    p->trim_fault = err;
    trim_done(p, trim, err == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : ERR_UNAVAILABLE);
}

static void on_event(void *arg, rd_kafka_event_t *event)
{
    switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_DR:
        on_reports(arg, event);
        break;
    case RD_KAFKA_EVENT_ERROR:
        on_error(arg, event);
        break;
    case RD_KAFKA_EVENT_DELETERECORDS_RESULT:
        on_trimmed(arg, event);
        break;
    default:
        break;
    }
}

static void on_probe(void *arg, bool ready, const char *reason)
{
    struct bus_producer *p = arg;

    p->on_state(p->arg, ready, reason);
}

static const struct bus_handle_ops producer_ops = {
    .type = RD_KAFKA_PRODUCER, .events = RD_KAFKA_EVENT_DR, .on_event = on_event};

static bool send_waiting(void *arg, const struct bus_message *m, void *opaque);

/* Now, not at the first message: that one would wait up to a second for the topic's metadata. */
static void open_topics(struct bus_producer *p, const struct bus_producer_conf *conf)
{
    for (size_t i = 0; i < conf->topic_count; i++) {
        enum topic_id id = conf->topics[i];

        if (p->topics[id] == NULL)
            p->topics[id] = rd_kafka_topic_new(bus_handle_rk(p->handle), topic_defs[id].name, NULL);
        ASSERT(p->topics[id] != NULL);
    }
}

int bus_producer_open(struct bus_producer **out, uv_loop_t *loop, const struct bus_producer_conf *conf)
{
    struct bus_producer *p = MEM_NEW(struct bus_producer);
    char timeout_ms[SETTING_SIZE], linger_ms[SETTING_SIZE], queue_max[SETTING_SIZE];
    const struct bus_setting settings[] = {
        {"message.timeout.ms", timeout_ms},
        {"linger.ms", linger_ms},
        {"queue.buffering.max.messages", queue_max},
        /* Who never gives up must not go on behind what a broker refused: that comes to an end, and a successor
         * sends all. */
        {"enable.gapless.guarantee", conf->message_timeout_ms == 0 ? "true" : "false"},
        {NULL, NULL}};
    int rc;

    (void)snprintf(timeout_ms, sizeof(timeout_ms), "%" PRId64, conf->message_timeout_ms);
    (void)snprintf(linger_ms, sizeof(linger_ms), "%" PRId64, conf->linger_ms);
    (void)snprintf(queue_max, sizeof(queue_max), "%zu", conf->queue_max_messages);
    p->queue_max = conf->queue_max_messages;
    p->on_state = conf->on_state;
    p->on_fatal = conf->on_fatal;
    p->arg = conf->arg;
    rc = bus_handle_open(&p->handle, loop, "producer", conf->bus, settings, &producer_ops, p);
    if (rc != 0) {
        free(p);
        return rc;
    }
    open_topics(p, conf);
    if (conf->message_timeout_ms == 0)
        bus_waiting_open(&p->waiting, loop, send_waiting, p);
    bus_probe_open(&p->probe, loop,
                   &(struct bus_probe_conf){.handle = p->handle,
                                            .brokers = conf->bus->brokers,
                                            .topics = conf->topics,
                                            .topic_count = conf->topic_count,
                                            .on_change = on_probe,
                                            .arg = p});
    *out = p;
    return 0;
}

static bool too_large(const struct bus_message *m)
{
    size_t size = RECORD_OVERHEAD_MAX + m->key_len + m->value_len;

    for (size_t i = 0; i < m->header_count; i++)
        size += HEADER_OVERHEAD_MAX + strlen(m->headers[i].name) + m->headers[i].len;
    return size > (size_t)topic_defs[m->topic].max_message_bytes;
}

static rd_kafka_headers_t *headers_of(const struct bus_message *m)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(m->header_count);

    for (size_t i = 0; i < m->header_count; i++) {
        const struct bus_header *h = &m->headers[i];

        ASSERT(rd_kafka_header_add(headers, h->name, -1, h->value, (ssize_t)h->len) == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    return headers;
}

/* librdkafka's parameters are not const, but with RD_KAFKA_MSG_F_COPY it only reads. */
static void *unconst(const void *data)
{
    void *same;

    memcpy(&same, &data, sizeof(same));
    return same;
}

static int32_t partition_of(const struct bus_message *m)
{
    return m->partition >= 0 ? m->partition : topic_partition(m->topic, m->key, (uint32_t)m->key_len);
}

static rd_kafka_resp_err_t produce(rd_kafka_t *rk, rd_kafka_topic_t *topic, const struct bus_message *m,
                                   struct sent *sent)
{
    rd_kafka_headers_t *headers = headers_of(m);
    rd_kafka_resp_err_t err = rd_kafka_producev(
        rk, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition_of(m)), RD_KAFKA_V_KEY(unconst(m->key), m->key_len),
        RD_KAFKA_V_VALUE(unconst(m->value), m->value_len), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(sent), RD_KAFKA_V_END);

    if (err != RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_headers_destroy(headers);
    return err;
}

static bool send_waiting(void *arg, const struct bus_message *m, void *opaque)
{
    struct bus_producer *p = arg;

    return produce(bus_handle_rk(p->handle), p->topics[m->topic], m, opaque) == RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void keep_unsent(struct bus_producer *p, const struct bus_message *m, struct sent *sent)
{
    const struct bus_record r = {
        .topic = m->topic,
        .partition = partition_of(m),
        .key = m->key,
        .key_len = m->key_len,
        .value = m->value != NULL ? m->value : "",
        .value_len = m->value_len,
        .kept = m->headers,
        .kept_count = m->header_count,
    };

    bus_waiting_add(p->waiting, &r, sent);
}

/* Sends it, or keeps it until its topic is there: behind those that wait for the topic already. */
static rd_kafka_resp_err_t send_or_keep(struct bus_producer *p, const struct bus_message *m, struct sent *sent)
{
    bool behind = sent->waits && bus_waiting_for(p->waiting, m->topic);
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;

    if (!behind)
        err = produce(bus_handle_rk(p->handle), p->topics[m->topic], m, sent);
    if (!sent->waits || !is_topic_missing(err))
        return err;
    if (p->pending >= p->queue_max || bus_waiting_bytes(p->waiting) >= WAITING_MAX_BYTES)
        return RD_KAFKA_RESP_ERR__QUEUE_FULL;
    keep_unsent(p, m, sent);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

int bus_send(struct bus_producer *p, const struct bus_message *m, bus_delivery_fn *delivered, void *arg)
{
    struct sent *sent;
    rd_kafka_resp_err_t err;

    ASSERT(p->topics[m->topic] != NULL);
    if (p->closing)
        return ERR_CLOSED;
    if (too_large(m))
        return ERR_TOO_LARGE;
    sent = MEM_NEW(struct sent);
    sent->delivered = delivered;
    sent->arg = arg;
    sent->waits = p->waiting != NULL && delivered != NULL && !m->fleeting;
    err = send_or_keep(p, m, sent);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        free(sent);
        return err_of(err);
    }
    DL_APPEND(p->sent, sent);
    p->pending++;
    return 0;
}

size_t bus_producer_pending(const struct bus_producer *p)
{
    return p->pending;
}

void bus_trim(struct bus_producer *p, enum topic_id topic, int32_t partition, int64_t offset, bus_trimmed_fn *trimmed,
              void *arg)
{
    rd_kafka_t *rk = bus_handle_rk(p->handle);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DELETERECORDS);
    struct trim *trim = MEM_NEW(struct trim);
    rd_kafka_DeleteRecords_t *request;

    *trim = (struct trim){.topic = topic, .trimmed = trimmed, .arg = arg};
    DL_APPEND(p->trims, trim);
    rd_kafka_topic_partition_list_add(list, topic_defs[topic].name, partition)->offset = offset;
    request = rd_kafka_DeleteRecords_new(list);
    (void)rd_kafka_AdminOptions_set_request_timeout(options, TRIM_TIMEOUT_MS, NULL, 0);
    rd_kafka_AdminOptions_set_opaque(options, trim);
    if (!p->closing)
        rd_kafka_DeleteRecords(rk, &request, 1, options, bus_handle_queue(p->handle));
    rd_kafka_DeleteRecords_destroy(request);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_topic_partition_list_destroy(list);
}

void bus_producer_bounds(struct bus_producer *p, enum topic_id topic, bus_bounds_fn *fn, void *arg)
{
    bus_bounds_ask(p->handle, topic, fn, arg, true);
}

bool bus_producer_ready(const struct bus_producer *p)
{
    return bus_probe_ready(p->probe) && !p->fatal;
}

bool bus_producer_writable(const struct bus_producer *p)
{
    return bus_probe_reachable(p->probe) && !p->fatal && (p->waiting == NULL || bus_waiting_bytes(p->waiting) == 0);
}

void bus_producer_close(struct bus_producer **producer)
{
    struct bus_producer *p = *producer;

    *producer = NULL;
    if (p == NULL)
        return;
    p->closing = true;
    bus_handle_drain_all(p->handle);
    bus_waiting_close(&p->waiting);
    while (p->sent != NULL)
        report(p, p->sent, ERR_CLOSED, -1, -1);
    while (p->trims != NULL)
        trim_done(p, p->trims, ERR_CLOSED);
    for (size_t i = 0; i < TOPIC_COUNT; i++) {
        if (p->topics[i] != NULL)
            rd_kafka_topic_destroy(p->topics[i]);
    }
    bus_probe_close(&p->probe);
    bus_handle_close(&p->handle);
    free(p);
}
