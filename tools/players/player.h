/*
 * player.h - one player: keeps connected, asks for a match until the answer is sure, tells when there is one.
 *
 * Connection  when it breaks, it is made again after 100 ms, doubling to 1 s, with jitter, until the swarm stops.
 * Asking      a request that was not answered when the connection broke, or was refused with "retryable", or whose
 * ticket ended without a match, is asked again. An answered one is only waited for. Repeats     a message whose id was
 * among the last PLAYER_IDS_MAX is counted and dropped.
 */
#ifndef PLAYERS_PLAYER_H
#define PLAYERS_PLAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "conn.h"
#include "ledger.h"

#define PLAYER_IDS_MAX 64

struct swarm;

/*    state           meaning */
#define PLAYER_STATES(X)                                                                                               \
    X(PLAYER_IDLE)    /* wants nothing yet */                                                                          \
    X(PLAYER_WANTS)   /* wants a match, is to ask when connected and when the wait between retries is over */          \
    X(PLAYER_ASKED)   /* asked, not answered */                                                                        \
    X(PLAYER_QUEUED)  /* answered: the request will not be lost */                                                     \
    X(PLAYER_MATCHED) /* has its match */                                                                              \
    X(PLAYER_FAILED)  /* refused for good */

#define PLAYER_ENUM(state) state,
enum player_state { PLAYER_STATES(PLAYER_ENUM) PLAYER_STATE_COUNT };
#undef PLAYER_ENUM

struct player {
    struct swarm *swarm;
    struct player *prev, *next; /* in the swarm's line of those who wait to connect */
    size_t number;
    struct player *leader; /* who asks for the party: itself, for most */
    size_t party;          /* a leader's: players, itself and those who follow it in the swarm's array */
    char *facts;           /* members of its request; owned; NULL: its rating, as skill */
    enum player_state state;
    struct conn conn;
    uv_timer_t timer; /* until the next try to connect or to ask */
    unsigned tries;   /* in a row that failed: drives the wait */
    bool handshaking; /* the swarm's: counted among its handshakes */
    bool greeted;     /* `connected` has come on this connection */
    int64_t request_id;
    size_t rounds;    /* player_start calls */
    size_t asked;     /* requests sent */
    size_t matches;   /* different matches told of */
    char ticket[129]; /* of the request that is answered; else "" */
    struct ledger_side story;
    uint64_t ids[PLAYER_IDS_MAX]; /* hashes, a ring */
    size_t id_count;
};

void player_init(struct player *p, struct swarm *s, size_t number, int rating);
/* Connects now; the swarm calls it when it is the player's turn. */
void player_connect(struct player *p);
/* A leader's new round: asks for a match as soon as all of its party are connected. All must be idle or matched. */
void player_start(struct player *p);
void player_ask_why(struct player *p); /* asks why its ticket waits; the mode sees the answer */
void player_leave(struct player *p);   /* closes the connection and the timer */
void player_free(struct player *p);    /* when the loop has ended */

#endif
