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

/* The naive truth: every question is asked of all. */
static struct mm_entry entries[NODES];
static bool is_in[NODES];

static bool is_in_range(const struct mm_entry *e, const struct mm_range *r)
{
    return fabs(e->key - r->low) <= r->window && fabs(e->key - r->high) <= r->window;
}

static const struct mm_entry *naive_next(const struct mm_range *r, uint64_t after, bool marked)
{
    const struct mm_entry *best = NULL;

    for (size_t i = 0; i < NODES; i++) {
        const struct mm_entry *e = &entries[i];

        if (is_in[i] && is_in_range(e, r) && e->order > r->after && e->order < r->before && e->order > after &&
            (!marked || (e->marks & r->marks) != 0) && (best == NULL || e->order < best->order))
            best = e;
    }
    return best;
}

static size_t naive_players(const struct mm_range *r)
{
    size_t sum = 0;

    for (size_t i = 0; i < NODES; i++)
        sum += is_in[i] && is_in_range(&entries[i], r) ? entries[i].players : 0;
    return sum;
}

/* Keys repeat, and fall on the borders of windows. */
static struct mm_range random_range(uint64_t orders)
{
    struct mm_range r = {.before = UINT64_MAX, .marks = roll(8)};

    r.low = (double)roll(300);
    r.high = r.low + (roll(2) == 0 ? (double)roll(20) : 0);
    r.window = roll(20) == 0 ? (double)INFINITY : r.high - r.low + (double)roll(60);
    r.before = roll(3) == 0 ? roll(orders + 2) : UINT64_MAX;
    r.after = roll(3) == 0 ? roll(orders + 2) : 0;
    return r;
}

static void walk_as_naive(const struct mm_index *index, struct mm_walk *w, const struct mm_range *r, size_t most)
{
    uint64_t order = 0, last = 0;
    uint32_t item;

    mm_walk_begin(w, index, r);
    for (size_t n = 0; n < most; n++) {
        const struct mm_entry *e = naive_next(r, last, index->marked);
        bool found = mm_walk_next(w, &order, &item);

        if (found != (e != NULL) || (found && (e->order != order || e->item != item)))
            ck_abort_msg("seed %d: step %zu of a walk within %g of %g..%g", (int)state, n, r->window, r->low, r->high);
        if (!found)
            return;
        last = order;
    }
}

static void scan_as_naive(const struct mm_index *index, const struct mm_range *r)
{
    struct mm_entry found[NODES];
    size_t count = mm_index_scan(index, r, found, NODES), expected = 0;

    for (size_t i = 0; i < NODES; i++)
        expected +=
            is_in[i] && is_in_range(&entries[i], r) && entries[i].order > r->after && entries[i].order < r->before;
    if (count != expected)
        ck_abort_msg("%zu scanned, not %zu", count, expected);
    for (size_t i = 1; i < count; i++) {
        if (found[i].key < found[i - 1].key)
            ck_abort_msg("not in the order of keys");
    }
}

static void come_or_go(struct mm_index *index, size_t i, uint64_t *orders)
{
    if (is_in[i])
        mm_index_remove(index, entries[i].key, entries[i].order);
    else {
        uint64_t order = roll(4) != 0 || entries[i].order == 0 ? ++*orders : entries[i].order; /* some come back */

        entries[i] = (struct mm_entry){(double)roll(300), order, roll(8), (uint32_t)i, 1 + (uint32_t)roll(10)};
        mm_index_insert(index, &entries[i]);
    }
    is_in[i] = !is_in[i];
}

/* _i: the seed; odd ones with marks. */
START_TEST(as_a_naive_list)
{
    struct mm_index index = {.marked = _i % 2 == 1};
    struct mm_walk walk = {0};
    uint64_t orders = 0;

    state = (uint64_t)_i;
    memset(is_in, 0, sizeof(is_in));
    memset(entries, 0, sizeof(entries));
    for (int round = 0; round < ROUNDS; round++) {
        struct mm_range r = random_range(orders);

        if (mm_index_players(&index, &r) != naive_players(&r))
            ck_abort_msg("seed %d round %d: not that many within %g of %g..%g", _i, round, r.window, r.low, r.high);
        walk_as_naive(&index, &walk, &r, round % 50 == 0 ? NODES + 1 : 3);
        if (round % 50 == 0)
            scan_as_naive(&index, &r);
        come_or_go(&index, (size_t)roll(round % 4000 < 2000 ? NODES : NODES / 8), &orders); /* fuller and emptier */
    }
    for (size_t i = 0; i < NODES; i++) {
        if (is_in[i])
            come_or_go(&index, i, &orders);
    }
    ck_assert_ptr_null(index.root);
    ck_assert_uint_eq(index.bytes, 0);
    mm_walk_free(&walk);
}
END_TEST

