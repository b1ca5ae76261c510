/* mode_idle.c - everybody connects and stays, and that is all: what a connection costs the gateway. */
#include <stdlib.h>

#include "mem.h"
#include "mode.h"
#include "players.h"

struct idling {
    int64_t connected_us; /* 0: not everybody is */
    bool failed;
};

static size_t players(const struct players_conf *conf)
{
    return (size_t)conf->players;
}

static void begin(struct swarm *s)
{
    s->mode_state = MEM_NEW(struct idling);
    for (size_t i = 0; i < s->count; i++)
        swarm_connect(s, &s->players[i]);
}

static bool tick(struct swarm *s, int64_t now_us)
{
    struct idling *idling = s->mode_state;

    if (idling->connected_us == 0 && s->connected == s->count)
        idling->connected_us = now_us;
    if (idling->connected_us != 0)
        return now_us - idling->connected_us < s->conf->duration_s * 1000000;
    idling->failed = now_us - s->began_us > s->conf->timeout_s * 1000000;
    return !idling->failed;
}

static void result(struct swarm *s, struct mode_result *r)
{
    const struct idling *idling = s->mode_state;
    int64_t took_us = idling->connected_us != 0 ? idling->connected_us - s->began_us : 0;

    r->counts[0] = (struct report_count){"connected_ms", "until all were connected, ms", took_us / 1000};
    if (idling->failed)
        r->failure = "not everybody could connect";
}

static void finish(struct swarm *s)
{
    free(s->mode_state);
}

const struct mode mode_idle = {
    .name = "idle",
    .players = players,
    .begin = begin,
    .tick = tick,
    .result = result,
    .finish = finish,
};
