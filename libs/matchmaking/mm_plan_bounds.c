#include "mm_plan_bounds.h"

#include <math.h>

/* What an expression over the number of all players in the match is. */
enum form { FORM_OTHER, FORM_EACH, FORM_MIN, FORM_MAX, FORM_AVG };

static bool is_number_of_all(const struct mm_ruleset *r, const struct mm_expr *e)
{
    return e->source == MM_SOURCE_ATTRIBUTE && e->team_count == r->team_count &&
           r->attributes[e->attribute].type == MM_ATTRIBUTE_NUMBER;
}

static bool teams_are_of_one(const struct mm_ruleset *r)
{
    for (size_t i = 0; i < r->phase_count; i++) {
        for (size_t j = 0; j < r->family_count; j++) {
            if (r->phases[i].families[j].max > 1)
                return false;
        }
    }
    return true;
}

static enum form form_of_function(enum mm_function f)
{
    switch (f) {
    case MM_MIN:
        return FORM_MIN;
    case MM_MAX:
        return FORM_MAX;
    case MM_AVG:
        return FORM_AVG;
    default:
        return FORM_OTHER;
    }
}

/* Of a list a team first: where teams have one player, its average, least and greatest are the player's own number. */
static enum form form_of(const struct mm_ruleset *r, const struct mm_expr *e)
{
    size_t i = 0;

    if (e == NULL || !is_number_of_all(r, e))
        return FORM_OTHER;
    if (e->grouped && e->function_count > 0) {
        enum mm_function inner = e->functions[0];
        bool same = e->function_count == 2 && e->functions[1] == inner && (inner == MM_MIN || inner == MM_MAX);

        if (inner != MM_FLATTEN && !same &&
            !(teams_are_of_one(r) && (inner == MM_MIN || inner == MM_MAX || inner == MM_AVG || inner == MM_SUM)))
            return FORM_OTHER;
        i = 1;
    }
    if (e->function_count == i)
        return FORM_EACH;
    return e->function_count == i + 1 ? form_of_function(e->functions[i]) : FORM_OTHER;
}

static double most_players(const struct mm_ruleset *r)
{
    size_t most = 0;

    for (size_t i = 0; i < r->phase_count; i++)
        most = r->phases[i].max_players > most ? r->phases[i].max_players : most;
    return (double)most;
}

/*
 * Of |measured - reference| <= max: each against the least or the greatest is every two against each other. Each
 * against the average holds every two within twice max; the greatest alone against the average of n within n times it.
 */
static double widening(const struct mm_ruleset *r, enum form measured, enum form reference, bool *exact)
{
    static const double rounding = 1 + 1e-9;
    bool outer = measured == FORM_MIN || measured == FORM_MAX;

    *exact = false;
    if (reference == FORM_AVG && measured == FORM_EACH)
        return 2 * rounding;
    if (reference == FORM_AVG && outer)
        return most_players(r) * rounding;
    *exact = (measured == FORM_EACH && (reference == FORM_MIN || reference == FORM_MAX)) ||
             (outer && (reference == FORM_MIN || reference == FORM_MAX) && reference != measured);
    return *exact ? 1 : (double)INFINITY;
}

static struct mm_finding of_distance(const struct mm_ruleset *r, const struct mm_rule *rule,
                                     const struct mm_force *force)
{
    struct mm_finding best = {.window = (double)INFINITY};
    enum form reference = form_of(r, force->reference);

    for (size_t i = 0; reference != FORM_OTHER && i < rule->measurement_count; i++) {
        const struct mm_expr *e = rule->measurements[i];
        enum form measured = form_of(r, e);
        double window;
        bool exact;

        if (measured == FORM_OTHER || e->attribute != force->reference->attribute)
            continue;
        window = force->limits[MM_MAX_DISTANCE] * widening(r, measured, reference, &exact);
        if (!(window < best.window))
            continue;
        best = (struct mm_finding){window, r->attributes[e->attribute].slot,
                                   exact && rule->measurement_count == 1 && isnan(force->limits[MM_MIN_DISTANCE])};
    }
    return best;
}

struct mm_finding mm_plan_find_bound(const struct mm_ruleset *r, size_t rule, const struct mm_phase *phase)
{
    const struct mm_rule *what = &r->rules[rule];
    const struct mm_force *force = &phase->rules[rule];

    if (what->type == MM_RULE_DISTANCE && !isnan(force->limits[MM_MAX_DISTANCE]))
        return of_distance(r, what, force);
    if (what->type == MM_RULE_BATCH_DISTANCE && r->attributes[what->attribute].type == MM_ATTRIBUTE_NUMBER)
        return (struct mm_finding){force->limits[MM_MAX_DISTANCE], r->attributes[what->attribute].slot, true};
    return (struct mm_finding){.window = (double)INFINITY};
}

static bool is_each_value(const struct mm_ruleset *r, const struct mm_expr *e)
{
    enum mm_attribute_type type;

    if (e->source != MM_SOURCE_ATTRIBUTE || e->team_count != r->team_count)
        return false;
    type = r->attributes[e->attribute].type;
    if (type != MM_ATTRIBUTE_STRING && type != MM_ATTRIBUTE_NUMBER)
        return false;
    return e->function_count == 0 || (e->function_count == 1 && e->grouped && e->functions[0] == MM_FLATTEN);
}

bool mm_plan_find_equal(const struct mm_ruleset *r, size_t rule, struct mm_equal *out)
{
    const struct mm_rule *what = &r->rules[rule];
    size_t attribute;

    if (what->type == MM_RULE_COMPARISON && what->across && what->comparison == MM_EQ && what->measurement_count == 1 &&
        is_each_value(r, what->measurements[0]))
        attribute = what->measurements[0]->attribute;
    else if (what->type == MM_RULE_BATCH_DISTANCE && r->attributes[what->attribute].type == MM_ATTRIBUTE_STRING)
        attribute = what->attribute;
    else
        return false;
    *out = (struct mm_equal){r->attributes[attribute].slot, r->attributes[attribute].type == MM_ATTRIBUTE_STRING,
                             what->party};
    return true;
}

int mm_plan_find_balance(const struct mm_ruleset *r, size_t rule)
{
    const struct mm_rule *what = &r->rules[rule];

    if (what->type != MM_RULE_DISTANCE || r->team_count < 2)
        return MM_NEVER;
    for (size_t i = 0; i < what->measurement_count; i++) {
        const struct mm_expr *e = what->measurements[i];

        if (is_number_of_all(r, e) && e->grouped && e->function_count > 0 &&
            (e->functions[0] == MM_AVG || e->functions[0] == MM_SUM || e->functions[0] == MM_MEDIAN))
            return r->attributes[e->attribute].slot;
    }
    return MM_NEVER;
}
