#include "delivery.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "clock.h"
#include "err.h"
#include "log.h"
#include "mem.h"
#include "messages.h"
#include "presence.h"
#include "requests.h"

#define TAKE_RETRY_MS   200
#define REREAD_MS       1000
#define BAD_LOG_MS      1000 /* at most one line about unreadable records in this time */
#define ACKNOWLEDGE_MAX 16   /* ids a call */

_Static_assert(ACKS_PING_BYTES == WS_PING_BYTES, "a ping's payload is its sequence number");

struct delivery {
    struct gateway *g;
    struct bus_reader *reader;
    uv_timer_t take_timer;   /* runs while a session's take is due */
    uv_timer_t reread_timer; /* runs after the place in the outbox was lost */
    int open_timers;
    bool known; /* the position in the outbox */
    bool lost;  /* it was known before: something may have been missed */
    int64_t bad_logged_ms;
};

/* ---- to the player ---------------------------------------------------------------------------------------------- */

/* Takes the frame. */
static void push_now(struct session *s, struct frame *f, const char *event_id, const char *inbox_id)
{
    if (!seen_add(&s->seen, event_id, strlen(event_id))) {
        gateway_count(s->g, GW_OUTBOX_REPEATED);
        free(f);
        return;
    }
    acks_pushed(&s->acks, inbox_id, strlen(inbox_id));
    acks_want(&s->acks, clock_mono_ms());
    session_send_frame(s, f);
}

static void push_hold(struct session *s, const struct push *push)
{
    struct push *held;

    s->held_bytes += sizeof(*push) + push->frame->len;
    if (s->held_bytes > (size_t)s->g->conf.send_queue_max_bytes) {
        free(push->frame);
        gateway_count(s->g, GW_SEND_OVERFLOWS);
        session_close(s, CLOSE_TOO_SLOW);
        return;
    }
    held = mem_dup(push, sizeof(*push));
    LL_APPEND(s->held, held);
}

static void push_held(struct session *s)
{
    struct push *p;

    while ((p = s->held) != NULL) {
        s->held = p->next;
        push_now(s, p->frame, p->event_id, p->inbox_id);
        free(p);
    }
    s->held_bytes = 0;
}

void delivery_answered(struct session *s)
{
    s->answering = false;
    push_held(s);
}

/* ---- take ------------------------------------------------------------------------------------------------------- */

static void on_take_timer(uv_timer_t *timer)
{
    struct delivery *d = timer->data;

    uv_timer_stop(timer);
    for (struct session *s = d->g->by_connection; s != NULL; s = s->hh_connection.next) {
        if (s->take_due && s->state != SESSION_CLOSING)
            delivery_take(s);
    }
}

static void take_later(struct session *s)
{
    struct delivery *d = s->g->delivery;

    s->take_due = true;
    if (d != NULL && !uv_is_active((uv_handle_t *)&d->take_timer))
        uv_timer_start(&d->take_timer, on_take_timer, TAKE_RETRY_MS, 0);
}

static void greet(struct session *s)
{
    struct buf *out = &s->g->scratch;

    s->state = SESSION_LIVE;
    buf_clear(out);
    message_connected(out, s->id, s->player, clock_wall_ms());
    session_send(s, out);
}

static void acknowledge(struct session *s, const char *const *ids, size_t count)
{
    struct gateway *g = s->g;
    bool sent = count == 0 || presence_acknowledge(g->backend.store, s->player, ids, count) == 0;

    metrics_add(g->metrics, sent ? GW_ACKNOWLEDGED : GW_ACKNOWLEDGE_FAILED, (int64_t)count);
}

/*
 * The client says which message it had last: that one and all before it are delivered (P4), and not sent again. Returns
 * how many these are. A last_id that is not in the inbox says nothing: it was delivered long ago.
 */
