/* Each event's way to its player, on a redis-server of the test's own and librdkafka's mock cluster. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "deliveries.h"
#include "err.h"
#include "notifier_metrics.h"
#include "redis_server.h"

enum { DEADLINE_MS = 20000, LETTERS = 128, TTL_MS = 60000, INBOX_SIZE = 1024 };

#define GENERATION "0123456789abcdef"

static const struct metric_def metric_defs[] = {NOTIFIER_METRICS(METRIC_ROW)};

static uv_loop_t loop;
static uv_timer_t tick; /* so that uv_run comes back, and deliveries go on */
static struct redis_server server;
static struct store *store;
static struct bus_mock *mock;
static struct bus_producer *producer;
static struct metrics *metrics;
static struct deliveries *deliveries;
static bool redis_ready, overtaken;
static char calls[4096]; /* one word a call-back */
static char window_a, window_b;
static int64_t next_seq;

/* Every event has its record; here they are copies of one. */
static struct dead_letter *letters[LETTERS];
static size_t letter_count;

#define NOTE(...) ((void)snprintf(calls + strlen(calls), sizeof(calls) - strlen(calls), __VA_ARGS__))

#define RUN_UNTIL(cond)                                                                                                \
    do {                                                                                                               \
        int64_t deadline_ms = clock_mono_ms() + DEADLINE_MS;                                                           \
        while (!(cond)) {                                                                                              \
            ck_assert_msg(clock_mono_ms() < deadline_ms, "never: %s; calls: %s", #cond, calls);                        \
            uv_run(&loop, UV_RUN_ONCE);                                                                                \
        }                                                                                                              \
    } while (0)

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
    if (deliveries != NULL)
        deliveries_pump(deliveries);
}

static void on_finished(void *arg, void *window, uint64_t ticket)
{
    (void)arg;
    NOTE("%c%d ", window == &window_a ? 'a' : 'b', (int)ticket);
}

static void on_hopeless(void *arg, void *window, uint64_t ticket, struct dead_letter *letter, const char *reason)
{
    (void)arg;
    (void)window;
    NOTE("hopeless%d:%.9s ", (int)ticket, reason);
    dead_letter_free(&letter);
}

static bool is_overtaken(void *arg, void *window)
{
    (void)arg;
    (void)window;
    return overtaken;
}

static void on_refused(void *arg)
{
    (void)arg;
    NOTE("refused ");
}

/* ---- the world --------------------------------------------------------------------------------------------------- */

static void on_redis(void *arg, bool is_ready, const char *reason)
{
    (void)arg;
    (void)reason;
    redis_ready = is_ready;
}

static void on_kafka(void *arg, bool is_ready, const char *reason)
{
    (void)arg;
    (void)is_ready;
    (void)reason;
}

static void on_fatal(void *arg, const char *reason)
{
    (void)arg;
    ck_abort_msg("%s", reason);
}

static void on_record(void *arg, const struct bus_record *r)
{
    (void)arg;
    while (letter_count < LETTERS)
        letters[letter_count++] = dead_letter_keep(r);
}

static void on_lost(void *arg, enum topic_id topic, int32_t partition, enum bus_lost why, const char *reason)
{
    (void)arg;
    (void)topic;
    (void)partition;
    (void)why;
    ck_abort_msg("%s", reason);
}

static void make_letters(const struct bus_conf *bus)
{
    const struct bus_reader_conf conf = {.bus = bus, .name = "events", .on_record = on_record, .on_lost = on_lost};
    const struct bus_message m = {.topic = TOPIC_EVENTS, .partition = 0, .value = "{}", .value_len = 2};
    struct bus_reader *reader;

    ck_assert_int_eq(bus_send(producer, &m, NULL, NULL), 0);
    ck_assert_int_eq(bus_reader_open(&reader, &loop, &conf), 0);
    bus_reader_add(reader, TOPIC_EVENTS, 0, BUS_BEGINNING);
    RUN_UNTIL(letter_count == LETTERS);
    bus_reader_close(&reader);
}

static void open_kafka(void)
{
    static const enum topic_id topics[] = {TOPIC_OUTBOX, TOPIC_EVENTS};
    struct bus_conf bus = {.extra = "consumer.fetch.wait.max.ms=5", .client_id = "test"};
    const struct bus_producer_conf conf = {.bus = &bus,
                                           .queue_max_messages = 1000,
                                           .topics = topics,
                                           .topic_count = 2,
                                           .on_state = on_kafka,
                                           .on_fatal = on_fatal};

    ck_assert_int_eq(bus_mock_open(&mock, &bus.brokers), 0);
    ck_assert_int_eq(bus_producer_open(&producer, &loop, &conf), 0);
    make_letters(&bus);
}

