/*
 * libs/bus against librdkafka's mock cluster. What only a real Kafka does (log start, fencing, membership after a kill)
 * is for the integration tests.
 */
#include <check.h>
#include <dlfcn.h>
#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus.h"
#include "bus_depth.h"
#include "clock.h"
#include "err.h"
#include "mem.h"

enum { DEADLINE_MS = 20000, LOG_SIZE = 4096 };

#define NOBODY    "127.0.0.1:1"
#define MOCK_CONF "consumer.fetch.wait.max.ms=5 consumer.session.timeout.ms=4000"

/* ---- a loop, a cluster, and a log of what was called back -------------------------------------------------------- */

static uv_loop_t loop;
static uv_timer_t tick; /* so that uv_run comes back */
static struct bus_mock *mock;
static struct bus_conf bus;
static char calls[LOG_SIZE]; /* one word a call-back */
static int batches;

#define NOTE(...) ((void)snprintf(calls + strlen(calls), sizeof(calls) - strlen(calls), __VA_ARGS__))

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

static void setup(void)
{
    calls[0] = '\0';
    batches = 0;
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(uv_timer_init(&loop, &tick), 0);
    ck_assert_int_eq(uv_timer_start(&tick, on_tick, 5, 5), 0);
    bus = (struct bus_conf){.extra = MOCK_CONF, .client_id = "test"};
    ck_assert_int_eq(bus_mock_open(&mock, &bus.brokers), 0);
}

/*
 * Everything must go away with the loop: a handle left open, or a thread that does not end, fails here. The cluster
 * goes with the test's process: closing it takes librdkafka a second.
 */
