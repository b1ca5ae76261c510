/* mode_demo.c - players arrive at a rate, each is matched once: what `make demo` shows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "mode.h"
#include "players.h"

#define SETTLE_US 500000 /* after the last match: time for a second one that must not come */

struct demo {
    size_t arrived;
    int64_t next_arrival_us, settled_us;
    struct samples gap, wait_ms, after_second_ms;
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

static void arrive(struct swarm *s, struct demo *d, int64_t now_us)
{
    while (d->arrived < s->count && d->next_arrival_us <= now_us) {
        struct player *p = &s->players[d->arrived++];

        d->next_arrival_us += until_next_us(s);
        player_start(p);
        swarm_connect(s, p);
    }
}

static bool all_decided(const struct swarm *s)
{
    size_t matched = s->in_state[PLAYER_MATCHED];

    return matched + s->in_state[PLAYER_FAILED] == s->count ||
           (matched == s->count - s->count % 2 && s->count % 2 == 1);
}

static bool tick(struct swarm *s, int64_t now_us)
{
    struct demo *d = s->mode_state;

    arrive(s, d, now_us);
    if (!all_decided(s) || ledger_open(s->ledger) > 0)
        return now_us - s->began_us < s->conf->timeout_s * 1000000;
    if (d->settled_us == 0)
        d->settled_us = now_us;
    return now_us - d->settled_us < SETTLE_US;
}

static void paired(struct swarm *s, const struct ledger_match *m)
{
    const struct ledger_side *a = &m->sides[0];
    const struct ledger_side *b = &m->sides[1];
    int64_t both_us = a->started_us > b->started_us ? a->started_us : b->started_us;
    struct demo *d = s->mode_state;

    samples_add(&d->gap, abs(a->rating - b->rating));
    for (size_t i = 0; i < 2; i++) {
        samples_add(&d->wait_ms, (double)(m->sides[i].found_us - m->sides[i].started_us) / 1e3);
        samples_add(&d->after_second_ms, (double)(m->sides[i].found_us - both_us) / 1e3);
    }
}

static void result(struct swarm *s, struct mode_result *r)
{
    struct demo *d = s->mode_state;

    r->spreads[0] = (struct report_spread){"rating_gap", "rating gap", &d->gap};
    r->spreads[1] = (struct report_spread){"match_ms", "time to match, ms", &d->wait_ms};
    r->spreads[2] = (struct report_spread){"after_second_ms", "after the second's start, ms", &d->after_second_ms};
    r->histograms = 2;
    if (s->in_state[PLAYER_MATCHED] + 1 < s->count)
        r->failure = "more than one player was not matched";
}

static void finish(struct swarm *s)
{
    struct demo *d = s->mode_state;

    samples_free(&d->gap);
    samples_free(&d->wait_ms);
    samples_free(&d->after_second_ms);
    free(d);
}

const struct mode mode_demo = {
    .name = "demo",
    .players = players,
    .begin = begin,
    .tick = tick,
    .paired = paired,
    .result = result,
    .finish = finish,
};
