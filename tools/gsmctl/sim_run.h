/*
 * sim_run.h - the matchmaker's engine on a virtual clock: what becomes of each ticket under a rule set.
 */
#ifndef GSMCTL_SIM_RUN_H
#define GSMCTL_SIM_RUN_H

#include "sim_rules.h"
#include "sim_traffic.h"

enum sim_state { SIM_SEARCHING, SIM_COMPLETED, SIM_TIMED_OUT, SIM_REFUSED, SIM_STATES };
extern const char *const sim_state_names[SIM_STATES];

struct sim_outcome {
    enum sim_state state;
    uint32_t match; /* COMPLETED: in the order of time, from 1; else 0 */
    uint16_t team;  /* COMPLETED: in run->teams */
    int64_t end_ms; /* from the beginning; SEARCHING: the end of it all */
};

struct sim_run {
    const struct sim_rules *rules;
    const struct sim_traffic *traffic;
    struct sim_outcome *outcomes; /* one a ticket, in the order of arrival */
    size_t match_count;
    char **teams; /* owned; names as they came up */
    size_t team_count;
    char refusal[SIM_ERROR_SIZE]; /* of the first ticket that was refused: code and sentence; "" */
};

/* arrived: tickets so far. Called every few milliseconds of work. */
typedef void sim_progress_fn(void *arg, const struct sim_run *r, int64_t now_ms, size_t arrived);

/* Borrows rules and traffic. The same input gives the same outcomes. */
void sim_run_make(struct sim_run *out, const struct sim_rules *rules, const struct sim_traffic *traffic,
                  sim_progress_fn *progress, void *arg);
void sim_run_free(struct sim_run *r); /* leaves it empty */

#endif
