/*
 * claiming.h - takes the claims of all players of a ticket (PROTOCOLS P7): the asking one's, then the others', one
 * after the other; all, or none.
 *
 * Consent  a player who asks may replace an open ticket in the same configuration; for the others nobody does, unless
 *          that ticket is the asking player's, too. And they must be connected: they are told of the ticket, and each
 *          of them can stop it.
 */
#ifndef GATEWAY_CLAIMING_H
#define GATEWAY_CLAIMING_H

#include "party.h"
#include "tickets.h"

struct claiming_end { /* borrowed */
    enum claim_took took;
    const char *player;          /* HELD, AWAY: whose */
    const struct claim_taken *t; /* HELD: by what */
};
typedef void claiming_fn(void *arg, bool ok, const struct claiming_end *e); /* e: NULL unless ok */

/* claim: as of the player `asks`. 0: fn comes once. ERR_BUSY, ERR_UNAVAILABLE: it does not, and nothing was taken. */
int claiming_begin(struct store *s, const struct party *party, const char *asks, const struct claim *claim,
                   claiming_fn *fn, void *arg);

#endif
