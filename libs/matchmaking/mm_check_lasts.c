/* Which failures last: those that rest on values which only go one way (mm_form.h). */
#include <math.h>
#include <string.h>

#include "mm_check.h"
#include "mm_form.h"

/* Is what is measured once measured always? Not when a list may lose it. */
static bool stays(const struct mm_form *f, int levels)
{
    for (int i = 0; i < levels; i++) {
        if (f->levels[i] == MM_DOWN || f->levels[i] == MM_ANY)
            return false;
    }
    return true;
}

/* Everything of one source, as one number: max(flatten(teams[*]...)), min(min(...)). */
static bool is_extreme(const struct mm_expr *e, enum mm_function fn)
{
    for (size_t i = 0; i < e->function_count; i++) {
        if (e->functions[i] != fn && e->functions[i] != MM_FLATTEN)
            return false;
    }
    return e->depth == 0 && e->source == MM_SOURCE_ATTRIBUTE && e->function_count > 0;
}

/* Never beyond the least and the greatest of its source. */
static bool is_within(const struct mm_expr *e)
{
    for (size_t i = 0; i < e->function_count; i++) {
        enum mm_function f = e->functions[i];

        if (f != MM_MIN && f != MM_MAX && f != MM_AVG && f != MM_MEDIAN && f != MM_FLATTEN)
            return false;
    }
    return e->source == MM_SOURCE_ATTRIBUTE;
}

