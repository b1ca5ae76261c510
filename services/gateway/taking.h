/*
 * taking.h - a player is taken (PROTOCOLS P1, P3): the index entry, then the presence and the inbox in one step.
 *
 * New      a new connection is taken at once. Where DUPLICATE_CONNECTION=refuse and another gateway holds an open
 *          connection of the player, it is closed instead (1008), if that gateway lives.
 * Again    the same once more for a connection that stands: Redis came back empty or took us for dead (P5), a place in
 *          the outbox was lost, the inbox has more. At most TAKING_MAX of these are on their way at a time.
 * Failed   tried again every 200 ms.
 * Others   the connection that was replaced is told through its gateway's outbox partition (outbox.h), once and without
 *          a repeat. A connection that learns that a newer one has the player closes (1008).
 */
#ifndef GATEWAY_TAKING_H
#define GATEWAY_TAKING_H

#include "session.h"

#define TAKING_MAX 64

struct taking *taking_open(struct gateway *g);
void taking_close(struct taking **t); /* after the store; NULL is fine */

void taking_begin(struct session *s); /* a new connection, not CLOSING */
void taking_again(struct session *s); /* its pushes are held back from now on */
void taking_all(struct taking *t);    /* the same for every connection */

#endif
