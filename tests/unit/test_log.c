#include <check.h>
#include <stdlib.h>

#include "log.h"

START_TEST(the_first_line_is_written)
{
    struct log_limit limit = {0};
    int64_t unwritten = -1;

    ck_assert(log_limit_pass(&limit, 5, &unwritten));
    ck_assert_int_eq(unwritten, 0);
}
END_TEST

START_TEST(then_one_in_each_time_with_how_many_were_not)
{
    struct log_limit limit = {0};
    int64_t unwritten;

    ck_assert(log_limit_pass(&limit, 5, &unwritten));
    ck_assert(!log_limit_pass(&limit, 6, &unwritten));
    ck_assert(!log_limit_pass(&limit, 4 + LOG_LIMIT_MS, &unwritten));
    ck_assert(log_limit_pass(&limit, 5 + LOG_LIMIT_MS, &unwritten));
    ck_assert_int_eq(unwritten, 2);
    ck_assert(!log_limit_pass(&limit, 6 + LOG_LIMIT_MS, &unwritten));
    ck_assert(log_limit_pass(&limit, 5 + 2 * LOG_LIMIT_MS, &unwritten));
    ck_assert_int_eq(unwritten, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *limit = tcase_create("limit");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(limit, the_first_line_is_written);
    tcase_add_test(limit, then_one_in_each_time_with_how_many_were_not);
    suite_add_tcase(suite, limit);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