static bool same_key(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Are all of part's players among whole's, and the same of them read? */
static bool is_part(const struct mm_expr *part, const struct mm_expr *whole)
{
    size_t j = 0;

    if (part->attribute != whole->attribute || !same_key(part->map_key, whole->map_key))
        return false;
    for (size_t i = 0; i < part->team_count; i++) {
        while (j < whole->team_count && whole->teams[j] < part->teams[i])
            j++;
        if (j == whole->team_count || whole->teams[j] != part->teams[i])
            return false;
    }
    return true;
}

/* How |measured - reference| goes. */
static enum mm_trend trend_of_distance(const struct mm_ruleset *r, const struct mm_expr *m,
                                       const struct mm_expr *reference)
{
    enum mm_trend a = mm_form_of(r, m).number, b = mm_form_of(r, reference).number;

    if (a == MM_SAME && b == MM_SAME)
        return MM_SAME;
    if (!is_within(m) || reference->source != MM_SOURCE_ATTRIBUTE || !is_part(m, reference))
        return MM_ANY;
    if (is_extreme(reference, MM_MIN)) /* measured >= reference */
        return mm_trend_both(a, mm_trend_opposite(b));
    if (is_extreme(reference, MM_MAX))
        return mm_trend_both(mm_trend_opposite(a), b);
    return MM_ANY;
}

/* Failures of number <= most, and of number >= least, of which NAN is not given. */
static bool bounds_last(enum mm_trend number, double least, double most)
{
    return (isnan(most) || number == MM_SAME || number == MM_UP) &&
           (isnan(least) || number == MM_SAME || number == MM_DOWN);
}

static bool comparison_lasts(const struct mm_ruleset *r, const struct mm_rule *rule, const struct mm_force *force,
                             const struct mm_expr *m)
{
    struct mm_form f = mm_form_of(r, m);
    enum mm_trend excess;

    if (!stays(&f, f.depth))
        return false;
    if (rule->across)
        return f.number == MM_SAME;
    excess = mm_trend_both(f.number, mm_trend_opposite(mm_form_of(r, force->reference).number));
    switch (rule->comparison) {
    case MM_LT:
    case MM_LE:
        return excess == MM_SAME || excess == MM_UP;
    case MM_GT:
    case MM_GE:
        return excess == MM_SAME || excess == MM_DOWN;
    default:
        return excess == MM_SAME && f.number == MM_SAME;
    }
}

static bool distance_lasts(const struct mm_ruleset *r, const struct mm_rule *rule, const struct mm_force *force,
                           const struct mm_expr *m)
{
    struct mm_form f = mm_form_of(r, m);

    (void)rule;
    return stays(&f, f.depth) && bounds_last(trend_of_distance(r, m, force->reference), force->limits[MM_MIN_DISTANCE],
                                             force->limits[MM_MAX_DISTANCE]);
}

/* How the number of strings goes that all lists have in common; a single list has its own. */
static enum mm_trend trend_of_common(const struct mm_form *f)
{
    enum mm_trend innermost = f->levels[f->depth - 1], lists = MM_SAME;

    for (int i = 0; i < f->depth - 1; i++)
        lists = mm_trend_both(lists, f->levels[i]);
    return mm_trend_both(mm_trend_opposite(lists), innermost);
}

/* How the number of lists goes that have a given string; of a single list, of its elements. */
static enum mm_trend trend_of_having(const struct mm_form *f)
{
    enum mm_trend t = MM_SAME;

    for (int i = 0; i < f->depth; i++)
        t = mm_trend_both(t, f->levels[i]);
    return t;
}

static bool collection_lasts(const struct mm_ruleset *r, const struct mm_rule *rule, const struct mm_force *force,
                             const struct mm_expr *m)
{
    struct mm_form f = mm_form_of(r, m), reference;
    double least = force->limits[MM_MIN_COUNT], most = force->limits[MM_MAX_COUNT];

    if (rule->collection == MM_INTERSECTION)
        return bounds_last(trend_of_common(&f), least, most);
    if (rule->collection == MM_CONTAINS)
        return !(isnan(least) && isnan(most)) && bounds_last(trend_of_having(&f), least, most);
    reference = mm_form_of(r, force->reference);
    return stays(&f, f.depth - 1) &&
           bounds_last(mm_trend_both(f.levels[f.depth - 1], reference.depth > 0 ? reference.levels[0] : MM_SAME), least,
                       most);
}

/* Of a measurement; all of them must last, in all phases. */
typedef bool lasts_fn(const struct mm_ruleset *r, const struct mm_rule *rule, const struct mm_force *force,
                      const struct mm_expr *m);

static lasts_fn *const measured[MM_RULE_TYPES] = {
    [MM_RULE_COMPARISON] = comparison_lasts,
    [MM_RULE_DISTANCE] = distance_lasts,
    [MM_RULE_COLLECTION] = collection_lasts,
};

static bool all_last(const struct mm_ruleset *r, size_t rule)
{
    const struct mm_rule *what = &r->rules[rule];

    for (size_t i = 0; i < r->phase_count; i++) {
        for (size_t j = 0; j < what->measurement_count; j++) {
            if (!measured[what->type](r, what, &r->phases[i].rules[rule], what->measurements[j]))
                return false;
        }
    }
    return true;
}

/* With more tickets fewer locations suit all, and the least latency only gets less; the average may go anywhere. */
static bool latency_lasts(const struct mm_ruleset *r, size_t rule)
{
    for (size_t i = 0; i < r->phase_count; i++) {
        if (!isnan(r->phases[i].rules[rule].limits[MM_MAX_DISTANCE]) && r->rules[rule].distance_to_avg)
            return false;
    }
    return true;
}

/* and, or of failures that last, lasts; what rests on a rule that passes may end. */
static bool statement_lasts(const struct mm_ruleset *r, const struct mm_logic *logic)
{
    if (logic->op == MM_LOGIC_RULE)
        return mm_rule_failure_lasts(r, logic->rule);
    if (logic->op != MM_LOGIC_AND && logic->op != MM_LOGIC_OR)
        return false;
    for (size_t i = 0; i < logic->argument_count; i++) {
        if (!statement_lasts(r, &logic->arguments[i]))
            return false;
    }
    return true;
}

bool mm_rule_failure_lasts(const struct mm_ruleset *r, size_t rule)
{
    switch (r->rules[rule].type) {
    case MM_RULE_BATCH_DISTANCE:
        return true;
    case MM_RULE_LATENCY:
        return latency_lasts(r, rule);
    case MM_RULE_COMPOUND:
        return statement_lasts(r, r->rules[rule].statement);
    case MM_RULE_ABSOLUTE_SORT:
    case MM_RULE_DISTANCE_SORT:
        return true;
    default:
        return all_last(r, rule);
    }
}
