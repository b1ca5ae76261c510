/*
 * views.h - the Redis view of what a tick says: tickets and claims (PROTOCOLS P7). A view: writes that Redis cannot
 * take now are counted and left; the journal is the truth.
 */
#ifndef MATCHMAKER_VIEWS_H
#define MATCHMAKER_VIEWS_H

#include <stddef.h>
#include <stdint.h>

#include "mm_catalog.h"
#include "mm_transition.h"
#include "store.h"

struct views_tick {
    int32_t partition;
    int64_t epoch, seq, at_ms;
    const struct mm_transition *transitions;
    size_t count;
};

/* Writes the last word of the tick on each ticket. Returns how many writes were not taken. */
size_t views_write(struct store *s, const struct mm_catalog *catalog, const struct views_tick *tick);

#endif
