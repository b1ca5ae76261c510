#include "queue_figures.h"

#include <stdlib.h>

#include "bus_depth.h"
#include "clock.h"
#include "matchmaker_metrics.h"
#include "mem.h"

enum { EVERY_MS = 2000 };

static const enum topic_id topics[] = {TOPIC_QUEUE, TOPIC_QUEUE_DLQ};

struct queue_figures {
    struct queue_figures_conf conf;
    struct bus_depth *depth;
};

static int64_t from(void *arg, enum topic_id topic, int32_t partition)
{
    struct queue_figures *f = arg;
    int64_t read, safe;

    if (!f->conf.position(f->conf.arg, partition, &read, &safe))
        return BUS_END;
    return topic == TOPIC_QUEUE ? read : BUS_BEGINNING;
}

static int64_t in_flight(const struct queue_figures *f)
{
    int64_t n = 0, read, safe;

    for (int32_t p = 0; p < topic_defs[TOPIC_QUEUE].partitions; p++) {
        if (f->conf.position(f->conf.arg, p, &read, &safe))
            n += read - safe;
    }
    return n;
}

static void on_told(void *arg)
{
    struct queue_figures *f = arg;
    int64_t now_ms = clock_wall_ms();
    struct bus_depth_sum queue = bus_depth_of(f->depth, TOPIC_QUEUE), dead = bus_depth_of(f->depth, TOPIC_QUEUE_DLQ);

    metrics_set(f->conf.metrics, MM_QUEUE_VISIBLE, queue.messages);
    metrics_set(f->conf.metrics, MM_QUEUE_IN_FLIGHT, in_flight(f));
    metrics_set(f->conf.metrics, MM_QUEUE_AGE, bus_depth_age_s(&queue, now_ms));
    metrics_set(f->conf.metrics, MM_QUEUE_DLQ_VISIBLE, dead.messages);
    metrics_set(f->conf.metrics, MM_QUEUE_DLQ_AGE, bus_depth_age_s(&dead, now_ms));
}

int queue_figures_open(struct queue_figures **out, uv_loop_t *loop, const struct queue_figures_conf *conf)
{
    struct queue_figures *f = MEM_NEW(struct queue_figures);
    int rc;

    f->conf = *conf;
    rc = bus_depth_open(&f->depth, loop,
                        &(struct bus_depth_conf){.bus = conf->bus,
                                                 .topics = topics,
                                                 .topic_count = sizeof(topics) / sizeof(topics[0]),
                                                 .every_ms = EVERY_MS,
                                                 .from = from,
                                                 .on_told = on_told,
                                                 .arg = f});
    if (rc == 0)
        *out = f;
    else
        free(f);
    return rc;
}

void queue_figures_close(struct queue_figures **f)
{
    if (*f != NULL)
        bus_depth_close(&(*f)->depth);
    free(*f);
    *f = NULL;
}
