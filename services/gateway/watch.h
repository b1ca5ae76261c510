/*
 * watch.h - since when each other gateway's heartbeat has been missing. Pure: the caller has the clock.
 *
 * {.arg = a} watches nobody; watch_free releases and empties.
 */
#ifndef GATEWAY_WATCH_H
#define GATEWAY_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway.h"

struct watched {
    struct watched *next;
    bool listed;
    int64_t missing_ms; /* since when; -1: it is there, or nobody looked yet */
    void *arg;          /* the watch's */
    char id[GATEWAY_ID_SIZE];
};

struct watch {
    struct watched *all; /* few: as many as there are gateways */
    void *arg;           /* the caller's */
};

/* From now on these are watched and no others; what is known of those that stay is kept. An id of another form than a
 * gateway's is left out. */
void watch_list(struct watch *w, const char *const *ids, size_t count);

struct watched *watch_find(const struct watch *w, const char *id); /* NULL: not watched */

/* Somebody looked for the heartbeat. alive false means: it is missing, and Redis said so. */
void watch_looked(struct watched *e, bool alive, int64_t now_ms);

/* One whose heartbeat has been missing for patience_ms within a contact that is contact_ms old; NULL: none. */
const struct watched *watch_dead(const struct watch *w, int64_t now_ms, int64_t contact_ms, int64_t patience_ms);

void watch_free(struct watch *w);

#endif
