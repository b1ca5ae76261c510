/*
 * mm_sets.h - internal: sets of strings, sorted. Results are in the caller's scratch, or one of the arguments.
 */
#ifndef MATCHMAKING_MM_SETS_H
#define MATCHMAKING_MM_SETS_H

#include <stdbool.h>
#include <stddef.h>

#include "mm_facts.h"
#include "mm_scratch.h"

void mm_strings_sort(const char **list, size_t *count); /* in place; each stays once */

const struct mm_strings *mm_set_of(const char *const *list, size_t count, struct mm_scratch *s);
const struct mm_strings *mm_set_union(const struct mm_strings *a, const struct mm_strings *b, struct mm_scratch *s);
const struct mm_strings *mm_set_intersection(const struct mm_strings *a, const struct mm_strings *b,
                                             struct mm_scratch *s);
bool mm_set_has(const struct mm_strings *a, const char *string);
size_t mm_set_common(const struct mm_strings *a, const struct mm_strings *b); /* how many are in both */

#endif
