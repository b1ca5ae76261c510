#include <check.h>
#include <stdlib.h>

#include "clock.h"
#include "err.h"

static const struct {
    int64_t wall_ms;
    const char *text;
} times[] = {
    {0, "1970-01-01T00:00:00.000Z"},
    {1767323045678, "2026-01-02T03:04:05.678Z"},
    {1709164799999, "2024-02-28T23:59:59.999Z"},
    {1709164800000, "2024-02-29T00:00:00.000Z"},
    {-1, "1969-12-31T23:59:59.999Z"},
    {253402300799999, "9999-12-31T23:59:59.999Z"},
};

START_TEST(formats_and_reads_back)
{
    char text[CLOCK_RFC3339_SIZE];
    int64_t wall_ms = 42;

    ck_assert_int_eq(clock_rfc3339_parse(times[_i].text, &wall_ms), 0);
    ck_assert_int_eq(wall_ms, times[_i].wall_ms);
    ck_assert_str_eq(clock_rfc3339(times[_i].wall_ms, text), times[_i].text);
}
END_TEST

static const char *const bad[] = {
    "",
    "2026-01-02T03:04:05Z",
    "2026-01-02T03:04:05.678",
    "2026-01-02T03:04:05.678+00:00",
    "2026-01-02 03:04:05.678Z",
    "2026-01-02T03:04:05.678z",
    "2026-13-02T03:04:05.678Z",
    "2026-00-02T03:04:05.678Z",
    "2026-02-30T03:04:05.678Z",
    "2025-02-29T03:04:05.678Z",
    "2026-01-02T24:04:05.678Z",
    "2026-01-02T03:60:05.678Z",
    "2026-01-02T03:04:60.678Z",
    "2026-01-02T03:04:05,678Z",
    "2026-01-02T03:04:05.6x8Z",
    "2026-1-02T03:04:05.6780Z",
    "-026-01-02T03:04:05.678Z",
};

START_TEST(refuses_what_it_would_not_write)
{
    int64_t wall_ms = 42;

    ck_assert_int_eq(clock_rfc3339_parse(bad[_i], &wall_ms), ERR_INVALID);
    ck_assert_int_eq(wall_ms, 42);
}
END_TEST

START_TEST(the_monotonic_clock_does_not_go_back)
{
    int64_t before_us = clock_mono_us(), now_ms = clock_mono_ms();

    ck_assert_int_ge(now_ms, before_us / 1000);
    ck_assert_int_ge(clock_mono_us() / 1000, now_ms);
    ck_assert_int_gt(clock_wall_ms(), 1700000000000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clock");
    TCase *tc = tcase_create("clock");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, formats_and_reads_back, 0, sizeof(times) / sizeof(times[0]));
    tcase_add_loop_test(tc, refuses_what_it_would_not_write, 0, sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(tc, the_monotonic_clock_does_not_go_back);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
