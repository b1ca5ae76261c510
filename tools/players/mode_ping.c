/*
 * mode_ping.c - how fast the gateway answers `ping`, the action. At a rate: each ping has its time, is sent then
 * whether the ones before are answered or not, and is measured from that time, so that a stall counts for all it
 * delayed. Flat out: every connection sends the next one when it has its answer.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "mode.h"
#include "players.h"

#define WARM_UP_US    2000000
#define SETTLE_MAX_US 5000000 /* for the last answers */

struct pinging {
    int64_t started_us;  /* 0: not everybody is connected */
    int64_t due;         /* pings whose time has come */
    int64_t unconnected; /* of these: not sent, for their connection was not there */
    int64_t sent, answered;
    bool failed;
    struct samples pong_ms;
};

static size_t players(const struct players_conf *conf)
{
    return (size_t)conf->players;
}

static void begin(struct swarm *s)
{
    s->mode_state = MEM_NEW(struct pinging);
    for (size_t i = 0; i < s->count; i++)
        swarm_connect(s, &s->players[i]);
}

static int64_t end_us(const struct swarm *s, const struct pinging *m)
{
    return m->started_us + s->conf->duration_s * 1000000;
}

/* The request id says when it was due: the answer brings it back. */
static void ping(struct pinging *m, struct player *p, int64_t due_us)
{
    char text[80];
    int len = snprintf(text, sizeof(text), "{\"action\":\"ping\",\"request_id\":%" PRId64 "}", due_us);

    if (!p->greeted) {
        m->unconnected++;
        return;
    }
    m->sent++;
    conn_send(&p->conn, text, (size_t)len);
}

static void start(struct swarm *s, struct pinging *m, int64_t now_us)
{
    m->started_us = now_us;
    for (size_t i = 0; s->conf->pings_per_s == 0 && i < s->count; i++)
        ping(m, &s->players[i], now_us);
}

/* The n-th is due n/rate seconds after the start. */
static void send_due(struct swarm *s, struct pinging *m, int64_t now_us)
{
    int64_t until_us = now_us < end_us(s, m) ? now_us : end_us(s, m);
    int64_t rate = s->conf->pings_per_s;

    while (rate > 0 && m->due * 1000000 / rate <= until_us - m->started_us) {
        ping(m, &s->players[(size_t)m->due % s->count], m->started_us + m->due * 1000000 / rate);
        m->due++;
    }
}

static bool tick(struct swarm *s, int64_t now_us)
{
    struct pinging *m = s->mode_state;

    if (m->started_us == 0) {
        m->failed = now_us - s->began_us > s->conf->timeout_s * 1000000;
        if (s->connected < s->count)
            return !m->failed;
        start(s, m, now_us);
    }
    send_due(s, m, now_us);
    return now_us < end_us(s, m) || (m->answered < m->sent && now_us < end_us(s, m) + SETTLE_MAX_US);
}

static bool message(struct swarm *s, struct player *p, const char *text, size_t len)
{
    static const char pong[] = "{\"type\":\"pong\",\"request_id\":";
    struct pinging *m = s->mode_state;
    int64_t now_us = clock_mono_us(), due_us;

    if (len < sizeof(pong) || memcmp(text, pong, sizeof(pong) - 1) != 0)
        return false;
    due_us = strtoll(text + sizeof(pong) - 1, NULL, 10); /* other members follow: it ends before the text does */
    m->answered++;
    if (due_us >= m->started_us + WARM_UP_US && due_us < end_us(s, m))
        samples_add(&m->pong_ms, (double)(now_us - due_us) / 1e3);
    if (s->conf->pings_per_s == 0 && now_us < end_us(s, m))
        ping(m, p, now_us);
    return true;
}

static void result(struct swarm *s, struct mode_result *r)
{
    struct pinging *m = s->mode_state;
    int64_t window_us = s->conf->duration_s * 1000000 - WARM_UP_US;

    r->counts[0] = (struct report_count){"pongs_per_s", "pings answered a second",
                                         (int64_t)m->pong_ms.count * 1000000 / window_us};
    r->counts[1] = (struct report_count){"unanswered", "pings not answered", m->sent + m->unconnected - m->answered};
    r->spreads[0] = (struct report_spread){"pong_ms", "from its time to its answer, ms", &m->pong_ms};
    if (m->failed)
        r->failure = "not everybody could connect";
    else if (m->answered < m->sent + m->unconnected)
        r->failure = "not every ping was answered";
}

static void finish(struct swarm *s)
{
    struct pinging *m = s->mode_state;

    samples_free(&m->pong_ms);
    free(m);
}

const struct mode mode_ping = {
    .name = "ping",
    .players = players,
    .tick_us = 100,
    .begin = begin,
    .tick = tick,
    .message = message,
    .result = result,
    .finish = finish,
};
