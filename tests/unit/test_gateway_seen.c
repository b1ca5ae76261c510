#include <check.h>
#include <stdio.h>

#include "seen.h"

static bool add(struct seen *s, int n)
{
    char id[32];
    int len = snprintf(id, sizeof(id), "1-0-1-%d-0", n);

    return seen_add(s, id, (size_t)len);
}

START_TEST(a_repeat_is_seen)
{
    struct seen s = {0};

    ck_assert(add(&s, 1));
    ck_assert(!add(&s, 1));
    ck_assert(add(&s, 2));
    ck_assert(!add(&s, 1));
    ck_assert(!add(&s, 2));
    seen_free(&s);
    ck_assert_ptr_null(s.hashes);
    ck_assert(add(&s, 1));
    seen_free(&s);
}
END_TEST

START_TEST(exactly_the_last_ones_are_remembered)
{
    struct seen s = {0};

    for (int n = 0; n < SEEN_MAX; n++)
        ck_assert(add(&s, n));
    for (int n = 0; n < SEEN_MAX; n++)
        ck_assert(!add(&s, n));
    ck_assert(add(&s, SEEN_MAX)); /* pushes out 0 */
    ck_assert(!add(&s, 1));
    ck_assert(add(&s, 0)); /* pushes out 1 */
    ck_assert(!add(&s, 2));
    ck_assert(add(&s, 1));
    for (int n = 1000; n < 1000 + 3 * SEEN_MAX; n++)
        ck_assert(add(&s, n));
    ck_assert_uint_eq(s.size, SEEN_MAX);
    ck_assert(!add(&s, 1000 + 2 * SEEN_MAX));
    seen_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway_seen");
    TCase *tc = tcase_create("seen");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, a_repeat_is_seen);
    tcase_add_test(tc, exactly_the_last_ones_are_remembered);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
