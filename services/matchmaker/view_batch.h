/*
 * view_batch.h - what a tick, or an open ticket, is in Redis (PROTOCOLS P7): writes that are answered as one.
 *
 * Use       zero it, set on_answered and arg, call one of the writers, then look at `out`: when it is 0 no answer will
 *           come. on_answered is called once, when the last write is answered; it may free the batch.
 * Outcome   failed: something was not done, and may be done later: write the whole batch again, which is harmless, as
 *           every write compares. refused: writes that Redis will never take: their key holds something else.
 */
#ifndef MATCHMAKER_VIEW_BATCH_H
#define MATCHMAKER_VIEW_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decision.h"
#include "mm_catalog.h"
#include "store.h"

struct view_target { /* all borrowed */
    struct store *store;
    const struct mm_catalog *catalog;
    int32_t partition;
};

#define VIEW_REASON_SIZE 80

struct view_batch {
    void (*on_answered)(void *arg);
    void *arg;
    size_t out; /* written, not yet answered */
    size_t refused;
    bool failed;
    char reason[VIEW_REASON_SIZE]; /* why it failed first */
};

/* The last word of the tick on each ticket. */
void view_batch_tick(struct view_batch *b, const struct view_target *to, const struct decision *d);

/* A ticket that is open, or a proposal that stands, as the journal says up to (epoch, seq). */
void view_batch_open(struct view_batch *b, const struct view_target *to, const struct mm_transition *t, int64_t epoch,
                     int64_t seq);

#endif