static void open_redis(void)
{
    static char url[64];
    struct store_conf conf = {.url = url, .timeout_ms = 5000, .pending_max = 1000, .on_state = on_redis};

    redis_server_prepare(&server);
    redis_server_start(&server, NULL, NULL);
    (void)snprintf(url, sizeof(url), "redis://127.0.0.1:%u", server.port);
    ck_assert_int_eq(store_open(&store, &loop, &conf), 0);
    RUN_UNTIL(redis_ready);
}

static void set_up(void)
{
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(uv_timer_init(&loop, &tick), 0);
    ck_assert_int_eq(uv_timer_start(&tick, on_tick, 5, 5), 0);
    open_redis();
    open_kafka();
    metrics = metrics_new(metric_defs, NF_METRIC_COUNT, "Test");
    deliveries = deliveries_new(&(struct deliveries_conf){.store = store,
                                                          .producer = producer,
                                                          .metrics = metrics,
                                                          .inbox_ttl_ms = TTL_MS,
                                                          .finished = on_finished,
                                                          .hopeless = on_hopeless,
                                                          .overtaken = is_overtaken,
                                                          .refused = on_refused});
}

/* As the notifier ends: what is not done is not done. ASan sees what is left behind. */
static void tear_down(void)
{
    store_close(&store);
    bus_producer_close(&producer);
    deliveries_free(&deliveries);
    metrics_free(&metrics);
    while (letter_count > 0)
        dead_letter_free(&letters[--letter_count]);
    uv_close((uv_handle_t *)&tick, NULL);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    redis_server_remove(&server);
}

/* ---- helpers ----------------------------------------------------------------------------------------------------- */

/* Into the pipeline, not waited for. */
static void redis(const char *a, const char *b, const char *c, const char *d)
{
    const char *argv[] = {a, b, c, d};

    ck_assert_int_eq(store_command(store, NULL, NULL, c == NULL ? 2 : d == NULL ? 3 : 4, argv, NULL), 0);
}

static void refuse_all(bool refuse)
{
    redis("CONFIG", "SET", "maxmemory", refuse ? "1" : "0");
}

/* Each event is later than the one before, and its message is its ticket. */
static void add(char *window, uint64_t ticket, const char *player)
{
    char json[24];
    int len = snprintf(json, sizeof(json), "%d", (int)ticket);

    ck_assert_uint_gt(letter_count, 0);
    deliveries_add(deliveries,
                   &(struct delivery_event){
                       .window = window,
                       .ticket = ticket,
                       .generation = GENERATION,
                       .player = player,
                       .id = {.incarnation = 1, .epoch = 1, .seq = ++next_seq, .partition = 3},
                       .type = "match_ready",
                       .json = json,
                       .json_len = (size_t)len,
                   },
                   letters[--letter_count]);
}

static bool got_inbox;

/* Tickets, a word each: of XRANGE's entries [id, ["id", event id, "message", json]]. */
static void on_range(void *arg, const struct store_reply *reply)
{
    char *out = arg;
    size_t len = 0;

    ck_assert_ptr_nonnull(reply);
    out[0] = '\0';
    for (size_t i = 0; i < store_reply_count(reply); i++) {
        const struct store_reply *fields = store_reply_at(store_reply_at(reply, i), 1);

        len += (size_t)snprintf(out + len, INBOX_SIZE - len, "%s ", store_reply_str(store_reply_at(fields, 3), NULL));
    }
    got_inbox = true;
}

static const char *inbox(const char *player)
{
    static char messages[INBOX_SIZE];
    char key[64];
    const char *argv[] = {"XRANGE", key, "-", "+"};

    (void)snprintf(key, sizeof(key), "inbox:{%s}", player);
    got_inbox = false;
    ck_assert_int_eq(store_command(store, on_range, messages, 4, argv, NULL), 0);
    RUN_UNTIL(got_inbox);
    return messages;
}

static void run_until_empty(void)
{
    RUN_UNTIL(deliveries_count(deliveries) == 0);
    ck_assert_uint_eq(deliveries_bytes(deliveries), 0);
    ck_assert(!deliveries_stalled(deliveries));
}

/* ---- order ------------------------------------------------------------------------------------------------------- */

/* The second would be taken, as Redis has memory again when it comes. */
START_TEST(a_refused_event_is_not_overtaken)
{
    refuse_all(true);
    add(&window_a, 1, "alice");
    refuse_all(false);
    add(&window_a, 2, "alice");
    add(&window_a, 3, "alice");
    run_until_empty();
    ck_assert_str_eq(calls, "a1 a2 a3 ");
    ck_assert_str_eq(inbox("alice"), "1 2 3 ");
    ck_assert_int_eq(metrics_get(metrics, NF_RETRIES), 1);
}
END_TEST