static bool is_found(const struct mm_index *index, double centre, double window, uint32_t item)
{
    struct mm_range r = {centre, centre, window, 0, UINT64_MAX, 0};
    struct mm_walk walk = {0};
    uint64_t order;
    uint32_t found = UINT32_MAX;

    mm_walk_begin(&walk, index, &r);
    (void)mm_walk_next(&walk, &order, &found);
    mm_walk_free(&walk);
    return found == item;
}

/* In doubles 1.1 - 0.1 is 1.0, but 1.1 - 1.0 is more than 0.1; likewise 0.9 - 0.2 and 0.2 + 0.7. */
START_TEST(compares_as_the_rule_does)
{
    struct mm_index index = {0};

    mm_index_insert(&index, &(struct mm_entry){.key = 0.1, .order = 1, .item = 1});
    mm_index_insert(&index, &(struct mm_entry){.key = 0.9, .order = 2, .item = 2});
    ck_assert(is_found(&index, 1.1, 1.0, 1));
    ck_assert(is_found(&index, 1.1, nextafter(1.0, 0), 2));
    ck_assert(is_found(&index, 0.2, 0.7, 1));
    mm_index_remove(&index, 0.1, 1);
    ck_assert(is_found(&index, 0.2, 0.9 - 0.2, 2));
    ck_assert(!is_found(&index, 0.2, nextafter(0.9 - 0.2, 0), 2));
    mm_index_free(&index);
}
END_TEST

/* Rising, falling and scattered keys: none makes it deep, or much larger than what is in it. */
START_TEST(stays_flat)
{
    const uint32_t many = 65536;

    for (int way = 0; way < 3; way++) {
        struct mm_index index = {0};

        for (uint32_t i = 0; i < many; i++) {
            double key = way == 0 ? i : way == 1 ? (double)(many - i) : (double)(i * 40503u % many);

            mm_index_insert(&index, &(struct mm_entry){.key = key, .order = i + 1, .item = i});
        }
        ck_assert_uint_le(index.bytes, (size_t)(way == 1 ? 56 : 40) * many);
        mm_index_free(&index);
        ck_assert_uint_eq(index.bytes, 0);
    }
}
END_TEST

struct item { /* the naive truth, by number */
    uint64_t order;
    int64_t due_ms; /* -1: not set */
};

static struct item items[NODES];

static uint32_t naive_first(void)
{
    uint32_t best = MM_TIMERS_NONE;

    for (uint32_t i = 0; i < NODES; i++) {
        const struct item *it = &items[i], *first = best == MM_TIMERS_NONE ? NULL : &items[best];

        if (it->due_ms >= 0 &&
            (first == NULL || it->due_ms < first->due_ms || (it->due_ms == first->due_ms && it->order < first->order)))
            best = i;
    }
    return best;
}

static int64_t naive_second_ms(void)
{
    uint32_t first = naive_first();
    int64_t due_ms = INT64_MAX;

    for (uint32_t i = 0; i < NODES; i++) {
        if (i != first && items[i].due_ms >= 0 && items[i].due_ms < due_ms)
            due_ms = items[i].due_ms;
    }
    return due_ms;
}

/* Orders that go past 2^32 too. */
START_TEST(timers_come_in_order)
{
    struct mm_timers timers = {0};

    state = (uint64_t)_i;
    for (size_t i = 0; i < NODES; i++)
        items[i] = (struct item){UINT32_MAX - 200000 + roll(1000) * NODES + i, -1};
    ck_assert_int_eq(mm_timers_due_ms(&timers), INT64_MAX);
    ck_assert_uint_eq(mm_timers_first(&timers), MM_TIMERS_NONE);
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t number = (uint32_t)roll(NODES);
        struct item *it = &items[number];

        it->due_ms = roll(2) == 0 ? -1 : (int64_t)roll(100);
        if (it->due_ms < 0)
            mm_timers_cancel(&timers, number);
        else
            mm_timers_set(&timers, number, it->order, it->due_ms);
        if (mm_timers_first(&timers) != naive_first())
            ck_abort_msg("seed %d round %d: not the first", _i, round);
        if (mm_timers_second_ms(&timers) != naive_second_ms())
            ck_abort_msg("seed %d round %d: not the second", _i, round);
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
    tcase_add_loop_test(tc, as_a_naive_list, 1, 7);
    tcase_add_test(tc, compares_as_the_rule_does);
    tcase_add_test(tc, stays_flat);
    tcase_add_loop_test(tc, timers_come_in_order, 1, 6);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
