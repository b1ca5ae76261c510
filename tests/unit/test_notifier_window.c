/* How far a partition has been dealt with: the prefix, and the ids that go with it (PROTOCOLS E1). */
#include <check.h>
#include <stdlib.h>

#include "window.h"

static struct event_id id_of(int32_t partition, int64_t seq)
{
    return (struct event_id){.incarnation = 1, .epoch = 1, .seq = seq, .partition = partition};
}

static struct window *fresh(void)
{
    return window_new(&(struct event_seen){0});
}

START_TEST(only_the_finished_prefix_may_be_committed)
{
    struct window *w = fresh();
    struct event_id ids[] = {id_of(0, 1), id_of(0, 2), id_of(0, 3)};
    struct event_seen seen;
    uint64_t tickets[3];
    int64_t next;

    for (int i = 0; i < 3; i++)
        tickets[i] = window_take(w, 10 + i, &ids[i]);
    window_finish(w, tickets[1]);
    ck_assert(!window_committable(w, &next, &seen));
    ck_assert_uint_eq(window_ahead(w), 1);
    window_finish(w, tickets[0]);
    ck_assert(window_committable(w, &next, &seen));
    ck_assert_int_eq(next, 12);
    ck_assert_int_eq(seen.greatest[0].seq, 2); /* not 3: its message is not delivered */
    ck_assert(!window_committable(w, &next, &seen));
    window_finish(w, tickets[2]);
    ck_assert(window_committable(w, &next, &seen));
    ck_assert_int_eq(next, 13);
    ck_assert_uint_eq(window_ahead(w), 0);
    window_free(&w);
}
END_TEST

START_TEST(repeats_are_dropped_by_partition)
{
    struct event_seen before = {0};
    struct event_id known = id_of(3, 7), same = id_of(3, 7), older = id_of(3, 6), newer = id_of(3, 8),
                    other = id_of(4, 1);
    struct window *w;

    ck_assert(event_seen_accept(&before, &known));
    w = window_new(&before);
    ck_assert(!window_accept(w, &same));
    ck_assert(!window_accept(w, &older));
    ck_assert(window_accept(w, &newer));
    ck_assert(!window_accept(w, &newer));
    ck_assert(window_accept(w, &other));
    window_free(&w);
}
END_TEST

START_TEST(many_open_records_in_any_order)
{
    enum { N = 5000 };
    static uint64_t tickets[N];
    struct window *w = fresh();
    struct event_seen seen;
    int64_t next, last = 0;
    unsigned seed = 11;

    for (int i = 0; i < N; i++)
        tickets[i] = window_take(w, 2 * (int64_t)i, NULL); /* offsets may have holes */
    for (int i = N - 1; i > 0; i--) {
        int j = rand_r(&seed) % (i + 1);
        uint64_t t = tickets[i];

        tickets[i] = tickets[j];
        tickets[j] = t;
    }
    for (int i = 0; i < N; i++) {
        window_finish(w, tickets[i]);
        if (window_committable(w, &next, &seen)) {
            ck_assert_int_gt(next, last);
            last = next;
        }
    }
    ck_assert_int_eq(last, 2 * (N - 1) + 1);
    window_free(&w);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("notifier_window");
    TCase *c = tcase_create("all");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_test(c, only_the_finished_prefix_may_be_committed);
    tcase_add_test(c, repeats_are_dropped_by_partition);
    tcase_add_test(c, many_open_records_in_any_order);
    suite_add_tcase(s, c);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
