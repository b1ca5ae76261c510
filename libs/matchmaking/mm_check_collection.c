#include <math.h>
#include <string.h>

#include "mm_checks.h"
#include "mm_scratch.h"
#include "mm_sets.h"

/* Adds what one measurement counts. */
typedef void count_fn(struct mm_worst *w, const struct mm_question *q, const struct mm_value *v,
                      const struct mm_value *reference);

static void judge(struct mm_worst *w, const struct mm_question *q, size_t n)
{
    double least = q->force->limits[MM_MIN_COUNT], most = q->force->limits[MM_MAX_COUNT];

    if (isnan(least) && isnan(most) && q->rule->collection == MM_CONTAINS)
        least = 1;
    mm_worst_between(w, (double)n, least, most);
}

/* The innermost lists as sets; a list of strings is one. */
static struct mm_value sets_of(const struct mm_value *v, struct mm_scratch *s)
{
    size_t lists = v->depth == 2 ? v->list_count : 1;
    const struct mm_strings **sets;
    const char *const *list = v->strings;

    if (v->leaf == MM_LEAF_SET)
        return *v;
    sets = mm_scratch_take(s, lists, sizeof(*sets));
    for (size_t i = 0; i < lists; i++) {
        size_t length = v->depth == 2 ? v->lengths[i] : v->count;

        sets[i] = mm_set_of(list, length, s);
        list += length;
    }
    return (struct mm_value){.leaf = MM_LEAF_SET, .depth = 1, .count = lists, .sets = sets};
}

/* How many strings all the lists have in common. */
static void count_intersection(struct mm_worst *w, const struct mm_question *q, const struct mm_value *v,
                               const struct mm_value *reference)
{
    struct mm_value in = sets_of(v, q->s);
    const struct mm_strings *common;

    (void)reference;
    if (in.count == 0)
        return;
    common = in.sets[0];
    for (size_t i = 1; i < in.count && common->count > 0; i++)
        common = mm_set_intersection(common, in.sets[i], q->s);
    judge(w, q, common->count);
}

/* How many lists have the reference in them; of a single list, how many of its elements are it. */
static void count_contains(struct mm_worst *w, const struct mm_question *q, const struct mm_value *v,
                           const struct mm_value *reference)
{
    const char *wanted = reference->strings[0];
    bool list_of_strings = v->leaf == MM_LEAF_STRING && v->depth == 1;
    struct mm_value in = list_of_strings ? *v : sets_of(v, q->s);
    size_t n = 0;

    if (v->depth == 0 && v->count == 0)
        return;
    for (size_t i = 0; i < in.count; i++)
        n += list_of_strings ? strcmp(in.strings[i], wanted) == 0 : mm_set_has(in.sets[i], wanted);
    judge(w, q, n);
}

/* Of each list by itself, how many of its strings the reference has. */
static void count_reference(struct mm_worst *w, const struct mm_question *q, const struct mm_value *v,
                            const struct mm_value *reference)
{
    struct mm_value in = sets_of(v, q->s);
    const struct mm_strings *wanted = reference->leaf == MM_LEAF_SET ? reference->sets[0] : NULL;

    for (size_t i = 0; i < in.count; i++) {
        if (in.sets[i]->count == 0) { /* block lists mostly are: the reference need not be sorted for them */
            judge(w, q, 0);
            continue;
        }
        if (wanted == NULL)
            wanted = mm_set_of(reference->strings, reference->count, q->s);
        judge(w, q, mm_set_common(in.sets[i], wanted));
    }
}

static count_fn *const counts[] = {
    [MM_INTERSECTION] = count_intersection,
    [MM_CONTAINS] = count_contains,
    [MM_REFERENCE_INTERSECTION_COUNT] = count_reference,
};

struct mm_verdict mm_check_collection(const struct mm_question *q)
{
    bool alone = q->rule->collection == MM_INTERSECTION;
    struct mm_value reference = {.count = 0};
    struct mm_worst w = mm_worst_begin();

    if (!alone)
        reference = mm_eval(q->force->reference, q->rule->party, q->l, q->s);
    if (!alone && reference.depth == 0 && reference.count == 0)
        return w.verdict;
    for (size_t i = 0; i < q->rule->measurement_count; i++) {
        struct mm_value v = mm_eval(q->rule->measurements[i], q->rule->party, q->l, q->s);

        counts[q->rule->collection](&w, q, &v, &reference);
    }
    return w.verdict;
}
