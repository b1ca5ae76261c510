#include "mm_index.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"
#include "mm_index_node.h"

#define DEPTH_MAX 16 /* 2^16 entries at least by then, were all nodes as empty as they can be; in truth far more */

static uint64_t *marks_of(const struct mm_index *index, struct mm_node *n)
{
    return index->marked ? ((struct mm_marked *)n)->marks : NULL;
}

static size_t node_size(const struct mm_index *index, size_t level)
{
    if (level > 0)
        return sizeof(struct mm_inner);
    return index->marked ? sizeof(struct mm_marked) : sizeof(struct mm_node);
}

static struct mm_node *node_new(struct mm_index *index, size_t level)
{
    size_t size = node_size(index, level);
    struct mm_node *n = mem_alloc(size);

    n->level = (uint16_t)level;
    index->bytes += size;
    return n;
}

static void node_free(struct mm_index *index, struct mm_node *n)
{
    index->bytes -= node_size(index, n->level);
    free(n);
}

static bool is_before(double key, uint64_t order, const struct mm_node *n, size_t slot)
{
    return key < n->keys[slot] || (!(n->keys[slot] < key) && order < n->orders[slot]);
}

/* How many of the slots are not after (key, order). */
static size_t rank(const struct mm_node *n, double key, uint64_t order)
{
    size_t low = 0, high = n->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (is_before(key, order, n, middle))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static size_t child_slot(const struct mm_node *n, double key, uint64_t order)
{
    size_t at = rank(n, key, order);

    return at == 0 ? 0 : at - 1;
}

/* Everything of slots [from, from + count) of one node to another's, or its own. */
static void move_slots(const struct mm_index *index, struct mm_node *to, size_t at, struct mm_node *from, size_t first,
                       size_t count)
{
    memmove(&to->keys[at], &from->keys[first], count * sizeof(to->keys[0]));
    memmove(&to->orders[at], &from->orders[first], count * sizeof(to->orders[0]));
    memmove(&to->refs[at], &from->refs[first], count * sizeof(to->refs[0]));
    if (to->level > 0)
        memmove(&mm_inner(to)->below[at], &mm_inner(from)->below[first], count * sizeof(struct mm_below));
    else if (index->marked)
        memmove(&marks_of(index, to)[at], &marks_of(index, from)[first], count * sizeof(uint64_t));
}

static struct mm_below add_up(const struct mm_index *index, struct mm_node *n)
{
    struct mm_below sum = {.least = UINT64_MAX};

    for (size_t i = 0; i < n->count; i++) {
        struct mm_below one = {n->orders[i], 0, n->refs[i].leaf.players};

        if (n->level > 0)
            one = mm_inner(n)->below[i];
        else if (index->marked)
            one.marks = marks_of(index, n)[i];
        sum.least = one.least < sum.least ? one.least : sum.least;
        sum.marks |= one.marks;
        sum.players += one.players;
    }
    return sum;
}

static void set_child(const struct mm_index *index, struct mm_node *n, size_t slot, struct mm_node *child)
{
    n->keys[slot] = child->keys[0];
    n->orders[slot] = child->orders[0];
    n->refs[slot].child = child;
    mm_inner(n)->below[slot] = add_up(index, child);
}

/* A full child becomes two. Where entries come in order, the left one stays full. n has room. */
static void split_child(struct mm_index *index, struct mm_node *n, size_t slot, const struct mm_entry *e)
{
    struct mm_node *left = n->refs[slot].child, *right = node_new(index, left->level);
    size_t keep = rank(left, e->key, e->order) == MM_NODE_WIDTH ? MM_NODE_WIDTH - 1 : MM_NODE_WIDTH / 2;

    move_slots(index, right, 0, left, keep, MM_NODE_WIDTH - keep);
    right->count = (uint16_t)(MM_NODE_WIDTH - keep);
    left->count = (uint16_t)keep;
    move_slots(index, n, slot + 2, n, slot + 1, n->count - slot - 1);
    n->count++;
    mm_inner(n)->below[slot] = add_up(index, left);
    set_child(index, n, slot + 1, right);
}

static void grow_root(struct mm_index *index)
{
    struct mm_node *root = index->root;

    if (root != NULL && root->count < MM_NODE_WIDTH)
        return;
    index->root = node_new(index, root == NULL ? 0 : root->level + 1u);
    if (root == NULL)
        return;
    index->root->count = 1;
    set_child(index, index->root, 0, root);
}

/* The child that e goes to, which has room, with e counted in. */
static struct mm_node *enter_child(struct mm_index *index, struct mm_node *n, const struct mm_entry *e)
{
    size_t slot = child_slot(n, e->key, e->order);
    struct mm_below *below;

    if (n->refs[slot].child->count == MM_NODE_WIDTH) {
        split_child(index, n, slot, e);
        slot = child_slot(n, e->key, e->order);
    }
    if (is_before(e->key, e->order, n, slot)) {
        n->keys[slot] = e->key;
        n->orders[slot] = e->order;
    }
    below = &mm_inner(n)->below[slot];
    below->least = e->order < below->least ? e->order : below->least;
    below->players += e->players;
    below->marks |= e->marks;
    return n->refs[slot].child;
}

void mm_index_insert(struct mm_index *index, const struct mm_entry *e)
{
    struct mm_node *n;
    size_t at;

    grow_root(index);
    for (n = index->root; n->level > 0;)
        n = enter_child(index, n, e);
    at = rank(n, e->key, e->order);
    move_slots(index, n, at + 1, n, at, n->count - at);
    n->count++;
    n->keys[at] = e->key;
    n->orders[at] = e->order;
    n->refs[at].leaf.item = e->item;
    n->refs[at].leaf.players = e->players;
    if (index->marked)
        marks_of(index, n)[at] = e->marks;
}

static void remove_slot(const struct mm_index *index, struct mm_node *n, size_t slot)
{
    move_slots(index, n, slot, n, slot + 1, n->count - slot - 1);
    n->count--;
}

/* n's child in this slot lost an entry. */
static void child_shrank(struct mm_index *index, struct mm_node *n, size_t slot, uint64_t order, size_t players)
{
    struct mm_node *child = n->refs[slot].child;
    struct mm_below *below = &mm_inner(n)->below[slot];

    if (child->count == 0) {
        node_free(index, child);
        remove_slot(index, n, slot);
    } else if (below->least == order || index->marked) {
        *below = add_up(index, child);
    } else {
        below->players -= players;
    }
}

void mm_index_remove(struct mm_index *index, double key, uint64_t order)
{
    struct mm_node *path[DEPTH_MAX], *n = index->root;
    size_t slots[DEPTH_MAX], depth = 0, at, players;

    ASSERT(n != NULL);
    for (; n->level > 0; n = n->refs[slots[depth++]].child) {
        ASSERT(depth < DEPTH_MAX);
        path[depth] = n;
        slots[depth] = child_slot(n, key, order);
    }
    at = rank(n, key, order);
    ASSERT(at > 0 && n->orders[at - 1] == order);
    players = n->refs[at - 1].leaf.players;
    remove_slot(index, n, at - 1);
    while (depth > 0) {
        depth--;
        child_shrank(index, path[depth], slots[depth], order, players);
    }
    while ((n = index->root) != NULL && (n->count == 0 || (n->level > 0 && n->count == 1))) {
        index->root = n->count == 0 ? NULL : n->refs[0].child;
        node_free(index, n);
    }
}

/* Goes as deep as the tree: DEPTH_MAX at most. */
static void free_below(struct mm_index *index, struct mm_node *n)
{
    for (size_t i = 0; n->level > 0 && i < n->count; i++)
        free_below(index, n->refs[i].child);
    node_free(index, n);
}

void mm_index_free(struct mm_index *index)
{
    if (index->root != NULL)
        free_below(index, index->root);
    index->root = NULL;
}
