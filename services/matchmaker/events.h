/*
 * events.h - from a decision to what the players concerned are told: the values of game-events. Pure.
 *
 * A player's events are keyed by the player (PROTOCOLS E3). Everything comes from the transition as it was read back.
 */
#ifndef MATCHMAKER_EVENTS_H
#define MATCHMAKER_EVENTS_H

#include <stdint.h>

#include "buf.h"
#include "mm_transition.h"

struct player_event { /* borrowed: valid inside the call-back */
    const char *type; /* match_ready, matchmaking_cancelled, matchmaking_timed_out, matchmaking_refused */
    const char *player_id;
    const char *json;
    size_t json_len;
    const char *connection_id, *request_id; /* "" unless it answers a request */
};

/* false: stop, the rest is not wanted now. */
typedef bool player_event_fn(void *arg, const struct player_event *e);

/*
 * Calls emit for each event of t, always in the same order. at_ms: the tick's time. scratch: cleared and used for the
 * JSON. Returns false when emit did. A dead letter has no events.
 */
bool events_of(const struct mm_transition *t, int64_t at_ms, struct buf *scratch, player_event_fn *emit, void *arg);

#endif
