#include <stdlib.h>
#include <unistd.h>

#include "bus_group_private.h"
#include "log.h"
#include "mem.h"

/* It blocks, so it is done in the thread pool. */

enum { LOOKUP_TIMEOUT_MS = 2000, LOOKUP_PAUSE_US = 250000 };

/* A question to the broker about places in the topic: librdkafka writes the answers into the list. */
struct lookup {
    struct bus_group *group;
    uint64_t generation;
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_resp_err_t (*ask)(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, int timeout_ms);
    void (*use)(struct bus_group *g, const struct lookup *l);
    rd_kafka_resp_err_t err;
};

void bus_group_set_pending(struct bus_group *g, const rd_kafka_topic_partition_list_t *list)
{
    if (g->pending != NULL)
        rd_kafka_topic_partition_list_destroy(g->pending);
    g->pending = list != NULL ? rd_kafka_topic_partition_list_copy(list) : NULL;
    g->generation++;
}

static void use_committed(struct bus_group *g, const struct lookup *l)
{
    bus_group_set_pending(g, NULL);
    bus_group_own_all(g, l->list);
}

/*
 * With the broker's -1 no record is so late. Never beyond what was committed: what was read since may not be dealt
 * with, and its window ends here.
 */
static void go_back(struct bus_group *g, const rd_kafka_topic_partition_t *found)
{
    int64_t here = g->committed[found->partition];
    rd_kafka_topic_partition_t tp = {.partition = found->partition, .offset = found->offset};

    if (tp.offset < 0 || tp.offset > here)
        tp.offset = here;
    bus_group_disown(g, tp.partition);
    bus_group_own(g, &tp);
}

static void use_times(struct bus_group *g, const struct lookup *l)
{
    for (int i = 0; i < l->list->cnt && l->generation == g->generation; i++) /* a call-back may ask for more */
        go_back(g, &l->list->elems[i]);
}

static rd_kafka_topic_partition_list_t *rewinding_list(const struct bus_group *g)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(BUS_PARTITIONS_MAX);
    const char *topic = topic_defs[g->conf.topic].name;

    for (int32_t partition = 0; partition < BUS_PARTITIONS_MAX; partition++) {
        if ((g->rewinding & bus_group_bit(partition)) != 0)
            rd_kafka_topic_partition_list_add(list, topic, partition)->offset = g->since_ms[partition];
    }
    return list;
}

static void lookup_free(struct lookup *l)
{
    rd_kafka_topic_partition_list_destroy(l->list);
    free(l);
}

static void in_pool(rd_kafka_t *rk, void *arg)
{
    struct lookup *l = arg;

    l->err = l->ask(rk, l->list, LOOKUP_TIMEOUT_MS);
    for (int i = 0; l->err == RD_KAFKA_RESP_ERR_NO_ERROR && i < l->list->cnt; i++)
        l->err = l->list->elems[i].err;
    if (l->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        (void)usleep(LOOKUP_PAUSE_US); /* before it is asked again; only this pool thread waits */
}

static void on_looked_up(void *arg, bool closed)
{
    struct lookup *l = arg;
    struct bus_group *g = l->group;

    if (closed) {
        lookup_free(l);
        return;
    }
    if (l->err != RD_KAFKA_RESP_ERR_NO_ERROR && l->err != g->lookup_fault)
        log_warn("kafka_positions topic=%s: %s", topic_defs[g->conf.topic].name, rd_kafka_err2str(l->err));
    g->lookup_fault = l->err;
    if (l->err == RD_KAFKA_RESP_ERR_NO_ERROR && l->generation == g->generation)
        l->use(g, l);
    lookup_free(l);
    bus_group_look_up(g); /* when something is to be looked up still, or again */
}

void bus_group_look_up(struct bus_group *g)
{
    struct lookup *l;

    if ((g->pending == NULL && g->rewinding == 0) || bus_handle_running(g->member))
        return; /* a running one sees, when it ends, that it is for what was asked before */
    l = MEM_NEW(struct lookup);
    l->group = g;
    l->generation = g->generation;
    l->ask = g->pending != NULL ? rd_kafka_committed : rd_kafka_offsets_for_times;
    l->use = g->pending != NULL ? use_committed : use_times;
    l->list = g->pending != NULL ? rd_kafka_topic_partition_list_copy(g->pending) : rewinding_list(g);
    bus_handle_run(g->member, in_pool, on_looked_up, l);
}

void bus_group_rewind(struct bus_group *g, int32_t partition, int64_t since_ms)
{
    int64_t since = since_ms > 0 ? since_ms : 0; /* below, Kafka gives numbers another meaning */

    ASSERT(g->reader != NULL);
    if ((g->owned & bus_group_bit(partition)) == 0 ||
        ((g->rewinding & bus_group_bit(partition)) != 0 && g->since_ms[partition] <= since))
        return;
    bus_reader_remove(g->reader, g->conf.topic, partition);
    g->held &= ~bus_group_bit(partition);
    g->rewinding |= bus_group_bit(partition);
    g->since_ms[partition] = since;
    g->generation++;
    bus_group_look_up(g);
}
