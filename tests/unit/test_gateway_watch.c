/* test_gateway_watch.c - which gateway is dead, and which one is only not to be seen. */
#include <check.h>

#include "watch.h"

#define A        "aaaaaaaaaaaaaaaa"
#define B        "bbbbbbbbbbbbbbbb"
#define PATIENCE 1000

static struct watch watch;
static int owner;

static void list(const char *one, const char *other)
{
    const char *ids[] = {one, other};

    watch_list(&watch, ids, other == NULL ? 1 : 2);
}

static struct watched *find(const char *id)
{
    return watch_find(&watch, id);
}

static const struct watched *dead(int64_t now_ms, int64_t contact_ms)
{
    return watch_dead(&watch, now_ms, contact_ms, PATIENCE);
}

static void set_up(void)
{
    watch = (struct watch){.arg = &owner};
    list(A, B);
}

static void tear_down(void)
{
    watch_free(&watch);
    ck_assert_ptr_null(watch.all);
}

START_TEST(missing_for_long_enough_is_dead)
{
    ck_assert_ptr_eq(find(A)->arg, &owner);
    ck_assert_ptr_null(dead(5000, 5000)); /* nobody has looked */
    watch_looked(find(A), false, 5000);
    watch_looked(find(B), true, 5000);
    watch_looked(find(A), false, 5900);
    ck_assert_ptr_null(dead(5999, 5999));
    ck_assert_ptr_eq(dead(6000, 6000), find(A));
}
END_TEST

START_TEST(once_seen_alive_it_begins_again)
{
    watch_looked(find(A), false, 0);
    watch_looked(find(A), true, 900);
    watch_looked(find(A), false, 1000);
    ck_assert_ptr_null(dead(1999, 9999));
    ck_assert_ptr_nonnull(dead(2000, 9999));
}
END_TEST

START_TEST(a_break_in_the_contact_is_no_evidence)
{
    watch_looked(find(A), false, 0);
    ck_assert_ptr_null(dead(5000, -1));
    ck_assert_ptr_null(dead(5000, PATIENCE - 1)); /* Redis was away, or came back empty, 999 ms ago */
    ck_assert_ptr_nonnull(dead(5000, PATIENCE));
}
END_TEST

START_TEST(who_is_not_listed_is_forgotten)
{
    watch_looked(find(A), false, 0);
    list(A, "of another form");
    ck_assert_ptr_null(find(B));
    ck_assert_ptr_nonnull(dead(PATIENCE, PATIENCE)); /* what was known of A is kept */
    list(B, NULL);
    ck_assert_ptr_null(find(A));
    list(A, B);
    ck_assert_ptr_null(dead(5000, 5000));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway_watch");
    TCase *tc = tcase_create("watch");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, missing_for_long_enough_is_dead);
    tcase_add_test(tc, once_seen_alive_it_begins_again);
    tcase_add_test(tc, a_break_in_the_contact_is_no_evidence);
    tcase_add_test(tc, who_is_not_listed_is_forgotten);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
