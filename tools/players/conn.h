/*
 * conn.h - one WebSocket to a gateway, and the libwebsockets context that all of them share.
 *
 * Life     zeroed -> conn_connect -> (opened, messages) -> closed -> conn_connect again, ... -> conn_free.
 * Events   `closed` comes exactly once for each conn_connect, also when it fails, then possibly from inside the call.
 *          `opened` and `message` never come from inside a call.
 * Closing  libwebsockets on a foreign loop is destroyed in two steps: conn_context_close is called while the loop runs,
 * and once more when uv_run has returned.
 */
#ifndef PLAYERS_CONN_H
#define PLAYERS_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "buf.h"
#include "target.h"

struct lws;
struct lws_context;

struct conn_events {
    void (*opened)(void *arg);
    void (*message)(void *arg, const char *text, size_t len); /* whole; valid inside the call */
    void (*closed)(void *arg, const char *why);               /* why: for people */
};

struct conn_context {
    struct lws_context *lws;
};

enum conn_state {
    CONN_CLOSED,
    CONN_CONNECTING,
    CONN_OPEN,
    CONN_CLOSING /* a close frame is to be sent, or was */
};

struct conn_frame;

struct conn { /* the fields are conn.c's */
    struct lws *wsi;
    enum conn_state state;
    struct buf in;
    struct conn_frame *out; /* to be written, one each time the socket is writable */
    const struct conn_events *events;
    void *arg;
};

int conn_context_open(struct conn_context *c, uv_loop_t *loop); /* 0 or ERR_SYSTEM */
void conn_context_close(struct conn_context *c);

/* path_suffix is appended to the target's path. The connection must be closed. */
void conn_connect(struct conn *c, struct conn_context *context, const struct target *t, const char *path_suffix,
                  const struct conn_events *events, void *arg);
/* The connection must be open. Copied; sent in the order of the calls. */
void conn_send(struct conn *c, const char *text, size_t len);
/* With a close frame (1000) when it is open; harmless when it is not. Not from inside an event: `closed` may come
 * inside. */
void conn_close(struct conn *c);
bool conn_is_closed(const struct conn *c);
void conn_free(struct conn *c); /* must be closed, or its context freed */

#endif
