/* test_metrics_rollup.c - PutMetricData documents, the statistics of their periods, and the two pages. */
#include <check.h>
#include <math.h>
#include <string.h>

#include "err.h"
#include "pages.h"
#include "put_metric.h"
#include "rollup.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define MINUTE       INT64_C(60000)
#define T0           (29455383 * MINUTE) /* a period's start */

static int parse(const char *json, int64_t record_ms, struct put_metric *out, char *error)
{
    return put_metric_parse(out, json, strlen(json), record_ms, error);
}

/* ---- documents -------------------------------------------------------------------------------------------------- */

#define DOCUMENT(datum) "{\"Namespace\":\"GameMetrics\",\"MetricData\":[{\"MetricName\":\"Q\"" datum "}]}"

/* clang-format off */
static const struct {
    const char *json;
    double sum, samples, minimum, maximum;
    const char *unit;
    int64_t time_ms;
} good[] = {
    {DOCUMENT(",\"Value\":3.5"), 3.5, 1, 3.5, 3.5, "None", T0},
    {DOCUMENT(",\"Value\":0,\"Unit\":\"Count\""), 0, 1, 0, 0, "Count", T0},
    {DOCUMENT(",\"Value\":-2,\"Unit\":\"Bytes/Second\""), -2, 1, -2, -2, "Bytes/Second", T0},
    {DOCUMENT(",\"Values\":[5,-1,2]"), 6, 3, -1, 5, "None", T0},
    {DOCUMENT(",\"Values\":[5,1],\"Counts\":[2,10]"), 20, 12, 1, 5, "None", T0},
    {DOCUMENT(",\"StatisticValues\":{\"SampleCount\":4,\"Sum\":5120.5,\"Minimum\":310,\"Maximum\":2900}"),
     5120.5, 4, 310, 2900, "None", T0},
    {DOCUMENT(",\"Value\":1,\"Timestamp\":1767322979.5"), 1, 1, 1, 1, "None", T0 - 500},
    {DOCUMENT(",\"Value\":1,\"Timestamp\":1767322981"), 1, 1, 1, 1, "None", T0}, /* its clock is ahead */
};

static const struct {
    const char *json, *error;
} bad[] = {
    {"", ""},
    {"[]", "$"},
    {"null", "$"},
    {"{\"MetricData\":[]}", "Namespace"},
    {"{\"Namespace\":\"N\"}", "MetricData"},
    {"{\"Namespace\":\"N\",\"MetricData\":[]}", "MetricData"},
    {"{\"Namespace\":\"N\",\"MetricData\":{}}", "MetricData"},
    {"{\"Namespace\":\"N\",\"MetricData\":[1]}", "$.MetricData[0]"},
    {"{\"Namespace\":\":N\",\"MetricData\":[{\"MetricName\":\"a\",\"Value\":1}]}", "colon"},
    {"{\"Namespace\":\"N\\n\",\"MetricData\":[{\"MetricName\":\"a\",\"Value\":1}]}", "control character"},
    {"{\"Namespace\":\"N\",\"X\":1,\"MetricData\":[{\"MetricName\":\"a\",\"Value\":1}]}", "X"},
    {"{\"Namespace\":\"N\",\"MetricData\":[{\"MetricName\":\"a\",\"Value\":1},{\"MetricName\":\"\",\"Value\":1}]}",
     "$.MetricData[1].MetricName"},
    {"{\"Namespace\":\"N\",\"MetricData\":[{\"Value\":1}]}", "MetricName"},
    {DOCUMENT(""), "exactly one of"},
    {DOCUMENT(",\"Value\":1,\"Values\":[1]"), "exactly one of"},
    {DOCUMENT(",\"Value\":1,\"StatisticValues\":{}"), "exactly one of"},
    {DOCUMENT(",\"Value\":NaN"), ""},
    {DOCUMENT(",\"Value\":1e400"), ""},
    {DOCUMENT(",\"Value\":-Infinity"), ""},
    {DOCUMENT(",\"Value\":1e109"), "2^360"},
    {DOCUMENT(",\"Value\":\"1\""), "$.MetricData[0].Value"},
    {DOCUMENT(",\"Value\":null"), "$.MetricData[0].Value"},
    {DOCUMENT(",\"Value\":1,\"Counts\":[1]"), "Counts go with Values"},
    {DOCUMENT(",\"Values\":[]"), "Values"},
    {DOCUMENT(",\"Values\":[1,\"2\"]"), "Values[1]"},
    {DOCUMENT(",\"Values\":[1,-1e109]"), "Values[1]"},
    {DOCUMENT(",\"Values\":[1,2],\"Counts\":[1]"), "same size"},
    {DOCUMENT(",\"Values\":[1],\"Counts\":[0]"), "Counts[0]"},
    {DOCUMENT(",\"Values\":[1],\"Counts\":1"), "Counts"},
    {DOCUMENT(",\"StatisticValues\":1"), "StatisticValues"},
    {DOCUMENT(",\"StatisticValues\":{\"SampleCount\":1,\"Sum\":1,\"Minimum\":1}"), "Maximum"},
    {DOCUMENT(",\"StatisticValues\":{\"SampleCount\":0,\"Sum\":1,\"Minimum\":1,\"Maximum\":1}"), "SampleCount"},
    {DOCUMENT(",\"StatisticValues\":{\"SampleCount\":1,\"Sum\":1,\"Minimum\":2,\"Maximum\":1}"), "Minimum"},
    {DOCUMENT(",\"StatisticValues\":{\"SampleCount\":1,\"Sum\":1,\"Minimum\":1,\"Maximum\":1,\"X\":1}"), "X"},
    {DOCUMENT(",\"Value\":1,\"Unit\":\"Furlongs\""), "Unit"},
    {DOCUMENT(",\"Value\":1,\"Timestamp\":\"now\""), "Timestamp"},
    {DOCUMENT(",\"Value\":1,\"Timestamp\":1767330181"), "two hours"},
    {DOCUMENT(",\"Value\":1,\"Timestamp\":1766113379"), "two weeks"},
    {DOCUMENT(",\"Value\":1,\"Dimensions\":[]"), "Dimensions"},
};
/* clang-format on */