START_TEST(only_a_player_s_own_events_wait)
{
    char player[16];

    for (int i = 1; i <= 50; i++)
        add(&window_a, (uint64_t)i, "alice");
    ck_assert_uint_eq(store_pending(store), 2); /* the script is loaded first */
    for (int i = 1; i <= 50; i++) {
        (void)snprintf(player, sizeof(player), "player%d", i);
        add(&window_b, (uint64_t)i, player);
    }
    ck_assert_uint_eq(store_pending(store), 52);
    run_until_empty();
    ck_assert_int_eq(metrics_get(metrics, NF_INBOX), 100);
}
END_TEST

START_TEST(many_players_many_refusals)
{
    static const char *const players[] = {"alice", "bob", "carol", "dave"};

    for (int i = 0; i < 100; i++) {
        if (i % 5 == 0)
            refuse_all(i % 10 == 0);
        add(&window_a, (uint64_t)i, players[i % 4]);
    }
    refuse_all(false);
    run_until_empty();
    for (int p = 0; p < 4; p++) {
        char expected[1024] = "";

        for (int i = p; i < 100; i += 4)
            (void)snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected), "%d ", i);
        ck_assert_str_eq(inbox(players[p]), expected);
    }
    ck_assert_int_gt(metrics_get(metrics, NF_RETRIES), 0);
}
END_TEST

/* Killed with steps under way, and started empty: all that was not answered is done again, in order. */
START_TEST(redis_goes_and_comes)
{
    for (int i = 1; i <= 20; i++)
        add(&window_a, (uint64_t)i, i % 2 != 0 ? "alice" : "bob");
    redis_server_kill(&server);
    RUN_UNTIL(!redis_ready);
    ck_assert(deliveries_stalled(deliveries));
    add(&window_a, 21, "alice");
    add(&window_a, 22, "carol");
    redis_server_start(&server, NULL, NULL);
    run_until_empty();
    ck_assert_str_eq(inbox("alice"), "1 3 5 7 9 11 13 15 17 19 21 ");
    ck_assert_str_eq(inbox("bob"), "2 4 6 8 10 12 14 16 18 20 ");
    ck_assert_str_eq(inbox("carol"), "22 ");
}
END_TEST

/* ---- what Redis never takes -------------------------------------------------------------------------------------- */

START_TEST(a_hopeless_event_does_not_block)
{
    redis("SET", "inbox:{alice}", "junk", NULL);
    add(&window_a, 1, "alice");
    add(&window_a, 2, "alice");
    add(&window_a, 3, "bob");
    run_until_empty();
    ck_assert_ptr_nonnull(strstr(calls, "hopeless1:WRONGTYPE "));
    ck_assert_ptr_nonnull(strstr(calls, "hopeless2:WRONGTYPE "));
    ck_assert_ptr_nonnull(strstr(calls, "a3 "));
    redis("DEL", "inbox:{alice}", NULL, NULL);
    add(&window_a, 4, "alice");
    run_until_empty();
    ck_assert_str_eq(inbox("alice"), "4 ");
    ck_assert_int_eq(metrics_get(metrics, NF_RETRIES), 0);
}
END_TEST

START_TEST(one_that_all_others_overtake_is_hopeless)
{
    refuse_all(true);
    add(&window_a, 1, "alice");
    RUN_UNTIL(metrics_get(metrics, NF_RETRIES) > 1);
    ck_assert_str_eq(calls, "");
    overtaken = true;
    RUN_UNTIL(strstr(calls, "hopeless1:OOM") != NULL);
    refuse_all(false);
    overtaken = false;
    add(&window_a, 2, "alice");
    run_until_empty();
    ck_assert_str_eq(inbox("alice"), "2 ");
}
END_TEST

/* Redis that went away says nothing about one event. */
START_TEST(no_event_is_hopeless_while_redis_is_away)
{
    overtaken = true;
    add(&window_a, 1, "alice");
    redis_server_kill(&server);
    RUN_UNTIL(!redis_ready);
    redis_server_start(&server, NULL, NULL);
    run_until_empty();
    ck_assert_str_eq(calls, "a1 ");
}
END_TEST

/* ---- dropped windows --------------------------------------------------------------------------------------------- */

