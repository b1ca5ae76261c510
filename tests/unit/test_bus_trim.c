/*
 * test_bus_trim.c - trimming that fails, on librdkafka's mock cluster, which knows no such request. What a real Kafka
 * deletes is for the integration tests.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus.h"
#include "clock.h"
#include "err.h"

enum { DEADLINE_MS = 20000, LINE_SIZE = 256 };

/* librdkafka 2.0.2 loses an operation of its own when a broker does not know a request. A file for it alone, so that
 * nothing else is hidden. */
const char *__lsan_default_suppressions(void); /* NOLINT(bugprone-reserved-identifier): LeakSanitizer's name */
const char *__lsan_default_suppressions(void)  /* NOLINT(bugprone-reserved-identifier) */
{
    return "leak:librdkafka";
}

static uv_loop_t loop;
static uv_timer_t tick; /* so that uv_run comes back */
static struct bus_mock *mock;
static struct bus_producer *producer;
static FILE *log_file;

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static void on_state(void *arg, bool ready, const char *reason)
{
    (void)arg;
    (void)ready;
    (void)reason;
}

static void on_fatal(void *arg, const char *reason)
{
    (void)arg;
    ck_abort_msg("%s", reason);
}

static void set_up(void)
{
    static const enum topic_id topics[] = {TOPIC_JOURNAL};
    struct bus_conf bus = {.extra = "", .client_id = "test"};
    const struct bus_producer_conf conf = {.bus = &bus,
                                           .queue_max_messages = 10,
                                           .topics = topics,
                                           .topic_count = 1,
                                           .on_state = on_state,
                                           .on_fatal = on_fatal};

    log_file = tmpfile();
    ck_assert_ptr_nonnull(log_file);
    ck_assert_int_ge(dup2(fileno(log_file), STDERR_FILENO), 0);
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(uv_timer_init(&loop, &tick), 0);
    ck_assert_int_eq(uv_timer_start(&tick, on_tick, 5, 5), 0);
    ck_assert_int_eq(bus_mock_open(&mock, &bus.brokers), 0);
    ck_assert_int_eq(bus_producer_open(&producer, &loop, &conf), 0);
}

static void tear_down(void)
{
    bus_producer_close(&producer);
    uv_close((uv_handle_t *)&tick, NULL);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

static void run_ms(int64_t ms)
{
    int64_t deadline_ms = clock_mono_ms() + ms;

    while (clock_mono_ms() < deadline_ms)
        uv_run(&loop, UV_RUN_ONCE);
}

/* How many lines of the log have the text. */
static int logged(const char *text)
{
    char line[LINE_SIZE];
    int count = 0;

    rewind(log_file);
    while (fgets(line, sizeof(line), log_file) != NULL)
        count += strstr(line, text) != NULL;
    return count;
}

START_TEST(trims_that_fail_alike_are_logged_once)
{
    int64_t deadline_ms = clock_mono_ms() + DEADLINE_MS;

    for (int32_t partition = 0; partition < 5; partition++)
        bus_trim(producer, TOPIC_JOURNAL, partition, 100, NULL, NULL);
    while (logged(" kafka_untrimmed topic=game-matchmaking-journal: ") == 0) {
        ck_assert_int_lt(clock_mono_ms(), deadline_ms);
        uv_run(&loop, UV_RUN_ONCE);
    }
    bus_trim(producer, TOPIC_JOURNAL, 5, 100, NULL, NULL);
    run_ms(300);
    ck_assert_int_eq(logged("kafka_untrimmed"), 1);
}
END_TEST

static int told[2]; /* how often, and with what the last time */

static void on_trimmed(void *arg, int err)
{
    ck_assert_ptr_eq(arg, told);
    told[0]++;
    told[1] = err;
}

START_TEST(whoever_asked_is_told_once)
{
    int64_t deadline_ms = clock_mono_ms() + DEADLINE_MS;

    bus_trim(producer, TOPIC_JOURNAL, 0, 100, on_trimmed, told);
    while (told[0] == 0) {
        ck_assert_int_lt(clock_mono_ms(), deadline_ms);
        uv_run(&loop, UV_RUN_ONCE);
    }
    ck_assert_int_eq(told[1], ERR_UNAVAILABLE);
    bus_trim(producer, TOPIC_JOURNAL, 0, 100, on_trimmed, told);
    bus_producer_close(&producer);
    ck_assert_int_eq(told[0], 2);
    ck_assert(told[1] == ERR_CLOSED || told[1] == ERR_UNAVAILABLE); /* the answer may have been here already */
}
END_TEST

START_TEST(a_trim_on_its_way_is_no_hindrance_to_closing)
{
    bus_trim(producer, TOPIC_JOURNAL, 0, 100, NULL, NULL);
    run_ms(_i);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("bus_trim");
    TCase *c = tcase_create("mock");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    suite_add_tcase(s, c);
    tcase_add_test(c, trims_that_fail_alike_are_logged_once);
    tcase_add_test(c, whoever_asked_is_told_once);
    tcase_add_loop_test(c, a_trim_on_its_way_is_no_hindrance_to_closing, 0, 5);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
