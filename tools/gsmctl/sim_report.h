/*
 * sim_report.h - what a simulation is told as: a table for the terminal, a CSV of tickets, a page with plots.
 */
#ifndef GSMCTL_SIM_REPORT_H
#define GSMCTL_SIM_REPORT_H

#include "buf.h"
#include "sim_table.h"

struct sim_input { /* a setting, for people */
    const char *label, *value;
};

struct sim_report { /* borrows everything */
    const struct sim_run *runs;
    struct sim_stats *const *stats;
    size_t run_count;
    const char *names[SIM_RUNS_MAX];   /* of the runs; distinct */
    const struct sim_attribute *bands; /* what bands are made of; NULL: there are none */
    const struct sim_input *inputs;    /* ended by label == NULL */
};

void sim_report_text(struct buf *out, const struct sim_report *r);

/*
 * A line a ticket: ticket, arrival_s, players, then of each run end_s, state, wait_s, match, team (with NAME. before
 * them when there are two), then what the population's file says of its players, joined by '|'.
 */
void sim_report_csv(struct buf *out, const struct sim_report *r);

/* One page that needs nothing else. library: the text of Chart.js. */
void sim_report_html(struct buf *out, const struct sim_report *r, const char *library);

#endif
