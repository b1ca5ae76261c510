/*
 * queue_figures.h - SQS' figures of game-matchmaking-queue and its dead letters, of the partitions that this process
 * answers for: those it rules, and of the parked ones those it was given. So the sum over all processes counts each
 * once.
 */
#ifndef MATCHMAKER_QUEUE_FIGURES_H
#define MATCHMAKER_QUEUE_FIGURES_H

#include <stdint.h>
#include <uv.h>

#include "bus.h"
#include "metrics.h"

struct queue_figures;

struct queue_figures_conf {
    const struct bus_conf *bus;
    struct metrics *metrics;
    /* How far a partition was read, and decided, of which the journal says so in `safe`. False: it is not ours. */
    bool (*position)(void *arg, int32_t partition, int64_t *read, int64_t *safe);
    void *arg;
};

int queue_figures_open(struct queue_figures **out, uv_loop_t *loop, const struct queue_figures_conf *conf);
void queue_figures_close(struct queue_figures **f); /* NULL is fine */

#endif
