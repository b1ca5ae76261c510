#include "mm_eval.h"

#include <math.h>
#include <string.h>

#include "mm_gather.h"
#include "mm_scratch.h"
#include "mm_sets.h"

/* What a function makes of one list of numbers that is not empty. */
typedef double reduce_fn(const double *v, size_t n, struct mm_scratch *s);

static double reduce_min(const double *v, size_t n, struct mm_scratch *s)
{
    double min = v[0];

    (void)s;
    for (size_t i = 1; i < n; i++)
        min = v[i] < min ? v[i] : min;
    return min;
}

static double reduce_max(const double *v, size_t n, struct mm_scratch *s)
{
    double max = v[0];

    (void)s;
    for (size_t i = 1; i < n; i++)
        max = v[i] > max ? v[i] : max;
    return max;
}

static double reduce_sum(const double *v, size_t n, struct mm_scratch *s)
{
    double sum = 0;

    (void)s;
    for (size_t i = 0; i < n; i++)
        sum += v[i];
    return sum;
}

static double reduce_avg(const double *v, size_t n, struct mm_scratch *s)
{
    return reduce_sum(v, n, s) / (double)n;
}

static double reduce_median(const double *v, size_t n, struct mm_scratch *s)
{
    double *sorted = mm_scratch_take(s, n, sizeof(*sorted));

    for (size_t i = 0; i < n; i++) { /* lists are short */
        size_t place = i;

        for (; place > 0 && sorted[place - 1] > v[i]; place--)
            sorted[place] = sorted[place - 1];
        sorted[place] = v[i];
    }
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

static double reduce_stddev(const double *v, size_t n, struct mm_scratch *s) /* of the population */
{
    double avg = reduce_avg(v, n, s), squares = 0;

    for (size_t i = 0; i < n; i++)
        squares += (v[i] - avg) * (v[i] - avg);
    return sqrt(squares / (double)n);
}

static reduce_fn *const reducers[MM_FUNCTIONS] = {
    [MM_MIN] = reduce_min,       [MM_MAX] = reduce_max, [MM_AVG] = reduce_avg,
    [MM_MEDIAN] = reduce_median, [MM_SUM] = reduce_sum, [MM_STDDEV] = reduce_stddev,
};

static struct mm_value numbers_of(const double *numbers, size_t count, int depth)
{
    return (struct mm_value){.leaf = MM_LEAF_NUMBER, .depth = depth, .count = count, .numbers = numbers};
}

static struct mm_value reduce(reduce_fn *fn, const struct mm_value *v, struct mm_scratch *s)
{
    const double *list = v->numbers;
    size_t lists = v->depth == 2 ? v->list_count : 1, n = 0;
    double *out = mm_scratch_take(s, lists, sizeof(*out));

    for (size_t i = 0; i < lists; i++) {
        size_t length = v->depth == 2 ? v->lengths[i] : v->count;

        if (length > 0)
            out[n++] = fn(list, length, s);
        list += length;
    }
    return numbers_of(out, n, v->depth - 1);
}

static struct mm_value count_sets(const struct mm_value *v, struct mm_scratch *s)
{
    double *out = mm_scratch_take(s, v->count, sizeof(*out));
    struct mm_value counts = *v;

    for (size_t i = 0; i < v->count; i++)
        out[i] = (double)v->sets[i]->count;
    counts.leaf = MM_LEAF_NUMBER;
    counts.numbers = out;
    return counts;
}

static struct mm_value count(const struct mm_value *v, struct mm_scratch *s)
{
    size_t lists = v->depth == 2 ? v->list_count : 1;
    double *out;

    if (v->leaf == MM_LEAF_SET)
        return count_sets(v, s);
    out = mm_scratch_take(s, lists, sizeof(*out));
    for (size_t i = 0; i < lists; i++)
        out[i] = (double)(v->depth == 2 ? v->lengths[i] : v->count);
    return numbers_of(out, lists, v->depth - 1);
}

struct mm_value mm_value_strings(const struct mm_value *v, struct mm_scratch *s)
{
    size_t n = 0;
    const char **strings;

    for (size_t i = 0; i < v->count; i++)
        n += v->sets[i]->count;
    strings = mm_scratch_take(s, n, sizeof(*strings));
    n = 0;
    for (size_t i = 0; i < v->count; i++) {
        if (v->sets[i]->count > 0)
            memcpy(strings + n, v->sets[i]->list, v->sets[i]->count * sizeof(*strings));
        n += v->sets[i]->count;
    }
    return (struct mm_value){.leaf = MM_LEAF_STRING, .depth = 1, .count = n, .strings = strings};
}

/* The outermost level goes; the leaves already lie one after the other. */
static struct mm_value flatten(const struct mm_value *v, struct mm_scratch *s)
{
    struct mm_value flat = *v;

    if (v->leaf == MM_LEAF_SET && v->depth == 1)
        return mm_value_strings(v, s);
    flat.depth--;
    return flat;
}

/* A list of lists of strings as a list of sets. */
static struct mm_value sets_of(const struct mm_value *v, struct mm_scratch *s)
{
    const struct mm_strings **sets = mm_scratch_take(s, v->list_count, sizeof(*sets));
    const char *const *list = v->strings;

    for (size_t i = 0; i < v->list_count; i++) {
        sets[i] = mm_set_of(list, v->lengths[i], s);
        list += v->lengths[i];
    }
    return (struct mm_value){.leaf = MM_LEAF_SET, .depth = 1, .count = v->list_count, .sets = sets};
}

static const struct mm_strings *common(const struct mm_strings *const *sets, size_t n, struct mm_scratch *s)
{
    const struct mm_strings *set = sets[0];

    for (size_t i = 1; i < n && set->count > 0; i++)
        set = mm_set_intersection(set, sets[i], s);
    return set;
}

static struct mm_value set_intersection(const struct mm_value *v, struct mm_scratch *s)
{
    struct mm_value in = v->leaf == MM_LEAF_SET ? *v : sets_of(v, s);
    size_t lists = in.depth == 2 ? in.list_count : 1, n = 0;
    const struct mm_strings **out = mm_scratch_take(s, lists, sizeof(*out)), *const *list = in.sets;

    for (size_t i = 0; i < lists; i++) {
        size_t length = in.depth == 2 ? in.lengths[i] : in.count;

        if (length > 0)
            out[n++] = common(list, length, s);
        list += length;
    }
    return (struct mm_value){.leaf = MM_LEAF_SET, .depth = in.depth - 1, .count = n, .sets = out};
}

static struct mm_value apply(enum mm_function f, const struct mm_value *v, struct mm_scratch *s)
{
    switch (f) {
    case MM_COUNT:
        return count(v, s);
    case MM_FLATTEN:
        return flatten(v, s);
    case MM_SET_INTERSECTION:
        return set_intersection(v, s);
    default:
        return reduce(reducers[f], v, s);
    }
}

static struct mm_value nothing(void)
{
    return (struct mm_value){.count = 0};
}

struct mm_value mm_eval(const struct mm_expr *e, enum mm_aggregation party, const struct mm_lineup *l,
                        struct mm_scratch *s)
{
    struct mm_value v = mm_gather(e, party, l, s);

    for (size_t i = 0; i < e->function_count; i++) {
        if (v.depth == 0 && v.count == 0)
            return nothing();
        v = apply(e->functions[i], &v, s);
    }
    return v;
}
