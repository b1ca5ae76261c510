/*
 * sim_stats.h - the figures of a run. Pure.
 */
#ifndef GSMCTL_SIM_STATS_H
#define GSMCTL_SIM_STATS_H

#include "report.h"
#include "sim_run.h"

#define SIM_BANDS   10
#define SIM_MOMENTS 60

struct sim_quality { /* of a number attribute that rules use; a sample a match */
    const char *attribute;
    struct samples spread;          /* greatest less smallest of the players' values */
    struct samples team_difference; /* greatest less smallest of the teams' averages */
};

struct sim_size {
    size_t players, matches;
};

struct sim_band {    /* a tenth of the tickets, by their players' average; equal values are in the same band */
    double from, to; /* least and greatest value in it */
    size_t tickets, matched, timed_out;
    struct samples wait_s; /* of the matched */
};

struct sim_moment { /* a stretch of time */
    size_t arrived, matches, timed_out;
    size_t waiting; /* at its end */
};

struct sim_stats {
    size_t tickets, players, states[SIM_STATES], matches;
    size_t matched_players;
    struct samples wait_s; /* of the matched: from the arrival to the match */
    struct sim_quality *qualities;
    size_t quality_count;
    struct samples latency_ms; /* a sample a match: of the worst-off player, at the location that is best so */
    struct sim_size *sizes;    /* ascending; those that occur */
    size_t size_count;
    struct sim_band bands[SIM_BANDS];
    size_t band_count; /* 0: no attribute to make bands of */
    struct sim_moment moments[SIM_MOMENTS];
    double moment_s; /* seconds of each */
};

/* bands: the attribute whose values make the bands; NULL: none. */
void sim_stats_make(struct sim_stats *out, const struct sim_run *run, const struct sim_attribute *bands);
double sim_band_wait_s(struct sim_band *b, double percent); /* a percentile; NAN: nobody was matched */
void sim_stats_free(struct sim_stats *s);                   /* leaves it empty */

#endif
