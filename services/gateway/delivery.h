/*
 * delivery.h - messages for players: the inbox when the player is taken, the outbox from then on, and the proof that
 * they arrived.
 *
 * Order    first `connected`, then the inbox, then what the outbox brought meanwhile, then live. While a player is
 *          being taken, also later ones (taking.h), or an answer is due, pushes are held back.
 * Room     of the inbox as much is pushed as half the send queue takes; the rest is read after the pong. What would be
 *          held back beyond SEND_QUEUE_MAX_BYTES is dropped and read from the inbox later.
 * Repeats  are dropped by event id, per connection.
 * Proof    (PROTOCOLS P4) a ping after the messages; its pong takes them out of the inbox. So does a last_id.
 */
#ifndef GATEWAY_DELIVERY_H
#define GATEWAY_DELIVERY_H

#include "session.h"

/* The player was taken: the inbox, oldest first. Not CLOSING. */
void delivery_inbox(struct session *s, const struct inbox_message *messages, size_t count);
void delivery_push(struct session *s, const struct push *push);     /* the outbox brought it; takes the frame */
void delivery_answered(struct session *s);                          /* ends s->answering: what was held back goes out */
bool delivery_ping(struct session *s, uint8_t ping[WS_PING_BYTES]); /* the socket has taken everything: ping now? */
void delivery_pong(struct session *s, const void *payload, size_t len);

#endif
