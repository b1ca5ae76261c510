/*
 * gateways.h - which gateways live, whom each holds, and who clears up after a dead one (PROTOCOLS P6).
 *
 * Keys (each call touches those of one hash tag only):
 *   gateways      set     ids of the gateways that live, or died and are not cleared up
 *   gateway:{G}   string  the heartbeat: instance name; lives a lease
 *   held:{G}      hash    player -> connection: whom G holds, or whose grace time it runs. An entry is written before
 *                         the presence and removed after it, by compare: a crash in between leaves an entry too many.
 *   reaping:{G}   string  id of the gateway that clears up after G; runs out when that one dies too
 * A missing heartbeat is no evidence by itself: see generation.h.
 * Results  as in presence.h. gateways_fn may be NULL: not waited for.
 */
#ifndef PLAYERS_GATEWAYS_H
#define PLAYERS_GATEWAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store.h"

typedef void gateways_fn(void *arg, bool ok, bool yes); /* what yes means is said at each call; false unless ok */

/* yes: it was not in the set. */
int gateways_enlist(struct store *s, const char *gateway, gateways_fn *fn, void *arg);
int gateways_delist(struct store *s, const char *gateway, gateways_fn *fn, void *arg); /* yes: it was */

/* Renews the heartbeat. yes: there was none any more, or somebody clears up after us: we were taken for dead. */
int gateways_beat(struct store *s, const char *gateway, const char *instance, int64_t lease_ms, gateways_fn *fn,
                  void *arg);
/* yes: its heartbeat is there. */
int gateways_alive(struct store *s, const char *gateway, gateways_fn *fn, void *arg);

/* One entry of the index: written, or removed if it names that connection. yes: it was there. */
int gateways_hold(struct store *s, const char *gateway, const char *player, const char *connection, gateways_fn *fn,
                  void *arg);
int gateways_drop(struct store *s, const char *gateway, const char *player, const char *connection, gateways_fn *fn,
                  void *arg);

/* ids: of all in the set, borrowed. */
typedef void gateways_list_fn(void *arg, bool ok, const char *const *ids, size_t count);
int gateways_list(struct store *s, gateways_list_fn *fn, void *arg);

/*
 * Clearing up after a dead gateway, step by step: each takes or renews the lock for lock_ms and reads some more of the
 * index, beginning with the cursor "0", until the cursor is "0" again. An entry that is there all the time is read at
 * least once.
 */
enum reap_state {
    REAP_MINE, /* entries, and the cursor of the next step */
    REAP_BUSY, /* another one does it */
    REAP_ALIVE /* its heartbeat is back: nothing to clear up */
};
struct held { /* borrowed */
    const char *player, *connection;
};
struct reap_step {
    enum reap_state state;
    const char *cursor;
    const struct held *entries;
    size_t count;
};
typedef void gateways_reap_fn(void *arg, bool ok, const struct reap_step *step); /* step: NULL unless ok */
int gateways_reap(struct store *s, const char *gateway, const char *reaper, int64_t lock_ms, const char *cursor,
                  gateways_reap_fn *fn, void *arg);
/* Gives the lock back, if it is the reaper's. yes: the index is empty. */
int gateways_reaped(struct store *s, const char *gateway, const char *reaper, gateways_fn *fn, void *arg);

#endif
