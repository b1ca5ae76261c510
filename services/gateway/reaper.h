/*
 * reaper.h - the players of a dead gateway leave (PROTOCOLS P6).
 *
 * Watch  each gateway watches the heartbeats of all others. One that it has itself seen missing for LEASE_MS +
 *        GRACE_MS, all that time in unbroken contact with one generation of Redis, is dead: it was killed, cut off, or
 *        stopped.
 * Reap   under a lock that runs out, everybody in its index leaves (leaving.h), unless connected elsewhere meanwhile;
 *        then its id leaves the set. Whoever dies in the middle has done nothing by half: the next one goes on.
 * Alive  one that comes back meanwhile is taken off the set all the same: it notices, and announces whom it holds.
 */
#ifndef GATEWAY_REAPER_H
#define GATEWAY_REAPER_H

#include "gateway.h"

struct reaper *reaper_open(struct gateway *g);
void reaper_close(struct reaper **r); /* after the store and the producer; NULL is fine */

#endif
