#include "ws.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "buf.h"
#include "clock.h"
#include "err.h"
#include "log.h"
#include "mem.h"
#include "newcomers.h"
#include "ws_request.h"

#define RX_BUFFER_BYTES 1024  /* each connection holds it, and is read so much at a time: fair, and small */
#define TX_BYTES        65536 /* written to a socket at a time */
#define SERVICE_BYTES   16384 /* the library's scratch: an upgrade request is read into it */
#define HEADER_BYTES    2048  /* of an upgrade request */
#define HANDSHAKE_S     5
#define LIBRARY_WARN_MS 1000
#define CLOSE_S         3 /* for the rest of the queue to go out; the library waits for the answering close frame itself */
#define ASSEMBLY_KEEP   4096 /* bytes of buffer that a connection keeps between messages */

#define HANDSHAKES_MAX         1024
#define HANDSHAKES_ADDRESS_MAX 256
#define HANDSHAKES_FAIR_MS     500
#define SOCKET_SEND_BYTES      65536

#define PLAYER_ARG "player_id="
#define LAST_ARG   "last_id="

_Static_assert(FRAME_HEADROOM >= LWS_PRE, "lws_write puts its header in front of the payload");

struct ws {
    struct lws_context *context; /* the library sets it to NULL when it is really gone */
    struct lws_vhost *vhost;
    struct newcomers *handshakes;
    struct ws_conf conf;
};

struct ws_conn {
    struct lws *wsi;
    struct ws *ws;
    void *session; /* NULL: not opened yet, or closed */
    struct frame_queue out;
    struct buf assembly; /* a message that has not wholly arrived */
    bool asked;          /* the writable call-back is on its way: asking again would cost system calls */
    bool broken;         /* a write failed: on_closed is on its way */
    bool closing;
    enum close_reason why;
};

/* ---- handshakes ------------------------------------------------------------------------------------------------- */

/*
 * The socket is accepted, its request is not read. The library cuts it after HANDSHAKE_S, however slowly bytes drip in;
 * when there are too many, the oldest goes at once. Not inside the call: it may be the one that is being serviced.
 */
