/*
 * report.h - the figures of a run for people and for scripts: percentiles, a table, text histograms, JSON. Pure.
 *
 * Samples  a growing list of values; `struct samples s = {0}` is empty. samples_free releases it and leaves it empty.
 *          samples_percentile may reorder the values and nothing else.
 * Report   two lists, each ended by key == NULL: counts (one number each) and spreads (samples, of which the
 *          percentiles are shown). The report borrows everything.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct samples {
    double *values;
    size_t count, cap;
    bool sorted;
};

void samples_add(struct samples *s, double value); /* finite */
/* Nearest rank, percent 0..100: the smallest value that at least so many of the values do not exceed; 0 when empty. */
double samples_percentile(struct samples *s, double percent);
double samples_mean(const struct samples *s); /* 0 when empty */
void samples_free(struct samples *s);

struct report_count {
    const char *key, *label; /* for JSON; for people */
    int64_t value;
};

struct report_spread {
    const char *key, *label; /* the label names the unit */
    struct samples *samples;
};

struct report {
    const char *name; /* what was run */
    const struct report_count *counts;
    const struct report_spread *spreads;
};

/* The counts, then one row of n, mean, p50, p90, p99 and max a spread. Each line ends in a newline. */
void report_table(struct buf *out, const struct report *r);

/*
 * One row a step of the series 0, 1, 2, 5, 10, 20, 50, ... from the least to the greatest value; the label above them.
 * Values are not negative; what is below 1 falls into the first row.
 */
void report_histogram(struct buf *out, const struct report_spread *s);

/* {"name":..,"<key>":count,..,"<key>":{"n","mean","p50","p90","p99","max"},..} and a newline. */
void report_json(struct buf *out, const struct report *r);

#endif
