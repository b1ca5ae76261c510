/*
 * mm_facts.h - what the rules see of a ticket: its players' values, read once when it arrives. Pure.
 *
 * One block of memory holds it all: 56 bytes for a player with one number. Lists of strings are sorted, so that they
 * are compared by merging. Values are those of the attributes that are `used`; the others exist only as text beside the
 * ticket. Latency: locations are numbered by the pool (struct mm_locations), so that a set of them is a bit mask.
 */
#ifndef MATCHMAKING_MM_FACTS_H
#define MATCHMAKING_MM_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm_command.h"
#include "mm_ruleset.h"

#define MM_MESSAGE_SIZE    256
#define MM_LOCATIONS_MAX   63 /* names a pool knows; later ones are as if not reported. Masks keep UINT64_MAX for "any" */
#define MM_LATENCY_UNKNOWN 0.0f

struct mm_locations {              /* `{0}`: none yet */
    char *names[MM_LOCATIONS_MAX]; /* owned */
    size_t count;
};

struct mm_strings { /* sorted, each once */
    const char *const *list;
    size_t count;
};

struct mm_pair {
    const char *key;
    double value;
};

union mm_datum { /* by the attribute's type */
    double number;
    const char *string;
    const struct mm_strings *strings;
    const struct mm_map *map;
};

struct mm_map { /* sorted by key */
    size_t count;
    struct mm_pair pairs[];
};

struct mm_facts_player {
    const char *id;
    const union mm_datum *data; /* by the attribute's slot */
    int team;                   /* of a player who is in the game already (backfill); MM_NEVER: free */
};

struct mm_facts {
    int64_t since_ms; /* what it ages from; the caller's to set */
    uint16_t player_count;
    uint16_t location_count; /* 0: no latency rule, none reported (backfill), or none in common */
    uint8_t latency_parties; /* which aggregations latency_ms has, as a mask of 1 << mm_latency_row */
    const float *latency_ms; /* by location: rows, of which the first is nowhere above the others; mm_facts_latency */
    struct mm_facts_player players[];
};

/* min, avg and max have their rows in this order. */
static inline unsigned mm_latency_row(enum mm_aggregation party)
{
    return party == MM_PARTY_MIN ? 0 : party == MM_PARTY_MAX ? 2 : 1;
}

/*
 * By location, what a latency rule sees of the ticket: its players' latencies by the rule's party aggregation.
 * MM_LATENCY_UNKNOWN: some player did not report it; of a backfill ticket, those who reported it count.
 */
static inline const float *mm_facts_latency(const struct mm_facts *f, enum mm_aggregation party)
{
    unsigned before = f->latency_parties & ((1u << mm_latency_row(party)) - 1);

    return f->latency_ms + (size_t)__builtin_popcount(before) * f->location_count;
}

/*
 * Reads players (AWS shape) under r. NULL and *out, which the caller frees by free(); or the code of the refusal
 * (invalid_attributes, missing_attribute, party_too_large, missing_latency, unknown_team) and a sentence. FlexMatch
 * takes tickets that can never match and lets them wait for their time-out; a player is better served by being told at
 * once. Ids and strings are copied into the block, except player ids when ids_borrowed is given: then ids[i] is kept.
 */
const char *mm_facts_read(struct mm_facts **out, const struct mm_ruleset *r, struct mm_locations *locations,
                          const struct mm_player *players, size_t player_count, const char *const *ids_borrowed,
                          char message[MM_MESSAGE_SIZE]);
bool mm_facts_is_backfill(const struct mm_facts *f); /* its players are in a game already */
size_t mm_facts_bytes(struct mm_facts *f);           /* of the block, with what malloc(3) adds */
void mm_locations_free(struct mm_locations *l);

#endif
