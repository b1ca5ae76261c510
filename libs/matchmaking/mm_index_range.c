#include <stdlib.h>

#include "mem.h"
#include "mm_index_node.h"

/* Goes as deep as the tree, and there along the two borders of the range. */
static size_t players_below(const struct mm_node *n, const struct mm_range *r)
{
    size_t first, end, sum = 0;

    mm_node_span(n, r, &first, &end);
    for (size_t i = first; i < end; i++) {
        if (n->level == 0)
            sum += n->refs[i].leaf.players;
        else if (i > first && i + 1 < end)
            sum += mm_inner_const(n)->below[i].players;
        else
            sum += players_below(n->refs[i].child, r);
    }
    return sum;
}

size_t mm_index_players(const struct mm_index *index, const struct mm_range *r)
{
    return index->root == NULL ? 0 : players_below(index->root, r);
}

static bool is_asked(const struct mm_range *r, uint64_t order)
{
    return order > r->after && order < r->before;
}

static size_t scan_below(const struct mm_node *n, const struct mm_range *r, struct mm_entry *out, size_t max)
{
    size_t first, end, count = 0;

    mm_node_span(n, r, &first, &end);
    for (size_t i = first; i < end && count < max; i++) {
        if (n->level > 0)
            count += scan_below(n->refs[i].child, r, out + count, max - count);
        else if (is_asked(r, n->orders[i]))
            out[count++] = (struct mm_entry){.key = n->keys[i],
                                             .order = n->orders[i],
                                             .item = n->refs[i].leaf.item,
                                             .players = n->refs[i].leaf.players};
    }
    return count;
}

size_t mm_index_scan(const struct mm_index *index, const struct mm_range *r, struct mm_entry *out, size_t max)
{
    return index->root == NULL ? 0 : scan_below(index->root, r, out, max);
}

/*
 * ---- by age ----
 *
 * The heap holds nodes, each with the least order that is still to be looked at in it: of a leaf an entry's, of an
 * inner node a child's. What is taken goes back with its next one.
 */
struct mm_waypoint {
    uint64_t order;
    const struct mm_node *node;
};

static bool leaf_has(const struct mm_walk *w, const struct mm_node *n, size_t slot)
{
    return !w->marked || (((const struct mm_marked *)n)->marks[slot] & w->range.marks) != 0;
}

static uint64_t next_in_leaf(const struct mm_walk *w, const struct mm_node *n, uint64_t after)
{
    uint64_t least = w->range.before;
    size_t first, end;

    mm_node_span(n, &w->range, &first, &end);
    for (size_t i = first; i < end; i++) {
        if (n->orders[i] > after && n->orders[i] < least && leaf_has(w, n, i))
            least = n->orders[i];
    }
    return least;
}

static uint64_t next_in_inner(const struct mm_walk *w, const struct mm_node *n, uint64_t after)
{
    const struct mm_below *below = mm_inner_const(n)->below;
    uint64_t least = w->range.before;
    size_t first, end;

    mm_node_span(n, &w->range, &first, &end);
    for (size_t i = first; i < end; i++) {
        if (below[i].least > after && below[i].least < least && (!w->marked || (below[i].marks & w->range.marks) != 0))
            least = below[i].least;
    }
    return least;
}

static void push(struct mm_walk *w, struct mm_waypoint p)
{
    size_t i = w->count++;

    if (w->count > w->capacity) {
        w->capacity = w->capacity == 0 ? 64 : w->capacity * 2;
        w->heap = mem_realloc(w->heap, w->capacity, sizeof(*w->heap));
    }
    for (; i > 0 && p.order < w->heap[(i - 1) / 2].order; i = (i - 1) / 2)
        w->heap[i] = w->heap[(i - 1) / 2];
    w->heap[i] = p;
}

static struct mm_waypoint pop(struct mm_walk *w)
{
    struct mm_waypoint top = w->heap[0], last = w->heap[--w->count];
    size_t i = 0, child;

    while ((child = 2 * i + 1) < w->count) {
        if (child + 1 < w->count && w->heap[child + 1].order < w->heap[child].order)
            child++;
        if (last.order <= w->heap[child].order)
            break;
        w->heap[i] = w->heap[child];
        i = child;
    }
    w->heap[i] = last;
    return top;
}

/* A leaf has only entries younger than range.after to offer; a subtree may have some beside older ones. */
static void offer(struct mm_walk *w, const struct mm_node *n, uint64_t done)
{
    uint64_t order;

    if (n->level == 0)
        order = next_in_leaf(w, n, done > w->range.after ? done : w->range.after);
    else
        order = next_in_inner(w, n, done);
    if (order < w->range.before)
        push(w, (struct mm_waypoint){order, n});
}

void mm_walk_begin(struct mm_walk *w, const struct mm_index *index, const struct mm_range *r)
{
    w->range = *r;
    w->marked = index->marked;
    w->count = 0;
    if (index->root != NULL)
        offer(w, index->root, 0);
}

bool mm_walk_next(struct mm_walk *w, uint64_t *order, uint32_t *item)
{
    while (w->count > 0) {
        struct mm_waypoint p = pop(w);
        size_t slot = 0;

        if (p.node->level == 0) {
            while (p.node->orders[slot] != p.order)
                slot++;
            *order = p.order;
            *item = p.node->refs[slot].leaf.item;
            offer(w, p.node, p.order);
            return true;
        }
        while (mm_inner_const(p.node)->below[slot].least != p.order)
            slot++;
        offer(w, p.node->refs[slot].child, 0);
        offer(w, p.node, p.order);
    }
    return false;
}

void mm_walk_free(struct mm_walk *w)
{
    free(w->heap);
    *w = (struct mm_walk){0};
}
