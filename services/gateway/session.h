/*
 * session.h - one player's connection.
 *
 * Life     session_open when the socket stands; session_gone when it does not. Whatever waits for an answer of Kafka
 *          or Redis holds a reference, so that a session may outlive its socket; sending to such a one does nothing.
 * Newest   a newer connection of the same player closes the older one; with DUPLICATE_CONNECTION=refuse, the newer one
 *          is closed while the older's socket is open.
 * Threads  the loop's only.
 */
#ifndef GATEWAY_SESSION_H
#define GATEWAY_SESSION_H

#include <uthash.h>

#include "acks.h"
#include "gateway.h"
#include "seen.h"
#include "started.h"

#define BAD_FRAMES_WINDOW_MS 60000

enum session_state {
    SESSION_OPENING, /* the player is not taken yet (taking.h): requests wait */
    SESSION_LIVE,
    SESSION_CLOSING /* a close frame is on its way, or the socket is gone */
};

struct push { /* a message held back */
    struct push *next;
    struct frame *frame;
    char event_id[EVENT_ID_SIZE], inbox_id[ACKS_ID_SIZE];
};

struct session {
    struct gateway *g;
    struct ws_conn *conn; /* NULL: the socket is gone */
    enum session_state state;
    enum close_reason closed_by;
    int refs;
    UT_hash_handle hh_connection, hh_player;

    bool newest;                /* of its player's connections here */
    bool busy;                  /* a request is being handled: the next ones wait, so that commands keep their order */
    bool resuming;              /* requests_resume is running */
    struct frame_queue backlog; /* requests that wait */
    struct started *tickets;
    int64_t bad_since_ms, bad_count;

    enum { TAKE_NONE, TAKE_DUE, TAKE_ASKED } take; /* taking.h's; not NONE: pushes are held back behind the inbox */
    bool take_sent, take_again;     /* presence was asked to be written once; to be asked once more after the answer */
    struct session *take_next;      /* of those that are DUE */
    int64_t opened_us;              /* monotonic */
    int64_t since_us;               /* by Redis' clock; 0: not known yet (presence.h) */
    char spare[ID_CONNECTION_SIZE]; /* a connection that this one may replace although new ones are refused; or "" */

    bool answering; /* `matchmaking_queued` is due: what the matchmaker says already is held back behind it */
    bool reread;    /* the inbox has messages that were not pushed: pushes are dropped until it has been read again */
    struct push *held;
    size_t held_bytes;
    struct seen seen;
    struct acks acks;

    char last_id[EVENT_ID_SIZE]; /* the last message that the client says it has; "" when it says nothing */
    char id[ID_CONNECTION_SIZE];
    char player[];
};

struct session *session_open(struct gateway *g, struct ws_conn *conn, const char *player);
void session_gone(struct session *s); /* the socket is closed */
struct session *session_ref(struct session *s);
void session_unref(struct session *s); /* frees the last */

/* NULL: none is held here under this id. Not NUL-terminated. */
struct session *session_find(struct gateway *g, const char *connection, size_t len);
struct session *session_of(struct gateway *g, const char *player); /* the newest of that player; NULL: none */

/* Queues a message. Takes the frame. Closes the connection when its queue is full. */
void session_send_frame(struct session *s, struct frame *f);
void session_send(struct session *s, const struct buf *message);
void session_close(struct session *s, enum close_reason why);
void session_drop_held(struct session *s); /* forgets what is held back */

/* What stands in the way of a request; text "" for the table's, the others NULL when they do not apply. */
struct session_fault {
    enum fault fault;
    const char *request_id, *text, *ticket_id, *configuration, *player_id;
};
/* Answers `error`, counts it, and closes the connection when it was one bad frame too many. */
void session_error(struct session *s, const struct session_fault *f);
void session_fail(struct session *s, enum fault fault, const char *request_id, const char *text);

/* Asks for pings where they are due and closes connections whose pong is overdue. */
void sessions_check_pings(struct gateway *g, int64_t now_ms);
void sessions_close_all(struct gateway *g, enum close_reason why);

#endif
