#include "topic_log.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"

struct topic_log {
    struct kafka_tool *tool;
    struct bus_reader *reader;
    /* of bounds */
    bool answered;
    int err;
    char reason[256];
    struct bus_bounds *bounds;
    /* of reading */
    enum topic_id topic;
    int64_t ends[BUS_PARTITIONS_MAX];
    size_t open; /* partitions that are not read to their end */
    int64_t records;
    topic_log_fn *fn;
    void *arg;
};

/* ---- bounds ------------------------------------------------------------------------------------------------------ */

static void on_bounds(void *arg, int err, const char *reason, const struct bus_bounds *bounds)
{
    struct topic_log *l = arg;

    l->answered = true;
    l->err = err;
    (void)snprintf(l->reason, sizeof(l->reason), "%s", reason);
    if (err == 0)
        memcpy(l->bounds, bounds, (size_t)topic_defs[l->topic].partitions * sizeof(*bounds));
}

/* Asked again as long as nobody answers. */
static bool has_bounds(void *arg, int64_t *progress)
{
    struct topic_log *l = arg;

    *progress = 0;
    if (l->answered && l->err == ERR_UNAVAILABLE) {
        l->answered = false;
        bus_reader_bounds(l->reader, l->topic, on_bounds, l);
    }
    return l->answered;
}

bool topic_log_bounds(struct topic_log *l, enum topic_id topic, struct bus_bounds *out)
{
    l->topic = topic;
    l->bounds = out;
    l->answered = false;
    bus_reader_bounds(l->reader, topic, on_bounds, l);
    if (kafka_tool_wait(l->tool, has_bounds, l) && l->err == 0)
        return true;
    if (l->answered && l->err == ERR_NOT_FOUND)
        (void)kafka_tool_fail(l->tool, "brokers %s: topic %s is missing: gsmctl topics create makes it",
                              l->tool->conf->brokers, topic_defs[topic].name);
    else
        (void)kafka_tool_fail(l->tool, "brokers %s: no answer%s%s", l->tool->conf->brokers,
                              l->reason[0] != '\0' ? ": " : "", l->reason);
    return false;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static void partition_read(struct topic_log *l, int32_t partition)
{
    bus_reader_remove(l->reader, l->topic, partition);
    l->open--;
}

static void on_record(void *arg, const struct bus_record *r)
{
    struct topic_log *l = arg;

    l->records++;
    if (r->offset < l->ends[r->partition])
        l->fn(l->arg, r);
    if (r->offset + 1 >= l->ends[r->partition])
        partition_read(l, r->partition);
}

static void on_end(void *arg, enum topic_id topic, int32_t partition, int64_t next_offset)
{
    struct topic_log *l = arg;

    (void)topic;
    (void)next_offset;
    partition_read(l, partition); /* there is nothing behind it, whatever the range said */
}

/* Somebody has deleted what stood there. */
static void on_lost(void *arg, enum topic_id topic, int32_t partition, enum bus_lost why, const char *reason)
{
    struct topic_log *l = arg;

    (void)reason;
    if (why == BUS_LOST_POSITION)
        bus_reader_add(l->reader, topic, partition, BUS_BEGINNING);
    else
        l->open--;
}

static bool is_read(void *arg, int64_t *progress)
{
    struct topic_log *l = arg;

    *progress = l->records;
    return l->open == 0;
}

bool topic_log_read(struct topic_log *l, enum topic_id topic, const struct bus_bounds *ranges, topic_log_fn *fn,
                    void *arg)
{
    l->topic = topic;
    l->fn = fn;
    l->arg = arg;
    l->open = 0;
    for (int32_t p = 0; p < topic_defs[topic].partitions; p++) {
        l->ends[p] = ranges[p].end;
        if (ranges[p].start >= ranges[p].end)
            continue;
        l->open++;
        bus_reader_add(l->reader, topic, p, ranges[p].start);
    }
    if (kafka_tool_wait(l->tool, is_read, l))
        return true;
    if (!l->tool->interrupted)
        (void)kafka_tool_fail(l->tool, "brokers %s: no answer", l->tool->conf->brokers);
    return false;
}

/* ---- life -------------------------------------------------------------------------------------------------------- */

struct topic_log *topic_log_open(struct kafka_tool *t)
{
    struct topic_log *l = MEM_NEW(struct topic_log);
    const struct bus_reader_conf conf = {
        .bus = &t->bus, .name = "log", .on_record = on_record, .on_end = on_end, .on_lost = on_lost, .arg = l};

    l->tool = t;
    if (bus_reader_open(&l->reader, &t->loop, &conf) == 0)
        return l;
    free(l);
    return NULL;
}

void topic_log_close(struct topic_log **l)
{
    if (*l != NULL)
        bus_reader_close(&(*l)->reader);
    free(*l);
    *l = NULL;
}
