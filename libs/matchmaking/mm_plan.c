#include "mm_plan.h"

#include <math.h>
#include <stdlib.h>

#include "mem.h"
#include "mm_check.h"
#include "mm_plan_bounds.h"

/* A rule becomes a bound when it is one in some phase; what it is searched by in the others is everything. */
static bool add_bound(struct mm_plan *p, size_t rule)
{
    const struct mm_ruleset *r = p->rules;
    struct mm_bound *b = &p->bounds[p->bound_count];
    bool exact = true, bounded = false;

    if (p->bound_count == MM_BOUNDS_MAX)
        return false;
    for (size_t i = 0; i < r->phase_count; i++) {
        struct mm_finding f = mm_plan_find_bound(r, rule, &r->phases[i]);

        p->windows[i * MM_BOUNDS_MAX + p->bound_count] = f.window;
        if (f.window > p->widest[p->bound_count])
            p->widest[p->bound_count] = f.window;
        exact = exact && f.exact;
        if (!(f.window < (double)INFINITY))
            continue;
        bounded = true;
        *b = (struct mm_bound){rule, f.slot, r->rules[rule].party, r->rules[rule].type == MM_RULE_BATCH_DISTANCE};
    }
    p->bound_count += bounded;
    return bounded && exact;
}

/* Without maxDistance a latency rule says no more than that there is a location for all. */
static bool is_only_latency(const struct mm_ruleset *r, size_t rule)
{
    if (r->rules[rule].type != MM_RULE_LATENCY)
        return false;
    for (size_t i = 0; i < r->phase_count; i++) {
        if (!isnan(r->phases[i].rules[rule].limits[MM_MAX_DISTANCE]) && !r->large)
            return false;
    }
    return true;
}

static void add_reach(struct mm_plan *p, size_t rule)
{
    struct mm_reach *reach = &p->reaches[p->reach_count++];

    *reach = (struct mm_reach){.rule = rule, .party = p->rules->rules[rule].party};
    for (size_t i = 0; i < p->rules->phase_count; i++) {
        double limit_ms = p->rules->phases[i].rules[rule].limits[MM_MAX_LATENCY];

        if (!isnan(reach->widest_ms) && !(limit_ms <= reach->widest_ms))
            reach->widest_ms = limit_ms;
    }
}

static void add_rule(struct mm_plan *p, size_t rule)
{
    struct mm_equal equal;
    bool implied;

    if (mm_plan_find_equal(p->rules, rule, &equal)) {
        p->equals[p->equal_count++] = equal;
        return;
    }
    implied = add_bound(p, rule) || is_only_latency(p->rules, rule);
    if (p->rules->rules[rule].type == MM_RULE_LATENCY) {
        p->latency_rules_meet = p->latency_rules_meet || !implied;
        add_reach(p, rule);
    }
    if (implied)
        p->implied[p->implied_count++] = rule;
    else if (mm_rule_failure_lasts(p->rules, rule))
        p->early[p->early_count++] = rule;
    else
        p->late[p->late_count++] = rule;
}

static bool expr_tells_apart(const struct mm_expr *e, size_t a, size_t b)
{
    bool has_a = false, has_b = false;

    if (e == NULL || mm_expr_is_constant(e))
        return false;
    for (size_t i = 0; i < e->team_count; i++) {
        has_a = has_a || e->teams[i] == a;
        has_b = has_b || e->teams[i] == b;
    }
    return has_a != has_b;
}

static bool rules_tell_apart(const struct mm_ruleset *r, size_t a, size_t b)
{
    for (size_t i = 0; i < r->rule_count; i++) {
        for (size_t j = 0; j < r->rules[i].measurement_count; j++) {
            if (expr_tells_apart(r->rules[i].measurements[j], a, b))
                return true;
        }
    }
    for (size_t i = 0; i < r->phase_count; i++) {
        const struct mm_phase *phase = &r->phases[i];
        struct mm_size size_a = mm_phase_size(r, phase, a), size_b = mm_phase_size(r, phase, b);

        if (size_a.min != size_b.min || size_a.max != size_b.max)
            return true;
        for (size_t j = 0; j < r->rule_count; j++) {
            if (expr_tells_apart(phase->rules[j].reference, a, b))
                return true;
        }
    }
    return false;
}

