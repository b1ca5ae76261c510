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

/* Takes the frame. A repeat is not sent, but proved by the same pong: what it repeats went the same way before. */
static void push_now(struct session *s, struct frame *f, const char *event_id, const char *inbox_id)
{
    acks_pushed(&s->acks, inbox_id, strlen(inbox_id));
    acks_want(&s->acks, clock_mono_ms());
    if (!seen_add(&s->seen, event_id, strlen(event_id))) {
        gateway_count(s->g, GW_OUTBOX_REPEATED);
        free(f);
        ws_wake(s->conn);
        return;
    }
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

/* What the client says it had last; NULL: nothing, or it was delivered long ago. Said once, of what was there then. */
static const struct inbox_message *last_received(struct session *s, const struct inbox_message *messages, size_t count)
{
    while (count > 0 && strcmp(messages[count - 1].id, s->last_id) != 0)
        count--;
    s->last_id[0] = '\0';
    return count > 0 ? &messages[count - 1] : NULL;
}

/* That one and all before it are delivered (P4), and not sent again. */
static bool is_received(const struct inbox_message *m, const struct inbox_message *last)
{
    return last != NULL && m <= last && strcmp(m->generation, last->generation) == 0;
}

static void acknowledge_received(struct session *s, const struct inbox_message *m, const struct inbox_message *last)
{
    const char *ids[ACKNOWLEDGE_MAX];
    size_t n = 0;

    for (; last != NULL && m <= last; m++) {
        if (!is_received(m, last))
            continue;
        (void)seen_add(&s->seen, m->id, strlen(m->id));
        ids[n++] = m->inbox_id;
        if (n == ACKNOWLEDGE_MAX || m == last) {
            acknowledge(s, ids, n);
            n = 0;
        }
    }
}

/* Is there room? A message may always be sent alone. */
static bool inbox_fits(const struct session *s, const struct inbox_message *m)
{
    size_t queued = ws_queued(s->conn);

    return queued == 0 || queued + m->json_len <= (size_t)s->g->conf.send_queue_max_bytes / 2;
}

static void inbox_push(struct session *s, const struct inbox_message *messages, size_t count)
{
    const struct inbox_message *last = last_received(s, messages, count), *m = messages, *end = messages + count;

    acknowledge_received(s, messages, last);
    for (; m < end && s->state != SESSION_CLOSING && inbox_fits(s, m); m++)
        if (!is_received(m, last))
            push_now(s, frame_new(m->json, m->json_len), m->id, m->inbox_id);
    if (m == end) {
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
