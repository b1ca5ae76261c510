/*
 * dlq_figures.h - SQS' figures of game-events-dlq, of the partitions whose like in game-events is ours: so the sum over
 * all notifiers counts each once.
 */
#ifndef NOTIFIER_DLQ_FIGURES_H
#define NOTIFIER_DLQ_FIGURES_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "bus.h"
#include "metrics.h"

struct dlq_figures;

struct dlq_figures_conf {
    const struct bus_conf *bus;
    struct metrics *metrics;
    bool (*ours)(void *arg, int32_t partition);
    void *arg;
};

int dlq_figures_open(struct dlq_figures **out, uv_loop_t *loop, const struct dlq_figures_conf *conf);
void dlq_figures_close(struct dlq_figures **f); /* NULL is fine */

#endif
