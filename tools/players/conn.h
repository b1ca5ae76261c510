/*
 * conn.h - one WebSocket to a gateway, on a plain TCP socket of libuv: so little work a message that the load is the
 * gateway's, and none of its code.
 *
 * Life     zeroed -> conn_connect -> (opened, messages) -> closed -> conn_connect again, ... -> conn_free.
 * Events   `closed` comes exactly once for each conn_connect, also when it fails, never from inside a call.
 * Limits   the gateway's frames come whole (FIN set); what is no WebSocket ends the connection.
 */
#ifndef PLAYERS_CONN_H
#define PLAYERS_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "buf.h"
#include "target.h"

struct conn_events {
    void (*opened)(void *arg);
    void (*message)(void *arg, const char *text, size_t len); /* whole; valid inside the call */
    void (*closed)(void *arg, const char *why);               /* why: for people */
};

enum conn_state {
    CONN_CLOSED,
    CONN_CONNECTING, /* TCP, then the upgrade */
    CONN_OPEN,
    CONN_CLOSING, /* the close frame was sent */
    CONN_ENDING   /* the socket is being released */
};

struct conn { /* the fields are conn.c's */
    uv_tcp_t tcp;
    uv_connect_t request;
    enum conn_state state;
    struct buf in; /* received, and not a whole frame yet */
    char path[512], why[64];
    uint32_t mask;
    const struct conn_events *events;
    void *arg;
};

/* path_suffix is appended to the target's path. The connection must be closed. */
void conn_connect(struct conn *c, uv_loop_t *loop, const struct target *t, const char *path_suffix,
                  const struct conn_events *events, void *arg);
/* The connection must be open. Copied, if it cannot be written at once; sent in the order of the calls. */
void conn_send(struct conn *c, const char *text, size_t len);
/* With a close frame (1000) when it is open; harmless when it is not. */
void conn_close(struct conn *c);
void conn_cut(struct conn *c); /* without waiting for anything */
bool conn_is_closed(const struct conn *c);
void conn_free(struct conn *c); /* must be closed */

#endif
