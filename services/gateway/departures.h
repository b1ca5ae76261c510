/*
 * departures.h - players of this gateway whose connection is gone longer than the grace time leave (leaving.h).
 *
 * What fails is tried again every second. A player who has come back, here or at another gateway, has not left.
 * Nobody leaves before Redis has been watched for a lease without a break: if it was away or came back empty, the
 * other gateways need that time to say again whom they hold, and the matchmaker whose ticket is open (PROTOCOLS P6).
 */
#ifndef GATEWAY_DEPARTURES_H
#define GATEWAY_DEPARTURES_H

#include "session.h"

struct departures *departures_open(struct gateway *g);
/*
 * The socket of the player's newest connection is gone. When we stop, the rest is left to the other gateways.
 * Takes the session's tickets.
 */
void departures_gone(struct departures *d, struct session *s);
void departures_back(struct departures *d, const struct session *s); /* the player has a new connection */
void departures_announce(struct departures *d); /* Redis may have lost them: index and presence, if absent */
/* Forgets those that wait. After the store and the producer; NULL is fine. */
void departures_close(struct departures **d);

#endif
