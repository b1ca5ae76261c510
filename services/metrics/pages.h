/*
 * pages.h - what the roll-up holds, as text for Prometheus and as JSON. Pure.
 */
#ifndef METRICS_PAGES_H
#define METRICS_PAGES_H

#include <stdint.h>

#include "buf.h"
#include "rollup.h"

/* Gauges of each metric's last complete period; a metric without data in it has none. */
void pages_prometheus(const struct rollup *r, int64_t now_ms, struct buf *out);

/* {"metrics":[{"Namespace","MetricName","Unit","Period","Last":{"Timestamp","Sum",...}|null,"Current":...}]} */
void pages_json(const struct rollup *r, int64_t now_ms, struct buf *out);

#endif
