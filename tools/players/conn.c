#include "conn.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"

#define READ_BYTES    65536
#define HEAD_MAX      14 /* of a frame */
#define STATUS_NORMAL "\x03\xe8"
#define FRAME_MAX     (1 << 24)

enum opcode { OP_TEXT = 1, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };

struct frame { /* one from the gateway: not masked */
    enum opcode opcode;
    bool last; /* FIN */
    const char *payload;
    size_t len, size; /* of the payload, of all */
};

struct pending { /* what could not be written at once */
    uv_write_t request;
    char data[];
};

static void on_released(uv_handle_t *handle)
{
    struct conn *c = handle->data;

    c->state = CONN_CLOSED;
    buf_clear(&c->in);
    c->events->closed(c->arg, c->why);
}

static void end(struct conn *c, const char *why)
{
    if (c->state == CONN_CLOSED || c->state == CONN_ENDING)
        return;
    c->state = CONN_ENDING;
    snprintf(c->why, sizeof(c->why), "%s", why);
    uv_close((uv_handle_t *)&c->tcp, on_released);
}

/* ---- writing ---- */

static void on_pending_written(uv_write_t *request, int status)
{
    (void)status; /* a failure shows when reading */
    free(request);
}

static void write_all(struct conn *c, char *data, size_t len)
{
    uv_buf_t buf = uv_buf_init(data, (unsigned)len);
    int written = uv_try_write((uv_stream_t *)&c->tcp, &buf, 1);
    size_t rest = len - (written > 0 ? (size_t)written : 0);
    struct pending *p;

    if (rest == 0)
        return;
    p = mem_alloc(sizeof(*p) + rest);
    memcpy(p->data, data + len - rest, rest);
    buf = uv_buf_init(p->data, (unsigned)rest);
    if (uv_write(&p->request, (uv_stream_t *)&c->tcp, &buf, 1, on_pending_written) != 0)
        free(p);
}

static size_t head_write(unsigned char *head, enum opcode opcode, size_t len)
{
    head[0] = (unsigned char)(0x80 | opcode);
    if (len < 126) {
        head[1] = (unsigned char)(0x80 | len);
        return 2;
    }
    ASSERT(len <= UINT16_MAX);
    head[1] = 0x80 | 126;
    head[2] = (unsigned char)(len >> 8);
    head[3] = (unsigned char)len;
    return 4;
}

static void send_frame(struct conn *c, enum opcode opcode, const char *payload, size_t len)
{
    char small[512], *data = len + HEAD_MAX <= sizeof(small) ? small : mem_alloc(len + HEAD_MAX);
    size_t head = head_write((unsigned char *)data, opcode, len);
    const char *mask = (const char *)&c->mask;

    c->mask = c->mask * 1664525 + 1013904223;
    memcpy(data + head, mask, sizeof(c->mask));
    head += sizeof(c->mask);
    for (size_t i = 0; i < len; i++)
        data[head + i] = (char)(payload[i] ^ mask[i % sizeof(c->mask)]);
    write_all(c, data, head + len);
    if (data != small)
        free(data);
}

void conn_send(struct conn *c, const char *text, size_t len)
{
    ASSERT(c->state == CONN_OPEN);
    send_frame(c, OP_TEXT, text, len);
}

/* ---- reading ---- */

