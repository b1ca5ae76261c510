#include "dice.h"

#include <math.h>

double dice_unit(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15U;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return (double)((x ^ (x >> 31)) >> 11) / 9007199254740992.0;
}

size_t dice_below(uint64_t *state, size_t count)
{
    return (size_t)(dice_unit(state) * (double)count);
}

double dice_exponential(uint64_t *state, double mean)
{
    return -log(1 - dice_unit(state)) * mean;
}
