#include "backend.h"

#include <string.h>

#include "clock.h"
#include "err.h"
#include "id.h"
#include "log.h"

#define ERROR_SIZE 256

static void on_kafka(void *arg, bool ready, const char *reason)
{
    struct backend *b = arg;

    service_dep_set(b->kafka, ready, reason);
}

static void on_kafka_fatal(void *arg, const char *reason)
{
    struct backend *b = arg;

    log_error("kafka_fatal reason=\"%s\"", reason);
    service_fail(b->service);
}

static void on_redis(void *arg, bool ready, const char *reason)
{
    struct backend *b = arg;

    service_dep_set(b->redis, ready, reason);
    if (b->conf.on_redis != NULL)
        b->conf.on_redis(b->conf.arg, ready);
}

/* One PutMetricData document to game-metrics. One that cannot go now is dropped: figures must not hold up players. */
static void send_figures(void *arg, const char *key, const char *json, size_t len)
{
    static const char type[] = "PutMetricData";
    struct backend *b = arg;
    char id[ID_UUID_SIZE], time_text[CLOCK_RFC3339_SIZE];
    const struct bus_message m = {
        .topic = TOPIC_METRICS,
        .partition = -1,
        .key = key,
        .key_len = strlen(key),
        .value = json,
        .value_len = len,
        .headers = (const struct bus_header[]){{"ce_id", id, ID_UUID_SIZE - 1},
                                               {"ce_type", type, strlen(type)},
                                               {"ce_source", b->conf.name, strlen(b->conf.name)},
                                               {"ce_time", time_text, CLOCK_RFC3339_LEN}},
        .header_count = 4,
    };
    int rc;

    id_uuid(id);
    clock_rfc3339(clock_wall_ms(), time_text);
    rc = bus_send(b->producer, &m, NULL, NULL);
    if (rc != 0)
        log_debug("figures_dropped key=%s error=\"%s\"", key, err_str(rc));
}

static int check_settings(const struct backend *b)
{
    char error[ERROR_SIZE];

    if (bus_conf_check(&b->bus, error, sizeof(error)) != 0)
        return service_setting_wrong(b->service, "KAFKA_CONF", error);
    if (b->conf.redis_timeout_ms > 0 && store_url_check(b->conf.service->redis_url, error, sizeof(error)) != 0)
        return service_setting_wrong(b->service, "REDIS_URL", error);
    return 0;
}

static int open_producer(struct backend *b)
{
    b->kafka = service_dep_add(b->service, "kafka");
    return bus_producer_open(&b->producer, service_loop(b->service),
                             &(struct bus_producer_conf){
                                 .bus = &b->bus,
                                 .message_timeout_ms = b->conf.message_timeout_ms,
                                 .queue_max_messages = BACKEND_QUEUE_MAX,
                                 .topics = b->conf.topics,
                                 .topic_count = b->conf.topic_count,
                                 .on_state = on_kafka,
                                 .on_fatal = on_kafka_fatal,
                                 .arg = b,
                             });
}

static int open_store(struct backend *b)
{
    b->redis = service_dep_add(b->service, "redis");
    return store_open(&b->store, service_loop(b->service),
                      &(struct store_conf){
                          .url = b->conf.service->redis_url,
                          .timeout_ms = b->conf.redis_timeout_ms,
                          .pending_max = BACKEND_PENDING_MAX,
                          .on_state = on_redis,
                          .arg = b,
                      });
}

int backend_open(struct backend *b, struct service *s, const struct backend_conf *conf)
{
    int rc;

    *b = (struct backend){.service = s, .conf = *conf};
    b->bus = (struct bus_conf){conf->service->kafka_brokers, conf->service->kafka_conf, conf->name};
    rc = check_settings(b);
    if (rc == 0)
        rc = open_producer(b);
    if (rc == 0 && conf->redis_timeout_ms > 0)
        rc = open_store(b);
    if (rc == 0)
        service_set_emitter(s, send_figures, b);
    return rc;
}

void backend_close(struct backend *b)
{
    store_close(&b->store);
    bus_producer_close(&b->producer);
}
