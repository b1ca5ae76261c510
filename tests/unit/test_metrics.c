#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "metrics.h"

#define TEST_METRICS(X)                                                                                                \
    X(THINGS, COUNTER, "test_things_total", "", "Things", COUNT, "Things seen; nothing to do")                         \
    X(ERRORS_BAD, COUNTER, "test_errors_total", "reason=\"bad\"", "Errors", COUNT, "Errors; look at the log")          \
    X(ERRORS_LATE, COUNTER, "test_errors_total", "reason=\"late\"", "Errors", COUNT, "")                               \
    X(WAITING, GAUGE, "test_waiting", "", "Waiting", COUNT, "Waiting now")                                             \
    X(TOOK, HISTOGRAM, "test_took_seconds", "", "Took", SECONDS, "How long it took")                                   \
    X(SIZE_IN, HISTOGRAM, "test_size_bytes", "way=\"in\"", "", BYTES, "Sizes")                                         \
    X(SIZE_OUT, HISTOGRAM, "test_size_bytes", "way=\"out\"", "", BYTES, "")

enum test_metric { TEST_METRICS(METRIC_ENUM) TEST_METRIC_COUNT };
static const struct metric_def defs[] = {TEST_METRICS(METRIC_ROW)};

static struct metrics *m;
static struct buf out;

static void open_set(void)
{
    m = metrics_new(defs, TEST_METRIC_COUNT, "GameMetrics");
}

static void close_set(void)
{
    metrics_free(&m);
    ck_assert_ptr_null(m);
    metrics_free(&m);
    buf_free(&out);
}

/* ---- Prometheus ------------------------------------------------------------------------------------------------- */

static void observe_some(void)
{
    metrics_add(m, THINGS, 3);
    metrics_add(m, THINGS, 4);
    metrics_add(m, ERRORS_LATE, 2);
    metrics_set(m, WAITING, -5);
    metrics_observe(m, TOOK, 0.0005); /* a bound belongs to its bucket */
    metrics_observe(m, TOOK, 0.25);
    metrics_observe(m, TOOK, 61);
    metrics_observe(m, SIZE_OUT, 0);
    metrics_observe(m, SIZE_OUT, 17);
}

static const struct {
    const char *text;
} lines[] = {
    {"# HELP test_things_total Things seen; nothing to do\n# TYPE test_things_total counter\ntest_things_total 7\n"},
    {"# HELP test_errors_total Errors; look at the log\n# TYPE test_errors_total counter\n"
     "test_errors_total{reason=\"bad\"} 0\ntest_errors_total{reason=\"late\"} 2\n# "},
    {"# TYPE test_waiting gauge\ntest_waiting -5\n"},
    {"# TYPE test_took_seconds histogram\ntest_took_seconds_bucket{le=\"0.0005\"} 1\n"},
    {"\ntest_took_seconds_bucket{le=\"0.2\"} 1\ntest_took_seconds_bucket{le=\"0.5\"} 2\n"},
    {"\ntest_took_seconds_bucket{le=\"60\"} 2\ntest_took_seconds_bucket{le=\"+Inf\"} 3\n"
     "test_took_seconds_sum 61.2505\ntest_took_seconds_count 3\n"},
    {"test_size_bytes_bucket{way=\"in\",le=\"1\"} 0\n"},
    {"test_size_bytes_count{way=\"in\"} 0\ntest_size_bytes_bucket{way=\"out\",le=\"1\"} 1\n"},
    {"test_size_bytes_bucket{way=\"out\",le=\"16\"} 1\ntest_size_bytes_bucket{way=\"out\",le=\"64\"} 2\n"},
    {"test_size_bytes_sum{way=\"out\"} 17\ntest_size_bytes_count{way=\"out\"} 2\n"},
    {"# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total "},
};

START_TEST(prometheus_text)
{
    observe_some();
    metrics_prometheus(m, &out);
    ck_assert_msg(strstr(out.data, lines[_i].text) != NULL, "%s\nis not in\n%s", lines[_i].text, out.data);
    ck_assert_int_eq(metrics_get(m, THINGS), 7);
    ck_assert_int_eq(metrics_get(m, WAITING), -5);
}
END_TEST

static double figure(const char *name)
{
    const char *at = strstr(out.data, name);

    ck_assert_ptr_nonnull(at);
    return strtod(at + strlen(name), NULL);
}

