#include "delivery.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "clock.h"
#include "err.h"
#include "mem.h"
#include "messages.h"
#include "presence.h"
#include "requests.h"
#include "taking.h"

#define ACKNOWLEDGE_MAX 16 /* ids a call */

_Static_assert(ACKS_PING_BYTES == WS_PING_BYTES, "a ping's payload is its sequence number");

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
    started_told(&s->tickets, (const char *)frame_payload(f), f->len);
    session_send_frame(s, f);
}

/* False: there is no room. */
static bool push_hold(struct session *s, const struct push *push)
{
    size_t cost = sizeof(*push) + push->frame->len;
    struct push *held;

    if (s->held_bytes + cost > (size_t)s->g->conf.send_queue_max_bytes)
        return false;
    s->held_bytes += cost;
    held = mem_dup(push, sizeof(*push));
    LL_APPEND(s->held, held);
    return true;
}

void delivery_push(struct session *s, const struct push *push)
{
    bool held_back = s->take != TAKE_NONE || s->answering;

    if (!held_back && !s->reread) {
        push_now(s, push->frame, push->event_id, push->inbox_id);
    } else if (s->reread || !push_hold(s, push)) {
        s->reread = true;
        free(push->frame);
        session_drop_held(s);
    }
}

/* Nothing is in the way any more, or the inbox has what was dropped. */
static void delivery_go_on(struct session *s)
{
    struct push *p;

    if (s->take != TAKE_NONE || s->answering)
        return;
    if (s->reread) {
        taking_again(s);
        return;
    }
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
    delivery_go_on(s);
}

/* ---- the inbox -------------------------------------------------------------------------------------------------- */

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

/* Is there room? A message may always be sent alone. */
static bool inbox_fits(const struct session *s, const struct inbox_message *m)
{
    size_t queued = ws_queued(s->conn);

    return queued == 0 || queued + m->json_len <= (size_t)s->g->conf.send_queue_max_bytes / 2;
}

static void inbox_push(struct session *s, const struct inbox_message *messages, size_t count)
{
    size_t i = skip_received(s, messages, count);

    for (; i < count && s->state != SESSION_CLOSING && inbox_fits(s, &messages[i]); i++)
        push_now(s, frame_new(messages[i].json, messages[i].json_len), messages[i].id, messages[i].inbox_id);
    if (i == count) {
        delivery_go_on(s);
        return;
    }
    s->reread = true; /* after the pong */
    session_drop_held(s);
    acks_want(&s->acks, clock_mono_ms());
    ws_wake(s->conn);
}

void delivery_inbox(struct session *s, const struct inbox_message *messages, size_t count)
{
    if (s->state == SESSION_OPENING)
        greet(s);
    if (s->answering)
        s->reread = true; /* the answer goes first */
    else
        inbox_push(s, messages, count);
    requests_resume(s);
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
    if (s->reread)
        delivery_go_on(s);
}