static size_t skip_received(struct session *s, const struct inbox_message *messages, size_t count)
{
    const char *ids[ACKNOWLEDGE_MAX];
    size_t received = s->last_id[0] != '\0' ? count : 0, n = 0;

    while (received > 0 && strcmp(messages[received - 1].id, s->last_id) != 0)
        received--;
    for (size_t i = 0; i < received; i++) {
        (void)seen_add(&s->seen, messages[i].id, strlen(messages[i].id));
        ids[n++] = messages[i].inbox_id;
        if (n == ACKNOWLEDGE_MAX || i + 1 == received) {
            acknowledge(s, ids, n);
            n = 0;
        }
    }
    return received;
}

static void taken(struct session *s, const struct inbox_message *messages, size_t count)
{
    if (s->state == SESSION_TAKING)
        greet(s);
    for (size_t i = skip_received(s, messages, count); i < count; i++)
        push_now(s, frame_new(messages[i].json, messages[i].json_len), messages[i].id, messages[i].inbox_id);
    push_held(s);
    requests_resume(s);
}

static void on_taken(void *arg, bool ok, const struct inbox_message *messages, size_t count)
{
    struct session *s = arg;

    if (s->state != SESSION_CLOSING && ok)
        taken(s, messages, count);
    else if (s->state != SESSION_CLOSING)
        take_later(s);
    session_unref(s);
}

void delivery_take(struct session *s)
{
    struct gateway *g = s->g;
    struct presence presence = {.gateway = g->id, .connection = s->id, .slot = g->slot};

    s->take_due = false;
    if (presence_take(g->backend.store, s->player, &presence, on_taken, s) == 0)
        (void)session_ref(s);
    else
        take_later(s);
}

/* ---- proof ------------------------------------------------------------------------------------------------------ */

bool delivery_ping(struct session *s, uint8_t ping[WS_PING_BYTES])
{
    return acks_ping(&s->acks, clock_mono_us(), ping);
}

void delivery_pong(struct session *s, const void *payload, size_t len)
{
    const char *ids[ACKNOWLEDGE_MAX], *id;
    int64_t latency_us;
    size_t count = 0;

    if (!acks_pong(&s->acks, payload, len, clock_mono_us(), &latency_us))
        return;
    metrics_observe(s->g->metrics, GW_LATENCY, (double)latency_us / 1e6);
    while ((id = acks_next(&s->acks)) != NULL) {
        ids[count++] = id;
        if (count == ACKNOWLEDGE_MAX) {
            acknowledge(s, ids, count);
            count = 0;
        }
    }
    acknowledge(s, ids, count);
    ws_wake(s->conn); /* another ping may have been asked for meanwhile */
}

/* ---- outbox ----------------------------------------------------------------------------------------------------- */

static void outbox_bad(struct delivery *d, const struct bus_record *r, const char *reason)
{
    int64_t now_ms = clock_mono_ms();

    gateway_count(d->g, GW_OUTBOX_BAD);
    if (d->bad_logged_ms != 0 && now_ms - d->bad_logged_ms < BAD_LOG_MS)
        return;
    d->bad_logged_ms = now_ms;
    log_warn("outbox_record_bad partition=%" PRId32 " offset=%" PRId64 " reason=\"%s\"", r->partition, r->offset,
             reason);
}

/* NULL, or what is wrong with it. Only a look: the notifier made the JSON, but bad UTF-8 would end the connection. */
static const char *outbox_fault(const struct bus_record *r, const struct push *push)
{
    if (push->event_id[0] == '\0')
        return "no ce_id header, or a too long one";
    if (r->value_len < 2 || r->value[0] != '{' || r->value[r->value_len - 1] != '}' ||
        !json_utf8_valid(r->value, r->value_len))
        return "the value is not a JSON object";
    return NULL;
}

