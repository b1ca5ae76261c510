/*
 * mm_problems.h - what is wrong with a document: all of it. Pure.
 *
 * `{0}` is empty. The first MM_PROBLEMS_MAX are kept, notes only while errors leave room; all errors are counted.
 */
#ifndef MATCHMAKING_MM_PROBLEMS_H
#define MATCHMAKING_MM_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

#define MM_PROBLEMS_MAX 100
#define MM_PROBLEM_SIZE 512 /* a longer sentence is cut */

struct mm_problem {
    char *path, *text; /* "$.rules[2].type"; a sentence: what was found, what is allowed. Owned */
    bool note;         /* legal, but probably not meant */
};

struct mm_problems {
    struct mm_problem list[MM_PROBLEMS_MAX];
    size_t count;  /* in list */
    size_t errors; /* found in all, notes not counted */
};

void mm_problem(struct mm_problems *p, const char *path, const char *format, ...) __attribute__((format(printf, 3, 4)));
void mm_problem_note(struct mm_problems *p, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The first error as one line, "PATH: TEXT", and how many more there are; "" when there is none. size: at least 1. */
void mm_problems_line(const struct mm_problems *p, char *out, size_t size);
void mm_problems_free(struct mm_problems *p); /* leaves it empty */

#endif