static uint64_t big_endian(const unsigned char *bytes, size_t count)
{
    uint64_t value = 0;

    for (size_t i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* The first frame of what is here; false: it has not wholly come. */
static bool frame_parse(const char *data, size_t len, struct frame *f)
{
    const unsigned char *bytes = (const unsigned char *)data;
    size_t more, head;
    uint64_t payload;

    if (len < 2)
        return false;
    more = bytes[1] == 127 ? 8 : bytes[1] == 126 ? 2 : 0;
    head = 2 + more;
    if (len < head)
        return false;
    payload = more == 0 ? bytes[1] : big_endian(bytes + 2, more);
    *f = (struct frame){.opcode = bytes[0] & 15,
                        .last = (bytes[0] & 0x80) != 0,
                        .payload = data + head,
                        .len = payload,
                        .size = head + payload};
    return payload <= FRAME_MAX && len >= f->size;
}

static void on_frame(struct conn *c, const struct frame *f)
{
    if (f->opcode == OP_TEXT && f->last) {
        if (c->state == CONN_OPEN)
            c->events->message(c->arg, f->payload, f->len);
    } else if (f->opcode == OP_PING) {
        send_frame(c, OP_PONG, f->payload, f->len);
    } else if (f->opcode == OP_CLOSE) {
        if (c->state == CONN_OPEN)
            send_frame(c, OP_CLOSE, f->payload, f->len < 2 ? 0 : 2);
        end(c, "the gateway closed it");
    } else if (f->opcode != OP_PONG) {
        end(c, "a frame that the gateway never sends");
    }
}

/* How much of it was the answer to the upgrade; 0: not all of it is here. */
static size_t on_answer(struct conn *c, const char *data, size_t len)
{
    static const char accepted[] = "HTTP/1.1 101 ";
    const char *blank = memmem(data, len, "\r\n\r\n", 4);
    char why[sizeof(c->why)];

    if (blank == NULL)
        return 0;
    if (strncmp(data, accepted, sizeof(accepted) - 1) == 0) {
        c->state = CONN_OPEN;
        c->events->opened(c->arg);
    } else {
        snprintf(why, sizeof(why), "%.*s", (int)strcspn(data, "\r"), data);
        end(c, why);
    }
    return (size_t)(blank + 4 - data);
}

/* How much was understood. */
static size_t consume(struct conn *c, const char *data, size_t len)
{
    size_t used = 0;
    struct frame f;

    if (c->state == CONN_CONNECTING)
        used = on_answer(c, data, len);
    while ((c->state == CONN_OPEN || c->state == CONN_CLOSING) && frame_parse(data + used, len - used, &f)) {
        on_frame(c, &f);
        used += f.size;
    }
    return used;
}

/* One for all: it is emptied in the call that follows. */
static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    static char bytes[READ_BYTES];

    (void)handle;
    (void)suggested;
    *buf = uv_buf_init(bytes, sizeof(bytes));
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct conn *c = stream->data;
    size_t used;

    if (count < 0) {
        end(c, count == UV_EOF ? "the gateway hung up" : uv_strerror((int)count));
    } else if (c->in.len == 0) { /* the usual case: no copy */
        used = consume(c, buf->base, (size_t)count);
        buf_append(&c->in, buf->base + used, (size_t)count - used);
    } else {
        buf_append(&c->in, buf->base, (size_t)count);
        used = consume(c, c->in.data, c->in.len);
        memmove(c->in.data, c->in.data + used, c->in.len - used);
        c->in.len -= used;
    }
}

/* ---- life ---- */

static void on_connected(uv_connect_t *request, int status)
{
    struct conn *c = request->data;
    struct buf out = {0};

    if (status < 0) {
        end(c, uv_strerror(status));
        return;
    }
    buf_printf(&out,
               "GET %s HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
               c->path);
    write_all(c, out.data, out.len);
    buf_free(&out);
    if (uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) != 0)
        end(c, "cannot be read");
}

void conn_connect(struct conn *c, uv_loop_t *loop, const struct target *t, const char *path_suffix,
                  const struct conn_events *events, void *arg)
{
    struct sockaddr_in address;
    int rc;

    ASSERT(c->state == CONN_CLOSED && uv_tcp_init(loop, &c->tcp) == 0);
    c->state = CONN_CONNECTING;
    c->events = events;
    c->arg = arg;
    c->tcp.data = c->request.data = c;
    snprintf(c->path, sizeof(c->path), "%s%s", t->path, path_suffix);
    rc = uv_ip4_addr(t->host, t->port, &address);
    if (rc == 0)
        rc = uv_tcp_connect(&c->request, &c->tcp, (const struct sockaddr *)&address, on_connected);
    if (rc != 0)
        end(c, uv_strerror(rc));
    else
        (void)uv_tcp_nodelay(&c->tcp, 1);
}

void conn_close(struct conn *c)
{
    if (c->state == CONN_OPEN) {
        send_frame(c, OP_CLOSE, STATUS_NORMAL, sizeof(STATUS_NORMAL) - 1);
        c->state = CONN_CLOSING;
    } else if (c->state == CONN_CONNECTING) {
        conn_cut(c);
    }
}

void conn_cut(struct conn *c)
{
    end(c, "cut");
}

bool conn_is_closed(const struct conn *c)
{
    return c->state == CONN_CLOSED;
}

void conn_free(struct conn *c)
{
    buf_free(&c->in);
}
