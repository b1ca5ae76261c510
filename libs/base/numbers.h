/*
 * numbers.h - a file of numbers, one a line: ratings, times.
 */
#ifndef BASE_NUMBERS_H
#define BASE_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>

#define NUMBER_MAX 1e9 /* either side of 0 */

struct numbers {  /* `{0}` is empty */
    double *list; /* owned */
    size_t count;
};

/* 0, or ERR_INVALID and a sentence that names the file and, for a wrong line, its number. */
int numbers_load(struct numbers *out, const char *path, char *error, size_t error_size);
void numbers_free(struct numbers *n);

/* Decimal, all of text, finite and within NUMBER_MAX; false: *out is untouched. */
bool number_parse(const char *text, double *out);

#endif