START_TEST(good_documents)
{
    struct put_metric p;
    char error[JSON_ERROR_SIZE] = "";

    ck_assert_msg(parse(good[_i].json, T0, &p, error) == 0, "%s: %s", good[_i].json, error);
    ck_assert_uint_eq(p.count, 1);
    ck_assert_str_eq(p.data[0].namespace_, "GameMetrics");
    ck_assert_str_eq(p.data[0].name, "Q");
    ck_assert_str_eq(p.data[0].unit, good[_i].unit);
    ck_assert_int_eq(p.data[0].time_ms, good[_i].time_ms);
    ck_assert_double_eq(p.data[0].sum, good[_i].sum);
    ck_assert_double_eq(p.data[0].samples, good[_i].samples);
    ck_assert_double_eq(p.data[0].minimum, good[_i].minimum);
    ck_assert_double_eq(p.data[0].maximum, good[_i].maximum);
    put_metric_free(&p);
}
END_TEST

START_TEST(bad_documents_name_the_fault)
{
    struct put_metric p;
    char error[JSON_ERROR_SIZE] = "";

    ck_assert_msg(parse(bad[_i].json, T0, &p, error) == ERR_INVALID, "%s", bad[_i].json);
    ck_assert_msg(error[0] != '\0' && strstr(error, bad[_i].error) != NULL, "%s: %s", bad[_i].json, error);
    ck_assert_ptr_null(p.data);
    ck_assert_ptr_null(p.document);
}
END_TEST

START_TEST(many_data_in_one_document)
{
    static const struct {
        int count, rc;
    } sizes[] = {{PUT_METRIC_DATA_MAX, 0}, {PUT_METRIC_DATA_MAX + 1, ERR_INVALID}};
    struct buf json = {0};
    struct put_metric p;

    buf_str(&json, "{\"Namespace\":\"N\",\"MetricData\":[");
    for (int i = 0; i < sizes[_i].count; i++)
        buf_printf(&json, "%s{\"MetricName\":\"m%d\",\"Value\":%d}", i == 0 ? "" : ",", i, i);
    buf_str(&json, "]}");
    ck_assert_int_eq(put_metric_parse(&p, json.data, json.len, T0, NULL), sizes[_i].rc);
    if (sizes[_i].rc == 0)
        ck_assert_double_eq(p.data[PUT_METRIC_DATA_MAX - 1].sum, PUT_METRIC_DATA_MAX - 1);
    put_metric_free(&p);
    buf_free(&json);
}
END_TEST

/* ---- periods ---------------------------------------------------------------------------------------------------- */

static enum rollup_result add(struct rollup *r, const char *name, double value, int64_t time_ms)
{
    struct datum d = {.namespace_ = "N",
                      .name = name,
                      .unit = "Count",
                      .time_ms = time_ms,
                      .sum = value,
                      .samples = 1,
                      .minimum = value,
                      .maximum = value};

