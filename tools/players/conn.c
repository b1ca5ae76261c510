#include "conn.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "err.h"
#include "mem.h"

#define PROTOCOL "players"

struct conn_frame {
    struct conn_frame *next;
    size_t len;
    unsigned char data[]; /* LWS_PRE bytes of room, then the message */
};

static int conn_callback(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in, size_t len);

static const struct lws_protocols protocols[] = {
    {PROTOCOL, conn_callback, 0, 4096, 0, NULL, 0},
    {NULL, NULL, 0, 0, 0, NULL, 0},
};

int conn_context_open(struct conn_context *c, uv_loop_t *loop)
{
    void *loops[1] = {loop};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .foreign_loops = loops,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_DISABLE_IPV6,
        .gid = -1,
        .uid = -1,
        .pcontext = &c->lws,
        .max_http_header_data = 1024,
        .pt_serv_buf_size = 4096,
    };

    lws_set_log_level(LLL_ERR, NULL);
    c->lws = lws_create_context(&info);
    return c->lws == NULL ? ERR_SYSTEM : 0;
}

void conn_context_close(struct conn_context *c)
{
    if (c->lws != NULL)
        lws_context_destroy(c->lws);
}

static void drop_frames(struct conn *c)
{
    while (c->out != NULL) {
        struct conn_frame *frame = c->out;

        c->out = frame->next;
        free(frame);
    }
}

static void on_closed(struct conn *c, const char *why)
{
    if (c->state == CONN_CLOSED)
        return;
    c->state = CONN_CLOSED;
    c->wsi = NULL;
    buf_clear(&c->in);
    drop_frames(c);
    c->events->closed(c->arg, why);
}

static void on_piece(struct conn *c, const char *data, size_t len)
{
    buf_append(&c->in, data, len);
    if (!lws_is_final_fragment(c->wsi) || lws_remaining_packet_payload(c->wsi) > 0)
        return;
    if (c->state == CONN_OPEN)
        c->events->message(c->arg, c->in.data, c->in.len);
    buf_clear(&c->in);
}

static int on_writable(struct conn *c)
{
    struct conn_frame *frame = c->out;
    int written;

    if (frame == NULL)
        return 0;
    LL_DELETE(c->out, frame);
    written = lws_write(c->wsi, frame->data + LWS_PRE, frame->len, LWS_WRITE_TEXT);
    free(frame);
    if (c->out != NULL)
        lws_callback_on_writable(c->wsi);
    return written < 0 ? -1 : 0;
}

static int conn_callback(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in, size_t len)
{
    struct conn *c = user;

    if (c == NULL || c->wsi != wsi) /* the context's own events, and the last ones of a socket that was replaced */
        return 0;
    switch (why) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        if (c->state == CONN_CONNECTING) {
            c->state = CONN_OPEN;
            c->events->opened(c->arg);
        }
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        on_piece(c, in, len);
        return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return on_writable(c);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        on_closed(c, in != NULL ? in : "refused");
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
        on_closed(c, "the gateway closed it");
        return 0;
    default:
        return 0;
    }
}

void conn_connect(struct conn *c, struct conn_context *context, const struct target *t, const char *path_suffix,
                  const struct conn_events *events, void *arg)
{
    char path[512];
    struct lws_client_connect_info info = {
        .context = context->lws,
        .address = t->host,
        .port = t->port,
        .path = path,
        .host = t->host,
        .local_protocol_name = PROTOCOL,
        .userdata = c,
        .pwsi = &c->wsi,
    };

    ASSERT(c->state == CONN_CLOSED);
    snprintf(path, sizeof(path), "%s%s", t->path, path_suffix);
    c->state = CONN_CONNECTING;
    c->events = events;
    c->arg = arg;
    if (lws_client_connect_via_info(&info) == NULL)
        on_closed(c, "refused");
}

void conn_send(struct conn *c, const char *text, size_t len)
{
    struct conn_frame *frame = mem_alloc(sizeof(*frame) + LWS_PRE + len);

    ASSERT(c->state == CONN_OPEN);
    frame->len = len;
    memcpy(frame->data + LWS_PRE, text, len);
    LL_APPEND(c->out, frame);
    lws_callback_on_writable(c->wsi);
}

/*
 * libwebsockets 4.1.6 on libuv drops the socket without a close frame when a writable call-back returns -1 (it closes
 * twice); a time-out that is over sends the frame and waits for the answer.
 */
void conn_close(struct conn *c)
{
    if (c->state == CONN_OPEN)
        lws_close_reason(c->wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
    if (c->state == CONN_CLOSED || c->state == CONN_CLOSING)
        return;
    c->state = CONN_CLOSING;
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
}

bool conn_is_closed(const struct conn *c)
{
    return c->state == CONN_CLOSED;
}

void conn_free(struct conn *c)
{
    buf_free(&c->in);
    drop_frames(c);
}
