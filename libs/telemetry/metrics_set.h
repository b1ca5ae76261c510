/* metrics_set.h - what a set of metrics holds; for the files of this module only. */
#ifndef TELEMETRY_METRICS_SET_H
#define TELEMETRY_METRICS_SET_H

#include "metrics.h"

#define METRICS_BUCKETS 14

struct histogram {
    uint64_t buckets[METRICS_BUCKETS + 1]; /* each its own count; the last: above all bounds */
    uint64_t count;
    double sum;
    /* since the last metrics_cloudwatch */
    uint64_t fresh_count;
    double fresh_sum, fresh_min, fresh_max;
};

struct metric_value {
    int64_t value, sent; /* sent: a counter's value at the last metrics_cloudwatch */
    struct histogram *histogram;
};

struct metrics {
    const struct metric_def *defs; /* of the caller */
    size_t count;
    const char *namespace_; /* of the caller */
    struct metric_value *values;
    int64_t started_ms;  /* wall clock */
    int64_t sent_period; /* of the gauges */
};

/* The upper bounds of a metric's buckets, METRICS_BUCKETS of them. */
const double *metrics_bounds(enum metric_unit unit);

/* The process_* figures. */
void metrics_process(const struct metrics *m, struct buf *out);

/* One family's # HELP and # TYPE lines. */
void metrics_head(struct buf *out, const char *name, const char *help, enum metric_kind kind);

#endif
