/*
 * rollup.h - statistics of each metric a period: the current period's, and those of the last complete one. Pure.
 *
 * Periods   begin at multiples of the period since the epoch. A datum counts in the period it happened in, as long as
 *           that is one of the two that are kept: that of the newest datum, and the one before.
 * Metrics   differ by namespace, name and unit. At most metric_max; one that had nothing in either period makes room
 *           for a new one.
 * Time      now_ms is the reader's clock; the newest datum counts as now when it is ahead of it.
 */
#ifndef METRICS_ROLLUP_H
#define METRICS_ROLLUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "put_metric.h"

struct rollup;

struct period {
    int64_t start_ms;
    double sum, samples, minimum, maximum;
};

struct rollup_row { /* valid in the call-back */
    const char *namespace_, *name, *unit;
    const struct period *last, *current; /* NULL: nothing happened in it */
};

struct rollup *rollup_new(int64_t period_s, size_t metric_max);
void rollup_free(struct rollup **r);

/* ROLLUP_LATE: its period is no longer kept; ROLLUP_FULL: no room for one more metric. Nothing is changed then. */
enum rollup_result { ROLLUP_ADDED, ROLLUP_LATE, ROLLUP_FULL };
enum rollup_result rollup_add(struct rollup *r, const struct datum *d);

int64_t rollup_period_s(const struct rollup *r);

/* Calls fn for each metric, in the order of their first datum, as seen at now_ms. */
typedef void rollup_row_fn(void *arg, const struct rollup_row *row);
void rollup_each(const struct rollup *r, int64_t now_ms, rollup_row_fn *fn, void *arg);

#endif
