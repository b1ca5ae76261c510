/*
 * mm_ruleset.h - a FlexMatch rule set, read and resolved. Pure. What it means is in docs/rules.md.
 *
 * Phases    Expansions change numbers at given ages. All steps of all expansions together cut the age of a candidate
 *           match into phases; each phase holds every number in force, whole. Phase 0 begins at age 0.
 * Ownership the rule set owns all that is read from it, and is immutable after parsing.
 */
#ifndef MATCHMAKING_MM_RULESET_H
#define MATCHMAKING_MM_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"
#include "mm_attributes.h"
#include "mm_expr.h"
#include "mm_problems.h"

#define MM_MATCH_PLAYERS_MAX 200 /* sum of maxPlayers; FlexMatch's largest match */
#define MM_SMALL_MATCH_MAX   40  /* above it: a large match, with other algorithms and fewer rules */
#define MM_RULES_MAX         100
#define MM_NEVER             (-1) /* for sizes of arrays in words: no such thing */

struct mm_attribute {
    const char *name;
    enum mm_attribute_type type;
    json_object *fallback; /* "default": plain JSON of the type; NULL: none */
    bool used;             /* a rule or the algorithm reads it: tickets keep its value at hand, */
    uint16_t slot;         /* at this place: the used ones are numbered from 0 */
};

struct mm_family { /* an entry of `teams` */
    const char *name;
    size_t first, quantity; /* its concrete teams: teams[first .. first + quantity) */
};

struct mm_team { /* concrete: red, or red_1 .. red_N */
    char *name;  /* owned */
    size_t family;
};

enum mm_rule_type {
    MM_RULE_COMPARISON,
    MM_RULE_DISTANCE,
    MM_RULE_BATCH_DISTANCE,
    MM_RULE_COLLECTION,
    MM_RULE_LATENCY,
    MM_RULE_COMPOUND,
    MM_RULE_ABSOLUTE_SORT,
    MM_RULE_DISTANCE_SORT,
    MM_RULE_TYPES,
};
extern const char *const mm_rule_type_names[MM_RULE_TYPES]; /* as in "type" */

enum mm_comparison { MM_LT, MM_LE, MM_EQ, MM_NE, MM_GE, MM_GT };
enum mm_collection { MM_INTERSECTION, MM_CONTAINS, MM_REFERENCE_INTERSECTION_COUNT };
enum mm_aggregation { MM_PARTY_AVG, MM_PARTY_MIN, MM_PARTY_MAX, MM_PARTY_UNION, MM_PARTY_INTERSECTION };

/* The numbers that an expansion may change. */
enum mm_limit { MM_MAX_DISTANCE, MM_MIN_DISTANCE, MM_MIN_COUNT, MM_MAX_COUNT, MM_MAX_LATENCY, MM_LIMITS };
extern const char *const mm_limit_names[MM_LIMITS]; /* "maxDistance", ... */

enum mm_logic_op { MM_LOGIC_RULE, MM_LOGIC_AND, MM_LOGIC_OR, MM_LOGIC_NOT, MM_LOGIC_XOR };
struct mm_logic { /* a compound statement */
    enum mm_logic_op op;
    size_t rule;                /* RULE: which of the rule set's */
    struct mm_logic *arguments; /* owned by the rule set */
    size_t argument_count;
};

struct mm_rule {
    const char *name;
    enum mm_rule_type type;
    /* False: a compound names it, and only that one is enforced; or it only sorts; or the match is large, and rules of
     * this type are not looked at there. */
    bool enforced;
    enum mm_aggregation party;
    /* COMPARISON, DISTANCE: each gives numbers or strings, in lists of any depth, every one of which is measured; all
     * of the same element. COLLECTION: each gives strings, depth 1 or 2. */
    struct mm_expr **measurements;
    size_t measurement_count;
    bool across;                   /* COMPARISON without a reference: the measured values among themselves */
    enum mm_comparison comparison; /* COMPARISON */
    enum mm_collection collection; /* COLLECTION */
    size_t attribute;              /* BATCH_DISTANCE, sorts */
    bool max_key;                  /* sorts by a map: the key with the anchor's greatest value, else least */
    bool has_map_key;
    bool descending;            /* ABSOLUTE_SORT, DISTANCE_SORT */
    bool distance_to_avg;       /* LATENCY: distanceReference is avg, else min */
    struct mm_logic *statement; /* COMPOUND */
};

