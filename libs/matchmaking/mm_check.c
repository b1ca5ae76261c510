#include "mm_check.h"

#include "mm_checks.h"
#include "mm_scratch.h"

static struct mm_verdict check_compound(const struct mm_question *q);

static struct mm_verdict check_sort(const struct mm_question *q) /* it orders candidates */
{
    (void)q;
    return (struct mm_verdict){.passed = true};
}

static mm_check_fn *const checks[MM_RULE_TYPES] = {
    [MM_RULE_COMPARISON] = mm_check_comparison,
    [MM_RULE_DISTANCE] = mm_check_distance,
    [MM_RULE_BATCH_DISTANCE] = mm_check_batch_distance,
    [MM_RULE_COLLECTION] = mm_check_collection,
    [MM_RULE_LATENCY] = mm_check_latency_rule,
    [MM_RULE_COMPOUND] = check_compound,
    [MM_RULE_ABSOLUTE_SORT] = check_sort,
    [MM_RULE_DISTANCE_SORT] = check_sort,
};

struct mm_verdict mm_check_rule(const struct mm_ruleset *r, size_t rule, const struct mm_phase *phase,
                                const struct mm_lineup *l, struct mm_scratch *s)
{
    const struct mm_question q = {
        .r = r, .rule = &r->rules[rule], .phase = phase, .force = &phase->rules[rule], .l = l, .s = s};

    mm_scratch_reset(s);
    return checks[q.rule->type](&q);
}

/* As deep as the parser lets a statement be. */
static bool holds(const struct mm_question *q, const struct mm_logic *logic)
{
    size_t held = 0;

    if (logic->op == MM_LOGIC_RULE)
        return mm_check_rule(q->r, logic->rule, q->phase, q->l, q->s).passed;
    for (size_t i = 0; i < logic->argument_count; i++)
        held += holds(q, &logic->arguments[i]);
    switch (logic->op) {
    case MM_LOGIC_AND:
        return held == logic->argument_count;
    case MM_LOGIC_OR:
        return held > 0;
    case MM_LOGIC_NOT:
        return held == 0;
    default:
        return held == 1;
    }
}

static struct mm_verdict check_compound(const struct mm_question *q)
{
    return (struct mm_verdict){.passed = holds(q, q->rule->statement)};
}

static bool sizes_hold(const struct mm_ruleset *r, const struct mm_phase *phase, const struct mm_lineup *l)
{
    for (size_t i = 0; i < r->team_count; i++) {
        struct mm_size size = mm_phase_size(r, phase, i);

        if (l->teams[i].count < size.min || l->teams[i].count > size.max)
            return false;
    }
    return true;
}

/* locations: those that all latency rules asked so far leave; there must be one for all of them. */
static bool rule_holds(const struct mm_question *q, size_t rule, uint64_t *locations)
{
    if (q->rule->type != MM_RULE_LATENCY)
        return mm_check_rule(q->r, rule, q->phase, q->l, q->s).passed;
    *locations &= mm_check_locations(q);
    return *locations != 0;
}

bool mm_check_match(const struct mm_ruleset *r, const struct mm_phase *phase, const struct mm_lineup *l,
                    struct mm_scratch *s, int *failed)
{
    uint64_t locations = UINT64_MAX;

    *failed = MM_NEVER;
    if (!sizes_hold(r, phase, l))
        return false;
    for (size_t i = 0; i < r->rule_count; i++) {
        struct mm_question q = {
            .r = r, .rule = &r->rules[i], .phase = phase, .force = &phase->rules[i], .l = l, .s = s};

        if (!mm_rule_counts(r, i) || rule_holds(&q, i, &locations))
            continue;
        *failed = (int)i;
        return false;
    }
    return true;
}
