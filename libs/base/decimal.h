/*
 * decimal.h - whole numbers in texts of ours. Pure.
 */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <stdint.h>

/*
 * One number of 0..max without sign or leading zeros, so that it has one text only, from `at`, before `end`; returns
 * what follows it, NULL when there is none.
 */
const char *decimal_read(const char *at, const char *end, int64_t max, int64_t *out);

#endif
