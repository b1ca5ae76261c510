#include "dlq_figures.h"

#include <stdlib.h>

#include "bus_depth.h"
#include "clock.h"
#include "mem.h"
#include "notifier_metrics.h"

enum { EVERY_MS = 2000 };

static const enum topic_id topic = TOPIC_EVENTS_DLQ;

struct dlq_figures {
    struct dlq_figures_conf conf;
    struct bus_depth *depth;
};

static int64_t from(void *arg, enum topic_id of, int32_t partition)
{
    struct dlq_figures *f = arg;

    (void)of;
    return f->conf.ours(f->conf.arg, partition) ? BUS_BEGINNING : BUS_END;
}

static void on_told(void *arg)
{
    struct dlq_figures *f = arg;
    struct bus_depth_sum letters = bus_depth_of(f->depth, topic);

    metrics_set(f->conf.metrics, NF_DLQ_VISIBLE, letters.messages);
    metrics_set(f->conf.metrics, NF_DLQ_AGE, bus_depth_age_s(&letters, clock_wall_ms()));
}

int dlq_figures_open(struct dlq_figures **out, uv_loop_t *loop, const struct dlq_figures_conf *conf)
{
    struct dlq_figures *f = MEM_NEW(struct dlq_figures);
    int rc;

    f->conf = *conf;
    rc = bus_depth_open(&f->depth, loop,
                        &(struct bus_depth_conf){.bus = conf->bus,
                                                 .topics = &topic,
                                                 .topic_count = 1,
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

void dlq_figures_close(struct dlq_figures **f)
{
    if (*f != NULL)
        bus_depth_close(&(*f)->depth);
    free(*f);
    *f = NULL;
}
