/*
 * window.h - how far a partition of game-events has been dealt with (PROTOCOLS E1). Pure.
 *
 * Records are taken in order and finished in any order. What may be committed is the contiguous finished prefix, with
 * the greatest event ids of that prefix, so that whoever reads on from there drops the repeats and nothing else.
 * Memory grows with what was taken since the oldest that is not finished: whoever takes bounds window_ahead.
 */
#ifndef NOTIFIER_WINDOW_H
#define NOTIFIER_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event_id.h"

struct window;

/* seen: what was seen before the first record, as the committed metadata says. */
struct window *window_new(const struct event_seen *seen);
void window_free(struct window **w); /* NULL is fine */

/* Is this event new here? Remembers it. */
bool window_accept(struct window *w, const struct event_id *id);

/* A record is taken; returns its ticket for window_finish. id: NULL when it has none that could be read. */
uint64_t window_take(struct window *w, int64_t offset, const struct event_id *id);
void window_finish(struct window *w, uint64_t ticket);

/* True when the prefix has grown since the last call: commit *next_offset with *seen. */
bool window_committable(struct window *w, int64_t *next_offset, struct event_seen *seen);

/* Finished, but behind one that is not: they wait for it to be committed. */
size_t window_ahead(const struct window *w);

#endif
