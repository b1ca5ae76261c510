/* main.c - players: many of them at once, on one loop. The demo's crowd and the load generator of the benchmarks. */
#include <signal.h>
#include <sys/resource.h>

#include "players.h"

#define ROW(...) CONF_ROW(struct players_conf, __VA_ARGS__)
static const struct conf_key keys[] = {PLAYERS_CONF(ROW) CONF_END};

static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    struct players_conf conf;

    switch (conf_load(keys, &conf, argc, argv, "players", "Players that connect by WebSocket and ask for matches.")) {
    case CONF_HELP:
        return 0;
    case CONF_BAD:
        return 2;
    case CONF_OK:
        break;
    }
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    return swarm_main(&conf);
}
