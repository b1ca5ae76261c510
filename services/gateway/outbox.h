/*
 * outbox.h - this gateway's partition of game-client-outbox, shared with others (PROTOCOLS P1).
 *
 * Reading  from its end. The dependency "outbox" is ready when that position is known. When the place is lost, reading
 *          starts again at the end and every player is taken again, so that what was missed comes from the inbox.
 * Records  key player id; headers ce_type, gateway, connection, and
 *          a message: value the client's JSON; ce_id (event id), inbox_id ("" or absent: a repeat)
 *          `replaced`: value {"type":"replaced","player_id"}: another gateway has a newer connection of the player;
 *          this one closes with 1008.
 *          What is not for a connection held here is passed over.
 */
#ifndef GATEWAY_OUTBOX_H
#define GATEWAY_OUTBOX_H

#include "gateway.h"
#include "presence.h"

struct outbox;

/* 0, or an error that was logged. */
int outbox_open(struct outbox **out, struct gateway *g, const struct bus_conf *bus);
void outbox_close(struct outbox **o); /* NULL is fine */

/* Writes `replaced` for the other gateway's connection. Not waited for: a lost one leaves a connection without
 * pushes. */
void outbox_tell_replaced(struct gateway *g, const char *player, const struct presence *other);

#endif
