/* How long players waited lately. */
#include <check.h>
#include <stdlib.h>

#include "waits.h"

START_TEST(the_mean_follows_each_configuration)
{
    struct waits *w = waits_new();

    ck_assert_double_eq(waits_mean_ms(w, "a"), -1);
    waits_observe(w, "a", 1000);
    ck_assert_double_eq(waits_mean_ms(w, "a"), 1000);
    waits_observe(w, "a", 2000);
    ck_assert_double_eq_tol(waits_mean_ms(w, "a"), 1100, 1e-9);
    waits_observe(w, "b", 5);
    ck_assert_double_eq(waits_mean_ms(w, "b"), 5);
    for (int i = 0; i < 200; i++)
        waits_observe(w, "a", 3000);
    ck_assert_double_eq_tol(waits_mean_ms(w, "a"), 3000, 1);
    waits_free(&w);
    ck_assert_ptr_null(w);
    waits_free(&w);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("matchmaker_waits");
    TCase *c = tcase_create("all");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_test(c, the_mean_follows_each_configuration);
    suite_add_tcase(s, c);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
