/*
 * sim_traffic.h - which tickets come when: drawn from a population with a seed, the same for each rule set that is
 * tried.
 */
#ifndef GSMCTL_SIM_TRAFFIC_H
#define GSMCTL_SIM_TRAFFIC_H

#include "sim_population.h"

#define SIM_TICKETS_MAX 10000000

struct sim_arrival {
    int64_t at_ms;         /* from the beginning of the simulated time */
    uint32_t first, count; /* players: in persons */
};

struct sim_traffic {
    const struct sim_population *population;
    int64_t length_ms;
    struct sim_arrival *list; /* by at_ms, all before length_ms */
    size_t count;
    uint32_t *persons;
    size_t person_count;
};

struct sim_asked {
    const char *arrivals; /* "poisson:RATE", tickets a second; or a file of times in seconds, one a line, ascending */
    const char *party;    /* of ratings: sizes of tickets with weights, "1:70,2:20,5:10" */
    int64_t length_ms;
    uint64_t seed;
};

/*
 * With poisson, each ticket is drawn with replacement. With a file of times, the population's tickets come in its
 * order, and again from the start: a recorded day as it was. Times beyond the length are left out. 0, or ERR_INVALID
 * and a sentence: which setting or file and line, what is allowed.
 */
int sim_traffic_make(struct sim_traffic *out, const struct sim_population *p, const struct sim_asked *asked,
                     char error[SIM_ERROR_SIZE]);
void sim_traffic_free(struct sim_traffic *t); /* leaves it empty */

/* "90s", "30m", "1h", "2d" in milliseconds, a second to a week; 0: it is none of these. */
int64_t sim_duration_ms(const char *text);

#endif
