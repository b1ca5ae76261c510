/*
 * store_map.h - who serves which slot of a cluster. Pure. Private to libs/store.
 */
#ifndef STORE_STORE_MAP_H
#define STORE_STORE_MAP_H

#include <stdbool.h>

#include "store.h"

struct store_map {
    void *owners[STORE_SLOTS]; /* not owned; NULL: nobody */
};

/* Slots first to last, both included, are the owner's now. False: they are no slots; nothing was changed. */
bool store_map_give(struct store_map *m, int64_t first, int64_t last, void *owner);

/* The last slot of those from `first` on that one owner has without a gap. */
unsigned store_map_run(const struct store_map *m, unsigned first);

#endif
