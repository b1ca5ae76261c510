/*
 * events.h - from a decision to the records of game-events: what its players are told (player_events.h), and
 * FlexMatch's events (flexmatch.h). Pure.
 *
 * Everything comes from the transition as it was read back (PROTOCOLS J2) and from the configuration's entry, so a
 * repeat says the same under the same id; only FlexMatch's estimated wait is of the moment.
 */
#ifndef MATCHMAKER_EVENTS_H
#define MATCHMAKER_EVENTS_H

#include <stdint.h>

#include "buf.h"
#include "event_id.h"
#include "mm_transition.h"

struct game_event { /* borrowed: valid inside the call-back */
    struct event_id id;
    const char *type; /* ce_type */
    const char *key;  /* of the record (PROTOCOLS E3): the player it is for, or a ticket */
    const char *json;
    size_t json_len;
    const char *connection_id, *request_id; /* "" unless it answers a request */
};

/* False: stop, the rest is not wanted now. */
typedef bool game_event_fn(void *arg, const struct game_event *e);

struct events {
    /* set by the caller */
    const struct mm_catalog *catalog;
    int64_t at_ms;             /* the tick's time */
    int64_t estimated_wait_ms; /* of the transition's configuration; -1: not known */
    struct buf *json;          /* scratch: cleared and used */
    game_event_fn *emit;
    void *arg;
    struct event_id next; /* of the first event; then of the next one */
};

/* Calls emit for each event of t, always in the same order. False when emit said so. A dead letter has no events. */
bool events_of(struct events *e, const struct mm_transition *t);

/* For player_events.c and flexmatch.c: e->json is whole. id and json of `of` are filled here. */
bool events_emit(struct events *e, const struct game_event *of);

#endif
