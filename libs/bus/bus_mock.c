#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <unistd.h>

#include <librdkafka/rdkafka_mock.h> /* wants rdkafka.h before it */

#include "bus.h"
#include "bus_log.h"
#include "err.h"
#include "log.h"
#include "mem.h"

struct bus_mock {
    rd_kafka_t *rk; /* the cluster lives in a handle, which connects to nothing */
    rd_kafka_mock_cluster_t *cluster;
};

/*
 * The cluster's thread answers a request before it empties its wake-up pipe: one that comes in between is noticed only
 * when the thread looks in again, a second later.
 */
enum { BETWEEN_REQUESTS_US = 2000 };

enum { PRODUCE = 0, HEARTBEAT = 12 }; /* Kafka's numbers of these requests */

static int create_topics(rd_kafka_mock_cluster_t *cluster)
{
    for (size_t i = 0; i < TOPIC_COUNT; i++) {
        rd_kafka_resp_err_t err;

        (void)usleep(BETWEEN_REQUESTS_US);
        err = rd_kafka_mock_topic_create(cluster, topic_defs[i].name, topic_defs[i].partitions, 1);
        if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            log_error("mock topic=%s: %s", topic_defs[i].name, rd_kafka_err2str(err));
            return ERR_SYSTEM;
        }
    }
    return 0;
}

int bus_mock_open(struct bus_mock **out, const char **bootstrap)
{
    struct bus_mock *m = MEM_NEW(struct bus_mock);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char error[256];

    rd_kafka_conf_set_log_cb(conf, bus_log_cb);
    m->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof(error));
    if (m->rk == NULL) {
        log_error("mock: %s", error);
        rd_kafka_conf_destroy(conf);
        free(m);
        return ERR_SYSTEM;
    }
    m->cluster = rd_kafka_mock_cluster_new(m->rk, 1);
    if (m->cluster == NULL || create_topics(m->cluster) != 0) {
        bus_mock_close(&m);
        return ERR_SYSTEM;
    }
    *bootstrap = rd_kafka_mock_cluster_bootstraps(m->cluster);
    *out = m;
    return 0;
}

void bus_mock_fence(struct bus_mock *m)
{
    rd_kafka_mock_push_request_errors(m->cluster, HEARTBEAT, 1, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID);
}

void bus_mock_refuse(struct bus_mock *m)
{
    rd_kafka_mock_push_request_errors(m->cluster, PRODUCE, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
}

void bus_mock_close(struct bus_mock **mock)
{
    struct bus_mock *m = *mock;

    *mock = NULL;
    if (m == NULL)
        return;
    if (m->cluster != NULL)
        rd_kafka_mock_cluster_destroy(m->cluster);
    rd_kafka_destroy(m->rk);
    free(m);
}
