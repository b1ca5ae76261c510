#include "mm_form.h"

#include <string.h>

enum mm_trend mm_trend_both(enum mm_trend a, enum mm_trend b)
{
    if (a == MM_SAME || a == b)
        return b;
    return b == MM_SAME ? a : MM_ANY;
}

enum mm_trend mm_trend_opposite(enum mm_trend t)
{
    static const enum mm_trend opposites[] = {
        [MM_SAME] = MM_SAME, [MM_UP] = MM_DOWN, [MM_DOWN] = MM_UP, [MM_ANY] = MM_ANY};

    return opposites[t];
}

static void add_level(struct mm_form *f, enum mm_trend length)
{
    f->levels[f->depth++] = length;
}

/* Lists of players that nobody can join: once there is a value to a function of one, it stays. */
static bool has_one_each(const struct mm_ruleset *r, const struct mm_expr *e)
{
    for (size_t i = 0; i < r->phase_count; i++) {
        for (size_t j = 0; j < e->team_count; j++) {
            if (mm_phase_size(r, &r->phases[i], e->teams[j]).max > 1)
                return false;
        }
    }
    return e->source == MM_SOURCE_ATTRIBUTE;
}

static struct mm_form form_of_source(const struct mm_ruleset *r, const struct mm_expr *e)
{
    struct mm_form f = {.number = MM_SAME};

    if (e->source == MM_SOURCE_STRINGS)
        add_level(&f, MM_SAME);
    if (mm_expr_is_constant(e))
        return f;
    if (e->grouped)
        add_level(&f, MM_SAME);
    if (e->source != MM_SOURCE_TEAMS)
        add_level(&f, MM_UP);
    if (e->source == MM_SOURCE_ATTRIBUTE && r->attributes[e->attribute].type == MM_ATTRIBUTE_STRING_LIST)
        add_level(&f, MM_SAME);
    return f;
}

/* A list that had no value may have one later, so the list around it gets more elements. */
static void may_appear(struct mm_form *f)
{
    if (f->depth > 0)
        f->levels[f->depth - 1] = mm_trend_both(f->levels[f->depth - 1], MM_UP);
}

/* An aggregate of a list whose length goes as `length`, of numbers that go as `number`. */
static enum mm_trend trend_of(enum mm_function fn, enum mm_trend number, enum mm_trend length)
{
    switch (fn) {
    case MM_MIN:
        return mm_trend_both(number, mm_trend_opposite(length));
    case MM_MAX:
        return mm_trend_both(number, length);
    case MM_STDDEV:
        return number == MM_SAME && length == MM_SAME ? MM_SAME : MM_ANY;
    default: /* avg, median, sum: new elements may pull anywhere */
        return length == MM_SAME ? number : MM_ANY;
    }
}

/* one_each: the innermost lists never have more than one element. */
static void apply(struct mm_form *f, enum mm_function fn, bool one_each)
{
    enum mm_trend innermost = f->levels[f->depth - 1];

    switch (fn) {
    case MM_FLATTEN:
        f->levels[1] = mm_trend_both(f->levels[0], f->levels[1]);
        memmove(f->levels, f->levels + 1, (size_t)--f->depth * sizeof(f->levels[0]));
        break;
    case MM_SET_INTERSECTION: /* more lists have less in common, and so have smaller ones */
        f->depth--;
        f->levels[f->depth - 1] = mm_trend_both(mm_trend_opposite(f->levels[f->depth - 1]), innermost);
        if (f->depth > 1)
            f->levels[f->depth - 2] = mm_trend_both(f->levels[f->depth - 2], MM_UP);
        break;
    case MM_COUNT:
        f->depth--;
        f->number = innermost;
        break;
    default:
        f->depth--;
        f->number = trend_of(fn, f->number, one_each ? MM_SAME : innermost);
        may_appear(f);
    }
}

struct mm_form mm_form_of(const struct mm_ruleset *r, const struct mm_expr *e)
{
    struct mm_form f = form_of_source(r, e);
    bool one_each = has_one_each(r, e);

    for (size_t i = 0; i < e->function_count; i++)
        apply(&f, e->functions[i], one_each && i == 0);
    return f;
}
