#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bus_group_private.h"
#include "log.h"
#include "mem.h"

enum { METADATA_MAX = 4000 };

void bus_group_own(struct bus_group *g, const rd_kafka_topic_partition_t *tp)
{
    int64_t offset = tp->offset >= 0 ? tp->offset : -1;
    char *metadata = mem_strndup(tp->metadata != NULL ? tp->metadata : "", tp->metadata_size);

    g->owned |= bus_group_bit(tp->partition);
    g->committed[tp->partition] = offset;
    g->next[tp->partition] = offset >= 0 ? offset : BUS_BEGINNING;
    if (g->reader != NULL)
        bus_reader_add(g->reader, g->conf.topic, tp->partition, g->next[tp->partition]);
    g->conf.on_assign(g->conf.arg, tp->partition, offset, metadata);
    free(metadata);
}

void bus_group_own_all(struct bus_group *g, const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; i < list->cnt; i++)
        bus_group_own(g, &list->elems[i]);
}

void bus_group_disown(struct bus_group *g, int32_t partition)
{
    g->owned &= ~bus_group_bit(partition);
    g->rewinding &= ~bus_group_bit(partition);
    g->held &= ~bus_group_bit(partition);
    if (g->reader != NULL)
        bus_reader_remove(g->reader, g->conf.topic, partition);
    g->conf.on_revoke(g->conf.arg, partition);
}

void bus_group_disown_all(struct bus_group *g)
{
    for (int32_t partition = 0; g->owned != 0; partition++) {
        if ((g->owned & bus_group_bit(partition)) != 0)
            bus_group_disown(g, partition);
    }
}

void bus_group_own_only(struct bus_group *g, const rd_kafka_topic_partition_list_t *list)
{
    uint64_t listed = 0;

    for (int i = 0; i < list->cnt; i++)
        listed |= bus_group_bit(list->elems[i].partition);
    for (int32_t partition = 0; (g->owned & ~listed) != 0; partition++) {
        if ((g->owned & ~listed & bus_group_bit(partition)) != 0)
            bus_group_disown(g, partition);
    }
    for (int i = 0; i < list->cnt; i++) {
        if ((g->owned & bus_group_bit(list->elems[i].partition)) == 0)
            bus_group_own(g, &list->elems[i]);
    }
}

/* ---- the reader -------------------------------------------------------------------------------------------------- */

static void on_record(void *arg, const struct bus_record *r)
{
    struct bus_group *g = arg;

    g->next[r->partition] = r->offset + 1;
    g->conf.on_record(g->conf.arg, r);
}

static void on_batch(void *arg)
{
    struct bus_group *g = arg;

    if (g->conf.on_batch != NULL)
        g->conf.on_batch(g->conf.arg);
}

/* The committed offset is older than the log: what was kept is read, what was not is gone. */
static void lost_position(struct bus_group *g, int32_t partition, const char *reason)
{
    log_error("kafka_position_lost topic=%s partition=%" PRId32 " action=\"read from the log's start\": %s",
              topic_defs[g->conf.topic].name, partition, reason);
    g->committed[partition] = -1;
    g->next[partition] = BUS_BEGINNING;
    bus_reader_add(g->reader, g->conf.topic, partition, BUS_BEGINNING);
}

/* The topic that comes will be another one: where we were in this one must not be committed there. */
static void lost_partition(struct bus_group *g, int32_t partition)
{
    const rd_kafka_topic_partition_t beginning = {.partition = partition, .offset = -1};

    g->gone |= bus_group_bit(partition);
    bus_group_disown(g, partition);
    g->gone &= ~bus_group_bit(partition);
    bus_group_own(g, &beginning);
}

static void on_lost(void *arg, enum topic_id topic, int32_t partition, enum bus_lost why, const char *reason)
{
    (void)topic;
    if (why == BUS_LOST_POSITION)
        lost_position(arg, partition, reason);
    else
        lost_partition(arg, partition);
}

int bus_group_open_reader(struct bus_group *g)
{
    const struct bus_reader_conf conf = {.bus = &g->bus,
                                         .name = topic_defs[g->conf.topic].name,
                                         .on_record = on_record,
                                         .on_batch = on_batch,
                                         .on_lost = on_lost,
                                         .arg = g};

    return bus_reader_open(&g->reader, g->loop, &conf);
}

void bus_group_hold(struct bus_group *g, bool hold)
{
    bus_reader_hold(g->reader, hold);
}

/* A paused partition's records would hold up the others in the reader's one queue, so it is not read at all. */
void bus_group_hold_one(struct bus_group *g, int32_t partition, bool hold)
{
    bool held = (g->held & bus_group_bit(partition)) != 0;

    ASSERT(g->reader != NULL);
    if ((g->owned & ~g->rewinding & bus_group_bit(partition)) == 0 || held == hold)
        return;
    g->held ^= bus_group_bit(partition);
    if (hold)
        bus_reader_remove(g->reader, g->conf.topic, partition);
    else
        bus_reader_add(g->reader, g->conf.topic, partition, g->next[partition]);
}

/* ---- what was dealt with ----------------------------------------------------------------------------------------- */

void bus_group_commit(struct bus_group *g, int32_t partition, int64_t offset, const char *metadata)
{
    rd_kafka_topic_partition_list_t *list;
    rd_kafka_topic_partition_t *tp;

    if ((g->gone & bus_group_bit(partition)) != 0)
        return;
    list = rd_kafka_topic_partition_list_new(1);
    tp = rd_kafka_topic_partition_list_add(list, topic_defs[g->conf.topic].name, partition);
    g->committed[partition] = offset;
    tp->offset = offset;
    tp->metadata_size = strlen(metadata);
    ASSERT(tp->metadata_size <= METADATA_MAX);
    tp->metadata = mem_strdup(metadata); /* the list frees it */
    (void)rd_kafka_commit_queue(bus_handle_rk(g->member), list, bus_handle_queue(g->member), NULL, NULL);
    rd_kafka_topic_partition_list_destroy(list);
}
