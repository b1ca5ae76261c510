/*
 * mm_check.h - does a candidate match obey the rules? Pure; memory comes from the caller's scratch.
 *
 * A rule that has nothing to measure (an aggregate of nobody) passes: it is asked again when there is.
 * docs/rules.md lists what FlexMatch leaves open and what is decided here.
 */
#ifndef MATCHMAKING_MM_CHECK_H
#define MATCHMAKING_MM_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm_eval.h"
#include "mm_lineup.h"

struct mm_verdict {
    bool passed;
    bool measured;         /* there was a number to compare: */
    double found, allowed; /* the worst number, and the limit that it broke, or the nearest limit when it passed */
};

/* One rule under the phase; a compound asks those it names. Sorts pass. */
struct mm_verdict mm_check_rule(const struct mm_ruleset *r, size_t rule, const struct mm_phase *phase,
                                const struct mm_lineup *l, struct mm_scratch *s);

/* The locations, as a mask, in which every ticket seated obeys every enforced latency rule; UINT64_MAX: any. */
uint64_t mm_check_latency(const struct mm_ruleset *r, const struct mm_phase *phase, const struct mm_lineup *l);

/* All that is enforced, sizes included. *failed: the first rule that fails; MM_NEVER: the sizes. */
bool mm_check_match(const struct mm_ruleset *r, const struct mm_phase *phase, const struct mm_lineup *l,
                    struct mm_scratch *s, int *failed);

/* Is this rule asked of every match? */
static inline bool mm_rule_counts(const struct mm_ruleset *r, size_t rule)
{
    return r->rules[rule].enforced;
}

/*
 * True: when this rule fails, it fails however many more tickets are seated, as long as the phase stays; so a search
 * need not go on from there. Known from the rule's form alone: ask once, not in a loop. A compound's is derived from
 * the rules it names.
 */
bool mm_rule_failure_lasts(const struct mm_ruleset *r, size_t rule);

#endif
