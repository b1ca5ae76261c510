/*
 * mm_index_node.h - internal to mm_index: what a node of the tree is. Arrays of each thing for itself, as a search
 * looks at all keys of a node, or at all orders.
 */
#ifndef MATCHMAKING_MM_INDEX_NODE_H
#define MATCHMAKING_MM_INDEX_NODE_H

#include "mm_index.h"

#define MM_NODE_WIDTH 32

union mm_ref {
    struct mm_node *child;
    struct {
        uint32_t item, players;
    } leaf;
};

struct mm_node {
    uint16_t level; /* 0: a leaf */
    uint16_t count;
    double keys[MM_NODE_WIDTH];     /* of an inner node: with orders, what its children's entries are not before */
    uint64_t orders[MM_NODE_WIDTH]; /* (the first child's: only a bound that is low enough) */
    union mm_ref refs[MM_NODE_WIDTH];
};

struct mm_below { /* of a child, all that is below it */
    uint64_t least;
    uint64_t marks;
    size_t players;
};

struct mm_inner {
    struct mm_node node;
    struct mm_below below[MM_NODE_WIDTH];
};

struct mm_marked { /* a leaf of an index with marks */
    struct mm_node node;
    uint64_t marks[MM_NODE_WIDTH];
};

static inline struct mm_inner *mm_inner(struct mm_node *n)
{
    return (struct mm_inner *)n;
}

static inline const struct mm_inner *mm_inner_const(const struct mm_node *n)
{
    return (const struct mm_inner *)n;
}

static inline bool mm_is_below(const struct mm_range *r, double key)
{
    return key < r->high && r->high - key > r->window;
}

static inline bool mm_is_above(const struct mm_range *r, double key)
{
    return key > r->low && key - r->low > r->window;
}

/* How many of the slots are below the range; how many are not above it. */
static inline size_t mm_node_below(const struct mm_node *n, const struct mm_range *r)
{
    size_t low = 0, high = n->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (mm_is_below(r, n->keys[middle]))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static inline size_t mm_node_not_above(const struct mm_node *n, const struct mm_range *r)
{
    size_t low = 0, high = n->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (mm_is_above(r, n->keys[middle]))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The slots whose entries, or some of whose children's entries, may be in the range: [*first, *end). */
static inline void mm_node_span(const struct mm_node *n, const struct mm_range *r, size_t *first, size_t *end)
{
    size_t below = mm_node_below(n, r);

    *first = n->level > 0 && below > 0 ? below - 1 : below;
    *end = mm_node_not_above(n, r);
}

#endif