static void teardown(void)
{
    uv_close((uv_handle_t *)&tick, NULL);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

#define RUN_UNTIL(cond)                                                                                                \
    do {                                                                                                               \
        int64_t deadline_ms = clock_mono_ms() + DEADLINE_MS;                                                           \
        while (!(cond)) {                                                                                              \
            ck_assert_msg(clock_mono_ms() < deadline_ms, "never: %s; calls: %s", #cond, calls);                        \
            uv_run(&loop, UV_RUN_ONCE);                                                                                \
        }                                                                                                              \
    } while (0)

#define CALLED(text) (strstr(calls, text) != NULL)

static void run_ms(int64_t ms)
{
    int64_t deadline_ms = clock_mono_ms() + ms;

    while (clock_mono_ms() < deadline_ms)
        uv_run(&loop, UV_RUN_ONCE);
}

/* ---- producer ---------------------------------------------------------------------------------------------------- */

static const enum topic_id all_topics[] = {TOPIC_QUEUE,      TOPIC_QUEUE_DLQ, TOPIC_JOURNAL, TOPIC_EVENTS,
                                           TOPIC_EVENTS_DLQ, TOPIC_OUTBOX,    TOPIC_METRICS, TOPIC_ALERTS};

static void on_state(void *arg, bool ready, const char *reason)
{
    (void)arg;
    NOTE("state:%d(%s) ", ready, reason);
}

static void on_fatal(void *arg, const char *reason)
{
    (void)arg;
    NOTE("fatal:%s ", reason);
}

static char name_a[] = "a", name_b[] = "b", name_c[] = "c";

static void on_delivered(void *arg, int err, int32_t partition, int64_t offset)
{
    NOTE("%s:%d/%d/%d ", (const char *)arg, err, (int)partition, (int)offset);
}

static struct bus_producer *open_producer(size_t queue_max_messages)
{
    const struct bus_producer_conf conf = {.bus = &bus,
                                           .queue_max_messages = queue_max_messages,
                                           .topics = all_topics,
                                           .topic_count = TOPIC_COUNT,
                                           .on_state = on_state,
                                           .on_fatal = on_fatal};
    struct bus_producer *p;

    ck_assert_int_eq(bus_producer_open(&p, &loop, &conf), 0);
    return p;
}

static struct bus_message message(enum topic_id topic, int32_t partition, const char *key, const char *value)
{
    return (struct bus_message){.topic = topic,
                                .partition = partition,
                                .key = key,
                                .key_len = strlen(key),
                                .value = value,
                                .value_len = strlen(value)};
}

/* count records of partition 0 with their number as the value, all delivered. */
static void produce_to(enum topic_id topic, int32_t partition, const char *value)
{
    struct bus_producer *p = open_producer(100000);
    struct bus_message m = message(topic, partition, "", value);

    ck_assert_int_eq(bus_send(p, &m, NULL, NULL), 0);
    RUN_UNTIL(bus_producer_pending(p) == 0);
    bus_producer_close(&p);
}

static void produce_numbers(enum topic_id topic, int count)
{
    struct bus_producer *p = open_producer(100000);

    for (int i = 0; i < count; i++) {
        char value[16];
        struct bus_message m;

        (void)snprintf(value, sizeof(value), "%d", i);
        m = message(topic, 0, "", value);
        ck_assert_int_eq(bus_send(p, &m, NULL, NULL), 0);
    }
    RUN_UNTIL(bus_producer_pending(p) == 0);
    bus_producer_close(&p);
    calls[0] = '\0';
}

START_TEST(producer_is_ready_when_the_topics_are_there)
{
    struct bus_producer *p = open_producer(10);

    ck_assert(!bus_producer_ready(p));
    ck_assert_str_eq(calls, "");
    RUN_UNTIL(bus_producer_ready(p));
    ck_assert_str_eq(calls, "state:1(ok) ");
    bus_producer_close(&p);
    ck_assert_ptr_null(p);
}
END_TEST

START_TEST(producer_says_whom_it_cannot_reach_and_why)
{
    struct bus_producer *p;

    bus.brokers = NOBODY;
    p = open_producer(10);
    RUN_UNTIL(CALLED("state:0"));
    ck_assert_str_eq(calls, "state:0(cannot reach 127.0.0.1:1: Connection refused) ");
    bus_producer_close(&p);
}
END_TEST

START_TEST(producer_notices_that_kafka_is_gone)
{
    struct bus_producer *p = open_producer(10);

    RUN_UNTIL(bus_producer_ready(p));
    bus_mock_close(&mock);
    bus.brokers = NULL;
    RUN_UNTIL(!bus_producer_ready(p));
    ck_assert(CALLED("state:0(cannot reach "));
    bus_producer_close(&p);
}
END_TEST

START_TEST(delivery_is_reported_with_its_place)
{
    struct bus_producer *p = open_producer(10);
    const struct bus_message by_partition = message(TOPIC_OUTBOX, 41, "", "x");
    const struct bus_message by_key = message(TOPIC_EVENTS, -1, "foobar", "x");

    ck_assert_int_eq(bus_send(p, &by_partition, on_delivered, name_a), 0);
    ck_assert_uint_eq(bus_producer_pending(p), 1);
    RUN_UNTIL(bus_producer_pending(p) == 0);
    ck_assert_int_eq(bus_send(p, &by_partition, on_delivered, name_b), 0);
    ck_assert_int_eq(bus_send(p, &by_key, on_delivered, name_c), 0);
    RUN_UNTIL(bus_producer_pending(p) == 0);
    ck_assert(CALLED("a:0/41/0 ") && CALLED("b:0/41/1 ") && CALLED("c:0/6/0 "));
    bus_producer_close(&p);
}
END_TEST

START_TEST(too_large_is_refused_by_the_topics_limit)
{
    struct bus_producer *p = open_producer(10);
    char *value = mem_alloc((size_t)topic_defs[TOPIC_EVENTS].max_message_bytes + 1);
    struct bus_message m = message(TOPIC_METRICS, 0, "", "");

    m.value = value;
    m.value_len = (size_t)topic_defs[TOPIC_METRICS].max_message_bytes;
    ck_assert_int_eq(bus_send(p, &m, on_delivered, name_a), ERR_TOO_LARGE);
    m.topic = TOPIC_EVENTS;
    ck_assert_int_eq(bus_send(p, &m, on_delivered, name_b), 0);
    RUN_UNTIL(bus_producer_pending(p) == 0);
    ck_assert(CALLED("b:0/0/0 ") && !CALLED("a:"));
    bus_producer_close(&p);
    free(value);
}
END_TEST

/* Else it would be behind what came after it when a successor sends it again. */
START_TEST(nothing_is_sent_behind_what_was_refused)
{
    struct bus_producer *p = open_producer(10);
    const struct bus_message m = message(TOPIC_EVENTS, 0, "", "x");

    ck_assert_int_eq(bus_send(p, &m, on_delivered, name_a), 0);
    RUN_UNTIL(CALLED("a:0/0/0 "));
    bus_mock_refuse(mock);
    ck_assert_int_eq(bus_send(p, &m, on_delivered, name_b), 0);
    RUN_UNTIL(CALLED("b:") && CALLED("fatal:"));
    ck_assert(!CALLED("b:0/"));
    ck_assert_int_eq(bus_send(p, &m, on_delivered, name_c), ERR_UNAVAILABLE);
    bus_producer_close(&p);
    ck_assert(!CALLED("c:"));
}
END_TEST

START_TEST(full_queue_is_busy_and_close_reports_the_rest)
{
    const struct bus_message m = message(TOPIC_EVENTS, 0, "", "x");
    struct bus_producer *p;

    bus.brokers = NOBODY;
    p = open_producer(2);
    ck_assert_int_eq(bus_send(p, &m, on_delivered, name_a), 0);
    ck_assert_int_eq(bus_send(p, &m, on_delivered, name_b), 0);
    ck_assert_int_eq(bus_send(p, &m, on_delivered, name_c), ERR_BUSY);
    ck_assert_uint_eq(bus_producer_pending(p), 2);
    bus_producer_close(&p);
    ck_assert_str_eq(calls, "a:-8/-1/-1 b:-8/-1/-1 ");
}
END_TEST

/* ---- reader ------------------------------------------------------------------------------------------------------ */

static int records;
static struct bus_record *kept, *kept_without_value; /* of the last record */
static int64_t next_value;                           /* values must come in order; -1: any */

static void on_record(void *arg, const struct bus_record *r)
{
    char header[32];

    (void)arg;
    if (next_value >= 0) {
        ck_assert_int_eq(strtoll(r->value, NULL, 10), next_value);
        next_value++;
    }
    if (bus_header_text(r, "ce_id", header, sizeof(header)) == 0 && header[0] != '\0')
        NOTE("header:%s ", header);
    if (strlen(calls) < LOG_SIZE / 2)
        NOTE("%s/%d/%d:%.*s=%.*s ", topic_defs[r->topic].name, (int)r->partition, (int)r->offset, (int)r->key_len,
             r->key != NULL ? r->key : "", (int)r->value_len, r->value);
    records++;
    bus_record_free(&kept);
    bus_record_free(&kept_without_value);
    kept = bus_record_keep(r, r->value_len);
    kept_without_value = r->value_len > 0 ? bus_record_keep(r, r->value_len - 1) : NULL;
}

static void on_end(void *arg, enum topic_id topic, int32_t partition, int64_t next_offset)
{
    (void)arg;
    (void)topic;
    NOTE("end:%d/%d ", (int)partition, (int)next_offset);
}

static void on_batch(void *arg)
{
    (void)arg;
    batches++;
}

static void on_lost(void *arg, enum topic_id topic, int32_t partition, enum bus_lost why, const char *reason)
{
    (void)arg;
    ck_assert_uint_gt(strlen(reason), 0);
    NOTE("lost:%s/%d%s ", topic_defs[topic].name, (int)partition, why == BUS_LOST_POSITION ? "@" : "");
}

static struct bus_reader *open_reader(void)
{
    const struct bus_reader_conf conf = {.bus = &bus,
                                         .name = "test",
                                         .on_record = on_record,
                                         .on_end = on_end,
                                         .on_batch = on_batch,
                                         .on_lost = on_lost};
    struct bus_reader *r;

    records = 0;
    next_value = -1;
    ck_assert_int_eq(bus_reader_open(&r, &loop, &conf), 0);
    return r;
}

START_TEST(record_comes_back_whole)
{
    const struct bus_header headers[] = {{"ce_id", "first", 5}, {"ce_id", "last", 4}, {"empty", "", 0}};
    struct bus_producer *p = open_producer(10);
    struct bus_reader *r = open_reader();
    struct bus_message m = message(TOPIC_EVENTS, 3, "key", "value");

    m.headers = headers;
    m.header_count = 3;
    ck_assert_int_eq(bus_send(p, &m, NULL, NULL), 0);
    bus_reader_add(r, TOPIC_EVENTS, 3, BUS_BEGINNING);
    RUN_UNTIL(CALLED("end:3/1"));
    ck_assert_msg(CALLED("header:last game-events/3/0:key=value "), "%s", calls);
    ck_assert_msg(strstr(calls, "key=value ") < strstr(calls, "end:3/1 "), "%s", calls); /* others may come between */
    ck_assert_int_ge(batches, 1);
    bus_producer_close(&p);
    bus_reader_close(&r);
    ck_assert_ptr_null(r);
}
END_TEST

START_TEST(a_kept_record_outlives_its_message)
{
    const struct bus_header sent[] = {{"ce_id", "first", 5}, {"ce_id", "last", 4}, {"empty", "", 0}};
    struct bus_header headers[8];
    struct bus_producer *p = open_producer(10);
    struct bus_reader *r = open_reader();
    struct bus_message m = message(TOPIC_EVENTS, 3, "key", "value");
    struct bus_record *again;
    char text[8];

    m.headers = sent;
    m.header_count = 3;
    ck_assert_int_eq(bus_send(p, &m, NULL, NULL), 0);
    bus_reader_add(r, TOPIC_EVENTS, 3, BUS_BEGINNING);
    RUN_UNTIL(CALLED("end:3/1"));
    bus_producer_close(&p);
    bus_reader_close(&r);
    again = bus_record_keep(kept, 5);
    bus_record_free(&kept);
    ck_assert(again->key_len == 3 && memcmp(again->key, "key", 3) == 0);
    ck_assert(again->value_len == 5 && memcmp(again->value, "value", 5) == 0);
    ck_assert_int_eq(again->partition, 3);
    ck_assert_uint_eq(bus_headers(again, headers, 8), 3);
    ck_assert_uint_eq(bus_headers(again, headers, 2), 2);
    ck_assert_str_eq(headers[0].name, "ce_id");
    ck_assert_int_eq(bus_header_text(again, "ce_id", text, sizeof(text)), 0);
    ck_assert_str_eq(text, "last");
    ck_assert_int_eq(bus_header_text(again, "ce_idx", text, sizeof(text)), 0);
    ck_assert_str_eq(text, "");
    ck_assert_ptr_null(kept_without_value->value);
    ck_assert_uint_eq(kept_without_value->value_len, 5);
    bus_record_free(&again);
    bus_record_free(&kept_without_value);
}
END_TEST

/* Longer than one batch, so that the loop has to come back for the rest. */
START_TEST(all_records_come_in_order)
{
    enum { COUNT = 4 * BUS_BATCH_MAX + 1 };
    struct bus_reader *r = open_reader();

    produce_numbers(TOPIC_JOURNAL, COUNT);
    next_value = 0;
    bus_reader_add(r, TOPIC_JOURNAL, 0, 0);
    RUN_UNTIL(records == COUNT && CALLED("end:0/1025"));
    ck_assert_int_ge(batches, 5);
    bus_reader_close(&r);
}
END_TEST

static const struct {
    int64_t from;
    const char *expected;
} start_cases[] = {
    {BUS_BEGINNING, "=0 "}, {BUS_TAIL(3), "=7 "},   {BUS_TAIL(1), "=9 "}, {4, "=4 "},
    {10, "end:0/10 "},      {BUS_END, "end:0/10 "},
};

START_TEST(reading_starts_where_asked)
{
    struct bus_reader *r = open_reader();
    const char *first;

    produce_numbers(TOPIC_METRICS, 10);
    bus_reader_add(r, TOPIC_METRICS, 0, start_cases[_i].from);
    RUN_UNTIL(CALLED("end:0/10"));
    first = strchr(calls, '=');
    ck_assert_int_eq(strncmp(first != NULL ? first : calls, start_cases[_i].expected, strlen(start_cases[_i].expected)),
                     0);
    bus_reader_close(&r);
}
END_TEST

/* The first wake-up brings BUS_BATCH_MAX of 2,000 records; the others are fetched already when the partition goes. */
START_TEST(removed_partition_is_silent_also_when_it_comes_back)
{
    struct bus_reader *r = open_reader();
    int before;

    produce_numbers(TOPIC_METRICS, 2000);
    bus_reader_add(r, TOPIC_METRICS, 0, 0);
    RUN_UNTIL(records > 0);
    before = records;
    bus_reader_remove(r, TOPIC_METRICS, 0);
    bus_reader_remove(r, TOPIC_METRICS, 1); /* not read: fine */
    run_ms(100);
    ck_assert_int_eq(records, before);
    next_value = 1990;
    bus_reader_add(r, TOPIC_METRICS, 0, 1990);
    bus_reader_remove(r, TOPIC_METRICS, 0);
    bus_reader_add(r, TOPIC_METRICS, 0, 1990);
    RUN_UNTIL(CALLED("end:0/2000"));
    ck_assert_int_eq(records, before + 10);
    bus_reader_close(&r);
}
END_TEST

static void on_bounds(void *arg, int err, const char *reason, const struct bus_bounds *bounds)
{
    (void)reason;
    if (err != 0)
        NOTE("%s:%d ", (const char *)arg, err);
    else
        NOTE("%s:%d-%d,%d-%d ", (const char *)arg, (int)bounds[0].start, (int)bounds[0].end, (int)bounds[3].start,
             (int)bounds[3].end);
}

START_TEST(bounds_are_told_while_partitions_are_read)
{
    struct bus_reader *r;

    produce_numbers(TOPIC_METRICS, 7);
    r = open_reader();
    bus_reader_add(r, TOPIC_METRICS, 1, BUS_BEGINNING); /* asks Kafka, too */
    bus_reader_bounds(r, TOPIC_METRICS, on_bounds, name_a);
    bus_reader_bounds(r, TOPIC_EVENTS, on_bounds, name_b);
    RUN_UNTIL(CALLED("a:0-7,0-0 ") && CALLED("b:0-0,0-0 "));
    bus_reader_bounds(r, TOPIC_METRICS, on_bounds, name_c);
    bus_reader_close(&r); /* and never told */
    run_ms(50);
    ck_assert(!CALLED("c:"));
}
END_TEST

START_TEST(bounds_of_a_cluster_that_is_away)
{
    struct bus_reader *r;
    char unavailable[16];

    bus.brokers = NOBODY;
    r = open_reader();
    bus_reader_bounds(r, TOPIC_METRICS, on_bounds, name_a);
    (void)snprintf(unavailable, sizeof(unavailable), "a:%d ", ERR_UNAVAILABLE);
    RUN_UNTIL(CALLED(unavailable));
    bus_reader_close(&r);
}
END_TEST

static int64_t depth_from[2]; /* of the first partitions; the others: everything */
static int looks;

static int64_t from(void *arg, enum topic_id topic, int32_t partition)
{
    (void)arg;
    ck_assert_int_eq(topic, TOPIC_METRICS);
    return partition < 2 ? depth_from[partition] : BUS_BEGINNING;
}

static void on_told(void *arg)
{
    (void)arg;
    looks++;
}

#define DEPTH_IS(count, known)                                                                                         \
    (bus_depth_of(d, TOPIC_METRICS).messages == (count) && (bus_depth_of(d, TOPIC_METRICS).oldest_ms > 0) == (known))

START_TEST(depth_is_what_lies_behind_a_place)
{
    static const enum topic_id topics[] = {TOPIC_METRICS};
    const struct bus_depth_conf conf = {
        .bus = &bus, .topics = topics, .topic_count = 1, .every_ms = 20, .from = from, .on_told = on_told};
    struct bus_depth *d;
    int64_t oldest_ms;

    produce_numbers(TOPIC_METRICS, 7);
    depth_from[0] = depth_from[1] = BUS_BEGINNING;
    ck_assert_int_eq(bus_depth_open(&d, &loop, &conf), 0);
    ck_assert(DEPTH_IS(0, false));
    RUN_UNTIL(DEPTH_IS(7, true));
    oldest_ms = bus_depth_of(d, TOPIC_METRICS).oldest_ms;
    ck_assert_int_le(oldest_ms, clock_wall_ms());
    depth_from[0] = 5;
    RUN_UNTIL(DEPTH_IS(2, true));
    ck_assert_int_ge(bus_depth_of(d, TOPIC_METRICS).oldest_ms, oldest_ms);
    depth_from[0] = 7;
    RUN_UNTIL(DEPTH_IS(0, false));
    depth_from[0] = BUS_END;
    looks = 0;
    RUN_UNTIL(looks > 1);
    ck_assert(DEPTH_IS(0, false));
    bus_depth_close(&d);
    ck_assert_ptr_null(d);
}
END_TEST

START_TEST(age_is_since_the_oldest)
{
    ck_assert_int_eq(bus_depth_age_s(&(struct bus_depth_sum){1, 5000}, 7999), 2);
    ck_assert_int_eq(bus_depth_age_s(&(struct bus_depth_sum){1, 5000}, 4000), 0); /* another clock */
    ck_assert_int_eq(bus_depth_age_s(&(struct bus_depth_sum){0, -1}, 7999), 0);
}
END_TEST

START_TEST(held_reader_calls_nothing_back_and_loses_nothing)
{
    struct bus_reader *r = open_reader();

    produce_numbers(TOPIC_METRICS, 1000);
    next_value = 0;
    bus_reader_add(r, TOPIC_METRICS, 0, 0);
    RUN_UNTIL(records > 0);
    for (int i = 0; i < 3; i++) {
        int before = records;

        bus_reader_hold(r, true);
        run_ms(30);
        ck_assert_int_eq(records, before);
        bus_reader_hold(r, false);
        RUN_UNTIL(records > before || CALLED("end:0/1000"));
    }
    RUN_UNTIL(records == 1000);
    bus_reader_close(&r);
}
END_TEST

START_TEST(offset_that_is_not_there_is_lost_and_can_be_read_again)
{
    struct bus_reader *r = open_reader();

    produce_numbers(TOPIC_METRICS, 3);
    bus_reader_add(r, TOPIC_METRICS, 0, 1000);
    RUN_UNTIL(CALLED("lost:game-metrics/0@ "));
    bus_reader_add(r, TOPIC_METRICS, 0, 2);
    RUN_UNTIL(CALLED("game-metrics/0/2:=2 end:0/3 "));
    bus_reader_close(&r);
}
END_TEST

START_TEST(reader_waits_for_a_kafka_that_is_not_there)
{
    struct bus_reader *r;

    bus.brokers = NOBODY;
    r = open_reader();
    bus_reader_add(r, TOPIC_METRICS, 0, BUS_BEGINNING);
    run_ms(100);
    ck_assert_str_eq(calls, "");
    bus_reader_close(&r);
}
END_TEST

/* ---- group ------------------------------------------------------------------------------------------------------- */

static uint64_t assigned;        /* a bit a partition */
static int64_t rewind_in_assign; /* of partition 0, the first time; 0: no */
static struct bus_group *group;

static void on_assign(void *arg, int32_t partition, int64_t offset, const char *metadata)
{
    int64_t since_ms = rewind_in_assign;

    (void)arg;
    assigned |= (uint64_t)1 << partition;
    if (partition != 0)
        return;
    NOTE("assign:%d(%s) ", (int)offset, metadata);
    rewind_in_assign = 0;
    if (since_ms != 0)
        bus_group_rewind(group, 0, since_ms);
}

static void on_revoke(void *arg, int32_t partition)
{
    (void)arg;
    assigned &= ~((uint64_t)1 << partition);
    if (partition == 0) {
        NOTE("revoke ");
        bus_group_commit(group, 0, 2, "at revoke");
    }
}

static void open_group(bool balance_only)
{
    const struct bus_group_conf conf = {.bus = &bus,
                                        .group_id = "readers",
                                        .instance_id = "one",
                                        .topic = TOPIC_METRICS,
                                        .balance_only = balance_only,
                                        .on_assign = on_assign,
                                        .on_revoke = on_revoke,
                                        .on_record = on_record,
                                        .on_batch = on_batch,
                                        .on_fatal = on_fatal};

    records = 0;
    next_value = -1;
    ck_assert_int_eq(bus_group_open(&group, &loop, &conf), 0);
}

static void stop_group(void)
{
    bus_group_stop(group);
    RUN_UNTIL(bus_group_stopped(group));
    bus_group_close(&group);
    ck_assert_ptr_null(group);
}

START_TEST(group_reads_on_where_it_committed)
{
    produce_numbers(TOPIC_METRICS, 4);
    open_group(false);
    ck_assert(!bus_group_joined(group));
    RUN_UNTIL(records == 4);
    ck_assert(bus_group_joined(group));
    ck_assert_uint_eq(assigned, 0xf);
    ck_assert(CALLED("assign:-1() "));
    ck_assert(CALLED("game-metrics/0/3:=3 "));
    bus_group_commit(group, 0, 3, "in between");
    stop_group();
    ck_assert(CALLED("revoke "));
    ck_assert_uint_eq(assigned, 0);

    calls[0] = '\0';
    open_group(false);
    RUN_UNTIL(records == 2); /* the commit in on_revoke was the last: offset 2 */
    ck_assert(CALLED("assign:2(at revoke) game-metrics/0/2:=2 game-metrics/0/3:=3 "));
    stop_group();
}
END_TEST

START_TEST(held_group_is_still_a_member)
{
    open_group(false);
    bus_group_hold(group, true);
    produce_numbers(TOPIC_METRICS, 4);
    RUN_UNTIL(assigned == 0xf);
    run_ms(50);
    ck_assert_int_eq(records, 0);
    bus_group_hold(group, false);
    RUN_UNTIL(records == 4);
    bus_group_hold(group, true);
    stop_group(); /* the revoke is served while held */
    ck_assert_uint_eq(assigned, 0);
}
END_TEST

/* Of one partition nothing comes, of the others everything; then it goes on where it was. */
START_TEST(a_held_partition_holds_up_no_other)
{
    produce_numbers(TOPIC_METRICS, 2);
    open_group(false);
    RUN_UNTIL(records == 2);
    bus_group_hold_one(group, 0, true);
    bus_group_hold_one(group, 0, true);
    produce_numbers(TOPIC_METRICS, 2);
    produce_to(TOPIC_METRICS, 1, "another");
    RUN_UNTIL(records == 3);
    run_ms(50);
    ck_assert_int_eq(records, 3);
    ck_assert(CALLED("game-metrics/1/0:=another "));
    bus_group_hold_one(group, 0, false);
    RUN_UNTIL(records == 5);
    ck_assert(CALLED("game-metrics/0/2:=0 game-metrics/0/3:=1 "));
    bus_group_hold_one(group, 0, true);
    stop_group();
}
END_TEST

START_TEST(balance_only_fetches_nothing)
{
    produce_numbers(TOPIC_METRICS, 4);
    open_group(true);
    RUN_UNTIL(assigned == 0xf);
    run_ms(50);
    ck_assert_str_eq(calls, "assign:-1() ");
    ck_assert_int_eq(records, 0);
    stop_group();
    ck_assert_uint_eq(assigned, 0);
}
END_TEST

/*
 * The mock cluster finds no record by its time. So this stands before librdkafka's own: a record's time is its offset,
 * and there are ten. A log's beginning and end, which are negative times, it does find. Called in the thread pool.
 */
enum { TEN = 10 };
static atomic_bool silent;
static atomic_int faults, asked;

rd_kafka_resp_err_t rd_kafka_offsets_for_times(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, int timeout_ms)
{
    rd_kafka_resp_err_t (*own)(rd_kafka_t *, rd_kafka_topic_partition_list_t *, int);

    *(void **)&own = dlsym(RTLD_NEXT, __func__);
    if (list->elems[0].offset == RD_KAFKA_OFFSET_BEGINNING || list->elems[0].offset == RD_KAFKA_OFFSET_END)
        return own(rk, list, timeout_ms);
    asked++;
    while (silent)
        (void)usleep(1000);
    if (faults > 0) {
        faults--;
        return RD_KAFKA_RESP_ERR__TRANSPORT;
    }
    for (int i = 0; i < list->cnt; i++) {
        ck_assert_int_ge(list->elems[i].offset, 0);
        if (list->elems[i].offset >= TEN)
            list->elems[i].offset = RD_KAFKA_OFFSET_END;
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void open_group_that_has_read_all(void)
{
    produce_numbers(TOPIC_METRICS, TEN);
    open_group(false);
    RUN_UNTIL(records == TEN && assigned == 0xf);
    calls[0] = '\0';
    records = 0;
}

/* clang-format off */
static const struct {
    int64_t since_ms;
    int faults;
    const char *assign;
    int64_t first; /* value that comes then; TEN: none */
} rewind_cases[] = {
    {4, 0, "revoke assign:4() ", 4},
    {9, 0, "revoke assign:9() ", 9},
    {0, 0, "revoke assign:0() ", 0},
    {-1000, 0, "revoke assign:0() ", 0},
    {7, 2, "revoke assign:7() ", 7},     /* asked again */
    {10, 0, "revoke assign:10() ", TEN}, /* nothing so late: what was committed, lest what comes meanwhile be skipped */
};
/* clang-format on */

START_TEST(group_goes_back_to_a_time)
{
    open_group_that_has_read_all();
    for (size_t i = 0; i < sizeof(rewind_cases) / sizeof(rewind_cases[0]); i++) {
        calls[0] = '\0';
        asked = 0;
        faults = rewind_cases[i].faults;
        next_value = rewind_cases[i].first;
        bus_group_commit(group, 0, TEN, "");
        bus_group_rewind(group, 0, rewind_cases[i].since_ms);
        ck_assert_str_eq(calls, "");
        RUN_UNTIL(CALLED("assign:"));
        ck_assert_int_eq(strncmp(calls, rewind_cases[i].assign, strlen(rewind_cases[i].assign)), 0);
        RUN_UNTIL(next_value == TEN);
        ck_assert_int_eq(asked, 1 + rewind_cases[i].faults);
    }
    next_value = -1;
    records = 0;
    produce_numbers(TOPIC_METRICS, 1);
    RUN_UNTIL(records == 1);
    stop_group();
}
END_TEST

START_TEST(nothing_is_called_back_until_the_place_is_known)
{
    open_group_that_has_read_all();
    silent = true;
    bus_group_commit(group, 0, TEN, "");
    bus_group_rewind(group, 0, 8);
    produce_numbers(TOPIC_METRICS, 1);
    RUN_UNTIL(asked == 1);
    bus_group_rewind(group, 0, 5); /* further back: the first answer is void */
    bus_group_rewind(group, 0, 7); /* less far: nothing new */
    run_ms(50);
    ck_assert_str_eq(calls, "");
    silent = false;
    RUN_UNTIL(records == TEN + 1 - 5);
    ck_assert(CALLED("revoke assign:5() ") && !CALLED("assign:8") && !CALLED("assign:7"));
    ck_assert_int_eq(asked, 2);
    stop_group();
}
END_TEST

/* What was read since the last commit may not be dealt with. */
START_TEST(going_back_never_goes_forward)
{
    open_group_that_has_read_all();
    bus_group_commit(group, 0, 2, "");
    stop_group();
    rewind_in_assign = 6;
    open_group(false);
    RUN_UNTIL(records == TEN - 2);
    ck_assert(CALLED("assign:2(at revoke) revoke assign:2() game-metrics/0/2:=2 "));
    calls[0] = '\0';
    bus_group_rewind(group, 0, 6);
    RUN_UNTIL(records == 2 * (TEN - 2));
    ck_assert(CALLED("revoke assign:2() game-metrics/0/2:=2 "));
    stop_group();
}
END_TEST

START_TEST(what_is_not_ours_does_not_go_back)
{
    open_group_that_has_read_all();
    silent = true;
    bus_group_rewind(group, 0, 3);
    RUN_UNTIL(asked == 1);
    bus_group_stop(group);
    silent = _i == 0; /* the answer comes after the end, or on the way there */
    RUN_UNTIL(bus_group_stopped(group));
    ck_assert_uint_eq(assigned, 0);
    bus_group_rewind(group, 0, 3);
    run_ms(20);
    bus_group_close(&group);
    silent = false;
    ck_assert(CALLED("revoke ") && !CALLED("assign:"));
    ck_assert_int_eq(asked, 1);
}
END_TEST

/* Once it may be a broker that found an old request of ours; twice is another process. */
START_TEST(fenced_member_joins_again_once)
{
    bool balance_only = _i == 1;

    produce_numbers(TOPIC_METRICS, 4);
    open_group(balance_only);
    RUN_UNTIL(assigned == 0xf && (balance_only || records == 4));
    calls[0] = '\0';
    bus_mock_fence(mock);
    RUN_UNTIL(!bus_group_joined(group));
    RUN_UNTIL(bus_group_joined(group) && assigned == 0xf);
    ck_assert_msg(CALLED("revoke ") != balance_only && !CALLED("fatal:"), "%s", calls);
    bus_mock_fence(mock);
    RUN_UNTIL(CALLED("fatal:"));
    ck_assert_uint_eq(assigned, 0);
    ck_assert(bus_group_stopped(group));
    bus_group_close(&group);
}
END_TEST

START_TEST(group_closes_at_any_moment)
{
    open_group(false);
    run_ms(_i);
    bus_group_close(&group);
}
END_TEST

START_TEST(group_stops_without_kafka)
{
    bus.brokers = NOBODY;
    open_group(false);
    run_ms(20);
    stop_group();
}
END_TEST

/* ---- settings ---------------------------------------------------------------------------------------------------- */

static const struct {
    const char *extra;
    const char *fault; /* NULL: fine */
} conf_cases[] = {
    {"", NULL},
    {"fetch.wait.max.ms=5 linger.ms=1", NULL},
    {"  consumer.session.timeout.ms=7000   producer.linger.ms=3 ", NULL},
    {"acks=all linger.ms", "word 2: must be name=value"},
    {"no.such.thing=1", "no.such.thing: "},
    {"consumer.no.such.thing=1", "no.such.thing: "},
    {"linger.ms=soon", "linger.ms: "},
    {"security.protocol=hunter2", "security.protocol: the value is not allowed"},
    {"producer.acks=1", "acks"},                                  /* against idempotence: seen only by the whole */
    {"consumer.session.timeout.ms=400000", "session.timeout.ms"}, /* above max.poll.interval.ms: the same */
};

START_TEST(broken_settings_are_named)
{
    char error[512] = "";

    bus.extra = conf_cases[_i].extra;
    if (conf_cases[_i].fault == NULL) {
        ck_assert_msg(bus_conf_check(&bus, error, sizeof(error)) == 0, "%s", error);
        return;
    }
    ck_assert_int_eq(bus_conf_check(&bus, error, sizeof(error)), ERR_INVALID);
    ck_assert_msg(strstr(error, conf_cases[_i].fault) != NULL, "%s", error);
}
END_TEST

START_TEST(broken_settings_open_nothing)
{
    const struct bus_reader_conf conf = {.bus = &bus, .name = "test", .on_record = on_record, .on_lost = on_lost};
    struct bus_reader *r = NULL;

    bus.extra = "fetch.wait.max.ms=x";
    ck_assert_int_eq(bus_reader_open(&r, &loop, &conf), ERR_INVALID);
    ck_assert_ptr_null(r);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bus");
    TCase *tc = tcase_create("bus");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, broken_settings_are_named, 0, sizeof(conf_cases) / sizeof(conf_cases[0]));
    tcase_add_test(tc, broken_settings_open_nothing);
    tcase_add_test(tc, producer_is_ready_when_the_topics_are_there);
    tcase_add_test(tc, producer_says_whom_it_cannot_reach_and_why);
    tcase_add_test(tc, producer_notices_that_kafka_is_gone);
    tcase_add_test(tc, delivery_is_reported_with_its_place);
    tcase_add_test(tc, too_large_is_refused_by_the_topics_limit);
    tcase_add_test(tc, nothing_is_sent_behind_what_was_refused);
    tcase_add_test(tc, full_queue_is_busy_and_close_reports_the_rest);
    tcase_add_test(tc, record_comes_back_whole);
    tcase_add_test(tc, a_kept_record_outlives_its_message);
    tcase_add_test(tc, all_records_come_in_order);
    tcase_add_loop_test(tc, reading_starts_where_asked, 0, sizeof(start_cases) / sizeof(start_cases[0]));
    tcase_add_test(tc, removed_partition_is_silent_also_when_it_comes_back);
    tcase_add_test(tc, bounds_are_told_while_partitions_are_read);
    tcase_add_test(tc, bounds_of_a_cluster_that_is_away);
    tcase_add_test(tc, depth_is_what_lies_behind_a_place);
    tcase_add_test(tc, age_is_since_the_oldest);
    tcase_add_test(tc, held_reader_calls_nothing_back_and_loses_nothing);
    tcase_add_test(tc, offset_that_is_not_there_is_lost_and_can_be_read_again);
    tcase_add_test(tc, reader_waits_for_a_kafka_that_is_not_there);
    tcase_add_test(tc, group_reads_on_where_it_committed);
    tcase_add_test(tc, held_group_is_still_a_member);
    tcase_add_test(tc, a_held_partition_holds_up_no_other);
    tcase_add_test(tc, balance_only_fetches_nothing);
    tcase_add_test(tc, group_goes_back_to_a_time);
    tcase_add_test(tc, nothing_is_called_back_until_the_place_is_known);
    tcase_add_test(tc, going_back_never_goes_forward);
    tcase_add_loop_test(tc, what_is_not_ours_does_not_go_back, 0, 2);
    tcase_add_loop_test(tc, fenced_member_joins_again_once, 0, 2);
    tcase_add_loop_test(tc, group_closes_at_any_moment, 0, 20);
    tcase_add_test(tc, group_stops_without_kafka);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
