#include <check.h>

#include "grace.h"

#define DELAY INT64_C(10000)
#define RETRY INT64_C(1000)

static struct grace *list;

static void setup(void)
{
    list = grace_new(DELAY, RETRY, &list);
}

static void teardown(void)
{
    grace_free(&list);
    ck_assert_ptr_null(list);
}

START_TEST(due_after_the_delay_in_order)
{
    struct gone *e;

    ck_assert_int_eq(grace_next_ms(list), -1);
    grace_add(list, "alice", "c1", 100);
    grace_add(list, "bob", "c2", 200);
    ck_assert_int_eq(grace_next_ms(list), 100 + DELAY);
    ck_assert_ptr_null(grace_take(list, 100 + DELAY - 1));
    e = grace_take(list, 100 + DELAY);
    ck_assert_str_eq(e->player, "alice");
    ck_assert_str_eq(e->connection, "c1");
    ck_assert_ptr_eq(e->arg, &list);
    ck_assert_ptr_null(grace_take(list, 100 + DELAY));
    ck_assert_uint_eq(grace_count(list), 2);
    grace_done(list, e);
    ck_assert_uint_eq(grace_count(list), 1);
    ck_assert_int_eq(grace_next_ms(list), 200 + DELAY);
}
END_TEST

START_TEST(one_who_came_back_is_not_due)
{
    grace_add(list, "alice", "c1", 0);
    grace_forget(list, "alice");
    grace_forget(list, "alice");
    ck_assert_ptr_null(grace_take(list, DELAY));
    ck_assert_uint_eq(grace_count(list), 0);
}
END_TEST

START_TEST(a_newer_disconnect_replaces_the_older)
{
    struct gone *e;

    grace_add(list, "alice", "c1", 0);
    grace_add(list, "alice", "c2", 500);
    ck_assert_ptr_null(grace_take(list, DELAY));
    e = grace_take(list, DELAY + 500);
    ck_assert_str_eq(e->connection, "c2");
    ck_assert_uint_eq(grace_count(list), 1);
}
END_TEST

START_TEST(back_while_busy_and_gone_again)
{
    struct gone *busy, *next;

    grace_add(list, "alice", "c1", 0);
    busy = grace_take(list, DELAY);
    ck_assert_ptr_eq(grace_all(list), busy);
    grace_forget(list, "alice");
    ck_assert_int_eq(busy->state, GONE_BACK);
    ck_assert_ptr_null(grace_all(list));
    ck_assert_str_eq(busy->player, "alice");
    grace_add(list, "alice", "c2", DELAY);
    grace_again(list, busy, DELAY); /* freed: nothing to try again */
    ck_assert_uint_eq(grace_count(list), 1);
    ck_assert_ptr_null(grace_take(list, DELAY + RETRY));
    next = grace_take(list, 2 * DELAY);
    ck_assert_str_eq(next->connection, "c2");
    grace_forget(list, "alice");
    grace_done(list, next);
    ck_assert_uint_eq(grace_count(list), 0);
}
END_TEST

START_TEST(a_failure_is_tried_again_before_later_ones)
{
    struct gone *e;

    grace_add(list, "alice", "c1", 0);
    grace_add(list, "bob", "c2", 5000);
    e = grace_take(list, DELAY);
    grace_again(list, e, DELAY);
    ck_assert_int_eq(grace_next_ms(list), DELAY + RETRY);
    ck_assert_ptr_null(grace_take(list, DELAY + RETRY - 1));
    e = grace_take(list, DELAY + RETRY);
    ck_assert_str_eq(e->player, "alice");
    grace_again(list, e, DELAY + RETRY);
    grace_forget(list, "alice"); /* while it waits for the next try */
    e = grace_take(list, DELAY + 5000);
    ck_assert_str_eq(e->player, "bob");
    ck_assert_ptr_null(grace_take(list, DELAY + 5000));
}
END_TEST

START_TEST(all_states_are_freed)
{
    struct gone *e;

    grace_add(list, "busy", "c1", 0);
    grace_add(list, "back", "c2", 0);
    grace_add(list, "retrying", "c3", 0);
    grace_add(list, "waiting", "c4", 1);
    ck_assert_ptr_nonnull(grace_take(list, DELAY));
    ck_assert_ptr_nonnull(grace_take(list, DELAY));
    e = grace_take(list, DELAY);
    grace_forget(list, "back");
    grace_again(list, e, DELAY);
    ck_assert_uint_eq(grace_count(list), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway_grace");
    TCase *tc = tcase_create("grace");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, due_after_the_delay_in_order);
    tcase_add_test(tc, one_who_came_back_is_not_due);
    tcase_add_test(tc, a_newer_disconnect_replaces_the_older);
    tcase_add_test(tc, back_while_busy_and_gone_again);
    tcase_add_test(tc, a_failure_is_tried_again_before_later_ones);
    tcase_add_test(tc, all_states_are_freed);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
