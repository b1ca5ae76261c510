/*
 * ws.h - the WebSocket server (libwebsockets on the loop): upgrades, whole messages in, queued frames out, pings,
 * closes.
 *
 * Sending   ws_send writes at once when nothing waits, else it queues, and the rest is written when the socket takes
 *           it. When all is written, on_idle is asked for a ping, also from inside ws_send.
 * Closing   ws_close lets what is queued go out first (unless it is discarded), then sends the close frame; a peer that
 *           does not answer is cut after seconds. on_closed comes exactly once for each connection that was opened,
 *           last of all.
 * Strangers a handshake ends within seconds, and the oldest ones give way when there are too many (newcomers.h). What
 *           is no upgrade is answered and closed. Frames against RFC 6455 end the connection (1002), but unmasked ones are
 *           taken: the library does not tell.
 * Text      is handed over as it came; the receiver checks UTF-8.
 * Stopping  close the connections, wait for on_closed, then ws_stop on the loop and ws_free after the loop has ended.
 *           ws_stop with connections left cuts them without a close frame.
 * Threads   the loop's only. A connection is valid until on_closed returns.
 */
#ifndef GATEWAY_WS_H
#define GATEWAY_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "errors.h"
#include "frames.h"

struct ws;
struct ws_conn;

#define WS_PING_BYTES 8

struct ws_handlers {
    /* Somebody asks to upgrade. player_id: the query's, percent-decoded; "" when absent or too long. REFUSE_NONE lets
     * in. */
    enum refusal (*on_upgrade)(void *arg, const char *player_id);
    /* A request was answered with a refusal, on_upgrade's or the server's own. */
    void (*on_refused)(void *arg, enum refusal why);
    /*
     * The connection stands. last_id: the query's, "" when absent or too long. What it returns is handed to the
     * call-backs below.
     */
    void *(*on_opened)(void *arg, struct ws_conn *c, const char *player_id, const char *last_id);
    void (*on_message)(void *session, const char *data, size_t len, bool binary);
    void (*on_too_large)(void *session); /* the message passed the limit; the rest of it is not read */
    bool (*on_idle)(void *session, uint8_t ping[WS_PING_BYTES]); /* true: write a ping with this payload */
    void (*on_pong)(void *session, const void *payload, size_t len);
    void (*on_closed)(void *session);
};

struct ws_conf {
    const char *address; /* IPv4 or IPv6 literal */
    uint16_t port;       /* 0: any free one */
    size_t message_max_bytes, send_queue_max_bytes;
    const struct ws_handlers *handlers;
    void *arg;
};

int ws_open(struct ws **out, uv_loop_t *loop, const struct ws_conf *conf); /* 0, or ERR_SYSTEM (logged) */
uint16_t ws_port(const struct ws *ws);

/* Takes the frame. False: the send queue would pass its bound (or the connection is closing); the frame is gone. */
bool ws_send(struct ws_conn *c, struct frame *f);
size_t ws_queued(const struct ws_conn *c); /* bytes, as they count against send_queue_max_bytes */
void ws_wake(struct ws_conn *c);           /* ask on_idle soon */
/* The first reason counts. discard: drop what is queued. */
void ws_close(struct ws_conn *c, enum close_reason why, bool discard);

void ws_stop(struct ws *ws);
void ws_free(struct ws **ws); /* NULL is fine */

#endif
