/*
 * What becomes of a value while tickets are seated: which failures last.
 *
 * Seating only appends: players to their teams, and to each list what the new players or parties have. From there the
 * functions are followed: the max of a list that gets more elements can only grow, and so on. What can go both ways,
 * or is not worked out here, is ANY, and a failure that rests on it does not last.
 */
#include <math.h>
#include <string.h>

#include "mm_check.h"

enum trend { SAME, UP, DOWN, ANY }; /* of a number: it only grows, only shrinks */

#define LEVELS_MAX 3 /* teams, players, a player's strings */

/* SAME, UP, DOWN of a level: its lists keep their elements, only get more, only lose some. */
struct form {
    enum trend number;             /* of each number; SAME of strings */
    enum trend levels[LEVELS_MAX]; /* outermost first */
    int depth;
};

static enum trend both(enum trend a, enum trend b)
{
    if (a == SAME || a == b)
        return b;
    return b == SAME ? a : ANY;
}

static enum trend opposite(enum trend t)
{
    static const enum trend opposites[] = {[SAME] = SAME, [UP] = DOWN, [DOWN] = UP, [ANY] = ANY};

    return opposites[t];
}

static void add_level(struct form *f, enum trend length)
{
    f->levels[f->depth++] = length;
}

static struct form form_of_source(const struct mm_ruleset *r, const struct mm_expr *e)
{
    struct form f = {.number = SAME};

    if (e->source == MM_SOURCE_STRINGS)
        add_level(&f, SAME);
    if (mm_expr_is_constant(e))
        return f;
    if (e->grouped)
        add_level(&f, SAME);
    if (e->source != MM_SOURCE_TEAMS)
        add_level(&f, UP);
    if (e->source == MM_SOURCE_ATTRIBUTE && r->attributes[e->attribute].type == MM_ATTRIBUTE_STRING_LIST)
        add_level(&f, SAME);
    return f;
}

/* A list that had no value may have one later, so the list around it gets more elements. */
static void may_appear(struct form *f)
{
    if (f->depth > 0)
        f->levels[f->depth - 1] = both(f->levels[f->depth - 1], UP);
}

/* An aggregate of a list whose length goes as `length`, of numbers that go as `number`. */
static enum trend trend_of(enum mm_function fn, enum trend number, enum trend length)
{
    switch (fn) {
    case MM_MIN:
        return both(number, opposite(length));
    case MM_MAX:
        return both(number, length);
    case MM_STDDEV:
        return number == SAME && length == SAME ? SAME : ANY;
    default: /* avg, median, sum: new elements may pull anywhere */
        return length == SAME ? number : ANY;
    }
}

static void apply(struct form *f, enum mm_function fn)
{
    enum trend innermost = f->levels[f->depth - 1];

    switch (fn) {
    case MM_FLATTEN:
        f->levels[1] = both(f->levels[0], f->levels[1]);
        memmove(f->levels, f->levels + 1, (size_t)--f->depth * sizeof(f->levels[0]));
        break;
    case MM_SET_INTERSECTION: /* more lists have less in common, and so have smaller ones */
        f->depth--;
        f->levels[f->depth - 1] = both(opposite(f->levels[f->depth - 1]), innermost);
        if (f->depth > 1)
            f->levels[f->depth - 2] = both(f->levels[f->depth - 2], UP);
        break;
    case MM_COUNT:
        f->depth--;
        f->number = innermost;
        break;
    default:
        f->depth--;
        f->number = trend_of(fn, f->number, innermost);
        may_appear(f);
    }
}

static struct form form_of(const struct mm_ruleset *r, const struct mm_expr *e)
{
    struct form f = form_of_source(r, e);

    for (size_t i = 0; i < e->function_count; i++)
        apply(&f, e->functions[i]);
    return f;
}

/* Is what is measured once measured always? Not when a list may lose it. */
static bool stays(const struct form *f, int levels)
{
    for (int i = 0; i < levels; i++) {
        if (f->levels[i] == DOWN || f->levels[i] == ANY)
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
static enum trend trend_of_distance(const struct mm_ruleset *r, const struct mm_expr *m,
                                    const struct mm_expr *reference)
{
    enum trend a = form_of(r, m).number, b = form_of(r, reference).number;

    if (a == SAME && b == SAME)
        return SAME;
    if (!is_within(m) || reference->source != MM_SOURCE_ATTRIBUTE || !is_part(m, reference))
        return ANY;
    if (is_extreme(reference, MM_MIN)) /* measured >= reference */
        return both(a, opposite(b));
    if (is_extreme(reference, MM_MAX))
        return both(opposite(a), b);
    return ANY;
}

/* Failures of number <= most, and of number >= least, of which NAN is not given. */
static bool bounds_last(enum trend number, double least, double most)
{
    return (isnan(most) || number == SAME || number == UP) && (isnan(least) || number == SAME || number == DOWN);
}

static bool comparison_lasts(const struct mm_ruleset *r, const struct mm_rule *rule, const struct mm_force *force,
                             const struct mm_expr *m)
{
    struct form f = form_of(r, m);
    enum trend excess;

    if (!stays(&f, f.depth))
        return false;
    if (rule->across)
        return f.number == SAME;
    excess = both(f.number, opposite(form_of(r, force->reference).number));
    switch (rule->comparison) {
    case MM_LT:
    case MM_LE:
        return excess == SAME || excess == UP;
    case MM_GT:
    case MM_GE:
        return excess == SAME || excess == DOWN;
    default:
        return excess == SAME && f.number == SAME;
    }
}

static bool distance_lasts(const struct mm_ruleset *r, const struct mm_rule *rule, const struct mm_force *force,
                           const struct mm_expr *m)
{
    struct form f = form_of(r, m);

    (void)rule;
    return stays(&f, f.depth) && bounds_last(trend_of_distance(r, m, force->reference), force->limits[MM_MIN_DISTANCE],
                                             force->limits[MM_MAX_DISTANCE]);
}

/* How the number of strings goes that all lists have in common; a single list has its own. */
static enum trend trend_of_common(const struct form *f)
{
    enum trend innermost = f->levels[f->depth - 1], lists = SAME;

    for (int i = 0; i < f->depth - 1; i++)
        lists = both(lists, f->levels[i]);
    return both(opposite(lists), innermost);
}

/* How the number of lists goes that have a given string; of a single list, of its elements. */
static enum trend trend_of_having(const struct form *f)
{
    enum trend t = SAME;

    for (int i = 0; i < f->depth; i++)
        t = both(t, f->levels[i]);
    return t;
}

static bool collection_lasts(const struct mm_ruleset *r, const struct mm_rule *rule, const struct mm_force *force,
                             const struct mm_expr *m)
{
    struct form f = form_of(r, m), reference;
    double least = force->limits[MM_MIN_COUNT], most = force->limits[MM_MAX_COUNT];

    if (rule->collection == MM_INTERSECTION)
        return bounds_last(trend_of_common(&f), least, most);
    if (rule->collection == MM_CONTAINS)
        return !(isnan(least) && isnan(most)) && bounds_last(trend_of_having(&f), least, most);
    reference = form_of(r, force->reference);
    return stays(&f, f.depth - 1) &&
           bounds_last(both(f.levels[f.depth - 1], reference.depth > 0 ? reference.levels[0] : SAME), least, most);
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
