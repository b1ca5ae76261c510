/* settings.h - the settings of `players`, one row each; `players --help` prints them. */
#ifndef PLAYERS_SETTINGS_H
#define PLAYERS_SETTINGS_H

#include "conf.h"

#define PLAYERS_CONF(X)                                                                                                \
    X(mode, ENUM, "PLAYERS_MODE", "mode", "demo", 0, 0,                                                                \
      "demo|pairs|loop|ping|idle what they do: arrive and be matched once; two at a time, for latency; over and "      \
      "over, for load; ask the gateway alone; nothing")                                                                \
    X(url, STR, "PLAYERS_URL", "url", "ws://127.0.0.1:8080", 1, 4096, "gateways, comma separated, taken in turn")      \
    X(players, INT, "PLAYERS_COUNT", "players", "2000", 2, 100000, "players (all but pairs)")                          \
    X(rate, INT, "PLAYERS_RATE", "rate", "200", 1, 100000, "players arriving a second (demo)")                         \
    X(arrivals, ENUM, "PLAYERS_ARRIVALS", "arrivals", "even", 0, 0, "even|poisson how they arrive (demo)")             \
    X(ratings, STR, "PLAYERS_RATINGS", "ratings", "tests/data/ratings.txt", 1, 4096,                                   \
      "file of ratings, one number a line, taken in order and again from the start (demo, loop)")                      \
    X(rules, STR, "PLAYERS_RULES", "rules", "", 0, 4096,                                                               \
      "rule set that the configuration has: players bring what it asks for, and parties (demo); empty: skill alone")   \
    X(configuration, STR, "PLAYERS_CONFIGURATION", "configuration", "default", 1, 128, "matchmaking configuration")    \
    X(timeout_s, INT, "PLAYERS_TIMEOUT_S", "timeout-s", "120", 1, 86400,                                               \
      "seconds after which demo, or connecting, is given up")                                                          \
    X(pairs_per_s, INT, "PLAYERS_PAIRS_PER_S", "pairs-per-s", "50", 1, 5000, "pairs starting a second (pairs)")        \
    X(pings_per_s, INT, "PLAYERS_PINGS_PER_S", "pings-per-s", "10000", 0, 1000000,                                     \
      "pings a second from all together, each at its time; 0: each player the next when one is answered (ping)")       \
    X(duration_s, INT, "PLAYERS_DURATION_S", "duration-s", "20", 3, 86400,                                             \
      "seconds to run, of which the first 2 are not counted (pairs, loop, ping); to stay (idle)")                      \
    X(json, STR, "PLAYERS_JSON", "json", "", 0, 4096, "file to write the results to, as JSON; empty: none")            \
    X(prefix, NAME, "PLAYERS_PREFIX", "prefix", "", 0, 64, "player ids are PREFIX-NUMBER; empty: a random one")        \
    X(seed, INT, "PLAYERS_SEED", "seed", "1", 0, INT64_MAX, "of the arrivals and the waits between retries")           \
    X(quiet, BOOL, "PLAYERS_QUIET", "quiet", "false", 0, 0, "no progress line, no histograms")

struct players_conf {
    PLAYERS_CONF(CONF_FIELD)
};

#endif
