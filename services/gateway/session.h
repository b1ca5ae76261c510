/*
 * session.h - one player's connection.
 *
 * Life     session_open when the socket stands; session_gone when it does not. Whatever waits for an answer of Kafka
 *          or Redis holds a reference, so that a session may outlive its socket; sending to such a one does nothing.
 * Newest   a newer connection of the same player closes the older one.
 * Threads  the loop's only.
 */
#ifndef GATEWAY_SESSION_H
#define GATEWAY_SESSION_H

#include <uthash.h>

#include "acks.h"
#include "gateway.h"
#include "seen.h"

#define SESSION_TICKETS_MAX  8
#define BAD_FRAMES_WINDOW_MS 60000

enum session_state {
    SESSION_TAKING, /* the player's presence is being written and the inbox read: pushes are held back */
    SESSION_LIVE,
    SESSION_CLOSING /* a close frame is on its way, or the socket is gone */
};

struct session_ticket { /* a ticket that this connection started */
    struct session_ticket *next;
    int32_t partition;
    int64_t queued_ms; /* monotonic */
    char id[];
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
    struct session_ticket *tickets; /* newest first */
    int64_t bad_since_ms, bad_count;

    bool answering; /* `matchmaking_queued` is due: what the matchmaker says already is held back behind it */
    bool take_due;  /* presence_take failed and is to be tried again */
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

/* Queues a message. Takes the frame. Closes the connection when its queue is full. */
void session_send_frame(struct session *s, struct frame *f);
void session_send(struct session *s, const struct buf *message);
void session_close(struct session *s, enum close_reason why);

/* What stands in the way of a request; text "" for the table's, the others NULL when they do not apply. */
struct session_fault {
    enum fault fault;
    const char *request_id, *text, *ticket_id, *configuration;
};
/* Answers `error`, counts it, and closes the connection when it was one bad frame too many. */
void session_error(struct session *s, const struct session_fault *f);
void session_fail(struct session *s, enum fault fault, const char *request_id, const char *text);

/* Remembers a ticket started here (the newest SESSION_TICKETS_MAX), finds it, forgets it. */
void session_ticket_add(struct session *s, const char *ticket_id, int32_t partition, int64_t now_ms);
const struct session_ticket *session_ticket_find(const struct session *s, const char *ticket_id);
void session_ticket_remove(struct session *s, const char *ticket_id);

/* Asks for pings where they are due and closes connections whose pong is overdue. */
void sessions_heartbeat(struct gateway *g, int64_t now_ms);
void sessions_close_all(struct gateway *g, enum close_reason why);

#endif
