/*
 * waits.h - how long players of each configuration waited lately: what `estimated_wait_seconds` is told from.
 *
 * An exponential mean, each match counting a tenth; written to Redis at most once a second when it moved, and again
 * every ten seconds for an hour: a Redis that lost it has it soon.
 */
#ifndef MATCHMAKER_WAITS_H
#define MATCHMAKER_WAITS_H

#include <stdint.h>

#include "store.h"

struct waits;

struct waits *waits_new(void);
void waits_free(struct waits **w); /* NULL is fine */

void waits_observe(struct waits *w, const char *configuration, int64_t wait_ms);
double waits_mean_ms(const struct waits *w, const char *configuration); /* -1: nobody was matched yet */
void waits_write(struct waits *w, struct store *s, int64_t mono_ms);

#endif
