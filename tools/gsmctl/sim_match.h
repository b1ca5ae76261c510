/*
 * sim_match.h - internal: the matches of a run, and how good they are. Pure.
 */
#ifndef GSMCTL_SIM_MATCH_H
#define GSMCTL_SIM_MATCH_H

#include "sim_stats.h"

struct sim_matches {
    size_t *first; /* of match m, from 0: tickets[first[m]] .. tickets[first[m + 1] - 1]. Owned */
    size_t *tickets;
};

struct sim_matches sim_matches_gather(const struct sim_run *run);
void sim_matches_measure(struct sim_stats *out, const struct sim_run *run, const struct sim_matches *m);
void sim_matches_free(struct sim_matches *m);

#endif
