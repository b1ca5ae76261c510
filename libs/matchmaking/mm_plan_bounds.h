/*
 * mm_plan_bounds.h - internal to mm_plan: what the form of a rule says of every two tickets in a match.
 */
#ifndef MATCHMAKING_MM_PLAN_BOUNDS_H
#define MATCHMAKING_MM_PLAN_BOUNDS_H

#include "mm_plan.h"

struct mm_finding { /* of one rule in one phase */
    double window;  /* INFINITY: nothing */
    size_t slot;
    bool exact; /* the rule says this and nothing else */
};

struct mm_finding mm_plan_find_bound(const struct mm_ruleset *r, size_t rule, const struct mm_phase *phase);

/* The rule says that an attribute is the same for all. */
bool mm_plan_find_equal(const struct mm_ruleset *r, size_t rule, struct mm_equal *out);

/* The rule compares the teams' averages or sums of a number: its slot; else MM_NEVER. */
int mm_plan_find_balance(const struct mm_ruleset *r, size_t rule);

#endif
