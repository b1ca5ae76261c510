/*
 * delivery.h - messages for players: the inbox at the start, the outbox from then on, and the proof that they arrived.
 *
 * Take     (PROTOCOLS P3) presence is written and the inbox read in one step; until the answer, pushes are held back
 *          behind it. Then `connected`, the inbox, what was held back, and live. A take that fails is tried again every
 *          200 ms.
 * Outbox   one partition, from its end. Ready when that position is known. When the place is lost, reading starts again
 *          at the end and every session takes again, so that what was missed comes from the inbox.
 * Repeats  are dropped by event id, per connection.
 * Proof    (P4) a ping after the messages; its pong takes them out of the inbox. So does a last_id.
 * Record   key player id; value the client's message; headers ce_id (event id), gateway, connection, inbox_id ("" or
 *          absent: a repeat).
 */
#ifndef GATEWAY_DELIVERY_H
#define GATEWAY_DELIVERY_H

#include "session.h"

/* 0, or an error that was logged. */
int delivery_open(struct delivery **out, struct gateway *g, const struct bus_conf *bus);
void delivery_close(struct delivery **d); /* NULL is fine */

void delivery_take(struct session *s);
void delivery_answered(struct session *s);                          /* ends s->answering: what was held back goes out */
bool delivery_ping(struct session *s, uint8_t ping[WS_PING_BYTES]); /* the socket has taken everything: ping now? */
void delivery_pong(struct session *s, const void *payload, size_t len);

#endif
