#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "report.h"

static struct samples samples_of(const double *values, size_t count)
{
    struct samples s = {0};

    for (size_t i = 0; i < count; i++)
        samples_add(&s, values[i]);
    return s;
}

static const struct {
    size_t count; /* the values are count, count - 1, ..., 1 */
    double percent, expected;
} percentile_cases[] = {
    {0, 50, 0},    {1, 50, 1},    {1, 100, 1},     {2, 50, 1},    {2, 51, 2},        {10, 0, 1},
    {100, 50, 50}, {100, 99, 99}, {100, 100, 100}, {101, 50, 51}, {1000, 99.9, 999}, {1000, 99, 990},
};

START_TEST(percentile_is_the_nearest_rank)
{
    struct samples s = {0};

    for (size_t i = percentile_cases[_i].count; i > 0; i--)
        samples_add(&s, (double)i);
    ck_assert_double_eq(samples_percentile(&s, percentile_cases[_i].percent), percentile_cases[_i].expected);
    samples_free(&s);
}
END_TEST

START_TEST(values_added_after_a_percentile_count)
{
    struct samples s = samples_of((const double[]){5, 6}, 2);

    ck_assert_double_eq(samples_percentile(&s, 0), 5);
    samples_add(&s, 1);
    ck_assert_double_eq(samples_percentile(&s, 0), 1);
    samples_free(&s);
}
END_TEST

static const struct {
    double values[6];
    size_t count;
    const char *expected;
} histogram_cases[] = {
    {{0}, 0, "gap\n"},
    {{0, 0.5, 1, 2, 4.9, 5},
     6,
     "gap\n"
     "         0 - 1               2 ########################################\n"
     "         1 - 2               1 ####################\n"
     "         2 - 5               2 ########################################\n"
     "         5 - 10              1 ####################\n"},
    /* rows before the first value are left out, empty ones between values are not */
    {{25, 120},
     2,
     "gap\n"
     "        20 - 50              1 ########################################\n"
     "        50 - 100             0 \n"
     "       100 - 200             1 ########################################\n"},
    {{1000, 999},
     2,
     "gap\n"
     "       500 - 1000            1 ########################################\n"
     "      1000 - 2000            1 ########################################\n"},
};

START_TEST(histogram_has_a_row_a_step)
{
    struct samples s = samples_of(histogram_cases[_i].values, histogram_cases[_i].count);
    struct report_spread spread = {"gap", "gap", &s};
    struct buf out = {0};

    report_histogram(&out, &spread);
    ck_assert_str_eq(out.data, histogram_cases[_i].expected);
    buf_free(&out);
    samples_free(&s);
}
END_TEST

START_TEST(one_value_among_many_is_seen)
{
    struct samples s = {0};
    struct report_spread spread = {"gap", "gap", &s};
    struct buf out = {0};

    for (int i = 0; i < 10000; i++)
        samples_add(&s, 0);
    samples_add(&s, 1);
    report_histogram(&out, &spread);
    ck_assert_ptr_nonnull(strstr(out.data, " 1 #\n"));
    buf_free(&out);
    samples_free(&s);
}
END_TEST

static const struct report_count counts[] = {{"players", "players", 3}, {"lost", "lost \"ones\"", -1}, {NULL, NULL, 0}};

START_TEST(table_has_counts_then_spreads)
{
    struct samples s = samples_of((const double[]){1, 2.5, 9.25}, 3);
    struct report_spread spreads[] = {{"wait_ms", "wait, ms", &s}, {NULL, NULL, NULL}};
    struct buf out = {0};

    report_table(&out, &(struct report){"demo", counts, spreads});
    ck_assert_str_eq(
        out.data, "players                                     3\n"
                  "lost \"ones\"                                -1\n"
                  "\n"
                  "                                            n      mean       p50       p90       p99       max\n"
                  "wait, ms                                    3       4.2       2.5       9.2       9.2       9.2\n");
    buf_free(&out);
    samples_free(&s);
}
END_TEST

START_TEST(json_can_be_read_back)
{
    struct samples s = samples_of((const double[]){1, 2.5, 9.25}, 3);
    struct report_spread spreads[] = {{"wait_ms", "wait, ms", &s}, {NULL, NULL, NULL}};
    struct buf out = {0};
    json_object *root = NULL;

    report_json(&out, &(struct report){"demo", counts, spreads});
    ck_assert_int_eq(json_parse(out.data, out.len, &root, NULL), 0);
    ck_assert_str_eq(json_text(root, NULL),
                     "{\"name\":\"demo\",\"players\":3,\"lost\":-1,"
                     "\"wait_ms\":{\"n\":3,\"mean\":4.25,\"p50\":2.5,\"p90\":9.25,\"p99\":9.25,\"max\":9.25}}");
    json_object_put(root);
    buf_free(&out);
    samples_free(&s);
}
END_TEST

static Suite *report_suite(void)
{
    Suite *suite = suite_create("report");
    TCase *tc = tcase_create("report");

    tcase_add_loop_test(tc, percentile_is_the_nearest_rank, 0,
                        (int)(sizeof(percentile_cases) / sizeof(percentile_cases[0])));
    tcase_add_test(tc, values_added_after_a_percentile_count);
    tcase_add_loop_test(tc, histogram_has_a_row_a_step, 0, (int)(sizeof(histogram_cases) / sizeof(histogram_cases[0])));
    tcase_add_test(tc, one_value_among_many_is_seen);
    tcase_add_test(tc, table_has_counts_then_spreads);
    tcase_add_test(tc, json_can_be_read_back);
    suite_add_tcase(suite, tc);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(report_suite());
    int failed;

    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
