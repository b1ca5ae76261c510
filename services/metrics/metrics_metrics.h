/* metrics_metrics.h - the metrics daemon's own figures: one row each (metrics.h). */
#ifndef METRICS_METRICS_METRICS_H
#define METRICS_METRICS_METRICS_H

#include "metrics.h"

#define MT_METRICS(X)                                                                                                  \
    X(MT_RECORDS, COUNTER, "metrics_records_total", "", "", COUNT, "Records read from game-metrics")                   \
    X(MT_REFUSED, COUNTER, "metrics_records_refused_total", "", "", COUNT,                                             \
      "Records that are no good PutMetricData document; the log names the fault")                                      \
    X(MT_ADDED, COUNTER, "metrics_data_added_total", "", "", COUNT, "Data that went into a period")                    \
    X(MT_LATE, COUNTER, "metrics_data_dropped_total", "reason=\"late\"", "", COUNT,                                    \
      "Data dropped. late: their period is over (some are, after each start); full: raise METRIC_MAX")                 \
    X(MT_FULL, COUNTER, "metrics_data_dropped_total", "reason=\"full\"", "", COUNT, "")                                \
    X(MT_LOST, COUNTER, "metrics_partitions_lost_total", "", "", COUNT,                                                \
      "Times a partition of game-metrics could not be read on; look at /readyz and the broker")

enum mt_metric { MT_METRICS(METRIC_ENUM) MT_METRIC_COUNT };

#endif
