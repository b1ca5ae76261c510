/* Whose turn it is to attempt something (PROTOCOLS J8). */
#include <check.h>
#include <stdlib.h>

#include "attempt.h"

static struct bus_record *command(int64_t offset)
{
    return bus_record_keep(&(struct bus_record){.offset = offset, .value = "{}", .value_len = 2}, 100);
}

START_TEST(the_first_in_the_line_has_the_turn_until_it_is_done)
{
    struct attempt_line line = {0};
    struct attempt a = {0}, b = {0};

    ck_assert(attempt_line_empty(&line));
    attempt_want(&line, &a, command(7));
    attempt_want(&line, &b, NULL);
    ck_assert_int_eq(a.phase, ATTEMPT_WAITING);
    ck_assert_int_eq(a.command->offset, 7);
    ck_assert_ptr_null(b.command);
    ck_assert(attempt_has_turn(&line, &a) && !attempt_has_turn(&line, &b));
    a.phase = ATTEMPT_ANNOUNCED;
    ck_assert(!attempt_has_turn(&line, &b));
    a.phase = ATTEMPT_HANDLED;
    ck_assert(!attempt_has_turn(&line, &b));
    attempt_end(&line, &a);
    ck_assert_int_eq(a.phase, ATTEMPT_NONE);
    ck_assert(attempt_has_turn(&line, &b) && !attempt_has_turn(&line, &a));
    attempt_want(&line, &a, NULL);
    ck_assert(attempt_has_turn(&line, &b)); /* who comes again stands at the end */
    attempt_end(&line, &b);
    ck_assert(attempt_has_turn(&line, &a));
    attempt_end(&line, &a);
    ck_assert(attempt_line_empty(&line));
}
END_TEST

START_TEST(who_waits_may_leave)
{
    struct attempt_line line = {0};
    struct attempt a = {0}, b = {0}, c = {0};

    attempt_end(&line, &a); /* it does not stand there */
    attempt_want(&line, &a, command(1));
    attempt_want(&line, &b, command(2));
    attempt_want(&line, &c, command(3));
    attempt_end(&line, &b);
    attempt_end(&line, &b);
    ck_assert(attempt_has_turn(&line, &a));
    attempt_end(&line, &a);
    ck_assert(attempt_has_turn(&line, &c));
    attempt_end(&line, &c);
    ck_assert(attempt_line_empty(&line));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("matchmaker_attempt");
    TCase *tc = tcase_create("all");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_test(tc, the_first_in_the_line_has_the_turn_until_it_is_done);
    tcase_add_test(tc, who_waits_may_leave);
    suite_add_tcase(s, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
