/*
 * dice.h - chance from a seed (splitmix64): the same state gives the same numbers on every machine. For tools and
 * tests: who must not guess uses id_random.
 */
#ifndef BASE_DICE_H
#define BASE_DICE_H

#include <stddef.h>
#include <stdint.h>

double dice_unit(uint64_t *state);                /* 0 <= x < 1 */
size_t dice_below(uint64_t *state, size_t count); /* 0 <= n < count; count is not 0 */
double dice_exponential(uint64_t *state, double mean);

#endif
