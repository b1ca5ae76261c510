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

/* holder: NULL when the claim is ours now; else who holds it (another configuration), and nothing was changed. */
typedef void claim_fn(void *arg, bool ok, const struct claim *holder);
int claim_take(struct store *s, const char *player, const struct claim *c, int64_t ttl_ms, claim_fn *fn, void *arg);

/* Not waited for. Takes it when it is free; does nothing when another ticket holds it. */
int claim_extend(struct store *s, const char *player, const struct claim *c, int64_t ttl_ms);
/* Not waited for. Only when it names this ticket. */
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
