/*
 * departures.h - players whose connection is gone longer than the grace time leave their open tickets.
 *
 * Left is written to the queue first, then the presence is deleted by compare (PROTOCOLS P6); what fails is tried again
 * every second. A player who has come back, here or at another gateway, has not left.
 */
#ifndef GATEWAY_DEPARTURES_H
#define GATEWAY_DEPARTURES_H

#include "session.h"

struct departures *departures_open(struct gateway *g);
void departures_gone(struct departures *d,
                     const struct session *s); /* the socket of the player's newest connection is gone */
void departures_back(struct departures *d, const struct session *s); /* the player has a new connection */
void departures_close(
    struct departures **d); /* forgets those that wait; after the store and the producer; NULL is fine */

#endif
