/* mode_loop.c - everybody connects, asks, is matched and asks again at once: how many players a second are matched. */
#include <stdlib.h>

#include "mem.h"
#include "mode.h"
#include "players.h"

#define WARM_UP_US    2000000
#define SETTLE_MAX_US 5000000 /* for the other half of the last matches */

struct looping {
    int64_t started_us; /* 0: not everybody is connected */
    bool failed;
    struct samples match_ms;
};

static size_t players(const struct players_conf *conf)
{
    return (size_t)conf->players;
}

static void begin(struct swarm *s)
{
    s->mode_state = MEM_NEW(struct looping);
    for (size_t i = 0; i < s->count; i++)
        swarm_connect(s, &s->players[i]);
}

static int64_t end_us(const struct swarm *s, const struct looping *l)
{
    return l->started_us + s->conf->duration_s * 1000000;
}

static bool tick(struct swarm *s, int64_t now_us)
{
    struct looping *l = s->mode_state;

    if (l->started_us == 0) {
        l->failed = now_us - s->began_us > s->conf->timeout_s * 1000000;
        if (s->connected < s->count)
            return !l->failed;
        l->started_us = now_us;
        for (size_t i = 0; i < s->count; i++)
            player_start(&s->players[i]);
    }
    return now_us < end_us(s, l) || (ledger_open(s->ledger) > 0 && now_us < end_us(s, l) + SETTLE_MAX_US);
}

static void matched(struct swarm *s, struct player *p)
{
    if (p->story.found_us < end_us(s, s->mode_state))
        player_start(p);
}

static void completed(struct swarm *s, const struct ledger_match *m)
{
    struct looping *l = s->mode_state;

    for (size_t i = 0; i < m->count; i++) {
        const struct ledger_side *side = &m->sides[i];

        if (side->found_us >= l->started_us + WARM_UP_US && side->found_us < end_us(s, l))
            samples_add(&l->match_ms, (double)(side->found_us - side->started_us) / 1e3);
    }
}

static void result(struct swarm *s, struct mode_result *r)
{
    struct looping *l = s->mode_state;
    int64_t window_us = s->conf->duration_s * 1000000 - WARM_UP_US;

    r->counts[0] = (struct report_count){"matched_per_s", "players matched a second",
                                         (int64_t)l->match_ms.count * 1000000 / window_us};
    r->spreads[0] = (struct report_spread){"match_ms", "time to match, ms", &l->match_ms};
    if (l->failed)
        r->failure = "not everybody could connect";
    else if (l->match_ms.count == 0)
        r->failure = "nobody was matched";
}

static void finish(struct swarm *s)
{
    struct looping *l = s->mode_state;

    samples_free(&l->match_ms);
    free(l);
}

const struct mode mode_loop = {
    .name = "loop",
    .players = players,
    .begin = begin,
    .tick = tick,
    .matched = matched,
    .completed = completed,
    .result = result,
    .finish = finish,
};
