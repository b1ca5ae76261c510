/*
 * mode.h - what the players do: a mode is a row of hooks that the swarm calls. begin, tick, finish are there, others
 * may be NULL.
 */
#ifndef PLAYERS_MODE_H
#define PLAYERS_MODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger.h"
#include "report.h"
#include "settings.h"

struct swarm;
struct player;

#define MODE_ROWS_MAX 8

struct mode_result { /* what a mode adds to the report; the arrays are ended by key == NULL */
    struct report_count counts[MODE_ROWS_MAX];
    struct report_spread spreads[MODE_ROWS_MAX]; /* samples live until finish */
    size_t histograms;                           /* how many of the spreads, from the first, are drawn too */
    const char *text;                            /* printed after the table; NULL: nothing; lives until finish */
    const char *failure;                         /* NULL: the run did what it was for */
};

struct mode {
    const char *name;
    int64_t tick_us; /* how often tick is called; 0: SWARM_TICK_US */
    size_t (*players)(const struct players_conf *conf);
    int (*rating)(size_t number); /* NULL: the file of ratings says it */
    void (*begin)(struct swarm *s);
    bool (*tick)(struct swarm *s, int64_t now_us);                                    /* false: the run is over */
    bool (*message)(struct swarm *s, struct player *p, const char *text, size_t len); /* true: it was for the mode */
    void (*queued)(struct swarm *s, struct player *p);                                /* the request was answered */
    void (*matched)(struct swarm *s, struct player *p);                               /* a player has its match */
    void (*completed)(struct swarm *s, const struct ledger_match *m); /* all players of a match have told */
    void (*result)(struct swarm *s, struct mode_result *r);
    void (*finish)(struct swarm *s); /* frees mode_state */
};

extern const struct mode mode_demo, mode_pairs, mode_loop, mode_idle, mode_ping;

#endif
