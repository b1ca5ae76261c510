/*
 * sim_table.h - the figures of one run, or of two side by side, as rows that each report prints in its way. Pure.
 */
#ifndef GSMCTL_SIM_TABLE_H
#define GSMCTL_SIM_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "sim_stats.h"

#define SIM_RUNS_MAX 2

struct sim_row {
    char label[96];              /* with the unit */
    bool heading;                /* of the rows below it; without values */
    double values[SIM_RUNS_MAX]; /* NAN: the run has none */
    int decimals;
};

struct sim_table {
    struct sim_row *rows; /* owned */
    size_t count;
};

/* Percentiles sort the stats' samples. */
void sim_table_make(struct sim_table *out, struct sim_stats *const *stats, size_t runs);
void sim_table_free(struct sim_table *t);

#endif