START_TEST(nothing_of_a_dropped_window_is_heard)
{
    redis("HSET", "presence:{bob}", "gateway", "g");
    redis("HSET", "presence:{bob}", "slot", "5");
    redis("HSET", "presence:{bob}", "connection", "c");
    add(&window_a, 1, "bob");
    RUN_UNTIL(bus_producer_pending(producer) > 0); /* on its way to the outbox */
    add(&window_a, 2, "alice");                    /* on its way to the inbox */
    add(&window_a, 3, "alice");
    add(&window_b, 4, "alice");
    deliveries_hold(deliveries, true);
    add(&window_a, 5, "carol");
    add(&window_a, 6, "dave");
    add(&window_b, 7, "dave");
    deliveries_drop(deliveries, &window_a);
    ck_assert_uint_eq(deliveries_count(deliveries), 4); /* 1, 2, 4, 7 */
    deliveries_hold(deliveries, false);
    run_until_empty();
    ck_assert_ptr_null(strchr(calls, 'a'));
    ck_assert_ptr_nonnull(strstr(calls, "b4 "));
    ck_assert_ptr_nonnull(strstr(calls, "b7 "));
    ck_assert_str_eq(inbox("alice"), "2 4 ");
    ck_assert_str_eq(inbox("carol"), "");
    ck_assert_str_eq(inbox("dave"), "7 ");
}
END_TEST

START_TEST(a_dropped_refused_one_is_not_tried_again)
{
    refuse_all(true);
    add(&window_a, 1, "alice");
    add(&window_b, 2, "alice");
    deliveries_drop(deliveries, &window_a); /* its step is under way */
    refuse_all(false);
    run_until_empty();
    ck_assert_str_eq(calls, "b2 ");
    ck_assert_str_eq(inbox("alice"), "2 ");
}
END_TEST

/* Whatever is where when the notifier is made to end: nothing leaks (ASan), nothing is called (calls). */
START_TEST(the_end_comes_in_the_middle)
{
    redis("HSET", "presence:{bob}", "gateway", "g");
    redis("HSET", "presence:{bob}", "slot", "5");
    redis("HSET", "presence:{bob}", "connection", "c");
    add(&window_a, 1, "bob");
    RUN_UNTIL(bus_producer_pending(producer) > 0);
    add(&window_a, 2, "alice");
    add(&window_a, 3, "alice");
    deliveries_hold(deliveries, true);
    add(&window_a, 4, "carol");
    deliveries_drop(deliveries, &window_b);
    ck_assert_uint_eq(deliveries_count(deliveries), 4);
}
END_TEST

/* ---- the second step --------------------------------------------------------------------------------------------- */

START_TEST(a_connected_player_s_event_is_finished_in_the_outbox)
{
    redis("HSET", "presence:{bob}", "gateway", "g");
    redis("HSET", "presence:{bob}", "slot", "5");
    add(&window_a, 1, "bob"); /* no connection in it: not connected */
    run_until_empty();
    ck_assert_int_eq(metrics_get(metrics, NF_AWAY), 1);
    redis("HSET", "presence:{bob}", "connection", "c");
    add(&window_a, 2, "bob");
    RUN_UNTIL(bus_producer_pending(producer) > 0);
    ck_assert_str_eq(calls, "a1 ");
    run_until_empty();
    ck_assert_str_eq(calls, "a1 a2 ");
    ck_assert_int_eq(metrics_get(metrics, NF_PUSHED), 1);
}
END_TEST

START_TEST(what_was_counted_is_not_counted_again)
{
    struct delivery_event e = {.window = &window_a,
                               .ticket = 1,
                               .generation = GENERATION,
                               .player = "alice",
                               .id = {.incarnation = 1, .epoch = 1, .seq = 1, .partition = 3},
                               .type = "match_ready",
                               .json = "1",
                               .json_len = 1,
                               .again = true};

    deliveries_add(deliveries, &e, letters[--letter_count]);
    run_until_empty();
    ck_assert_str_eq(calls, "a1 ");
    ck_assert_str_eq(inbox("alice"), "1 ");
    ck_assert_int_eq(metrics_get(metrics, NF_INBOX), 0);
    ck_assert_int_eq(metrics_get(metrics, NF_AWAY), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("notifier_deliveries");
    TCase *c = tcase_create("all");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_refused_event_is_not_overtaken);
    tcase_add_test(c, only_a_player_s_own_events_wait);
    tcase_add_test(c, many_players_many_refusals);
    tcase_add_test(c, redis_goes_and_comes);
    tcase_add_test(c, a_hopeless_event_does_not_block);
    tcase_add_test(c, one_that_all_others_overtake_is_hopeless);
    tcase_add_test(c, no_event_is_hopeless_while_redis_is_away);
    tcase_add_test(c, nothing_of_a_dropped_window_is_heard);
    tcase_add_test(c, a_dropped_refused_one_is_not_tried_again);
    tcase_add_test(c, the_end_comes_in_the_middle);
    tcase_add_test(c, a_connected_player_s_event_is_finished_in_the_outbox);
    tcase_add_test(c, what_was_counted_is_not_counted_again);
    suite_add_tcase(s, c);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
