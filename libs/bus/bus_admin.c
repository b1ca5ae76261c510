#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "bus.h"
#include "bus_conf.h"
#include "bus_log.h"
#include "clock.h"
#include "err.h"

enum { ATTEMPT_MS = 5000, PAUSE_US = 200000, NUMBER_SIZE = 24, MIN_ISR_REPLICATION = 3 };

static void set_number(rd_kafka_NewTopic_t *topic, const char *name, int64_t value)
{
    char text[NUMBER_SIZE];

    (void)snprintf(text, sizeof(text), "%" PRId64, value);
    (void)rd_kafka_NewTopic_set_config(topic, name, text);
}

static rd_kafka_NewTopic_t *new_topic(const struct topic_def *def, int replication)
{
    char error[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(def->name, def->partitions, replication, error, sizeof(error));

    ASSERT(topic != NULL);
    (void)rd_kafka_NewTopic_set_config(topic, "message.timestamp.type", "LogAppendTime");
    (void)rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "delete");
    /* The broker unpacks what a stranger packed, and refuses what is too large then: a reader's bounds are of bytes as
     * they are stored, and a kilobyte may unpack to a megabyte. Our own producers pack nothing. */
    (void)rd_kafka_NewTopic_set_config(topic, "compression.type", "uncompressed");
    set_number(topic, "retention.ms", def->retention_ms);
    set_number(topic, "max.message.bytes", def->max_message_bytes);
    if (replication >= MIN_ISR_REPLICATION)
        set_number(topic, "min.insync.replicas", replication - 1);
    return topic;
}

/* 0 when every topic is there; else the first fault in error. */
static int check_result(const rd_kafka_CreateTopics_result_t *result, char *error, size_t error_size)
{
    size_t count;
    const rd_kafka_topic_result_t **topics = rd_kafka_CreateTopics_result_topics(result, &count);

    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t err = rd_kafka_topic_result_error(topics[i]);

        if (err == RD_KAFKA_RESP_ERR_NO_ERROR || err == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            continue;
        (void)snprintf(error, error_size, "topic %s: %s", rd_kafka_topic_result_name(topics[i]),
                       rd_kafka_topic_result_error_string(topics[i]));
        return ERR_UNAVAILABLE;
    }
    return 0;
}

static int await_result(rd_kafka_queue_t *queue, char *error, size_t error_size)
{
    rd_kafka_event_t *event;
    int rc = ERR_UNAVAILABLE;

    do {
        event = rd_kafka_queue_poll(queue, -1); /* the request has its own time-out */
    } while (event == NULL);
    if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        (void)snprintf(error, error_size, "%s", rd_kafka_event_error_string(event));
    else
        rc = check_result(rd_kafka_event_CreateTopics_result(event), error, error_size);
    rd_kafka_event_destroy(event);
    return rc;
}

static int create_once(rd_kafka_t *rk, int replication, int timeout_ms, char *error, size_t error_size)
{
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_NewTopic_t *topics[TOPIC_COUNT];
    int rc;

    for (size_t i = 0; i < TOPIC_COUNT; i++)
        topics[i] = new_topic(&topic_defs[i], replication);
    (void)rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, NULL, 0);
    (void)rd_kafka_AdminOptions_set_operation_timeout(options, timeout_ms, NULL, 0);
    rd_kafka_CreateTopics(rk, topics, TOPIC_COUNT, options, queue);
    rc = await_result(queue, error, error_size);
    rd_kafka_NewTopic_destroy_array(topics, TOPIC_COUNT);
    rd_kafka_queue_destroy(queue);
    rd_kafka_AdminOptions_destroy(options);
    return rc;
}

/* A producer's configuration: the lightest handle that can ask. */
static int open_admin(rd_kafka_t **out, const struct bus_conf *conf, char *error, size_t error_size)
{
    static const struct bus_setting settings[] = {{"log.queue", "false"}, {NULL, NULL}};
    rd_kafka_conf_t *rc;
    int err = bus_conf_build(&rc, RD_KAFKA_PRODUCER, conf, settings, error, error_size);

    if (err != 0)
        return err;
    rd_kafka_conf_set_log_cb(rc, bus_log_cb);
    *out = rd_kafka_new(RD_KAFKA_PRODUCER, rc, error, error_size);
    if (*out != NULL)
        return 0;
    rd_kafka_conf_destroy(rc);
    return ERR_INVALID;
}

int bus_topics_create(const struct bus_conf *conf, int replication, int timeout_ms, char *error, size_t error_size)
{
    int64_t deadline_ms = clock_mono_ms() + timeout_ms;
    rd_kafka_t *rk;
    int rc = open_admin(&rk, conf, error, error_size);

    if (rc != 0)
        return rc;
    /* Again until the deadline: a broker that is just starting refuses for a while, for one reason or another. */
    for (;;) {
        int64_t left_ms = deadline_ms - clock_mono_ms();

        rc = create_once(rk, replication, (int)(left_ms < ATTEMPT_MS ? left_ms : ATTEMPT_MS), error, error_size);
        if (rc == 0 || clock_mono_ms() + PAUSE_US / 1000 >= deadline_ms)
            break;
        (void)usleep(PAUSE_US);
    }
    rd_kafka_destroy(rk);
    return rc;
}
