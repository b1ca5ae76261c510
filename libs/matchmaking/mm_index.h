/*
 * mm_index.h - internal: waiting tickets by the number they are matched by; finds the longest-waiting one of a range.
 *
 * A treap over (key, order), each node of which knows the oldest order below it. Priorities are a mix of `order`, so
 * the same tickets always give the same tree. Nodes are embedded in what they index; nothing is allocated.
 */
#ifndef MATCHMAKING_MM_INDEX_H
#define MATCHMAKING_MM_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct mm_node {
    double key;     /* finite; the owner's to set before insertion */
    uint64_t order; /* of arrival: unique, smaller is older; likewise */
    struct mm_node *left, *right;
    uint64_t oldest; /* least order in this subtree */
};

struct mm_index { /* {0} is empty */
    struct mm_node *root;
};

/* O(log n), expected. */
void mm_index_insert(struct mm_index *index, struct mm_node *n);
void mm_index_remove(struct mm_index *index, struct mm_node *n);

/* The oldest node with |key - centre| <= window and order < before; NULL: none. window may be INFINITY. O(log n). */
struct mm_node *mm_index_oldest(const struct mm_index *index, double centre, double window, uint64_t before);

#endif
