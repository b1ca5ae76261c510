/*
 * mm_index.h - internal: waiting tickets by the number they are matched by; finds them by age in a range of it.
 *
 * A B+ tree over (key, order): its leaves are a few cache lines of numbers, so that it is as good with a million
 * different keys as with a thousand that repeat. Of each child a node knows the least order, the players and the marks
 * below. A leaf is given back when it is empty, and not merged before.
 */
#ifndef MATCHMAKING_MM_INDEX_H
#define MATCHMAKING_MM_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mm_entry {
    double key;       /* finite */
    uint64_t order;   /* of arrival: unique, smaller is older; 1 .. UINT64_MAX - 1 */
    uint64_t marks;   /* a walk asks for entries with one of some; only with index->marked */
    uint32_t item;    /* the owner's number for it */
    uint32_t players; /* how many it counts for */
};

struct mm_index { /* {0} is empty */
    struct mm_node *root;
    size_t bytes; /* of memory */
    bool marked;  /* entries have marks (8 bytes each); to be set while it is empty */
};

/*
 * Keys within `window` of both `low` and `high` (low <= high; window may be INFINITY), by the arithmetic of the rules:
 * |a - b| <= window, as low - window may round to the other side of a key. after < order < before.
 */
struct mm_range {
    double low, high, window;
    uint64_t after, before;
    uint64_t marks;
};

/* O(log n). What is removed is there. */
void mm_index_insert(struct mm_index *index, const struct mm_entry *e);
void mm_index_remove(struct mm_index *index, double key, uint64_t order);
void mm_index_free(struct mm_index *index); /* leaves it empty */

/* Of the players with keys in the range, whatever their orders and marks are. O(log n). */
size_t mm_index_players(const struct mm_index *index, const struct mm_range *r);

/* By key; whatever the marks are. How many there were, at most max. */
size_t mm_index_scan(const struct mm_index *index, const struct mm_range *r, struct mm_entry *out, size_t max);

/*
 * By age, the oldest first, lazily: the first costs O(log n), as does each further one, in a range without `after`;
 * with it, subtrees that hold something older are looked into as well. The index stays as it is meanwhile.
 */
struct mm_walk { /* {0} before the first use; used again as often as needed */
    struct mm_range range;
    bool marked;
    struct mm_waypoint *heap;
    size_t count, capacity;
};

void mm_walk_begin(struct mm_walk *w, const struct mm_index *index, const struct mm_range *r);
bool mm_walk_next(struct mm_walk *w, uint64_t *order, uint32_t *item); /* false: that was all */
void mm_walk_free(struct mm_walk *w);

#endif
