#include "bus_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"

static const struct bus_setting common_settings[] = {
    {"log.queue", "true"},
    {"socket.nagle.disable", "true"},
    {"socket.keepalive.enable", "true"},
    {"reconnect.backoff.ms", "50"},
    {"reconnect.backoff.max.ms", "1000"},
    {"retry.backoff.ms", "50"},
    {"topic.metadata.refresh.fast.interval.ms", "100"},
    {"allow.auto.create.topics", "false"},
    {"message.max.bytes", "4194304"}, /* the largest topic's */
    {NULL, NULL},
};

/*
 * One request in flight: with more, librdkafka before 2.3 often takes a broker's restart for a lost sequence, which is
 * fatal (confluentinc/librdkafka#4438). What waits meanwhile goes in larger batches.
 */
static const struct bus_setting producer_settings[] = {
    {"enable.idempotence", "true"},           {"acks", "all"}, {"max.in.flight.requests.per.connection", "1"},
    {"queue.buffering.max.kbytes", "131072"}, {NULL, NULL},
};

static const struct bus_setting consumer_settings[] = {
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"enable.partition.eof", "true"},
    {"auto.offset.reset", "error"},
    {"isolation.level", "read_committed"},  /* a transaction that was aborted did not happen */
    {"queued.max.messages.kbytes", "4096"}, /* at least one fetched record is kept, whatever its size */
    {"fetch.error.backoff.ms", "50"},
    /* The end of a partition is known by an empty fetch, and a partition is added after the running one. */
    {"fetch.wait.max.ms", "50"},
    {"session.timeout.ms", "6000"},
    {"heartbeat.interval.ms", "1000"},
    {"partition.assignment.strategy", "range"}, /* eager: bus_group answers no other kind */
    {NULL, NULL},
};

static int set(rd_kafka_conf_t *rc, const char *name, const char *value, char *error, size_t error_size)
{
    char why[256];

    if (rd_kafka_conf_set(rc, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
        return 0;
    (void)snprintf(error, error_size, "%s=%s: %s", name, value, why);
    return ERR_INVALID;
}

/* The value may be a password, or belong to one whose name is misspelt: it is not shown, and no reason that repeats it.
 */
static int set_secret(rd_kafka_conf_t *rc, const char *name, const char *value, char *error, size_t error_size)
{
    char why[256];

    if (rd_kafka_conf_set(rc, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
        return 0;
    (void)snprintf(error, error_size, "%s: %s", name, strstr(why, value) == NULL ? why : "the value is not allowed");
    return ERR_INVALID;
}

static int set_all(rd_kafka_conf_t *rc, const struct bus_setting *settings, char *error, size_t error_size)
{
    int rc_set = 0;

    for (; rc_set == 0 && settings->name != NULL; settings++)
        rc_set = set(rc, settings->name, settings->value, error, error_size);
    return rc_set;
}

/* "producer.linger.ms" is "linger.ms" for producers and nothing for the others; NULL: not for this type. */
static const char *name_for(rd_kafka_type_t type, const char *name)
{
    static const struct {
        const char *prefix;
        rd_kafka_type_t type;
    } prefixes[] = {{"producer.", RD_KAFKA_PRODUCER}, {"consumer.", RD_KAFKA_CONSUMER}};

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t len = strlen(prefixes[i].prefix);

        if (strncmp(name, prefixes[i].prefix, len) == 0)
            return prefixes[i].type == type ? name + len : NULL;
    }
    return name;
}

static int set_extra(rd_kafka_conf_t *rc, rd_kafka_type_t type, const char *extra, char *error, size_t error_size)
{
    char *copy = mem_strdup(extra);
    char *rest = copy;
    int rc_set = 0, n = 1;

    for (char *word = strtok_r(copy, " ", &rest); rc_set == 0 && word != NULL; word = strtok_r(NULL, " ", &rest), n++) {
        char *value = strchr(word, '=');
        const char *name;

        if (value == NULL) {
            (void)snprintf(error, error_size, "word %d: must be name=value", n);
            rc_set = ERR_INVALID;
            break;
        }
        *value++ = '\0';
        name = name_for(type, word);
        if (name != NULL)
            rc_set = set_secret(rc, name, value, error, error_size);
    }
    free(copy);
    return rc_set;
}

int bus_conf_build(rd_kafka_conf_t **out, rd_kafka_type_t type, const struct bus_conf *conf,
                   const struct bus_setting *settings, char *error, size_t error_size)
{
    const struct bus_setting names[] = {
        {"bootstrap.servers", conf->brokers}, {"client.id", conf->client_id}, {NULL, NULL}};
    const struct bus_setting *const lists[] = {
        common_settings, type == RD_KAFKA_PRODUCER ? producer_settings : consumer_settings, names, settings};
    rd_kafka_conf_t *rc = rd_kafka_conf_new();
    int rc_set = 0;

    for (size_t i = 0; rc_set == 0 && i < sizeof(lists) / sizeof(lists[0]); i++)
        rc_set = set_all(rc, lists[i], error, error_size);
    if (rc_set == 0 && conf->extra != NULL)
        rc_set = set_extra(rc, type, conf->extra, error, error_size);
    if (rc_set != 0) {
        rd_kafka_conf_destroy(rc);
        return rc_set;
    }
    *out = rc;
    return 0;
}

/* Some faults show only when all properties are known: a handle is made, without brokers, so that nothing is connected.
 */
static int check_type(const struct bus_conf *conf, rd_kafka_type_t type, char *error, size_t error_size)
{
    static const struct bus_setting producer[] = {{NULL, NULL}};
    static const struct bus_setting consumer[] = {{"group.id", "check"}, {NULL, NULL}};
    const struct bus_conf offline = {.brokers = "", .extra = conf->extra, .client_id = conf->client_id};
    rd_kafka_conf_t *rc;
    rd_kafka_t *rk;
    int rc_build =
        bus_conf_build(&rc, type, &offline, type == RD_KAFKA_PRODUCER ? producer : consumer, error, error_size);

    if (rc_build != 0)
        return rc_build;
    rk = rd_kafka_new(type, rc, error, error_size);
    if (rk == NULL) {
        rd_kafka_conf_destroy(rc);
        return ERR_INVALID;
    }
    rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return 0;
}

int bus_conf_check(const struct bus_conf *conf, char *error, size_t error_size)
{
    int rc = check_type(conf, RD_KAFKA_PRODUCER, error, error_size);

    return rc != 0 ? rc : check_type(conf, RD_KAFKA_CONSUMER, error, error_size);
}