    return rollup_add(r, &d);
}

/* "name:last sum/samples/min/max:current ..." of all rows; - where nothing happened. */
static void write_period(struct buf *out, const struct period *p)
{
    if (p == NULL)
        buf_str(out, ":-");
    else
        buf_printf(out, ":%g/%g/%g/%g", p->sum, p->samples, p->minimum, p->maximum);
}

static void on_row(void *arg, const struct rollup_row *row)
{
    struct buf *out = arg;

    buf_printf(out, "%s%s", out->len > 0 ? " " : "", row->name);
    write_period(out, row->last);
    write_period(out, row->current);
}

static void ck_assert_rows(const struct rollup *r, int64_t now_ms, const char *expected)
{
    struct buf rows = {0};

    buf_str(&rows, "");
    rollup_each(r, now_ms, on_row, &rows);
    ck_assert_str_eq(rows.data, expected);
    buf_free(&rows);
}

START_TEST(values_add_up_in_their_period)
{
    struct rollup *r = rollup_new(60, 10);

    ck_assert_rows(r, T0, "");
    ck_assert_int_eq(add(r, "a", 5, T0), ROLLUP_ADDED);
    ck_assert_int_eq(add(r, "a", -1, T0 + MINUTE - 1), ROLLUP_ADDED);
    ck_assert_int_eq(add(r, "b", 2, T0 + 1), ROLLUP_ADDED);
    ck_assert_rows(r, T0 + MINUTE - 1, "a:-:4/2/-1/5 b:-:2/1/2/2");
    ck_assert_rows(r, T0 + MINUTE, "a:4/2/-1/5:- b:2/1/2/2:-"); /* the period is complete */
    ck_assert_int_eq(add(r, "a", 7, T0 + MINUTE), ROLLUP_ADDED);
    ck_assert_rows(r, T0 + MINUTE, "a:4/2/-1/5:7/1/7/7 b:2/1/2/2:-");
    ck_assert_rows(r, T0 + 2 * MINUTE, "a:7/1/7/7:- b:-:-");
    ck_assert_rows(r, T0 + 3 * MINUTE, "a:-:- b:-:-"); /* the last period, not the last that had data */
    rollup_free(&r);
    ck_assert_ptr_null(r);
    rollup_free(&r);
}
END_TEST

START_TEST(stragglers_count_in_the_last_period_only)
{
    struct rollup *r = rollup_new(60, 10);

    add(r, "a", 1, T0);
    add(r, "a", 2, T0 + MINUTE);
    ck_assert_int_eq(add(r, "a", 4, T0 + MINUTE - 1), ROLLUP_ADDED);
    ck_assert_int_eq(add(r, "b", 8, T0), ROLLUP_ADDED); /* first seen in the last period */
    ck_assert_int_eq(add(r, "a", 99, T0 - 1), ROLLUP_LATE);
    ck_assert_rows(r, T0 + MINUTE, "a:5/2/1/4:2/1/2/2 b:8/1/8/8:-");
    ck_assert_int_eq(add(r, "b", 1, T0 + 2 * MINUTE), ROLLUP_ADDED);
    ck_assert_int_eq(add(r, "a", 99, T0 + MINUTE - 1), ROLLUP_LATE); /* the newest datum of any metric decides */
    ck_assert_rows(r, T0 + 2 * MINUTE, "a:2/1/2/2:- b:-:1/1/1/1");
    rollup_free(&r);
}
END_TEST

START_TEST(a_brokers_clock_ahead_of_ours_is_now)
{
    struct rollup *r = rollup_new(60, 10);

    add(r, "a", 1, T0);
    ck_assert_rows(r, T0 - 1, "a:-:1/1/1/1");
    rollup_free(&r);
}
END_TEST

START_TEST(metrics_are_bounded)
{
    struct rollup *r = rollup_new(60, 2);

    ck_assert_int_eq(add(r, "a", 1, T0), ROLLUP_ADDED);
    ck_assert_int_eq(add(r, "b", 1, T0 + MINUTE), ROLLUP_ADDED);
    ck_assert_int_eq(add(r, "c", 1, T0 + MINUTE), ROLLUP_FULL);
    ck_assert_int_eq(add(r, "a", 1, T0 + MINUTE), ROLLUP_ADDED);
    ck_assert_int_eq(add(r, "b", 1, T0 + 3 * MINUTE), ROLLUP_ADDED);
    ck_assert_int_eq(add(r, "c", 1, T0 + 3 * MINUTE), ROLLUP_ADDED); /* a had nothing in the two periods kept */
    ck_assert_rows(r, T0 + 3 * MINUTE, "b:-:1/1/1/1 c:-:1/1/1/1");
    rollup_free(&r);
}
END_TEST

