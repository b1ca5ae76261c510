#include "mm_sets.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void mm_strings_sort(const char **list, size_t *count)
{
    size_t kept = 0;

    qsort(list, *count, sizeof(*list), compare);
    for (size_t i = 0; i < *count; i++) {
        if (kept == 0 || strcmp(list[kept - 1], list[i]) != 0)
            list[kept++] = list[i];
    }
    *count = kept;
}

/* A set with room for max strings. */
static struct mm_strings *set_new(size_t max, const char ***list, struct mm_scratch *s)
{
    struct mm_strings *set = mm_scratch_take(s, 1, sizeof(*set));

    *list = mm_scratch_take(s, max, sizeof(**list));
    set->list = *list;
    set->count = 0;
    return set;
}

const struct mm_strings *mm_set_of(const char *const *list, size_t count, struct mm_scratch *s)
{
    const char **own;
    struct mm_strings *set = set_new(count, &own, s);

    if (count > 0)
        memcpy(own, list, count * sizeof(*own));
    set->count = count;
    mm_strings_sort(own, &set->count);
    return set;
}

const struct mm_strings *mm_set_union(const struct mm_strings *a, const struct mm_strings *b, struct mm_scratch *s)
{
    size_t i = 0, j = 0, n = 0;
    const char **list;
    struct mm_strings *set;

    if (a->count == 0 || b->count == 0)
        return a->count == 0 ? b : a;
    set = set_new(a->count + b->count, &list, s);
    while (i < a->count && j < b->count) {
        int order = strcmp(a->list[i], b->list[j]);

        list[n++] = order <= 0 ? a->list[i] : b->list[j];
        i += order <= 0;
        j += order >= 0;
    }
    while (i < a->count)
        list[n++] = a->list[i++];
    while (j < b->count)
        list[n++] = b->list[j++];
    set->count = n;
    return set;
}

/* Writes what is in both to out, unless that is NULL; how many. */
static size_t meet(const struct mm_strings *a, const struct mm_strings *b, const char **out)
{
    size_t i = 0, j = 0, n = 0;

    while (i < a->count && j < b->count) {
        int order = strcmp(a->list[i], b->list[j]);

        if (order == 0) {
            if (out != NULL)
                out[n] = a->list[i];
            n++;
        }
        i += order <= 0;
        j += order >= 0;
    }
    return n;
}

const struct mm_strings *mm_set_intersection(const struct mm_strings *a, const struct mm_strings *b,
                                             struct mm_scratch *s)
{
    const char **list;
    struct mm_strings *set = set_new(a->count < b->count ? a->count : b->count, &list, s);

    set->count = meet(a, b, list);
    return set;
}

bool mm_set_has(const struct mm_strings *a, const char *string)
{
    return bsearch(&string, a->list, a->count, sizeof(*a->list), compare) != NULL;
}

size_t mm_set_common(const struct mm_strings *a, const struct mm_strings *b)
{
    return meet(a, b, NULL);
}