static void outbox_deliver(struct delivery *d, struct session *s, const struct bus_record *r)
{
    struct push push = {0};
    const char *fault;

    (void)bus_header_copy(r, "ce_id", push.event_id, sizeof(push.event_id));
    (void)bus_header_copy(r, "inbox_id", push.inbox_id, sizeof(push.inbox_id));
    fault = outbox_fault(r, &push);
    if (fault != NULL) {
        outbox_bad(d, r, fault);
        return;
    }
    gateway_count(d->g, GW_PUSHED);
    push.frame = frame_new(r->value, r->value_len);
    if (s->state == SESSION_TAKING || s->answering)
        push_hold(s, &push);
    else
        push_now(s, push.frame, push.event_id, push.inbox_id);
}

/* The partition is shared with other gateways, so most records may be for others: those are passed over cheaply. */
static void on_record(void *arg, const struct bus_record *r)
{
    struct delivery *d = arg;
    struct session *s;
    size_t gateway_len, connection_len;
    const char *gateway = bus_header_get(r, "gateway", &gateway_len);
    const char *connection = bus_header_get(r, "connection", &connection_len);

    if (gateway == NULL || connection == NULL) {
        outbox_bad(d, r, "no gateway or connection header");
        return;
    }
    if (gateway_len != sizeof(d->g->id) - 1 || memcmp(gateway, d->g->id, gateway_len) != 0) {
        gateway_count(d->g, GW_OUTBOX_IGNORED);
        return;
    }
    s = session_find(d->g, connection, connection_len);
    if (s == NULL || s->state == SESSION_CLOSING)
        gateway_count(d->g, GW_OUTBOX_IGNORED);
    else
        outbox_deliver(d, s, r);
}

static void on_end(void *arg, enum topic_id topic, int32_t partition, int64_t next_offset)
{
    struct delivery *d = arg;

    (void)topic;
    if (d->known)
        return;
    d->known = true;
    log_info("outbox_position partition=%" PRId32 " offset=%" PRId64, partition, next_offset);
    service_dep_set(d->g->outbox, true, "reading");
    if (!d->lost)
        return;
    for (struct session *s = d->g->by_connection; s != NULL; s = s->hh_connection.next)
        take_later(s);
}

static void outbox_read(struct delivery *d)
{
    bus_reader_add(d->reader, TOPIC_OUTBOX, d->g->slot, BUS_END);
}

static void on_reread(uv_timer_t *timer)
{
    outbox_read(timer->data);
}

static void on_lost(void *arg, enum topic_id topic, int32_t partition, enum bus_lost why, const char *reason)
{
    struct delivery *d = arg;

    (void)topic;
    (void)partition;
    (void)why;
    d->lost = d->lost || d->known;
    d->known = false;
    service_dep_set(d->g->outbox, false, reason);
    uv_timer_start(&d->reread_timer, on_reread, REREAD_MS, 0);
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

static void timer_open(struct delivery *d, uv_timer_t *timer)
{
    timer->data = d;
    ASSERT(uv_timer_init(service_loop(d->g->service), timer) == 0);
    d->open_timers++;
}

int delivery_open(struct delivery **out, struct gateway *g, const struct bus_conf *bus)
{
    struct delivery *d = MEM_NEW(struct delivery);
    struct bus_reader_conf conf = {
        .bus = bus, .name = "outbox", .on_record = on_record, .on_end = on_end, .on_lost = on_lost, .arg = d};
    int rc;

    d->g = g;
    timer_open(d, &d->take_timer);
    timer_open(d, &d->reread_timer);
    *out = d;
    rc = bus_reader_open(&d->reader, service_loop(g->service), &conf);
    if (rc == 0)
        outbox_read(d);
    return rc;
}

static void on_timer_closed(uv_handle_t *timer)
{
    struct delivery *d = timer->data;

    if (--d->open_timers == 0)
        free(d);
}

void delivery_close(struct delivery **d)
{
    if (*d == NULL)
        return;
    bus_reader_close(&(*d)->reader);
    uv_close((uv_handle_t *)&(*d)->take_timer, on_timer_closed);
    uv_close((uv_handle_t *)&(*d)->reread_timer, on_timer_closed);
    *d = NULL;
}
