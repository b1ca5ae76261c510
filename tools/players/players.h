/*
 * players.h - the swarm: all players on one loop, how they connect, what is counted, and the mode that moves them.
 *
 * Pace      at most SWARM_HANDSHAKES_MAX connections are being made at a time, the rest wait in line.
 * Mode      a row of hooks (mode.h); the swarm calls tick every SWARM_TICK_US, or as the mode says, until it says that
 *           the run is over.
 * Threads   one.
 */
#ifndef PLAYERS_PLAYERS_H
#define PLAYERS_PLAYERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "cast.h"
#include "conn.h"
#include "ledger.h"
#include "mode.h"
#include "player.h"
#include "settings.h"
#include "target.h"

#define SWARM_HANDSHAKES_MAX 200
#define SWARM_TICK_US        5000

/*    counter      key            label */
#define SWARM_COUNTERS(X)                                                                                              \
    X(REPEATS, "repeats", "messages that came twice")                                                                  \
    X(RECONNECTS, "reconnects", "connections lost or refused")                                                         \
    X(ASKED_AGAIN, "asked_again", "requests asked again")                                                              \
    X(ENDED, "ended", "tickets that ended without a match")                                                            \
    X(ERRORS, "errors", "errors answered")

#define COUNTER_ENUM(counter, key, label) counter,
enum swarm_counter { SWARM_COUNTERS(COUNTER_ENUM) COUNTER_COUNT };
#undef COUNTER_ENUM

/* What the report quotes once. */
enum swarm_note { NOTE_ERROR, NOTE_CLOSE, NOTE_COUNT };

struct swarm {
    const struct players_conf *conf;
    const struct mode *mode;
    void *mode_state; /* the mode's, freed by it */
    char prefix[65];
    uv_loop_t loop;
    struct targets targets;
    struct player *players;
    size_t count;
    struct player *line; /* of those who wait to connect */
    size_t handshakes;   /* under way */
    bool line_moves;     /* the line is being worked on: a failure inside does not start again */
    size_t connected;    /* greeted now */
    size_t in_state[PLAYER_STATE_COUNT];
    int64_t counters[COUNTER_COUNT];
    char notes[NOTE_COUNT][256]; /* the first of each kind, "" when there was none */
    struct ledger *ledger;
    struct cast *cast; /* NULL: they bring their rating alone */
    uint64_t random;   /* state of the generator */
    int tick_fd;       /* a timer finer than libuv's */
    uv_poll_t tick;
    uv_timer_t progress, closing;
    uv_signal_t sigint, sigterm;
    int64_t began_us, ended_us; /* ended_us: 0 while it runs */
    bool stopping;              /* the run is over: nobody tries again */
    bool interrupted;           /* by a signal */
};

/* The whole run, from connecting to the report; the exit status. */
int swarm_main(const struct players_conf *conf);

/* For players. */
void swarm_connect(struct swarm *s, struct player *p);        /* in line */
void swarm_handshake_over(struct swarm *s, struct player *p); /* done or failed; harmless when it was over before */
void swarm_note(struct swarm *s, enum swarm_note kind, const char *text);
double swarm_random(struct swarm *s); /* 0 <= x < 1, from the seed */

double swarm_elapsed_s(const struct swarm *s);

#endif
