/*
 * observe.h - what a decision is in the figures.
 */
#ifndef MATCHMAKER_OBSERVE_H
#define MATCHMAKER_OBSERVE_H

#include "metrics.h"
#include "mm_transition.h"
#include "waits.h"

/* Once for each transition, by the process that decided it (PROTOCOLS M3). at_ms: the tick's time. */
void observe(struct metrics *metrics, struct waits *waits, const struct mm_transition *t, int64_t at_ms);

#endif
