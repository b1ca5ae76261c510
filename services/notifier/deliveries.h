/*
 * deliveries.h - each event's way to its player: inbox and presence in one step, then the outbox (PROTOCOLS P2).
 *
 * Order    events are handed to Redis in the order they were taken. When Redis fails nothing more is sent until all
 *          that was is answered; then everything unanswered goes again, in order.
 * End      `finished` is called exactly once for each, when its effects are safe.
 * Threads  the loop's.
 */
#ifndef NOTIFIER_DELIVERIES_H
#define NOTIFIER_DELIVERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus.h"
#include "event_id.h"
#include "metrics.h"
#include "store.h"

struct deliveries;

struct deliveries_conf {
    struct store *store;
    struct bus_producer *producer;
    struct metrics *metrics;
    int64_t inbox_ttl_ms;
    /* partition and ticket as given to deliveries_add. */
    void (*finished)(void *arg, void *window, uint64_t ticket);
    void (*refused)(void *arg); /* the broker refuses a push for good: it is not finished, only a restart tries again */
    void *arg;
};

struct deliveries *deliveries_new(const struct deliveries_conf *conf);
/* After the store and the producer are closed: nothing calls back any more. NULL is fine. */
void deliveries_free(struct deliveries **d);

/* json is copied. window and ticket are handed back to `finished`. */
void deliveries_add(struct deliveries *d, void *window, uint64_t ticket, const char *player, const struct event_id *id,
                    const char *type, const char *json, size_t json_len);

void deliveries_pump(struct deliveries *d); /* go on: Redis is back, or time has passed */
size_t deliveries_count(const struct deliveries *d);

#endif
