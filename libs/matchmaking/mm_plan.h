/*
 * mm_plan.h - internal: what a rule set gives the search: by what the pool is cut and ordered, and which rules are
 * still to be checked when candidates come out of that. Worked out once; immutable. Pure.
 */
#ifndef MATCHMAKING_MM_PLAN_H
#define MATCHMAKING_MM_PLAN_H

#include "buf.h"
#include "mm_facts.h"
#include "mm_ruleset.h"

#define MM_BOUNDS_MAX 4 /* numbers that bound pairs; further rules are checked, not searched by */

/* An attribute that is the same for all players of a match: tickets with different values never meet. */
struct mm_equal {
    size_t slot;
    bool text; /* of strings, else of numbers */
    enum mm_aggregation party;
};

/*
 * A number that any two tickets of a match have close together: |a - b| <= its window in the phase. A rule that says no
 * more than this of all tickets in the match is exact, and implied by searching so.
 */
struct mm_bound {
    size_t rule, slot;
    enum mm_aggregation party;
    bool whole; /* of a backfill ticket one value, not one a team */
};

struct mm_reach { /* a latency rule */
    size_t rule;
    enum mm_aggregation party;
    double widest_ms; /* of all phases; NAN: no limit */
};

struct mm_sort { /* how candidates are ordered, before their age */
    size_t slot;
    enum mm_attribute_type type;
    enum mm_aggregation party;
    bool distance; /* from the driver's value, else the value itself */
    bool descending;
    bool has_map_key, max_key;
};

struct mm_plan {
    const struct mm_ruleset *rules; /* borrowed */
    struct mm_equal *equals;
    size_t equal_count;
    struct mm_bound bounds[MM_BOUNDS_MAX]; /* the first one orders the pool */
    size_t bound_count;
    double *windows; /* [phase_count][MM_BOUNDS_MAX]; INFINITY: not bounded in this phase */
    double widest[MM_BOUNDS_MAX];
    struct mm_reach *reaches; /* each leaves a ticket some locations; those of a match have one in common */
    size_t reach_count;
    bool latency_rules_meet; /* several are checked each for itself, and are to have a location in common */
    size_t *early;           /* rules to check as soon as a ticket is seated: their failure lasts */
    size_t *late;            /* rules to check when all teams have their least */
    size_t *implied;         /* rules that only line-ups with a backfill ticket need be checked for */
    size_t early_count, late_count, implied_count;
    size_t *alike; /* by team: the first team that no rule tells from it */
    bool all_alike;
    int balance_slot; /* the number that teams are to have alike on average; MM_NEVER: none */
    enum mm_aggregation balance_party;
    struct mm_sort *sorts;
    size_t sort_count;
};

struct mm_plan *mm_plan_new(const struct mm_ruleset *r);
void mm_plan_free(struct mm_plan **p); /* NULL is fine */

static inline size_t mm_plan_phase(const struct mm_plan *p, const struct mm_phase *phase)
{
    return (size_t)(phase - p->rules->phases);
}

static inline double mm_plan_window(const struct mm_plan *p, const struct mm_phase *phase, size_t bound)
{
    return p->windows[mm_plan_phase(p, phase) * MM_BOUNDS_MAX + bound];
}

/* From which age on the next phase is in force; INT64_MAX: this was the last one. */
int64_t mm_plan_next_phase_ms(const struct mm_plan *p, int64_t age_ms);

/*
 * Appends what the ticket's match must have in common; tickets with different bytes never meet. False: its own players
 * differ, so it is in no match at all.
 */
bool mm_plan_partition(const struct mm_plan *p, const struct mm_facts *f, struct buf *out);

struct mm_spread { /* what a ticket has of a bounded number; a party is one value, a backfill ticket one a team */
    double low, high;
};
struct mm_spread mm_plan_spread(const struct mm_bound *b, const struct mm_facts *f);

/* The locations where the ticket may play in this phase; phase NULL: in any. UINT64_MAX: everywhere. */
uint64_t mm_plan_locations(const struct mm_plan *p, const struct mm_phase *phase, const struct mm_facts *f);

#endif