static void find_alike(struct mm_plan *p)
{
    p->all_alike = true;
    for (size_t i = 0; i < p->rules->team_count; i++) {
        size_t first = 0;

        while (first < i && (p->alike[first] != first || rules_tell_apart(p->rules, first, i)))
            first++;
        p->alike[i] = first;
        p->all_alike = p->all_alike && first == 0;
    }
}

static void add_sort(struct mm_plan *p, size_t attribute, const struct mm_sort *how)
{
    struct mm_sort *s = &p->sorts[p->sort_count++];

    *s = *how;
    s->slot = p->rules->attributes[attribute].slot;
    s->type = p->rules->attributes[attribute].type;
}

/* A sorted pool is cut into batches of neighbours: so the nearest to the driver come first. */
static void find_sorts(struct mm_plan *p)
{
    const struct mm_ruleset *r = p->rules;

    for (size_t i = 0; i < r->algorithm.sort_count && r->algorithm.batching == MM_BATCH_SORTED; i++)
        add_sort(p, r->algorithm.sort_attributes[i], &(struct mm_sort){.distance = true});
    for (size_t i = 0; i < r->rule_count; i++) {
        const struct mm_rule *rule = &r->rules[i];

        if (rule->type == MM_RULE_ABSOLUTE_SORT || rule->type == MM_RULE_DISTANCE_SORT)
            add_sort(p, rule->attribute,
                     &(struct mm_sort){
                         .party = rule->party,
                         .distance = rule->type == MM_RULE_DISTANCE_SORT,
                         .descending = rule->descending,
                         .has_map_key = rule->has_map_key,
                         .max_key = rule->max_key,
                     });
    }
}

static void find_balance(struct mm_plan *p)
{
    const struct mm_ruleset *r = p->rules;

    p->balance_slot = MM_NEVER;
    if (r->algorithm.balanced_attribute != MM_NEVER)
        p->balance_slot = r->attributes[r->algorithm.balanced_attribute].slot;
    for (size_t i = 0; i < r->rule_count && p->balance_slot == MM_NEVER; i++) {
        p->balance_slot = mm_plan_find_balance(r, i);
        p->balance_party = r->rules[i].party;
    }
}

struct mm_plan *mm_plan_new(const struct mm_ruleset *r)
{
    struct mm_plan *p = MEM_NEW(struct mm_plan);

    p->rules = r;
    p->equals = mem_alloc(r->rule_count * sizeof(*p->equals));
    p->windows = mem_alloc(r->phase_count * MM_BOUNDS_MAX * sizeof(*p->windows));
    p->reaches = mem_alloc(r->rule_count * sizeof(*p->reaches));
    p->early = mem_alloc(r->rule_count * sizeof(*p->early));
    p->late = mem_alloc(r->rule_count * sizeof(*p->late));
    p->implied = mem_alloc(r->rule_count * sizeof(*p->implied));
    p->alike = mem_alloc(r->team_count * sizeof(*p->alike));
    p->sorts = mem_alloc((r->rule_count + r->algorithm.sort_count) * sizeof(*p->sorts));
    for (size_t i = 0; i < r->rule_count; i++) {
        if (mm_rule_counts(r, i))
            add_rule(p, i);
    }
    p->latency_rules_meet = p->latency_rules_meet && p->reach_count > 1;
    find_alike(p);
    find_sorts(p);
    find_balance(p);
    return p;
}

void mm_plan_free(struct mm_plan **p)
{
    if (*p == NULL)
        return;
    free((*p)->equals);
    free((*p)->windows);
    free((*p)->reaches);
    free((*p)->early);
    free((*p)->late);
    free((*p)->implied);
    free((*p)->alike);
    free((*p)->sorts);
    free(*p);
    *p = NULL;
}

int64_t mm_plan_next_phase_ms(const struct mm_plan *p, int64_t age_ms)
{
    const struct mm_ruleset *r = p->rules;

    for (size_t i = 1; i < r->phase_count; i++) {
        if (r->phases[i].wait_ms > age_ms)
            return r->phases[i].wait_ms;
    }
    return INT64_MAX;
}
