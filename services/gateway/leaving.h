/*
 * leaving.h - a player whose connection is gone for good leaves. One way, for the players of this gateway
 * (departures.h) and for those of a dead one (reaper.h):
 *   check   presence still names a connection of that gateway, and no connection of the player stands here
 *   left    one PlayerLeft a ticket, each confirmed by Kafka: the claim's, and those that the connection started
 *   forget  the presence, then the index entry, each by compare (PROTOCOLS P6)
 * Whoever dies in the middle leaves it to be done again, and a second PlayerLeft changes nothing.
 */
#ifndef GATEWAY_LEAVING_H
#define GATEWAY_LEAVING_H

#include "gateway.h"
#include "started.h"

struct leaver {
    const char *gateway, *player, *connection; /* the index entry */
    const struct started *tickets;             /* borrowed until the end */
    bool dead;                                 /* so is the gateway: without a presence the rest is done already */
};

enum leaving_end {
    LEAVING_DONE,    /* left, or connected elsewhere: nothing is there any more */
    LEAVING_FAILED,  /* Redis or Kafka did, or the player is just being taken here: to be looked at again */
    LEAVING_MISSING, /* no presence: says nothing about the player of a living gateway */
};
typedef void leaving_fn(void *arg, enum leaving_end end);

/* 0: fn will be called once. ERR_BUSY, ERR_UNAVAILABLE: it will not. */
int leaving_begin(struct gateway *g, const struct leaver *who, leaving_fn *fn, void *arg);

#endif