START_TEST(process_figures_are_plausible)
{
    metrics_prometheus(m, &out);
    ck_assert_double_gt(figure("\nprocess_resident_memory_bytes "), 500000);
    ck_assert_double_ge(figure("\nprocess_open_fds "), 3);
    ck_assert_double_gt(figure("\nprocess_max_fds "), figure("\nprocess_open_fds "));
    ck_assert_double_gt(figure("\nprocess_start_time_seconds "), 1.7e9);
    ck_assert_double_ge(figure("\nprocess_cpu_seconds_total "), 0);
}
END_TEST

START_TEST(promtool_has_nothing_to_say)
{
    char said[4096];
    char file[] = "/tmp/test_metrics_XXXXXX";
    char command[128];
    FILE *page, *tool;
    int fd;

    if (system("command -v promtool >/dev/null") != 0) {
        printf("skipped: promtool is not installed\n");
        return;
    }
    observe_some();
    metrics_prometheus(m, &out);
    fd = mkstemp(file);
    ck_assert_int_ge(fd, 0);
    page = fdopen(fd, "w");
    ck_assert_uint_eq(fwrite(out.data, 1, out.len, page), out.len);
    ck_assert_int_eq(fclose(page), 0);
    (void)snprintf(command, sizeof(command), "promtool check metrics <%s 2>&1", file);
    tool = popen(command, "r");
    ck_assert_ptr_nonnull(tool);
    said[fread(said, 1, sizeof(said) - 1, tool)] = '\0';
    ck_assert_int_eq(remove(file), 0);
    ck_assert_int_eq(pclose(tool), 0);
    ck_assert_str_eq(said, "");
}
END_TEST

/* ---- CloudWatch ------------------------------------------------------------------------------------------------- */

static void on_document(void *arg, const char *key, const char *json, size_t len)
{
    json_object *document = NULL;
    char error[JSON_ERROR_SIZE] = "";

    ck_assert_uint_eq(strlen(json), len);
    ck_assert_msg(json_parse(json, len, &document, error) == 0, "%s: %s", json, error);
    json_object_put(document);
    buf_printf(arg, "%s %s\n", key, json);
}

static const char *cloudwatch(int64_t wall_ms)
{
    buf_clear(&out);
    buf_str(&out, "");
    metrics_cloudwatch(m, wall_ms, 60, on_document, &out);
    return out.data;
}

#define DOCUMENT(name, time, unit, value)                                                                              \
    "GameMetrics/" name " {\"Namespace\":\"GameMetrics\",\"MetricData\":[{\"MetricName\":\"" name                      \
    "\",\"Timestamp\":" time ",\"Unit\":\"" unit "\"," value "}]}\n"

START_TEST(cloudwatch_tells_what_happened_since)
{
    observe_some();
    ck_assert_str_eq(cloudwatch(120007),
                     DOCUMENT("Things", "120.007", "Count", "\"Value\":7")
                         DOCUMENT("Errors", "120.007", "Count", "\"Value\":2")
                             DOCUMENT("Waiting", "120.007", "Count", "\"Value\":-5")
                                 DOCUMENT("Took", "120.007", "Milliseconds",
                                          "\"StatisticValues\":{\"SampleCount\":3,\"Sum\":61250.5,\"Minimum\":0.5,"
                                          "\"Maximum\":61000}"));
    metrics_add(m, ERRORS_BAD, 1);
    metrics_add(m, ERRORS_LATE, 1);
    metrics_observe(m, TOOK, 2);
    ck_assert_str_eq(cloudwatch(121000), /* the same period: no gauge; no increase is told too */
                     DOCUMENT("Things", "121.000", "Count", "\"Value\":0")
                         DOCUMENT("Errors", "121.000", "Count", "\"Value\":2")
                             DOCUMENT("Took", "121.000", "Milliseconds",
                                      "\"StatisticValues\":{\"SampleCount\":1,\"Sum\":2000,\"Minimum\":2000,"
                                      "\"Maximum\":2000}"));
}
END_TEST

START_TEST(a_gauge_is_sent_once_a_period)
{
    static const struct {
        int64_t wall_ms;
        bool sent;
    } calls[] = {{60000, true}, {60001, false}, {119999, false}, {120000, true}, {125000, false}, {300000, true}};

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        ck_assert_int_eq(strstr(cloudwatch(calls[i].wall_ms), "/Waiting ") != NULL, calls[i].sent);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *tc = tcase_create("metrics");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, open_set, close_set);
    tcase_add_loop_test(tc, prometheus_text, 0, sizeof(lines) / sizeof(lines[0]));
    tcase_add_test(tc, process_figures_are_plausible);
    tcase_add_test(tc, promtool_has_nothing_to_say);
    tcase_add_test(tc, cloudwatch_tells_what_happened_since);
    tcase_add_test(tc, a_gauge_is_sent_once_a_period);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