/* What is in force of one rule in one phase. */
struct mm_force {
    double limits[MM_LIMITS]; /* NAN: not given */
    /* NULL: none. COMPARISON, DISTANCE: one value of the measured element. COLLECTION: one string for contains, depth 1
     * for reference_intersection_count. */
    const struct mm_expr *reference;
};

struct mm_size {
    uint16_t min, max; /* players a team */
};

struct mm_phase {
    int64_t wait_ms;                 /* in force from this age on, up to the next phase's */
    struct mm_force *rules;          /* [rule_count] */
    struct mm_size *families;        /* [family_count] */
    size_t min_players, max_players; /* of a match: sums over all teams */
};

enum mm_strategy { MM_EXHAUSTIVE_SEARCH, MM_BALANCED };
enum mm_batching { MM_BATCH_RANDOM, MM_BATCH_SORTED, MM_BATCH_LARGEST_POPULATION, MM_BATCH_FASTEST_REGION };
enum mm_backfill_priority { MM_BACKFILL_NORMAL, MM_BACKFILL_LOW, MM_BACKFILL_HIGH };

struct mm_algorithm {
    enum mm_strategy strategy;
    enum mm_batching batching;
    size_t *sort_attributes; /* owned */
    size_t sort_count;
    int balanced_attribute; /* MM_NEVER: none */
    bool age_of_oldest;     /* expansionAgeSelection: oldest; else newest */
    enum mm_backfill_priority backfill;
};

struct mm_ruleset {
    json_object *root; /* owned; names point into it */
    char *name;        /* resource name; owned */
    const char *label; /* "name" in the document; "" when absent */
    struct mm_attribute *attributes;
    size_t attribute_count, slot_count; /* slot_count: how many are used */
    struct mm_family *families;
    size_t family_count;
    struct mm_team *teams;
    size_t team_count;
    struct mm_rule *rules;
    size_t rule_count;
    struct mm_algorithm algorithm;
    struct mm_phase *phases; /* by wait_ms; phases[0].wait_ms == 0 */
    size_t phase_count;
    bool large;                  /* the largest match of any phase has more than MM_SMALL_MATCH_MAX players */
    struct mm_expr **references; /* owned: all that phases point to */
    size_t reference_count;
};

/*
 * Reads a document of at most 65,535 bytes. 0 and *out (mm_ruleset_free); or ERR_INVALID, *out untouched, and every
 * problem found (path, what was found, what is allowed), not only the first. Notes (things that are legal and probably
 * not meant) are reported also on success. request_timeout_ms is not known here: the catalog checks the last step.
 */
int mm_ruleset_parse(struct mm_ruleset **out, const char *name, const char *text, size_t len,
                     struct mm_problems *problems);
void mm_ruleset_free(struct mm_ruleset **r); /* NULL is fine */

int mm_ruleset_attribute(const struct mm_ruleset *r, const char *name); /* MM_NEVER: not declared */
int mm_ruleset_rule(const struct mm_ruleset *r, const char *name);      /* MM_NEVER: none */

/* The phase in force at an age. O(log phases). */
const struct mm_phase *mm_ruleset_phase(const struct mm_ruleset *r, int64_t age_ms);

static inline struct mm_size mm_phase_size(const struct mm_ruleset *r, const struct mm_phase *p, size_t team)
{
    return p->families[r->teams[team].family];
}

#endif
