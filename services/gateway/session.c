#include "session.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "clock.h"
#include "err.h"
#include "log.h"
#include "mem.h"
#include "messages.h"

#define BACKLOG_MAX_BYTES 524288

struct session *session_ref(struct session *s)
{
    s->refs++;
    return s;
}

void session_drop_held(struct session *s)
{
    struct push *p;

    while ((p = s->held) != NULL) {
        s->held = p->next;
        free(p->frame);
        free(p);
    }
    s->held_bytes = 0;
}

static void session_free(struct session *s)
{
    session_drop_held(s);
    started_clear(&s->tickets);
    frame_queue_clear(&s->backlog);
    seen_free(&s->seen);
    acks_free(&s->acks);
    s->g->session_count--;
    free(s);
}

void session_unref(struct session *s)
{
    ASSERT(s->refs > 0);
    if (--s->refs == 0)
        session_free(s);
}

struct session *session_of(struct gateway *g, const char *player)
{
    struct session *s;

    HASH_FIND(hh_player, g->by_player, player, strlen(player), s);
    return s;
}

/* Of two connections of one player here, one is closed. */
static void session_compete(struct session *s)
{
    struct gateway *g = s->g;
    struct session *older = session_of(g, s->player);

    s->newest = older == NULL || older->state == SESSION_CLOSING || !g->refuse_duplicates;
    if (!s->newest) {
        session_close(s, CLOSE_DUPLICATE);
        return;
    }
    if (older != NULL) {
        HASH_DELETE(hh_player, g->by_player, older);
        older->newest = false;
        session_close(older, CLOSE_REPLACED);
    }
    HASH_ADD_KEYPTR(hh_player, g->by_player, s->player, strlen(s->player), s);
}

struct session *session_open(struct gateway *g, struct ws_conn *conn, const char *player)
{
    size_t len = strlen(player);
    struct session *s = mem_alloc(sizeof(*s) + len + 1);

    s->g = g;
    s->conn = conn;
    s->refs = 1;
    s->backlog.max_bytes = BACKLOG_MAX_BYTES;
    s->opened_us = clock_mono_us();
    id_connection(s->id);
    memcpy(s->player, player, len + 1);
    session_compete(s);
    HASH_ADD(hh_connection, g->by_connection, id, sizeof(s->id) - 1, s);
    g->session_count++;
    gateway_count(g, GW_CONNECTS);
    metrics_set(g->metrics, GW_CONNECTIONS, HASH_CNT(hh_connection, g->by_connection));
    log_debug("connected connection=%s player=%s", s->id, s->player);
    return s;
}

/* From here on nothing is sent. */
static void session_end(struct session *s, enum close_reason why)
{
    s->state = SESSION_CLOSING;
    s->closed_by = why;
}

void session_gone(struct session *s)
{
    struct gateway *g = s->g;

    if (s->state != SESSION_CLOSING)
        session_end(s, CLOSE_CLIENT);
    s->conn = NULL;
    HASH_DELETE(hh_connection, g->by_connection, s);
    if (s->newest)
        HASH_DELETE(hh_player, g->by_player, s);
    gateway_count(g, GW_DISCONNECTS + s->closed_by);
    metrics_set(g->metrics, GW_CONNECTIONS, HASH_CNT(hh_connection, g->by_connection));
    log_debug("disconnected connection=%s player=%s reason=%s", s->id, s->player, close_defs[s->closed_by].reason);
    session_unref(s);
}

struct session *session_find(struct gateway *g, const char *connection, size_t len)
{
    struct session *s;

    HASH_FIND(hh_connection, g->by_connection, connection, len, s);
    return s;
}

void session_close(struct session *s, enum close_reason why)
{
    if (s->state == SESSION_CLOSING)
        return;
    session_end(s, why);
    ws_close(s->conn, why, why == CLOSE_TOO_SLOW || why == CLOSE_NO_PONG);
}

void session_send_frame(struct session *s, struct frame *f)
{
    size_t len = f->len;

    if (s->state == SESSION_CLOSING) {
        free(f);
        return;
    }
    if (!ws_send(s->conn, f)) {
        gateway_count(s->g, GW_SEND_OVERFLOWS);
        session_close(s, CLOSE_TOO_SLOW);
        return;
    }
    gateway_count(s->g, GW_MESSAGES_OUT);
    metrics_add(s->g->metrics, GW_BYTES_OUT, (int64_t)len);
}

void session_send(struct session *s, const struct buf *message)
{
    session_send_frame(s, frame_new(message->data, message->len));
}

static void session_count_bad(struct session *s)
{
    int64_t now_ms = clock_mono_ms();

    if (s->bad_count == 0 || now_ms - s->bad_since_ms >= BAD_FRAMES_WINDOW_MS) {
        s->bad_since_ms = now_ms;
        s->bad_count = 0;
    }
    if (++s->bad_count > s->g->conf.bad_frames_max)
        session_close(s, CLOSE_BAD_FRAMES);
}

void session_error(struct session *s, const struct session_fault *f)
{
    struct buf *out = &s->g->scratch;
    char error_id[ID_UUID_SIZE];

    if (s->state == SESSION_CLOSING)
        return;
    id_uuid(error_id);
    buf_clear(out);
    message_error(out, &(struct message_error){.fault = f->fault,
                                               .text = f->text,
                                               .connection_id = s->id,
                                               .error_id = error_id,
                                               .request_id = f->request_id,
                                               .ticket_id = f->ticket_id,
                                               .configuration = f->configuration,
                                               .player_id = f->player_id});
    session_send(s, out);
    gateway_count(s->g, GW_ERRORS + f->fault);
    gateway_count(s->g, GW_WEBSOCKET_ERRORS);
    if (fault_defs[f->fault].bad)
        session_count_bad(s);
}

void session_fail(struct session *s, enum fault fault, const char *request_id, const char *text)
{
    session_error(s, &(struct session_fault){.fault = fault, .request_id = request_id, .text = text});
}

/* ---- all of them ------------------------------------------------------------------------------------------------ */

static void session_check_pings(struct session *s, int64_t now_ms)
{
    const struct gateway_conf *conf = &s->g->conf;

    if (acks_overdue(&s->acks, now_ms, conf->pong_timeout_ms)) {
        session_close(s, CLOSE_NO_PONG);
    } else if (acks_quiet(&s->acks, now_ms, conf->ping_interval_ms)) {
        acks_want(&s->acks, now_ms);
        ws_wake(s->conn);
    }
}

void sessions_check_pings(struct gateway *g, int64_t now_ms)
{
    for (struct session *s = g->by_connection; s != NULL; s = s->hh_connection.next) {
        if (s->state != SESSION_CLOSING)
            session_check_pings(s, now_ms);
    }
}

void sessions_close_all(struct gateway *g, enum close_reason why)
{
    for (struct session *s = g->by_connection; s != NULL; s = s->hh_connection.next)
        session_close(s, why);
}
