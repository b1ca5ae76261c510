#include "metrics.h"

#include <stdlib.h>

#include "clock.h"
#include "err.h"
#include "mem.h"
#include "metrics_set.h"

struct metrics *metrics_new(const struct metric_def *defs, size_t count, const char *namespace_)
{
    struct metrics *m = MEM_NEW(struct metrics);

    m->defs = defs;
    m->count = count;
    m->namespace_ = namespace_;
    m->started_ms = clock_wall_ms();
    m->sent_period = -1;
    m->values = mem_alloc(count * sizeof(*m->values));
    for (size_t i = 0; i < count; i++) {
        if (defs[i].kind == METRIC_HISTOGRAM)
            m->values[i].histogram = MEM_NEW(struct histogram);
    }
    return m;
}

void metrics_free(struct metrics **m)
{
    if (*m == NULL)
        return;
    for (size_t i = 0; i < (*m)->count; i++)
        free((*m)->values[i].histogram);
    free((*m)->values);
    free(*m);
    *m = NULL;
}

static struct metric_value *metrics_value(struct metrics *m, size_t id, enum metric_kind kind)
{
    ASSERT(id < m->count && m->defs[id].kind == kind);
    return &m->values[id];
}

void metrics_add(struct metrics *m, size_t id, int64_t n)
{
    ASSERT(n >= 0);
    metrics_value(m, id, METRIC_COUNTER)->value += n;
}

void metrics_set(struct metrics *m, size_t id, int64_t value)
{
    metrics_value(m, id, METRIC_GAUGE)->value = value;
}

const double *metrics_bounds(enum metric_unit unit)
{
    static const double seconds[METRICS_BUCKETS] = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05,
                                                    0.1,    0.2,   0.5,   1,     5,    20,   60};
    static const double powers_of_four[METRICS_BUCKETS] = {1,     4,     16,     64,      256,     1024,     4096,
                                                           16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864};

    return unit == METRIC_SECONDS ? seconds : powers_of_four;
}

void metrics_observe(struct metrics *m, size_t id, double value)
{
    struct histogram *h = metrics_value(m, id, METRIC_HISTOGRAM)->histogram;
    const double *bounds = metrics_bounds(m->defs[id].unit);
    size_t bucket = 0;

    while (bucket < METRICS_BUCKETS && value > bounds[bucket])
        bucket++;
    h->buckets[bucket]++;
    h->count++;
    h->sum += value;
    if (h->fresh_count == 0 || value < h->fresh_min)
        h->fresh_min = value;
    if (h->fresh_count == 0 || value > h->fresh_max)
        h->fresh_max = value;
    h->fresh_count++;
    h->fresh_sum += value;
}

int64_t metrics_get(const struct metrics *m, size_t id)
{
    ASSERT(id < m->count && m->defs[id].kind != METRIC_HISTOGRAM);
    return m->values[id].value;
}
