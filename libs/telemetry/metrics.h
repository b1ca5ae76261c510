/*
 * metrics.h - a daemon's figures from one table, as Prometheus text and as CloudWatch PutMetricData documents.
 *
 * Table    X(id, KIND, "prometheus_name", "labels", "CloudWatchName", UNIT, "help: also what to do when it grows").
 *          labels: "" or constant `key="value"` text; rows that share a prometheus_name stand together and share the
 *          first row's help. CloudWatchName: "" = not sent to game-metrics.
 *          Counters' names end in _total, histograms' in a base unit (_seconds, _bytes): `promtool check metrics` is a
 *          test.
 * Values   counters and gauges are int64; a histogram takes a double in the base unit of its name.
 * Threads  one set belongs to one thread.
 */
#ifndef TELEMETRY_METRICS_H
#define TELEMETRY_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };
/* How a value is sent in PutMetricData: a SECONDS histogram is sent as Milliseconds, CloudWatch's habit for latency. */
enum metric_unit { METRIC_COUNT, METRIC_SECONDS, METRIC_BYTES };

struct metric_def { /* NOLINT(clang-analyzer-optin.performance.Padding): in the order of the table's columns */
    enum metric_kind kind;
    const char *name, *labels, *cloudwatch_name;
    enum metric_unit unit;
    const char *help;
};

#define METRIC_ENUM(id, ...)                               id,
#define METRIC_ROW(id, kind, name, labels, cw, unit, help) {METRIC_##kind, name, labels, cw, METRIC_##unit, help},

struct metrics;

/* defs are kept by reference. namespace_: CloudWatch's, as "GameMetrics". */
struct metrics *metrics_new(const struct metric_def *defs, size_t count, const char *namespace_);
void metrics_free(struct metrics **m);

void metrics_add(struct metrics *m, size_t id, int64_t n);        /* counter */
void metrics_set(struct metrics *m, size_t id, int64_t value);    /* gauge */
void metrics_observe(struct metrics *m, size_t id, double value); /* histogram, in the unit of its name */
int64_t metrics_get(const struct metrics *m, size_t id);          /* counter or gauge */

/* Prometheus text exposition format 0.0.4, process_* figures (RSS, CPU, descriptors, start time) included. */
void metrics_prometheus(const struct metrics *m, struct buf *out);

/*
 * One PutMetricData document a metric that has a CloudWatchName, for what happened since the last call:
 * counters a Value (the increase; zeros too, so that alarms return to OK), histograms StatisticValues when something
 * was observed, gauges one Value a period_s-aligned period and process (PROTOCOLS M2). emit is called once a document;
 * key is namespace + "/" + metric name, the topic's key.
 */
typedef void metrics_emit_fn(void *arg, const char *key, const char *json, size_t len);
void metrics_cloudwatch(struct metrics *m, int64_t wall_ms, int64_t period_s, metrics_emit_fn *emit, void *arg);

#endif
