/*
 * deliveries.h - each event's way to its player: inbox and presence in one step, then the outbox (PROTOCOLS P2).
 *
 * Order    of each player: one inbox step is under way, and what came later waits in the player's lane until Redis has
 *          taken it. Players do not wait for each other: their steps go to Redis at once, in one pipeline.
 * Again    when Redis went away, or refuses (out of memory, a failed disk), the step is repeated until it is taken; a
 *          refused one after a pause that grows. What Redis can never take goes to `hopeless`, and the lane goes on:
 *          that is one whose player's keys hold something else than ours, and one that is still refused when
 *          `overtaken` says that Redis took many later ones.
 * End      of each that was not dropped, `finished` or `hopeless` is called exactly once; `finished` when its effects
 *          are safe.
 * Threads  the loop's.
 */
#ifndef NOTIFIER_DELIVERIES_H
#define NOTIFIER_DELIVERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus.h"
#include "dead_letter.h"
#include "event_id.h"
#include "metrics.h"
#include "store.h"

struct deliveries;

struct deliveries_conf {
    struct store *store;
    struct bus_producer *producer;
    struct metrics *metrics;
    int64_t inbox_ttl_ms;
    void (*finished)(void *arg, void *window, uint64_t ticket);
    /* Takes the letter. reason: Redis' words. */
    void (*hopeless)(void *arg, void *window, uint64_t ticket, struct dead_letter *letter, const char *reason);
    bool (*overtaken)(void *arg, void *window);
    void (*refused)(void *arg); /* the broker refuses a push for good: it is not finished, only a restart tries again */
    void *arg;
};

struct delivery_event {
    void *window; /* handed back, with the ticket; never NULL */
    uint64_t ticket;
    const char *generation; /* under which it was read (presence_deliver) */
    const char *player;
    struct event_id id;
    const char *type; /* ce_type */
    const char *json; /* the client's message */
    size_t json_len;
    bool again; /* was counted before: no figure counts it once more (PROTOCOLS M3) */
};

struct deliveries *deliveries_new(const struct deliveries_conf *conf);
/* After the store and the producer are closed: nothing calls back any more. NULL is fine. */
void deliveries_free(struct deliveries **d);

/* Takes the letter, which is the event's record; the rest is copied. */
void deliveries_add(struct deliveries *d, const struct delivery_event *event, struct dead_letter *letter);

/* Nobody waits for what came from that window any more: what has not begun is forgotten, the rest ends silently. */
void deliveries_drop(struct deliveries *d, const void *window);

/* While held no inbox step begins. */
void deliveries_hold(struct deliveries *d, bool hold);

void deliveries_pump(struct deliveries *d); /* go on: Redis is back, or time has passed */
size_t deliveries_count(const struct deliveries *d);
size_t deliveries_bytes(const struct deliveries *d);
bool deliveries_stalled(const struct deliveries *d); /* Redis does not take the inbox steps of somebody now */

#endif
