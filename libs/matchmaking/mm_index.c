#include "mm_index.h"

#include <stdbool.h>

#include "err.h"

/* The last step of SplitMix64: one to one, so no two nodes have the same priority. */
static uint64_t priority(const struct mm_node *n)
{
    uint64_t x = n->order * UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static bool is_before(const struct mm_node *a, const struct mm_node *b)
{
    return a->key < b->key || (!(b->key < a->key) && a->order < b->order);
}

static void update(struct mm_node *n)
{
    n->oldest = n->order;
    if (n->left != NULL && n->left->oldest < n->oldest)
        n->oldest = n->left->oldest;
    if (n->right != NULL && n->right->oldest < n->oldest)
        n->oldest = n->right->oldest;
}

static void split(struct mm_node *tree, const struct mm_node *at, struct mm_node **left, struct mm_node **right)
{
    if (tree == NULL) {
        *left = *right = NULL;
        return;
    }
    if (is_before(tree, at)) {
        split(tree->right, at, &tree->right, right);
        *left = tree;
    } else {
        split(tree->left, at, left, &tree->left);
        *right = tree;
    }
    update(tree);
}

/* All of left is before all of right. */
static struct mm_node *merge(struct mm_node *left, struct mm_node *right)
{
    struct mm_node *top = left;

    if (left == NULL || right == NULL)
        return left == NULL ? right : left;
    if (priority(left) > priority(right)) {
        left->right = merge(left->right, right);
    } else {
        right->left = merge(left, right->left);
        top = right;
    }
    update(top);
    return top;
}

void mm_index_insert(struct mm_index *index, struct mm_node *n)
{
    struct mm_node **place = &index->root;

    while (*place != NULL && priority(*place) > priority(n)) {
        if (n->order < (*place)->oldest)
            (*place)->oldest = n->order;
        place = is_before(*place, n) ? &(*place)->right : &(*place)->left;
    }
    split(*place, n, &n->left, &n->right);
    *place = n;
    update(n);
}

static struct mm_node *without(struct mm_node *tree, const struct mm_node *n)
{
    ASSERT(tree != NULL);
    if (tree == n)
        return merge(tree->left, tree->right);
    if (is_before(tree, n))
        tree->right = without(tree->right, n);
    else
        tree->left = without(tree->left, n);
    update(tree);
    return tree;
}

void mm_index_remove(struct mm_index *index, struct mm_node *n)
{
    index->root = without(index->root, n);
    n->left = n->right = NULL;
}

struct search {
    double centre, window;
    struct mm_node *best; /* the node, or the root of the subtree that holds it */
    uint64_t order;       /* of the best so far */
};

/* The rule's own arithmetic, |a - b| <= window, not centre +- window, which may round to the other side of a key. */
static bool is_below(const struct search *s, const struct mm_node *n)
{
    return n->key < s->centre && s->centre - n->key > s->window;
}

static bool is_above(const struct search *s, const struct mm_node *n)
{
    return n->key > s->centre && n->key - s->centre > s->window;
}

static void offer(struct search *s, struct mm_node *n, uint64_t order)
{
    if (order >= s->order)
        return;
    s->best = n;
    s->order = order;
}

static struct mm_node *top_of_range(const struct search *s, struct mm_node *n)
{
    while (n != NULL) {
        if (is_below(s, n))
            n = n->right;
        else if (is_above(s, n))
            n = n->left;
        else
            break;
    }
    return n;
}

/* From the top of the range down its lower border: what lies to the right of a node inside is all inside. */
static void search_lower(struct search *s, struct mm_node *n)
{
    while (n != NULL) {
        if (is_below(s, n)) {
            n = n->right;
            continue;
        }
        offer(s, n, n->order);
        if (n->right != NULL)
            offer(s, n->right, n->right->oldest);
        n = n->left;
    }
}

static void search_upper(struct search *s, struct mm_node *n)
{
    while (n != NULL) {
        if (is_above(s, n)) {
            n = n->left;
            continue;
        }
        offer(s, n, n->order);
        if (n->left != NULL)
            offer(s, n->left, n->left->oldest);
        n = n->right;
    }
}

struct mm_node *mm_index_oldest(const struct mm_index *index, double centre, double window, uint64_t before)
{
    struct search s = {.centre = centre, .window = window, .order = before};
    struct mm_node *top = top_of_range(&s, index->root);

    if (top == NULL)
        return NULL;
    offer(&s, top, top->order);
    search_lower(&s, top->left);
    search_upper(&s, top->right);
    while (s.best != NULL && s.best->order != s.order)
        s.best = s.best->left != NULL && s.best->left->oldest == s.order ? s.best->left : s.best->right;
    return s.best;
}
