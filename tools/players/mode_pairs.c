/*
 * mode_pairs.c - latency: at a steady rate two connected players of the same skill ask, the second when the first is
 * queued. Every pair has a skill of its own, too far from the others' to be matched with them.
 */
#include <stdlib.h>

#include "mem.h"
#include "mode.h"
#include "players.h"

#define WARM_UP_US    2000000
#define SETTLE_MAX_US 5000000
#define SKILL_STEP    10000
#define POOL_S        2 /* pairs enough for so many seconds: what is slower than that is skipped and counted */

struct pairs {
    int64_t started_us, next_us; /* started_us 0: not everybody is connected */
    size_t next_pair;
    int64_t skipped;
    bool failed;
    struct samples found_ms, queued_ms, made_ms, told_ms;
};

static size_t players(const struct players_conf *conf)
{
    return (size_t)conf->pairs_per_s * POOL_S * 2;
}

static int rating(size_t number)
{
    return SKILL_STEP * (int)(number / 2 + 1);
}

static void begin(struct swarm *s)
{
    s->mode_state = MEM_NEW(struct pairs);
    for (size_t i = 0; i < s->count; i++)
        swarm_connect(s, &s->players[i]);
}

static bool is_free(const struct player *p)
{
    return p->greeted && (p->state == PLAYER_IDLE || p->state == PLAYER_MATCHED);
}

/* The first of the next pair; the second follows when the first is queued. */
static void start_pair(struct swarm *s, struct pairs *state)
{
    struct player *first = &s->players[2 * state->next_pair];

    state->next_pair = (state->next_pair + 1) % (s->count / 2);
    if (is_free(first) && is_free(first + 1) && first[0].rounds == first[1].rounds)
        player_start(first);
    else
        state->skipped++;
}

static void queued(struct swarm *s, struct player *p)
{
    struct player *second = p + 1;

    (void)s;
    if (p->number % 2 == 0 && second->rounds < p->rounds && is_free(second))
        player_start(second);
}

static bool tick(struct swarm *s, int64_t now_us)
{
    struct pairs *state = s->mode_state;
    int64_t end_us;

    if (state->started_us == 0) {
        state->failed = now_us - s->began_us > s->conf->timeout_s * 1000000;
        if (s->connected < s->count)
            return !state->failed;
        state->started_us = state->next_us = now_us;
    }
    end_us = state->started_us + s->conf->duration_s * 1000000;
    for (; state->next_us <= now_us && state->next_us < end_us; state->next_us += 1000000 / s->conf->pairs_per_s)
        start_pair(s, state);
    return now_us < end_us || (s->in_state[PLAYER_MATCHED] < s->count && now_us < end_us + SETTLE_MAX_US);
}

static void add_hops(struct pairs *state, const struct ledger_match *m, const struct ledger_side *second)
{
    if (second->queued_us != 0)
        samples_add(&state->queued_ms, (double)(second->queued_us - second->started_us) / 1e3);
    samples_add(&state->made_ms, (double)(m->made_ms - second->started_ms));
    samples_add(&state->told_ms, (double)(second->found_ms - m->made_ms));
}

static void completed(struct swarm *s, const struct ledger_match *m)
{
    const struct ledger_side *second = &m->sides[m->count == 2 && m->sides[1].started_us > m->sides[0].started_us];
    struct pairs *state = s->mode_state;

    if (second->started_us < state->started_us + WARM_UP_US)
        return;
    for (size_t i = 0; i < m->count; i++)
        samples_add(&state->found_ms, (double)(m->sides[i].found_us - second->started_us) / 1e3);
    add_hops(state, m, second);
}

static void result(struct swarm *s, struct mode_result *r)
{
    struct pairs *state = s->mode_state;

    r->counts[0] = (struct report_count){"skipped", "pairs skipped: none was free", state->skipped};
    r->spreads[0] = (struct report_spread){"found_ms", "second's start to match_found, ms", &state->found_ms};
    r->spreads[1] = (struct report_spread){"queued_ms", "  start to its answer, ms", &state->queued_ms};
    r->spreads[2] = (struct report_spread){"made_ms", "  start to the match's time, +-1 ms", &state->made_ms};
    r->spreads[3] = (struct report_spread){"told_ms", "  match's time to match_found", &state->told_ms};
    if (state->failed)
        r->failure = "not everybody could connect";
    else if (state->found_ms.count == 0)
        r->failure = "nobody was matched";
}

static void finish(struct swarm *s)
{
    struct pairs *state = s->mode_state;

    samples_free(&state->found_ms);
    samples_free(&state->queued_ms);
    samples_free(&state->made_ms);
    samples_free(&state->told_ms);
    free(state);
}

const struct mode mode_pairs = {
    .name = "pairs",
    .players = players,
    .rating = rating,
    .begin = begin,
    .tick = tick,
    .queued = queued,
    .completed = completed,
    .result = result,
    .finish = finish,
};
