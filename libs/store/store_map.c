/* store_map.c - see store_map.h. */
#include "store_map.h"

bool store_map_give(struct store_map *m, int64_t first, int64_t last, void *owner)
{
    if (first < 0 || last >= STORE_SLOTS || first > last)
        return false;
    for (int64_t slot = first; slot <= last; slot++)
        m->owners[slot] = owner;
    return true;
}

unsigned store_map_run(const struct store_map *m, unsigned first)
{
    unsigned last = first;

    while (last + 1 < STORE_SLOTS && m->owners[last + 1] == m->owners[first])
        last++;
    return last;
}
