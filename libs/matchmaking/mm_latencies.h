/*
 * mm_latencies.h - internal: what a ticket's players reported, by location, as one value each.
 */
#ifndef MATCHMAKING_MM_LATENCIES_H
#define MATCHMAKING_MM_LATENCIES_H

#include "mm_facts.h"

struct mm_latencies {
    float ms[MM_LOCATIONS_MAX]; /* MM_LATENCY_UNKNOWN: not known of the ticket */
    size_t count;               /* up to the last one that is known */
    size_t silent;              /* players who reported nothing that can be kept */
};

/* Whether all locations must be known of all players, or what some know is enough (backfill). */
enum mm_reporters { MM_REPORTED_BY_ALL, MM_REPORTED_BY_SOME };

/* NULL without a latency rule: nothing is read then. */
const struct mm_rule *mm_latency_rule(const struct mm_ruleset *r);

void mm_latencies_read(struct mm_latencies *out, enum mm_aggregation party, enum mm_reporters reporters,
                       struct mm_locations *locations, const struct mm_player *players, size_t player_count);

#endif
