/*
 * mm_checks.h - internal: one check a rule type, and how the worst of many numbers becomes a verdict.
 */
#ifndef MATCHMAKING_MM_CHECKS_H
#define MATCHMAKING_MM_CHECKS_H

#include <math.h>

#include "mm_check.h"

struct mm_question {
    const struct mm_ruleset *r;
    const struct mm_rule *rule;
    const struct mm_phase *phase;
    const struct mm_force *force;
    const struct mm_lineup *l;
    struct mm_scratch *s;
};

typedef struct mm_verdict mm_check_fn(const struct mm_question *q);

mm_check_fn mm_check_comparison, mm_check_distance, mm_check_batch_distance; /* mm_check_number.c */
mm_check_fn mm_check_collection;                                             /* mm_check_collection.c */
mm_check_fn mm_check_latency_rule;                                           /* mm_check_latency.c */

/* The locations, as a mask, in which every ticket obeys this rule. */
uint64_t mm_check_locations(const struct mm_question *q);

struct mm_worst { /* a verdict while numbers come in: mm_worst_begin() */
    struct mm_verdict verdict;
    double margin; /* how far the worst is from its limit; negative: beyond */
};

static inline struct mm_worst mm_worst_begin(void)
{
    return (struct mm_worst){.verdict = {.passed = true}};
}

static inline void mm_worst_add(struct mm_worst *w, bool passed, double found, double allowed, double margin)
{
    if (!w->verdict.measured || margin < w->margin) {
        w->verdict.measured = true;
        w->verdict.found = found;
        w->verdict.allowed = allowed;
        w->margin = margin;
    }
    w->verdict.passed = w->verdict.passed && passed;
}

/* found <= most and found >= least, of which either may be NAN: not given. */
static inline void mm_worst_between(struct mm_worst *w, double found, double least, double most)
{
    if (!isnan(most))
        mm_worst_add(w, found <= most, found, most, most - found);
    if (!isnan(least))
        mm_worst_add(w, found >= least, found, least, found - least);
}

#endif
