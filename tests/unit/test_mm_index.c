/* mm_index and mm_timers against naive arrays, over random operations. */
#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mm_index.h"
#include "mm_timers.h"

#define NODES  400
#define ROUNDS 20000

static uint64_t state;

static uint64_t roll(uint64_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (state >> 33) % below;
}

static struct mm_node nodes[NODES];
static bool in_tree[NODES];

static struct mm_node *naive_oldest(double centre, double window, uint64_t before)
{
    struct mm_node *best = NULL;

    for (size_t i = 0; i < NODES; i++) {
        if (in_tree[i] && nodes[i].order < before && fabs(nodes[i].key - centre) <= window &&
            (best == NULL || nodes[i].order < best->order))
            best = &nodes[i];
    }
    return best;
}

static double random_window(void)
{
    return roll(20) == 0 ? (double)INFINITY : (double)roll(60);
}

/* _i: the seed. Keys repeat, and fall on the borders of windows. */
START_TEST(finds_the_oldest_of_the_range)
{
    struct mm_index index = {0};
    uint64_t orders = 0;

    state = (uint64_t)_i;
    memset(in_tree, 0, sizeof(in_tree));
    for (int round = 0; round < ROUNDS; round++) {
        size_t i = (size_t)roll(NODES);
        double centre = (double)roll(300), window = random_window();
        uint64_t before = roll(3) == 0 ? roll(orders + 2) : UINT64_MAX;

        if (mm_index_oldest(&index, centre, window, before) != naive_oldest(centre, window, before))
            ck_abort_msg("seed %d round %d: not the oldest within %g of %g", _i, round, window, centre);
        if (in_tree[i])
            mm_index_remove(&index, &nodes[i]);
        else {
            nodes[i] = (struct mm_node){.key = (double)roll(300), .order = ++orders};
            mm_index_insert(&index, &nodes[i]);
        }
        in_tree[i] = !in_tree[i];
    }
}
END_TEST

/* In doubles 1.1 - 0.1 is 1.0, but 1.1 - 1.0 is more than 0.1; likewise 0.9 - 0.2 and 0.2 + 0.7. */
START_TEST(compares_as_the_rule_does)
{
    struct mm_index index = {0};
    struct mm_node a = {.key = 0.1, .order = 1}, b = {.key = 0.9, .order = 2};

    mm_index_insert(&index, &a);
    mm_index_insert(&index, &b);
    ck_assert_ptr_eq(mm_index_oldest(&index, 1.1, 1.0, UINT64_MAX), &a);
    ck_assert_ptr_eq(mm_index_oldest(&index, 1.1, nextafter(1.0, 0), UINT64_MAX), &b);
    ck_assert_ptr_eq(mm_index_oldest(&index, 0.2, 0.7, UINT64_MAX), &a);
    mm_index_remove(&index, &a);
    ck_assert_ptr_eq(mm_index_oldest(&index, 0.2, 0.9 - 0.2, UINT64_MAX), &b);
    ck_assert_ptr_null(mm_index_oldest(&index, 0.2, nextafter(0.9 - 0.2, 0), UINT64_MAX));
    ck_assert_ptr_null(mm_index_oldest(&index, 0.2, INFINITY, 2));
}
END_TEST

static size_t depth(const struct mm_node *n)
{
    size_t left = n == NULL ? 0 : depth(n->left), right = n == NULL ? 0 : depth(n->right);

    return n == NULL ? 0 : 1 + (left > right ? left : right);
}

/* Arrivals in order of their keys would make a plain tree a list. */
START_TEST(stays_flat)
{
    static struct mm_node many[65536];
    struct mm_index index = {0};

    for (size_t i = 0; i < 65536; i++) {
        many[i] = (struct mm_node){.key = (double)i, .order = i};
        mm_index_insert(&index, &many[i]);
    }
    ck_assert_uint_le(depth(index.root), 60);
}
END_TEST

struct item {
    struct mm_timer timer;
    int64_t due_ms; /* the naive truth; -1: not set */
};

static struct item items[NODES];

static struct mm_timer *naive_first(void)
{
    struct item *best = NULL;

    for (size_t i = 0; i < NODES; i++) {
        struct item *it = &items[i];

        if (it->due_ms >= 0 && (best == NULL || it->due_ms < best->due_ms ||
                                (it->due_ms == best->due_ms && it->timer.order < best->timer.order)))
            best = it;
    }
    return best == NULL ? NULL : &best->timer;
}

START_TEST(timers_come_in_order)
{
    struct mm_timers timers = {0};

    state = (uint64_t)_i;
    for (size_t i = 0; i < NODES; i++)
        items[i] = (struct item){{.order = roll(1000) * NODES + i}, -1};
    ck_assert_int_eq(mm_timers_due_ms(&timers), INT64_MAX);
    for (int round = 0; round < ROUNDS; round++) {
        struct item *it = &items[roll(NODES)];

        it->due_ms = roll(2) == 0 ? -1 : (int64_t)roll(100);
        if (it->due_ms < 0)
            mm_timers_cancel(&timers, &it->timer);
        else
            mm_timers_set(&timers, &it->timer, it->due_ms);
        if (mm_timers_first(&timers) != naive_first())
            ck_abort_msg("seed %d round %d: not the first", _i, round);
    }
    mm_timers_free(&timers);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mm_index");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_loop_test(tc, finds_the_oldest_of_the_range, 1, 6);
    tcase_add_test(tc, compares_as_the_rule_does);
    tcase_add_test(tc, stays_flat);
    tcase_add_loop_test(tc, timers_come_in_order, 1, 6);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
