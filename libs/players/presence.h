/*
 * presence.h - who is connected where, and each player's undelivered messages, in Redis (PROTOCOLS P1-P6).
 *
 * Keys (all of one player share the hash tag {player}, so each script stays on one slot):
 *   presence:{P}  hash   gateway (random per process), slot (outbox partition), connection,
 *                        since (when the connection began, microseconds by Redis' clock; orders connections),
 *                        gone ("1" while the socket is gone and the grace time runs)
 *   inbox:{P}     stream id (event id), message (the client's JSON), generation (under which it was read); bounded to
 *                        INBOX_MAX entries. In the order of the events, but for the first ones after Redis came back
 *                        empty: what was read before anybody knew stands before older ones that come again.
 *   last:{P}      hash   journal partition -> "incarnation:epoch:seq:index" of the last event taken, and generation:
 *                        under which (P5); lives as long as game-events keeps a record
 * Results  0: the call-back will come once. ERR_BUSY, ERR_UNAVAILABLE: it will not. In the call-back ok is false when
 *          Redis failed or went away: it may or may not have been done; every call may be repeated.
 */
#ifndef PLAYERS_PRESENCE_H
#define PLAYERS_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event_id.h"
#include "store.h"

#define INBOX_MAX               256
#define INBOX_MESSAGE_MAX_BYTES 131072 /* half of what a gateway keeps for a slow client */

struct presence {
    const char *gateway, *connection;
    int32_t slot;
};

struct inbox_message {      /* borrowed, valid in the call-back */
    const char *inbox_id;   /* Redis stream id */
    const char *id;         /* event id, the client's "id" */
    const char *generation; /* only those of one generation are in the order of their events; "": an older version's */
    const char *json;
    size_t json_len;
};

/*
 * A gateway takes a player: writes presence and reads the inbox, oldest first, in one step (P3). The index entry is
 * there before (gateways.h). Repeated when the answer is lost, when Redis came back empty, when the inbox is to be read
 * again: a connection keeps its place in the order, so a repeat never replaces a newer one's presence.
 */
struct presence_taking {
    struct presence presence;
    int64_t since_us;  /* what the first answered one gave; 0: none was answered */
    int64_t age_us;    /* for how long the connection has been standing */
    bool first;        /* nothing was sent before: it is the newest */
    bool refuse;       /* leave the player to another connection whose socket is not gone ... */
    const char *spare; /* ... unless it is this one; "" for none */
};
enum presence_took {
    PRESENCE_TAKEN,
    PRESENCE_NEWER, /* a newer connection has the player; nothing was written */
    PRESENCE_OPEN   /* refused */
};
struct presence_taken { /* borrowed */
    enum presence_took took;
    int64_t since_us;
    const struct presence *other; /* whom it replaced, or who has the player; NULL: nobody, or its socket is gone */
    const struct inbox_message *messages;
    size_t count;
};
typedef void presence_taken_fn(void *arg, bool ok, const struct presence_taken *t); /* t: NULL unless ok */
int presence_take(struct store *s, const char *player, const struct presence_taking *t, presence_taken_fn *fn,
                  void *arg);

/*
 * The notifier's one step (P2): adds the message to the inbox unless its event id is not greater than the last taken
 * of that journal partition in that generation, and says either way where the player is.
 */
struct presence_message { /* borrowed */
    const char *player, *json;
    size_t json_len;
    const struct event_id *id;
    const char *generation; /* under which the event was read: when Redis came back empty, what is read again is older
                               than what Redis took before anybody knew, and must not look like a repeat of it */
    int64_t inbox_ttl_ms;   /* the inbox lives so long after its newest message */
};

struct presence_delivered { /* borrowed, valid in the call-back */
    /*
     * 0; ERR_UNAVAILABLE: Redis went away, it may or may not have been done. Else it was not done: ERR_BUSY: Redis
     * refuses now; ERR_INVALID: something else than ours is stored under the player's keys, and no repeat will help.
     */
    int err;
    const char *error;            /* with an err: Redis' words */
    const char *inbox_id;         /* "" for a repeat */
    const struct presence *where; /* NULL: not connected */
    int64_t dropped;              /* entries the inbox's bound pushed out */
};

typedef void presence_delivered_fn(void *arg, const struct presence_delivered *r);
int presence_deliver(struct store *s, const struct presence_message *m, presence_delivered_fn *fn, void *arg);

/* These messages are delivered (P4): removes them from the inbox. ids: at most 16. Not waited for. */
int presence_acknowledge(struct store *s, const char *player, const char *const *inbox_ids, size_t count);

/*
 * The socket of the player's connection is gone and the grace time runs. Both are not waited for. mark: if presence
 * names it. restore: writes such a presence again if there is none, as Redis came back empty.
 */
int presence_mark_gone(struct store *s, const char *player, const char *connection);
int presence_restore_gone(struct store *s, const char *player, const struct presence *p, int64_t since_us);

/*
 * The grace time is over, or the gateway is dead: does presence still name a connection of that gateway? A missing key
 * is no evidence of anything (P6).
 */
enum presence_state { PRESENCE_OURS, PRESENCE_ANOTHER, PRESENCE_MISSING };
struct presence_gone { /* borrowed */
    enum presence_state state;
    const char *connection; /* the one that presence names; "" unless OURS */
    const char *ticket_id;  /* the open one, the claim's (tickets.h); "" for none */
    int32_t partition;
};
typedef void presence_gone_fn(void *arg, bool ok, const struct presence_gone *g); /* g: NULL unless ok */
int presence_check_gone(struct store *s, const char *player, const char *gateway, presence_gone_fn *fn, void *arg);

/* After `left` is in the queue: deletes the presence if it names the connection. Then the index entry may go. */
typedef void presence_done_fn(void *arg, bool ok);
int presence_forget(struct store *s, const char *player, const char *connection, presence_done_fn *fn, void *arg);

#endif
