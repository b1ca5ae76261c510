/*
 * tickets.h - the Redis views of tickets and the claims that keep a player in one ticket (PROTOCOLS P7).
 *
 *   claim:{P}   hash  configuration, ticket, partition; lives ttl.
 *                     One open ticket a player: the same configuration replaces, another one refuses.
 *   ticket:{T}  hash  state, reason, configuration, partition, players (space separated), start_ms, end_ms, match_id,
 *                     epoch, seq; written only when (epoch, seq) is not smaller than what is there.
 *   wait:{C}    string  recent mean milliseconds from start to match of configuration C
 * A view only: the journal is the truth, and a lost key is written again or expires. Results as in presence.h.
 */
#ifndef PLAYERS_TICKETS_H
#define PLAYERS_TICKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store.h"

struct claim {
    const char *configuration, *ticket_id;
    int32_t partition;
};

/*
 * The gateway's, before a start. holder: NULL: the claim is free, or of the same configuration, and is ours for ttl_ms
 * at least; its ticket is ours only if it was free, because an open one stays until the matchmaker says what became of
 * it. Else who holds it (another configuration), and nothing was changed.
 */
typedef void claim_fn(void *arg, bool ok, const struct claim *holder);
int claim_take(struct store *s, const char *player, const struct claim *c, int64_t ttl_ms, claim_fn *fn, void *arg);

/* The matchmaker's, not waited for: this ticket is open. Does nothing when another configuration holds the claim. */
int claim_keep(struct store *s, const char *player, const struct claim *c, int64_t ttl_ms);
/* The matchmaker's, not waited for: this ticket is not open (any more). Only when the claim names it. */
int claim_release(struct store *s, const char *player, const char *ticket_id);

struct ticket_view {
    const char *ticket_id, *state, *reason, *configuration, *players, *match_id; /* "" when not known; never NULL */
    int32_t partition;
    int64_t start_ms, end_ms; /* 0: none */
    int64_t epoch, seq;
};

/* Not waited for. ttl_ms: how long the view lives. */
int ticket_view_write(struct store *s, const struct ticket_view *v, int64_t ttl_ms);

/* view: NULL when there is none. mean_wait_ms: of its configuration, -1 when not known. */
typedef void ticket_view_fn(void *arg, bool ok, const struct ticket_view *view, int64_t mean_wait_ms);
int ticket_view_read(struct store *s, const char *ticket_id, ticket_view_fn *fn, void *arg);

int wait_write(struct store *s, const char *configuration, int64_t mean_wait_ms); /* not waited for; lives an hour */

#endif
