/* Comparison, distance and batchDistance: numbers, and what is equal. */
#include <math.h>
#include <string.h>

#include "mm_checks.h"
#include "mm_gather.h"

/* Which of less, equal and greater an operation takes. */
enum { LESS = 1, EQUAL = 2, GREATER = 4 };

static const int takes[] = {
    [MM_LT] = LESS,           [MM_LE] = LESS | EQUAL, [MM_EQ] = EQUAL,
    [MM_NE] = LESS | GREATER, [MM_GT] = GREATER,      [MM_GE] = GREATER | EQUAL,
};

static bool compare_numbers(enum mm_comparison op, double a, double b)
{
    return (takes[op] & (a < b ? LESS : a > b ? GREATER : EQUAL)) != 0;
}

static bool compare_strings(enum mm_comparison op, const char *a, const char *b)
{
    int order = strcmp(a, b);

    return (takes[op] & (order < 0 ? LESS : order > 0 ? GREATER : EQUAL)) != 0;
}

/* How far a number is on the right side; an operation's worst is the least of these. */
static double margin_of(enum mm_comparison op, double found, double reference)
{
    switch (op) {
    case MM_LT:
    case MM_LE:
        return reference - found;
    case MM_GT:
    case MM_GE:
        return found - reference;
    case MM_EQ:
        return -fabs(found - reference);
    default:
        return fabs(found - reference);
    }
}

/* Of lists of strings, the strings. */
static struct mm_value measure(const struct mm_question *q, size_t i)
{
    struct mm_value v = mm_eval(q->rule->measurements[i], q->rule->party, q->l, q->s);

    return v.leaf == MM_LEAF_SET ? mm_value_strings(&v, q->s) : v;
}

static void compare_values(struct mm_worst *w, enum mm_comparison op, const struct mm_value *found,
                           const struct mm_value *reference)
{
    for (size_t i = 0; i < found->count; i++) {
        if (found->leaf == MM_LEAF_NUMBER)
            mm_worst_add(w, compare_numbers(op, found->numbers[i], reference->numbers[0]), found->numbers[i],
                         reference->numbers[0], margin_of(op, found->numbers[i], reference->numbers[0]));
        else
            w->verdict.passed = w->verdict.passed && compare_strings(op, found->strings[i], reference->strings[0]);
    }
}

static bool agree(enum mm_comparison op, const struct mm_value *v, size_t i, size_t j)
{
    if (v->leaf == MM_LEAF_NUMBER)
        return compare_numbers(op, v->numbers[i], v->numbers[j]);
    return compare_strings(op, v->strings[i], v->strings[j]);
}

/* Equal to the first is equal to each other; different is asked of every two. */
static bool across(enum mm_comparison op, const struct mm_value *v)
{
    for (size_t i = 1; i < v->count; i++) {
        for (size_t j = 0; j < (op == MM_EQ ? 1 : i); j++) {
            if (!agree(op, v, i, j))
                return false;
        }
    }
    return true;
}

struct mm_verdict mm_check_comparison(const struct mm_question *q)
{
    struct mm_worst w = mm_worst_begin();
    struct mm_value reference = {.count = 0};

    if (!q->rule->across) {
        reference = mm_eval(q->force->reference, q->rule->party, q->l, q->s);
        if (reference.count == 0)
            return w.verdict;
    }
    for (size_t i = 0; i < q->rule->measurement_count; i++) {
        struct mm_value found = measure(q, i);

        if (q->rule->across)
            w.verdict.passed = w.verdict.passed && across(q->rule->comparison, &found);
        else
            compare_values(&w, q->rule->comparison, &found, &reference);
    }
    return w.verdict;
}

struct mm_verdict mm_check_distance(const struct mm_question *q)
{
    const double *limits = q->force->limits;
    struct mm_value reference = mm_eval(q->force->reference, q->rule->party, q->l, q->s);
    struct mm_worst w = mm_worst_begin();

    if (reference.count == 0)
        return w.verdict;
    for (size_t i = 0; i < q->rule->measurement_count; i++) {
        struct mm_value found = measure(q, i);

        for (size_t j = 0; j < found.count; j++)
            mm_worst_between(&w, fabs(found.numbers[j] - reference.numbers[0]), limits[MM_MIN_DISTANCE],
                             limits[MM_MAX_DISTANCE]);
    }
    return w.verdict;
}

/* All players of the match have the same string. */
static struct mm_verdict same_strings(const struct mm_question *q, size_t slot)
{
    for (size_t i = 1; i < q->l->seat_count; i++) {
        if (strcmp(q->l->seats[0].player->data[slot].string, q->l->seats[i].player->data[slot].string) != 0)
            return (struct mm_verdict){.passed = false};
    }
    return (struct mm_verdict){.passed = true};
}

struct mm_verdict mm_check_batch_distance(const struct mm_question *q)
{
    const struct mm_attribute *a = &q->r->attributes[q->rule->attribute];
    struct mm_worst w = mm_worst_begin();
    double least = (double)INFINITY, most = -(double)INFINITY;

    if (a->type == MM_ATTRIBUTE_STRING)
        return same_strings(q, a->slot);
    for (size_t i = 0; i < q->l->ticket_count; i++) {
        double v = mm_ticket_number(q->l->tickets[i].facts, a->slot, q->rule->party);

        least = v < least ? v : least;
        most = v > most ? v : most;
    }
    if (most >= least)
        mm_worst_between(&w, most - least, (double)NAN, q->force->limits[MM_MAX_DISTANCE]);
    return w.verdict;
}
