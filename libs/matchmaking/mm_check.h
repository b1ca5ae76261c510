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

#include "mm_lineup.h"

struct mm_scratch; /* memory for values while expressions are worked out; grows to what is needed, then stays */
struct mm_scratch *mm_scratch_new(void);
void mm_scratch_free(struct mm_scratch **s); /* NULL is fine */

struct mm_value { /* the result of an expression */
    enum mm_value_type { MM_VALUE_NONE, MM_VALUE_NUMBER, MM_VALUE_STRING, MM_VALUE_LIST } type;
    union {
        double number;
        const char *string;
        struct {
            const struct mm_value *items;
            size_t count;
        } list;
    };
};

/* Of a team or player, value is a string: the name or id. Valid until the scratch is used again. */
struct mm_value mm_eval(const struct mm_expr *e, enum mm_aggregation party, const struct mm_lineup *l,
                        struct mm_scratch *s);

struct mm_verdict {
    bool passed;
    bool measured;         /* there was a number to compare: */
    double found, allowed; /* the worst number, and the limit that it broke, or the nearest limit when it passed */
};

/* One rule under the phase; a compound asks those it names. */
struct mm_verdict mm_check_rule(const struct mm_ruleset *r, size_t rule, const struct mm_phase *phase,
                                const struct mm_lineup *l, struct mm_scratch *s);

/* The locations, as a mask, in which every ticket seated obeys every latency rule; UINT64_MAX without such a rule. */
uint64_t mm_check_latency(const struct mm_ruleset *r, const struct mm_phase *phase, const struct mm_lineup *l);

/* All that is enforced, sizes included. *failed: the first rule that fails; MM_NEVER: the sizes. */
bool mm_check_match(const struct mm_ruleset *r, const struct mm_phase *phase, const struct mm_lineup *l,
                    struct mm_scratch *s, int *failed);

/*
 * True: when this rule fails, it fails however many more tickets are seated, so a search need not go on from there.
 * Known from the rule's form alone: ask once, not in a loop. A compound's is derived from the rules it names.
 */
bool mm_rule_failure_lasts(const struct mm_ruleset *r, size_t rule);

#endif
