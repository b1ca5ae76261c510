/*
 * tickets.h - the Redis views of tickets and the claims that keep a player in one ticket (PROTOCOLS P7).
 *
 *   claim:{P}       hash    configuration, ticket, partition; epoch, seq once a matchmaker has kept it. There while
 *                           player P has an open ticket, or a gateway has just asked for one; lives ttl. next, next_ms:
 *                           the ticket that a gateway asked for meanwhile, in the same configuration, and its ttl: it
 *                           has the claim when `ticket` ends, so that nobody starts elsewhere before it is decided.
 *   released-N:{P}  string  epoch:seq, the last word of journal partition N that released a claim of P; lives
 *                           CLAIM_MEMORY_MS, which is longer than a paused matchmaker is away
 *   ticket:{T}      hash    state, reason, configuration, partition, players (space separated), start_ms, end_ms,
 *                           match_id, epoch, seq; lives ttl
 *   wait:{C}        string  recent mean milliseconds from start to match of configuration C; lives an hour
 *   views:{N}       string  the generation (generation.h) in which partition N wrote all its open tickets
 *
 * Order    what a matchmaker writes carries its place in the journal, and of what one partition says the later wins,
 *          in whatever order it comes and however often: a late keep brings no claim back, a late release takes none,
 *          a late view is dropped. Words of two partitions are not compared. Another configuration's claim stands.
 * Truth    the journal is: a lost key is written again or expires.
 * Results  as in presence.h.
 */
#ifndef PLAYERS_TICKETS_H
#define PLAYERS_TICKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store.h"

#define CLAIM_MEMORY_MS 600000

struct claim {
    const char *configuration, *ticket_id;
    int32_t partition;
    int64_t ttl_ms;
    /*
     * NULL: the player asks, and may replace an open ticket in the same configuration. Else another player asks: this
     * one must be connected, and an open ticket is in the way unless it is that one ("" for none), which is the asking
     * player's, too, or the very ticket.
     */
    const char *instead_of;
};

enum claim_took {
    CLAIM_TAKEN, /* it is ours for ttl_ms at least */
    CLAIM_HELD,  /* a ticket is in the way; nothing was changed */
    CLAIM_AWAY   /* the player is not connected; nothing was changed */
};
struct claim_taken { /* borrowed */
    enum claim_took took;
    const char *configuration, *ticket_id; /* HELD: by whom; TAKEN: the open ticket, which stays named until the
                                              matchmaker says what became of it; "" when there was none */
};

/* The gateway's, before a start: of each of its players. t: NULL unless ok. */
typedef void claim_fn(void *arg, bool ok, const struct claim_taken *t);
int claim_take(struct store *s, const char *player, const struct claim *c, claim_fn *fn, void *arg);

/* The open ticket of a player; "" for none. */
struct claim_read { /* borrowed */
    const char *ticket_id;
    int32_t partition;
};
typedef void claim_read_fn(void *arg, bool ok, const struct claim_read *c); /* c: NULL unless ok */
int claim_read(struct store *s, const char *player, claim_read_fn *fn, void *arg);

/* ---- the matchmaker's ------------------------------------------------------------------------------------------- */

/* A tick's place: its journal partition, and where in it. */
struct decided_at {
    int32_t partition;
    int64_t epoch, seq;
};

/* Who is told that a write was done (store.h says of what use the reply is); fn NULL: nobody. */
struct ticket_answer {
    store_reply_fn *fn;
    void *arg;
};

/* This ticket is open. Does nothing when another configuration holds the claim. */
int claim_keep(struct store *s, const char *player, const char *configuration, const char *ticket_id,
               const struct decided_at *at, int64_t ttl_ms, struct ticket_answer answer);
/* This ticket is over. The claim goes only when it names it. */
int claim_release(struct store *s, const char *player, const char *ticket_id, const struct decided_at *at,
                  struct ticket_answer answer);
/* This ticket never came to be. The claim goes only when it names it, and only a gateway ever said so. */
int claim_refuse(struct store *s, const char *player, const char *ticket_id, struct ticket_answer answer);

struct ticket_view {
    const char *ticket_id, *state, *reason, *configuration, *players, *match_id; /* "" when not known; never NULL */
    int32_t partition;
    int64_t start_ms, end_ms; /* 0: none */
    int64_t epoch, seq;
};

int ticket_view_write(struct store *s, const struct ticket_view *v, int64_t ttl_ms, struct ticket_answer answer);

int wait_write(struct store *s, const char *configuration, int64_t mean_wait_ms); /* not waited for */

/* views:{partition}; the reply is its text, or nil. */
int rebuilt_read(struct store *s, int32_t partition, struct ticket_answer answer);
int rebuilt_write(struct store *s, int32_t partition, const char *generation, struct ticket_answer answer);

/* ---- anybody's -------------------------------------------------------------------------------------------------- */

/* view: NULL when there is none. mean_wait_ms: of its configuration, -1 when not known. */
typedef void ticket_view_fn(void *arg, bool ok, const struct ticket_view *view, int64_t mean_wait_ms);
int ticket_view_read(struct store *s, const char *ticket_id, ticket_view_fn *fn, void *arg);

#endif