START_TEST(namespace_name_and_unit_make_a_metric)
{
    static const struct datum data[] = {
        {"N", "ab", "Count", T0, 1, 1, 1, 1}, {"N", "ab", "None", T0, 1, 1, 1, 1},
        {"Na", "b", "Count", T0, 1, 1, 1, 1}, {"N", "a", "Count", T0, 1, 1, 1, 1},
        {"N", "ab", "Count", T0, 1, 1, 1, 1},
    };
    struct rollup *r = rollup_new(60, 10);

    for (int i = 0; i < COUNT(data); i++)
        ck_assert_int_eq(rollup_add(r, &data[i]), ROLLUP_ADDED);
    ck_assert_rows(r, T0, "ab:-:2/2/1/1 ab:-:1/1/1/1 b:-:1/1/1/1 a:-:1/1/1/1");
    rollup_free(&r);
}
END_TEST

/* ---- pages ------------------------------------------------------------------------------------------------------ */

START_TEST(json_page)
{
    struct rollup *r = rollup_new(60, 10);
    struct buf page = {0};

    pages_json(r, T0, &page);
    ck_assert_str_eq(page.data, "{\"metrics\":[]}");
    buf_clear(&page);
    add(r, "a\"", 1.5, T0);
    add(r, "a\"", 2.5, T0);
    add(r, "b", 1, T0 + MINUTE);
    pages_json(r, T0 + MINUTE, &page);
    ck_assert_str_eq(page.data,
                     "{\"metrics\":[{\"Namespace\":\"N\",\"MetricName\":\"a\\\"\",\"Unit\":\"Count\",\"Period\":60,"
                     "\"Last\":{\"Timestamp\":1767322980,\"Sum\":4,\"SampleCount\":2,\"Minimum\":1.5,\"Maximum\":2.5,"
                     "\"Average\":2},\"Current\":null},"
                     "{\"Namespace\":\"N\",\"MetricName\":\"b\",\"Unit\":\"Count\",\"Period\":60,\"Last\":null,"
                     "\"Current\":{\"Timestamp\":1767323040,\"Sum\":1,\"SampleCount\":1,\"Minimum\":1,\"Maximum\":1,"
                     "\"Average\":1}}]}");
    buf_free(&page);
    rollup_free(&r);
}
END_TEST

START_TEST(prometheus_page)
{
    struct rollup *r = rollup_new(60, 10);
    struct buf page = {0};

    add(r, "a\"", 1.5, T0);
    add(r, "a\"", 2.5, T0);
    add(r, "b", 1, T0 + MINUTE);
    pages_prometheus(r, T0 + MINUTE, &page);
#define LABELS "{namespace=\"N\",metric=\"a\\\"\",unit=\"Count\"}"
    ck_assert_ptr_nonnull(strstr(page.data, "\n# TYPE metrics_last_period_added gauge\n"
                                            "metrics_last_period_added" LABELS " 4\n# HELP"));
    ck_assert_ptr_nonnull(strstr(page.data, "\nmetrics_last_period_samples" LABELS " 2\n"));
    ck_assert_ptr_nonnull(strstr(page.data, "\nmetrics_last_period_minimum" LABELS " 1.5\n"));
    ck_assert_ptr_nonnull(strstr(page.data, "\nmetrics_last_period_maximum" LABELS " 2.5\n"));
    ck_assert_ptr_null(strstr(page.data, "metric=\"b\"")); /* nothing in the last period */
    buf_free(&page);
    rollup_free(&r);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("metrics_rollup");
    TCase *c = tcase_create("pure");
    SRunner *runner = srunner_create(s);
    int failed;

    suite_add_tcase(s, c);
    tcase_add_loop_test(c, good_documents, 0, COUNT(good));
    tcase_add_loop_test(c, bad_documents_name_the_fault, 0, COUNT(bad));
    tcase_add_loop_test(c, many_data_in_one_document, 0, 2);
    tcase_add_test(c, values_add_up_in_their_period);
    tcase_add_test(c, stragglers_count_in_the_last_period_only);
    tcase_add_test(c, a_brokers_clock_ahead_of_ours_is_now);
    tcase_add_test(c, metrics_are_bounded);
    tcase_add_test(c, namespace_name_and_unit_make_a_metric);
    tcase_add_test(c, json_page);
    tcase_add_test(c, prometheus_page);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
