/*
 * mode_demo.c - players arrive at a rate, each is matched once: what `make demo` shows. The run ends when
 * all are matched, at its time-out or, with a rule set, when nothing moves any more; then it asks why those wait who
 * still do.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cast.h"
#include "mem.h"
#include "mode.h"
#include "players.h"
#include "shapes.h"
#include "waiting.h"

#define SETTLE_US   500000  /* after the last match: time for a second one that must not come */
#define PATIENCE_US 3000000 /* after the last arrival, match or widening: then nothing moves any more */

struct demo {
    size_t arrived;
    int64_t next_arrival_us, moved_us, settled_us;
    struct samples gap, wait_ms, after_last_ms;
    struct shapes *shapes;
    struct waiting waiting;
    struct buf text;
};

static size_t players(const struct players_conf *conf)
{
    return (size_t)conf->players;
}

static void begin(struct swarm *s)
{
    struct demo *d = MEM_NEW(struct demo);

    d->next_arrival_us = s->began_us;
    s->mode_state = d;
}

static int64_t until_next_us(struct swarm *s)
{
    double mean_us = 1e6 / (double)s->conf->rate;

    return (int64_t)(strcmp(s->conf->arrivals, "even") == 0 ? mean_us : -log(1 - swarm_random(s)) * mean_us);
}

/* A party arrives together, and takes the time of so many. */
static void arrive(struct swarm *s, struct demo *d, int64_t now_us)
{
    while (d->arrived < s->count && d->next_arrival_us <= now_us) {
        struct player *leader = &s->players[d->arrived];

        player_start(leader);
        for (size_t i = 0; i < leader->party; i++) {
            d->next_arrival_us += until_next_us(s);
            swarm_connect(s, &s->players[d->arrived++]);
        }
        d->moved_us = now_us;
    }
}

static bool all_decided(const struct swarm *s)
{
    size_t matched = s->in_state[PLAYER_MATCHED];

    return matched + s->in_state[PLAYER_FAILED] == s->count ||
           (s->cast == NULL && matched == s->count - s->count % 2 && s->count % 2 == 1);
}

static bool nothing_moves(const struct swarm *s, const struct demo *d, int64_t now_us)
{
    return s->cast != NULL && d->arrived == s->count && now_us - d->moved_us > cast_last_step_us(s->cast) + PATIENCE_US;
}

static bool is_over(const struct swarm *s, const struct demo *d, int64_t now_us)
{
    return (all_decided(s) && ledger_open(s->ledger) == 0) || nothing_moves(s, d, now_us) ||
           now_us - s->began_us >= s->conf->timeout_s * 1000000;
}

static bool tick(struct swarm *s, int64_t now_us)
{
    struct demo *d = s->mode_state;

    arrive(s, d, now_us);
    if (d->settled_us == 0 && !is_over(s, d, now_us))
        return true;
    if (d->settled_us == 0) {
        d->settled_us = now_us;
        waiting_ask(&d->waiting, s, now_us);
    }
    return now_us - d->settled_us < SETTLE_US || waiting_for_answers(&d->waiting, now_us);
}

static bool message(struct swarm *s, struct player *p, const char *text, size_t len)
{
    struct demo *d = s->mode_state;

    return waiting_answer(&d->waiting, p, text, len);
}

static void count_match(struct demo *d, const struct ledger_match *m)
{
    int least = m->sides[0].rating, most = least;
    int64_t last_us = 0;

    for (size_t i = 0; i < m->count; i++) {
        const struct ledger_side *side = &m->sides[i];

        least = side->rating < least ? side->rating : least;
        most = side->rating > most ? side->rating : most;
        last_us = side->started_us > last_us ? side->started_us : last_us;
    }
    samples_add(&d->gap, most - least);
    for (size_t i = 0; i < m->count; i++) {
        samples_add(&d->wait_ms, (double)(m->sides[i].found_us - m->sides[i].started_us) / 1e3);
        samples_add(&d->after_last_ms, (double)(m->sides[i].found_us - last_us) / 1e3);
    }
}

static void completed(struct swarm *s, const struct ledger_match *m)
{
    struct demo *d = s->mode_state;

    for (size_t i = 0; i < m->count; i++)
        d->moved_us = m->sides[i].found_us > d->moved_us ? m->sides[i].found_us : d->moved_us;
    shapes_add(&d->shapes, m->shape);
    count_match(d, m);
}

static const char *failure(const struct swarm *s)
{
    if (s->cast == NULL)
        return s->in_state[PLAYER_MATCHED] + 1 < s->count ? "more than one player was not matched" : NULL;
    return ledger_complete(s->ledger) == 0 ? "nobody was matched" : NULL;
}

static void result(struct swarm *s, struct mode_result *r)
{
    struct demo *d = s->mode_state;
    size_t n = 0;

    if (s->cast == NULL || cast_tells_rating(s->cast))
        r->spreads[n++] = (struct report_spread){"rating_gap", "rating gap in a match", &d->gap};
    r->spreads[n++] = (struct report_spread){"match_ms", "time to match, ms", &d->wait_ms};
    r->histograms = n;
    r->spreads[n++] = (struct report_spread){"after_last_ms", "after the last one's start, ms", &d->after_last_ms};
    shapes_print(&d->shapes, &d->text);
    waiting_print(&d->waiting, s, &d->text);
    r->text = d->text.len > 0 ? d->text.data : "";
    r->failure = failure(s);
}

static void finish(struct swarm *s)
{
    struct demo *d = s->mode_state;

    samples_free(&d->gap);
    samples_free(&d->wait_ms);
    samples_free(&d->after_last_ms);
    shapes_free(&d->shapes);
    waiting_free(&d->waiting);
    buf_free(&d->text);
    free(d);
}

const struct mode mode_demo = {
    .name = "demo",
    .players = players,
    .begin = begin,
    .tick = tick,
    .message = message,
    .completed = completed,
    .result = result,
    .finish = finish,
};
