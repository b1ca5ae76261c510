/*
 * mm_latencies.h - internal: what a ticket's players reported, by location, as one value each.
 */
#ifndef MATCHMAKING_MM_LATENCIES_H
#define MATCHMAKING_MM_LATENCIES_H

#include "mm_facts.h"

enum { MM_LATENCY_ROWS = 3 };

struct mm_latencies {
    float ms[MM_LATENCY_ROWS * MM_LOCATIONS_MAX]; /* rows of `count`, one for each of parties */
    uint8_t parties;                              /* mask, as in struct mm_facts */
    size_t count;                                 /* locations, up to the last one that is known */
    size_t silent;                                /* players who reported nothing that can be kept */
};

/* Whether all locations must be known of all players, or what some know is enough (backfill). */
enum mm_reporters { MM_REPORTED_BY_ALL, MM_REPORTED_BY_SOME };

/* The aggregations that latency rules ask for, as a mask; 0: no such rule, and nothing is to be read. */
uint8_t mm_latency_parties(const struct mm_ruleset *r);

/* parties: a party of one has the same latency under all of them, and keeps one row. */
void mm_latencies_read(struct mm_latencies *out, uint8_t parties, enum mm_reporters reporters,
                       struct mm_locations *locations, const struct mm_player *players, size_t player_count);

#endif
