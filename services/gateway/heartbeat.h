/*
 * heartbeat.h - this gateway says that it lives (PROTOCOLS P6): it is in the set of gateways and renews its key each
 * third of LEASE_MS (gateways.h).
 *
 * The dependency "heartbeat" is ready while that succeeds: a player held by a gateway that is not listed would never
 * leave if it died. Whoever finds itself missing, or is told that Redis came back empty, announces once more whom it
 * holds when the heartbeat stands.
 */
#ifndef GATEWAY_HEARTBEAT_H
#define GATEWAY_HEARTBEAT_H

#include "gateway.h"

struct heartbeat *heartbeat_open(struct gateway *g);
void heartbeat_renew(struct heartbeat *h);  /* Redis may have lost all: beat now, then announce */
void heartbeat_close(struct heartbeat **h); /* after the store; NULL is fine */

#endif