static int on_accepted(struct lws *wsi, struct ws *ws)
{
    struct sockaddr_storage from = {0};
    socklen_t len = sizeof(from);
    struct newcomer *e = MEM_NEW(struct newcomer), *out;

    e->owner = wsi;
    lws_set_opaque_user_data(wsi, e);
    (void)getpeername(lws_get_socket_fd(wsi), (struct sockaddr *)&from, &len);
    out = newcomers_add(ws->handshakes, e, (const struct sockaddr *)&from, clock_mono_ms());
    if (out == NULL)
        return 0;
    ws->conf.handlers->on_refused(ws->conf.arg, REFUSE_HANDSHAKES);
    lws_set_timeout(out->owner, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    return 0;
}

static int on_handshake_over(struct lws *wsi, struct ws *ws)
{
    struct newcomer *e = lws_get_opaque_user_data(wsi);

    if (e == NULL) /* it was over before, or this is the socket that listens */
        return 0;
    newcomers_remove(ws->handshakes, e);
    lws_set_opaque_user_data(wsi, NULL);
    free(e);
    return 0;
}

/* The kernel would let what one client does not read grow to megabytes. */
static int on_filter(int fd)
{
    const int bytes = SOCKET_SEND_BYTES;

    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    return 0;
}

/* -1: refused, and to be closed. */
static int refuse(struct lws *wsi, struct ws *ws, enum refusal why)
{
    ws->conf.handlers->on_refused(ws->conf.arg, why);
    ws_request_refuse(wsi, why);
    return -1;
}

static int on_upgrade(struct lws *wsi, struct ws *ws, const char *protocol)
{
    char arg[WS_REQUEST_ARG_SIZE];
    enum refusal why = ws_request_check(wsi, protocol);

    if (why == REFUSE_NONE)
        why = ws->conf.handlers->on_upgrade(ws->conf.arg, ws_request_arg(wsi, PLAYER_ARG, arg));
    return why == REFUSE_NONE ? 0 : refuse(wsi, ws, why);
}

static int on_plain_http(struct lws *wsi, struct ws *ws)
{
    return refuse(wsi, ws, ws_request_check(wsi, NULL));
}

/* ---- connections ------------------------------------------------------------------------------------------------ */

static int on_established(struct lws *wsi, struct ws *ws, struct ws_conn *c)
{
    char player[WS_REQUEST_ARG_SIZE], last[WS_REQUEST_ARG_SIZE];

    (void)on_handshake_over(wsi, ws);
    c->wsi = wsi;
    c->ws = ws;
    c->out.max_bytes = ws->conf.send_queue_max_bytes;
    c->session = ws->conf.handlers->on_opened(ws->conf.arg, c, ws_request_arg(wsi, PLAYER_ARG, player),
                                              ws_request_arg(wsi, LAST_ARG, last));
    return 0;
}

static int on_closed(struct ws_conn *c)
{
    void *session = c->session;

    c->session = NULL;
    c->closing = true;
    frame_queue_clear(&c->out);
    buf_free(&c->assembly);
    if (session != NULL)
        c->ws->conf.handlers->on_closed(session);
    return 0;
}

static void assembly_reset(struct ws_conn *c)
{
    if (c->assembly.cap > ASSEMBLY_KEEP)
        buf_free(&c->assembly);
    else
        buf_clear(&c->assembly);
}

static int on_receive(struct ws_conn *c, const char *in, size_t len)
{
    const struct ws_handlers *h = c->ws->conf.handlers;
    bool last = lws_is_final_fragment(c->wsi) && lws_remaining_packet_payload(c->wsi) == 0;

    if (c->closing)
        return 0;
    if (c->assembly.len + len + lws_remaining_packet_payload(c->wsi) > c->ws->conf.message_max_bytes) {
        h->on_too_large(c->session);
        return 0;
    }
    if (last && c->assembly.len == 0) { /* the usual case: no copy */
        h->on_message(c->session, in, len, lws_frame_is_binary(c->wsi) != 0);
        return 0;
    }
    buf_append(&c->assembly, in, len);
    if (last) {
        h->on_message(c->session, c->assembly.data, c->assembly.len, lws_frame_is_binary(c->wsi) != 0);
        assembly_reset(c);
    }
    return 0;
}

/*
 * Comes by the timer, since closing from the writable call-back would be taken for a failed write and no close frame
 * sent.
 */
static int on_close_due(struct ws_conn *c)
{
    const struct close_def *def = &close_defs[c->why];
    unsigned char text[64];
    size_t len = strlen(def->text);

    ASSERT(len < sizeof(text));
    memcpy(text, def->text, len);
    lws_close_reason(c->wsi, (enum lws_close_status)def->status, text, len);
    return -1;
}

static int write_ping(struct ws_conn *c)
{
    unsigned char ping[LWS_PRE + WS_PING_BYTES];

    if (!c->ws->conf.handlers->on_idle(c->session, ping + LWS_PRE))
        return 0;
    return lws_write(c->wsi, ping + LWS_PRE, WS_PING_BYTES, LWS_WRITE_PING) < 0 ? -1 : 0;
}

static void ask_writable(struct ws_conn *c)
{
    if (!c->asked)
        lws_callback_on_writable(c->wsi);
    c->asked = true;
}

static bool write_frame(struct ws_conn *c, struct frame *f)
{
    int written = lws_write(c->wsi, frame_payload(f), f->len, LWS_WRITE_TEXT);

    free(f);
    return written >= 0;
}

/* Until the kernel's buffer is full; then the library keeps the rest of that frame and calls again when it has gone. */
static int on_writable(struct ws_conn *c)
{
    struct frame *f;

    c->asked = false;
    while (!lws_partial_buffered(c->wsi) && (f = frame_queue_pop(&c->out)) != NULL) {
        if (!write_frame(c, f))
            return -1;
    }
    if (lws_partial_buffered(c->wsi)) {
        ask_writable(c);
        return 0;
    }
    if (!c->closing)
        return write_ping(c);
    lws_set_timer_usecs(c->wsi, 1);
    return 0;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct ws *ws = lws_context_user(lws_get_context(wsi));
    struct ws_conn *c = user;

    switch (reason) {
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
        return on_filter((int)(intptr_t)in);
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        return on_accepted(wsi, ws);
    case LWS_CALLBACK_RAW_ADOPT: /* what the library makes of CONNECT */
        return -1;
    case LWS_CALLBACK_HTTP:
        return on_plain_http(wsi, ws);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return on_upgrade(wsi, ws, in);
    case LWS_CALLBACK_ESTABLISHED:
        return on_established(wsi, ws, c);
    case LWS_CALLBACK_RECEIVE:
        return on_receive(c, in, len);
    case LWS_CALLBACK_RECEIVE_PONG:
        if (!c->closing)
            ws->conf.handlers->on_pong(c->session, in, len);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return on_writable(c);
    case LWS_CALLBACK_TIMER:
        return on_close_due(c);
    case LWS_CALLBACK_CLOSED:
        return on_closed(c);
    case LWS_CALLBACK_WSI_DESTROY:
        return on_handshake_over(wsi, ws);
    default:
        return 0;
    }
}

/*
 * Nothing waits: written at once, which spares the loop's turn and the four system calls that waiting for a writable
 * socket costs. We are outside the library's call-backs, or in that of another socket, so a failure cannot be returned.
 */
static void send_now(struct ws_conn *c, struct frame *f)
{
    if (write_frame(c, f) && (lws_partial_buffered(c->wsi) || write_ping(c) == 0))
        return;
    c->broken = true;
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

bool ws_send(struct ws_conn *c, struct frame *f)
{
    if (c->closing || c->broken) {
        free(f);
        return c->broken;
    }
    if (!frame_queue_push(&c->out, f))
        return false;
    if (c->out.count == 1 && !lws_partial_buffered(c->wsi))
        send_now(c, frame_queue_pop(&c->out));
    else
        ask_writable(c);
    return true;
}

size_t ws_queued(const struct ws_conn *c)
{
    return c->out.bytes;
}

void ws_wake(struct ws_conn *c)
{
    if (!c->closing)
        ask_writable(c);
}

void ws_close(struct ws_conn *c, enum close_reason why, bool discard)
{
    if (c->closing)
        return;
    c->closing = true;
    c->why = why;
    if (discard)
        frame_queue_clear(&c->out);
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_CLOSE_SEND, CLOSE_S);
    ask_writable(c);
}

/* ---- server ----------------------------------------------------------------------------------------------------- */

/* Strangers can provoke errors: no more lines than a person can read. */
static void on_library_log(int level, const char *line)
{
    static int64_t warned_ms;
    int64_t now_ms = clock_mono_ms();
    bool warn = level == LLL_ERR && now_ms - warned_ms >= LIBRARY_WARN_MS;

    if (warn)
        warned_ms = now_ms;
    LOG_AT(warn ? LOG_WARN : LOG_DEBUG, "websocket text=\"%.*s\"", (int)strcspn(line, "\n"), line);
}

/* Pings and time-outs are ours: no validity checks by the library. */
static const lws_retry_bo_t no_policy = {.secs_since_valid_ping = 0, .secs_since_valid_hangup = 0};
static const struct lws_protocols protocols[] = {
    {"game", on_event, sizeof(struct ws_conn), RX_BUFFER_BYTES, 0, NULL, TX_BYTES}, {NULL, NULL, 0, 0, 0, NULL, 0}};

static struct lws_context_creation_info ws_info(struct ws *ws, void **loops)
{
    struct lws_context_creation_info info = {0};

    info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
                   (strchr(ws->conf.address, ':') == NULL ? LWS_SERVER_OPTION_DISABLE_IPV6 : 0);
    info.foreign_loops = loops;
    info.pcontext = &ws->context;
    info.user = ws;
    info.protocols = protocols;
    info.port = ws->conf.port;
    info.iface = ws->conf.address;
    info.vhost_name = "players";
    info.alpn = "http/1.1";
    info.retry_and_idle_policy = &no_policy;
    info.timeout_secs = HANDSHAKE_S;
    info.timeout_secs_ah_idle = HANDSHAKE_S;
    info.keepalive_timeout = HANDSHAKE_S;
    info.max_http_header_data = HEADER_BYTES;
    info.max_http_header_pool = 0; /* a small pool lets half-open handshakes keep everybody out */
    info.pt_serv_buf_size = SERVICE_BYTES;
    info.gid = -1;
    info.uid = -1;
    return info;
}

int ws_open(struct ws **out, uv_loop_t *loop, const struct ws_conf *conf)
{
    struct ws *ws = MEM_NEW(struct ws);
    void *loops[1] = {loop};
    struct lws_context_creation_info info;

    ws->conf = *conf;
    ws->handshakes = newcomers_new(HANDSHAKES_MAX, HANDSHAKES_ADDRESS_MAX, HANDSHAKES_FAIR_MS);
    info = ws_info(ws, loops);
    *out = ws;
    lws_set_log_level(LLL_ERR | LLL_WARN, on_library_log);
    ws->context = lws_create_context(&info);
    if (ws->context == NULL) {
        log_error("websocket_open_failed reason=\"no context; is libwebsockets-evlib-uv installed?\"");
        return ERR_SYSTEM;
    }
    ws->vhost = lws_create_vhost(ws->context, &info);
    if (ws->vhost == NULL) {
        log_error("websocket_open_failed address=%s port=%u", conf->address, (unsigned)conf->port);
        return ERR_SYSTEM;
    }
    return 0;
}

uint16_t ws_port(const struct ws *ws)
{
    return (uint16_t)lws_get_vhost_listen_port(ws->vhost);
}

void ws_stop(struct ws *ws)
{
    if (ws->context != NULL)
        lws_context_destroy(ws->context);
}

void ws_free(struct ws **ws)
{
    if (*ws == NULL)
        return;
    if ((*ws)->context != NULL)
        lws_context_destroy((*ws)->context); /* the second time, outside the loop: only this frees it */
    ASSERT((*ws)->context == NULL);
    newcomers_free(&(*ws)->handshakes);
    free(*ws);
    *ws = NULL;
}
