#include "bus_depth.h"

#include <stdlib.h>

#include "err.h"
#include "mem.h"

#define QUEUE_BYTES (16 << 10) /* one record is all that is wanted of a partition */

struct depth { /* of a partition */
    int64_t messages;
    int64_t first, first_ms; /* offset; first_ms 0: not known */
    bool reading;
};

struct question { /* a topic's bounds */
    struct bus_depth *depth;
    enum topic_id topic;
    bool asked;
};

struct bus_depth {
    struct bus_depth_conf conf; /* bus is not kept */
    struct bus_reader *reader;
    uv_timer_t timer;
    struct question questions[TOPIC_COUNT];
    struct depth depths[TOPIC_COUNT][BUS_PARTITIONS_MAX];
};

static void stop_reading(struct bus_depth *d, enum topic_id topic, int32_t partition)
{
    bus_reader_remove(d->reader, topic, partition);
    d->depths[topic][partition].reading = false;
}

static void on_record(void *arg, const struct bus_record *r)
{
    struct bus_depth *d = arg;
    struct depth *p = &d->depths[r->topic][r->partition];

    p->first = r->offset;
    p->first_ms = r->timestamp_ms;
    stop_reading(d, r->topic, r->partition);
    d->conf.on_told(d->conf.arg);
}

static void on_end(void *arg, enum topic_id topic, int32_t partition, int64_t next_offset)
{
    (void)next_offset;
    stop_reading(arg, topic, partition);
}

/* Deleted since we asked, as the next look will find. */
static void on_lost(void *arg, enum topic_id topic, int32_t partition, enum bus_lost why, const char *reason)
{
    struct bus_depth *d = arg;

    (void)why;
    (void)reason;
    d->depths[topic][partition].reading = false;
}

static void look(struct bus_depth *d, enum topic_id topic, int32_t partition, const struct bus_bounds *b)
{
    struct depth *p = &d->depths[topic][partition];
    int64_t from = d->conf.from(d->conf.arg, topic, partition), first;

    first = from == BUS_END ? b->end : from > b->start ? from : b->start;
    p->messages = b->end > first ? b->end - first : 0;
    if (p->messages > 0 && p->first == first && (p->first_ms > 0 || p->reading))
        return;
    p->first = first;
    p->first_ms = 0;
    if (p->reading)
        stop_reading(d, topic, partition);
    if (p->messages == 0)
        return;
    p->reading = true;
    bus_reader_add(d->reader, topic, partition, first);
}

static void on_bounds(void *arg, int err, const char *reason, const struct bus_bounds *bounds)
{
    struct question *q = arg;

    (void)reason;
    q->asked = false;
    for (int32_t p = 0; err == 0 && p < topic_defs[q->topic].partitions; p++)
        look(q->depth, q->topic, p, &bounds[p]);
    q->depth->conf.on_told(q->depth->conf.arg);
}

/* What Kafka has not answered yet is not asked again. */
static void on_timer(uv_timer_t *timer)
{
    struct bus_depth *d = timer->data;

    for (size_t i = 0; i < d->conf.topic_count; i++) {
        struct question *q = &d->questions[d->conf.topics[i]];

        if (q->asked)
            continue;
        *q = (struct question){d, d->conf.topics[i], true};
        bus_reader_bounds(d->reader, q->topic, on_bounds, q);
    }
}

int bus_depth_open(struct bus_depth **out, uv_loop_t *loop, const struct bus_depth_conf *conf)
{
    struct bus_depth *d = MEM_NEW(struct bus_depth);
    const struct bus_reader_conf reader = {.bus = conf->bus,
                                           .name = "depth",
                                           .queue_max_bytes = QUEUE_BYTES,
                                           .on_record = on_record,
                                           .on_end = on_end,
                                           .on_lost = on_lost,
                                           .arg = d};
    int rc = bus_reader_open(&d->reader, loop, &reader);

    if (rc != 0) {
        free(d);
        return rc;
    }
    d->conf = *conf;
    d->conf.bus = NULL;
    d->timer.data = d;
    ASSERT(uv_timer_init(loop, &d->timer) == 0);
    ASSERT(uv_timer_start(&d->timer, on_timer, 0, (uint64_t)conf->every_ms) == 0);
    *out = d;
    return 0;
}

struct bus_depth_sum bus_depth_of(const struct bus_depth *d, enum topic_id topic)
{
    struct bus_depth_sum sum = {.oldest_ms = -1};

    for (int32_t i = 0; i < topic_defs[topic].partitions; i++) {
        const struct depth *p = &d->depths[topic][i];

        sum.messages += p->messages;
        if (p->messages > 0 && p->first_ms > 0 && (sum.oldest_ms < 0 || p->first_ms < sum.oldest_ms))
            sum.oldest_ms = p->first_ms;
    }
    return sum;
}

int64_t bus_depth_age_s(const struct bus_depth_sum *s, int64_t now_ms)
{
    return s->oldest_ms >= 0 && s->oldest_ms < now_ms ? (now_ms - s->oldest_ms) / 1000 : 0;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void bus_depth_close(struct bus_depth **depth)
{
    struct bus_depth *d = *depth;

    *depth = NULL;
    if (d == NULL)
        return;
    bus_reader_close(&d->reader);
    uv_close((uv_handle_t *)&d->timer, on_closed);
}
