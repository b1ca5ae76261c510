/*
 * libs/queue against librdkafka's mock cluster and a redis-server: a queue from sending to the dead letter. Nothing
 * here waits for a time but visibility time-outs of a few milliseconds.
 */
#include <stdatomic.h>
#include <string.h>

#include "bus.h"
#include "clock.h"
#include "err.h"
#include "mem.h"
#include "queue.h"
#include "redis_store.h"

#define MOCK_CONF "consumer.fetch.wait.max.ms=5 consumer.session.timeout.ms=4000"

enum { DEADLINE_MS = 20000, SHORT_MS = 50, LONGER_MS = 200, LONG_MS = 600000, BODIES_MAX = 64, TEXT_SIZE = 160 };

#define RUN_UNTIL(cond)                                                                                                \
    do {                                                                                                               \
        int64_t deadline_ms = clock_mono_ms() + DEADLINE_MS;                                                           \
        while (!(cond)) {                                                                                              \
            ck_assert_msg(clock_mono_ms() < deadline_ms, "never: %s", #cond);                                          \
            uv_run(&loop, UV_RUN_ONCE);                                                                                \
        }                                                                                                              \
    } while (0)

static struct bus_mock *mock;
static struct bus_conf bus;
static struct bus_producer *producer;
static struct queue *queue;
static struct queue_conf conf;
static int delivered;

static const enum topic_id topics[] = {TOPIC_METRICS, TOPIC_ALERTS};

static void on_state(void *arg, bool ready, const char *reason)
{
    (void)arg;
    (void)ready;
    (void)reason;
}

static void on_fatal(void *arg, const char *reason)
{
    (void)arg;
    ck_abort_msg("fatal: %s", reason);
}

static void open_producer(void)
{
    const struct bus_producer_conf p = {.bus = &bus,
                                        .queue_max_messages = 1000,
                                        .topics = topics,
                                        .topic_count = 2,
                                        .on_state = on_state,
                                        .on_fatal = on_fatal};

    ck_assert_int_eq(bus_producer_open(&producer, &loop, &p), 0);
}

static void open_queue(void)
{
    ck_assert_int_eq(queue_open(&queue, &loop, &conf), 0);
}

static void setup(void)
{
    set_up();
    answers = delivered = 0;
    bus = (struct bus_conf){.extra = MOCK_CONF, .client_id = "test"};
    ck_assert_int_eq(bus_mock_open(&mock, &bus.brokers), 0);
    open_producer();
    conf = (struct queue_conf){.name = "jobs",
                               .topic = TOPIC_METRICS,
                               .bus = &bus,
                               .producer = producer,
                               .store = store,
                               .instance_id = "one",
                               .max_receives = 2,
                               .dead_topic = TOPIC_ALERTS,
                               .on_fatal = on_fatal};
    open_queue();
}

static void stop_queue(void)
{
    queue_stop(queue);
    RUN_UNTIL(queue_stopped(queue));
    queue_close(&queue);
    ck_assert_ptr_null(queue);
}

static void teardown(void)
{
    queue_close(&queue);
    bus_producer_close(&producer);
    tear_down();
}

/* ---- what a test says -------------------------------------------------------------------------------------------- */

static void on_delivered(void *arg, int err, int32_t partition, int64_t offset)
{
    (void)arg;
    (void)partition;
    (void)offset;
    ck_assert_int_eq(err, 0);
    delivered++;
}

static void send_one(const char *body, const char *id, int64_t delay_ms)
{
    const struct bus_header attributes[] = {{"colour", "red", 3}};
    const struct queue_send m = {.id = id,
                                 .body = body,
                                 .body_len = strlen(body),
                                 .attributes = attributes,
                                 .attribute_count = 1,
                                 .delay_ms = delay_ms};
    int before = delivered;

    ck_assert_int_eq(queue_send(queue, &m, on_delivered, NULL), 0);
    RUN_UNTIL(delivered == before + 1);
}

static struct got {
    char body[TEXT_SIZE], id[TEXT_SIZE], receipt[TEXT_SIZE], attribute[TEXT_SIZE];
    int64_t count, sent_ms, first_ms;
} got[BODIES_MAX];
static size_t got_count;
static int got_err;
static bool receiving;

static void on_received(void *arg, int err, const struct queue_message *messages, size_t count)
{
    (void)arg;
    receiving = false;
    got_err = err;
    for (size_t i = 0; i < count; i++) {
        const struct queue_message *m = &messages[i];
        struct got *g = &got[got_count++];

        ck_assert_uint_le(got_count, BODIES_MAX);
        *g = (struct got){.count = m->receive_count, .sent_ms = m->sent_ms, .first_ms = m->first_receive_ms};
        (void)snprintf(g->body, TEXT_SIZE, "%.*s", (int)m->body_len, m->body);
        (void)snprintf(g->id, TEXT_SIZE, "%s", m->id);
        (void)snprintf(g->receipt, TEXT_SIZE, "%s", m->receipt);
        if (m->attribute_count > 0)
            (void)snprintf(g->attribute, TEXT_SIZE, "%s=%.*s", m->attributes[0].name, (int)m->attributes[0].len,
                           (const char *)m->attributes[0].value);
    }
}

/* How many came; they are in got[0..]. */
static size_t receive_from(struct queue *q, size_t max, int64_t visibility_ms, int64_t wait_ms)
{
    got_count = 0;
    receiving = true;
    ck_assert_int_eq(queue_receive(q, &(struct queue_receive){max, visibility_ms, wait_ms}, on_received, NULL), 0);
    ck_assert(receiving);
    RUN_UNTIL(!receiving);
    ck_assert_int_eq(got_err, 0);
    return got_count;
}

static size_t receive(size_t max, int64_t visibility_ms, int64_t wait_ms)
{
    return receive_from(queue, max, visibility_ms, wait_ms);
}

static int done_err;

static void on_done(void *arg, int err)
{
    (void)arg;
    done_err = err;
    answers++;
}

static int delete_by(const char *receipt)
{
    answers = 0;
    ck_assert_int_eq(queue_delete(queue, receipt, on_done, NULL), 0);
    RUN_UNTIL(answers == 1);
    return done_err;
}

static int change(const char *receipt, int64_t visibility_ms)
{
    answers = 0;
    ck_assert_int_eq(queue_change_visibility(queue, receipt, visibility_ms, on_done, NULL), 0);
    RUN_UNTIL(answers == 1);
    return done_err;
}

static struct queue_stats counted;
static int64_t loaded_visible;

static void on_counted(void *arg, int err, const struct queue_stats *stats)
{
    (void)arg;
    ck_assert_int_eq(err, 0);
    counted = *stats;
    loaded_visible = stats->visible - stats->backlog;
    answers++;
}

static void count_all(void)
{
    answers = 0;
    queue_stats(queue, on_counted, NULL);
    RUN_UNTIL(answers == 1);
}

#define RUN_UNTIL_COUNTED(cond)                                                                                        \
    do {                                                                                                               \
        count_all();                                                                                                   \
    } while (!(cond))

static void on_flushed(void *arg, const struct store_reply *reply)
{
    (void)arg;
    ck_assert_ptr_nonnull(reply);
    answers++;
}

static void empty_redis(void)
{
    answers = 0;
    ck_assert_int_eq(store_command(store, on_flushed, NULL, 1, (const char *[]){"FLUSHALL"}, NULL), 0);
    RUN_UNTIL(answers == 1);
}

/* ---- sending, receiving, deleting -------------------------------------------------------------------------------- */

START_TEST(a_message_comes_whole_and_goes_when_deleted)
{
    int64_t before_ms = clock_wall_ms();

    send_one("hello", "id-1", 0);
    ck_assert_uint_eq(receive(10, LONG_MS, 20000), 1);
    ck_assert_str_eq(got[0].body, "hello");
    ck_assert_str_eq(got[0].id, "id-1");
    ck_assert_str_eq(got[0].attribute, "colour=red");
    ck_assert_int_eq(got[0].count, 1);
    ck_assert_int_ge(got[0].sent_ms, before_ms);
    ck_assert_int_ge(got[0].first_ms, got[0].sent_ms);
    count_all();
    ck_assert_int_eq(counted.in_flight, 1);
    ck_assert_int_ge(counted.oldest_ms, 0);
    ck_assert_int_eq(delete_by(got[0].receipt), 0);
    ck_assert_int_eq(delete_by(got[0].receipt), ERR_NOT_FOUND);
    count_all();
    ck_assert_int_eq(loaded_visible + counted.in_flight + counted.delayed, 0);
    ck_assert_int_eq(counted.oldest_ms, -1);
}
END_TEST

START_TEST(what_is_out_of_range_is_refused)
{
    static const struct bus_header own[] = {{"queue_due_ms", "1", 1}};
    static const struct queue_send bad_sends[] = {{.body = "", .delay_ms = 900001},
                                                  {.body = "", .delay_ms = -1},
                                                  {.body = "", .id = ""},
                                                  {.body = "", .attributes = own, .attribute_count = 1},
                                                  {.body = "", .attributes = own, .attribute_count = 33}};
    static const struct queue_receive bad[] = {{0, 0, 0},        {11, 0, 0}, {1, -1, 0},
                                               {1, 43200001, 0}, {1, 0, -1}, {1, 0, 20001}};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_int_eq(queue_receive(queue, &bad[i], on_received, NULL), ERR_INVALID);
    ck_assert_int_eq(queue_delete(queue, "garbage", on_done, NULL), ERR_INVALID);
    ck_assert_int_eq(queue_change_visibility(queue, "0.1.1.jobs", 43200001, on_done, NULL), ERR_INVALID);
    for (size_t i = 0; i < sizeof(bad_sends) / sizeof(bad_sends[0]); i++)
        ck_assert_int_eq(queue_send(queue, &bad_sends[i], on_delivered, NULL), ERR_INVALID);
}
END_TEST

START_TEST(nothing_comes_twice_while_its_time_runs)
{
    for (int i = 0; i < 20; i++)
        send_one("x", NULL, 0);
    RUN_UNTIL_COUNTED(loaded_visible == 20);
    ck_assert_uint_eq(receive(10, LONG_MS, 0), 10);
    ck_assert_uint_eq(receive(10, LONG_MS, 0), 10);
    ck_assert_uint_eq(receive(10, LONG_MS, 0), 0);
}
END_TEST

START_TEST(what_is_not_deleted_comes_again)
{
    char old[TEXT_SIZE];
    int64_t first_ms;

    send_one("again", NULL, 0);
    ck_assert_uint_eq(receive(1, SHORT_MS, 20000), 1);
    memcpy(old, got[0].receipt, TEXT_SIZE);
    first_ms = got[0].first_ms;
    ck_assert_uint_eq(receive(1, LONG_MS, 20000), 1);
    ck_assert_int_eq(got[0].count, 2);
    ck_assert_int_eq(got[0].first_ms, first_ms);
    ck_assert_int_eq(delete_by(old), ERR_NOT_FOUND);
    ck_assert_int_eq(change(old, 0), ERR_NOT_FOUND);
    ck_assert_int_eq(delete_by(got[0].receipt), 0);
}
END_TEST

START_TEST(a_handle_whose_time_is_over_deletes)
{
    send_one("x", NULL, 0);
    ck_assert_uint_eq(receive(1, 0, 20000), 1);
    RUN_UNTIL_COUNTED(loaded_visible == 1);
    ck_assert_int_eq(delete_by(got[0].receipt), 0);
    ck_assert_uint_eq(receive(1, 0, 0), 0);
}
END_TEST

START_TEST(visibility_is_made_longer_and_ended)
{
    send_one("x", NULL, 0);
    ck_assert_uint_eq(receive(1, SHORT_MS, 20000), 1);
    ck_assert_int_eq(change(got[0].receipt, LONG_MS), 0);
    ck_assert_uint_eq(receive(1, LONG_MS, LONGER_MS), 0);
    ck_assert_int_eq(change(got[0].receipt, 0), 0);
    ck_assert_uint_eq(receive(1, LONG_MS, 0), 1);
    ck_assert_int_eq(got[0].count, 2);
}
END_TEST

START_TEST(a_delayed_message_waits)
{
    send_one("later", NULL, LONG_MS);
    RUN_UNTIL_COUNTED(counted.delayed == 1);
    ck_assert_uint_eq(receive(1, LONG_MS, 0), 0);
    send_one("late", NULL, 300);
    ck_assert_uint_eq(receive(1, LONG_MS, 20000), 1);
    ck_assert_str_eq(got[0].body, "late");
    ck_assert_int_ge(got[0].first_ms, got[0].sent_ms + 300);
    count_all();
    ck_assert_int_eq(counted.delayed, 1);
}
END_TEST

START_TEST(too_many_in_flight_is_a_clear_refusal)
{
    stop_queue();
    conf.in_flight_max = 3;
    open_queue();
    for (int i = 0; i < 8; i++)
        send_one("x", NULL, 0);
    RUN_UNTIL_COUNTED(loaded_visible == 8);
    ck_assert_uint_ge(receive(10, LONG_MS, 0), 3);
    receiving = true;
    ck_assert_int_eq(queue_receive(queue, &(struct queue_receive){1, LONG_MS, 0}, on_received, NULL), 0);
    RUN_UNTIL(!receiving);
    ck_assert_int_eq(got_err, ERR_BUSY);
    ck_assert_uint_eq(receive(1, LONG_MS, SHORT_MS), 0); /* who waits is not refused */
}
END_TEST

/* ---- waiting ----------------------------------------------------------------------------------------------------- */

START_TEST(who_waits_is_served_when_something_comes)
{
    ck_assert_uint_eq(receive(10, LONG_MS, 0), 0);
    got_count = 0;
    receiving = true;
    ck_assert_int_eq(queue_receive(queue, &(struct queue_receive){10, LONG_MS, 20000}, on_received, NULL), 0);
    send_one("x", NULL, 0);
    RUN_UNTIL(!receiving);
    ck_assert_uint_eq(got_count, 1);
}
END_TEST

/* The other one fills no window and hears of nothing: it looks around. */
START_TEST(a_process_that_fills_no_window_receives_and_deletes)
{
    struct queue *other;

    conf.instance_id = NULL;
    ck_assert_int_eq(queue_open(&other, &loop, &conf), 0);
    got_count = 0;
    receiving = true;
    ck_assert_int_eq(queue_receive(other, &(struct queue_receive){10, LONG_MS, 20000}, on_received, NULL), 0);
    send_one("x", NULL, 0);
    RUN_UNTIL(!receiving);
    ck_assert_uint_eq(got_count, 1);
    ck_assert_int_eq(delete_by(got[0].receipt), 0); /* by this one */
    ck_assert_uint_eq(receive_from(other, 10, LONG_MS, 0), 0);
    queue_close(&other);
}
END_TEST

START_TEST(closing_answers_everybody)
{
    receiving = true;
    ck_assert_int_eq(queue_receive(queue, &(struct queue_receive){10, LONG_MS, 20000}, on_received, NULL), 0);
    if (_i > 0)
        RUN_UNTIL(store_pending(store) == 0);
    answers = 0;
    ck_assert_int_eq(queue_delete(queue, "0.0.1.jobs", on_done, NULL), 0);
    queue_close(&queue);
    RUN_UNTIL(!receiving && answers == 1);
    ck_assert_int_eq(got_err, ERR_CLOSED);
    ck_assert_int_eq(done_err, ERR_CLOSED);
}
END_TEST

/* ---- dead letters ------------------------------------------------------------------------------------------------ */

static struct {
    char body[TEXT_SIZE], id[TEXT_SIZE], reason[TEXT_SIZE], source[TEXT_SIZE], attempts[TEXT_SIZE], colour[TEXT_SIZE];
    int count;
} letter;

static void on_letter(void *arg, const struct bus_record *r)
{
    (void)arg;
    letter.count++;
    (void)snprintf(letter.body, TEXT_SIZE, "%.*s", (int)r->value_len, r->value);
    (void)bus_header_text(r, "queue_id", letter.id, TEXT_SIZE);
    (void)bus_header_text(r, "dlq_reason", letter.reason, TEXT_SIZE);
    (void)bus_header_text(r, "dlq_source_topic", letter.source, TEXT_SIZE);
    (void)bus_header_text(r, "dlq_attempts", letter.attempts, TEXT_SIZE);
    (void)bus_header_text(r, "colour", letter.colour, TEXT_SIZE);
}

static void on_lost(void *arg, enum topic_id topic, int32_t partition, enum bus_lost why, const char *reason)
{
    (void)arg;
    (void)topic;
    (void)partition;
    (void)why;
    ck_abort_msg("lost: %s", reason);
}

static void read_letter(void)
{
    const struct bus_reader_conf reader_conf = {
        .bus = &bus, .name = "letters", .on_record = on_letter, .on_lost = on_lost};
    struct bus_reader *reader;

    letter.count = 0;
    ck_assert_int_eq(bus_reader_open(&reader, &loop, &reader_conf), 0);
    bus_reader_add(reader, TOPIC_ALERTS, 0, BUS_BEGINNING);
    RUN_UNTIL(letter.count > 0);
    bus_reader_close(&reader);
}

/* Two receives are allowed: the third one buries it, and nothing else does. */
START_TEST(what_is_received_too_often_is_a_dead_letter)
{
    int64_t sent_ms;

    send_one("poison", "id-9", 0);
    ck_assert_uint_eq(receive(1, 0, 20000), 1);
    ck_assert_uint_eq(receive(1, 0, 20000), 1);
    ck_assert_int_eq(got[0].count, 2);
    sent_ms = got[0].sent_ms;
    RUN_UNTIL_COUNTED(loaded_visible == 1);
    send_one("good", NULL, 0);
    RUN_UNTIL_COUNTED(loaded_visible == 2);
    ck_assert_uint_eq(receive(10, LONG_MS, 0), 1);
    ck_assert_str_eq(got[0].body, "good");
    RUN_UNTIL_COUNTED(loaded_visible == 0 && counted.in_flight == 1);
    read_letter();
    ck_assert_int_eq(letter.count, 1);
    ck_assert_str_eq(letter.body, "poison");
    ck_assert_str_eq(letter.id, "id-9");
    ck_assert_str_eq(letter.reason, "received too often");
    ck_assert_str_eq(letter.source, "game-metrics");
    ck_assert_str_eq(letter.attempts, "2");
    ck_assert_str_eq(letter.colour, "red");

    stop_queue();
    conf.name = "dead";
    conf.topic = TOPIC_ALERTS;
    conf.max_receives = 0;
    open_queue();
    ck_assert_uint_eq(receive(1, LONG_MS, 20000), 1);
    ck_assert_str_eq(got[0].id, "id-9");
    ck_assert_int_eq(got[0].count, 3);
    ck_assert_int_eq(got[0].sent_ms, sent_ms);
}
END_TEST

/* ---- what is lost, and what is not ------------------------------------------------------------------------------- */

static size_t deletes_sent;

static void receive_and_delete(size_t count)
{
    ck_assert_uint_eq(receive(count, LONG_MS, 20000), count);
    answers = 0;
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(queue_delete(queue, got[i].receipt, on_done, NULL), 0);
    deletes_sent += count;
    RUN_UNTIL(answers == (int)count);
}

START_TEST(emptied_redis_loses_nothing_and_a_restart_too)
{
    bool restart = _i == 1;

    for (int i = 0; i < 8; i++)
        send_one(i < 4 ? "first" : "second", NULL, 0); /* one, then another in each partition */
    RUN_UNTIL_COUNTED(loaded_visible == 8);
    for (int i = 0; i < 8; i++) {
        ck_assert_uint_eq(receive(1, LONG_MS, 0), 1);
        if (strcmp(got[0].body, "first") == 0)
            ck_assert_int_eq(delete_by(got[0].receipt), 0);
    }
    if (restart)
        stop_queue();
    empty_redis();
    if (restart)
        open_queue();
    for (size_t seconds = 0; seconds < 4; seconds++) {
        ck_assert_uint_eq(receive(1, LONG_MS, 20000), 1);
        if (restart)
            ck_assert_str_eq(got[0].body, "second");
        seconds -= strcmp(got[0].body, "second") != 0;
    }
}
END_TEST

START_TEST(a_restart_does_not_bring_back_what_was_deleted)
{
    for (int i = 0; i < 8; i++)
        send_one("x", NULL, 0);
    RUN_UNTIL_COUNTED(loaded_visible == 8);
    receive_and_delete(5);
    stop_queue();
    open_queue();
    for (size_t count = 0; count < 3;) /* one is enough for an answer */
        count += receive(10, LONG_MS, 20000);
    ck_assert_uint_eq(receive(10, LONG_MS, 0), 0);
    send_one("y", NULL, 0);
    ck_assert_uint_eq(receive(10, LONG_MS, 20000), 1);
    ck_assert_str_eq(got[0].body, "y");
}
END_TEST

START_TEST(a_purge_leaves_nothing_and_takes_nothing_later)
{
    for (int i = 0; i < 8; i++)
        send_one("old", NULL, 0);
    RUN_UNTIL_COUNTED(loaded_visible == 8);
    ck_assert_uint_eq(receive(2, LONG_MS, 0), 2);
    answers = 0;
    queue_purge(queue, on_done, NULL);
    RUN_UNTIL(answers == 1);
    ck_assert_int_eq(done_err, 0);
    count_all();
    ck_assert_int_eq(loaded_visible + counted.in_flight, 0);
    ck_assert_int_eq(delete_by(got[0].receipt), ERR_NOT_FOUND);
    send_one("new", NULL, 0);
    ck_assert_uint_eq(receive(10, LONG_MS, 20000), 1);
    ck_assert_str_eq(got[0].body, "new");
}
END_TEST

/* A window of a few messages: the others wait in Kafka, and come as room is made. */
START_TEST(a_backlog_goes_through_a_small_window)
{
    enum { BACKLOG = 120 };

    stop_queue();
    conf.window_span = 8;
    for (size_t i = 0; i < BACKLOG; i++) {
        if (queue == NULL)
            open_queue();
        send_one("x", NULL, 0);
    }
    deletes_sent = 0;
    while (deletes_sent < BACKLOG) {
        size_t count = receive(10, LONG_MS, 20000);

        ck_assert_uint_gt(count, 0);
        count_all();
        ck_assert_int_le(loaded_visible + counted.in_flight, 4 * (conf.window_span + 2));
        answers = 0;
        for (size_t i = 0; i < count; i++) {
            ck_assert_int_eq(got[i].count, 1);
            ck_assert_int_eq(queue_delete(queue, got[i].receipt, on_done, NULL), 0);
        }
        RUN_UNTIL(answers == (int)count);
        deletes_sent += count;
    }
    ck_assert_uint_eq(receive(10, LONG_MS, 0), 0);
}
END_TEST

static int64_t length;

static void on_length(void *arg, const struct store_reply *reply)
{
    (void)arg;
    length = store_reply_int(reply, -1);
    answers++;
}

static int64_t loaded(const char *log)
{
    answers = 0;
    ck_assert_int_eq(store_command(store, on_length, NULL, 2, (const char *[]){"XLEN", log}, NULL), 0);
    RUN_UNTIL(answers == 1);
    return length;
}

static void append(int32_t partition, int count)
{
    const struct bus_message m = {.topic = TOPIC_METRICS, .partition = partition, .value = "x", .value_len = 1};
    int until = delivered + count;

    for (int i = 0; i < count; i++)
        ck_assert_int_eq(bus_send(producer, &m, on_delivered, NULL), 0);
    RUN_UNTIL(delivered == until);
}

START_TEST(a_full_window_holds_up_no_other)
{
    enum { SPAN = 8, BACKLOG = 100 };

    stop_queue();
    conf.window_span = SPAN;
    open_queue();
    append(0, BACKLOG);
    while (loaded("{q:jobs:0}:log") <= SPAN)
        ;
    append(1, 3);
    while (loaded("{q:jobs:1}:log") < 3)
        ;
    ck_assert_int_le(loaded("{q:jobs:0}:log"), SPAN + 1);
    count_all();
    ck_assert_int_eq(counted.visible, BACKLOG + 3); /* loaded or not */
    ck_assert_int_ge(counted.backlog, BACKLOG - SPAN - 1);
    ck_assert_uint_eq(receive(10, LONG_MS, 0), 10);
    count_all();
    ck_assert_int_eq(counted.visible + counted.in_flight, BACKLOG + 3);
}
END_TEST

/* Eight in flight for long fill the window of a partition; they make place, and their handles stay good. */
START_TEST(stragglers_make_place)
{
    enum { STRAGGLERS = 32 };
    char receipts[STRAGGLERS][TEXT_SIZE];
    size_t count = 0;

    stop_queue();
    conf.window_span = 8;
    open_queue();
    for (int i = 0; i < STRAGGLERS; i++)
        send_one("slow", NULL, 0);
    while (count < STRAGGLERS) {
        size_t n = receive(10, LONG_MS, 20000);

        for (size_t i = 0; i < n; i++)
            memcpy(receipts[count++], got[i].receipt, TEXT_SIZE);
    }
    for (int i = 0; i < 8; i++) {
        send_one("quick", NULL, 0);
        ck_assert_uint_eq(receive(1, LONG_MS, 20000), 1);
        ck_assert_str_eq(got[0].body, "quick");
        ck_assert_int_eq(delete_by(got[0].receipt), 0);
    }
    for (size_t i = 0; i < STRAGGLERS; i++)
        ck_assert_int_eq(delete_by(receipts[i]), 0);
    RUN_UNTIL_COUNTED(counted.visible + counted.in_flight + counted.delayed == 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue");
    TCase *t = tcase_create("queue");
    SRunner *runner;
    int failed;

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_message_comes_whole_and_goes_when_deleted);
    tcase_add_test(t, what_is_out_of_range_is_refused);
    tcase_add_test(t, nothing_comes_twice_while_its_time_runs);
    tcase_add_test(t, what_is_not_deleted_comes_again);
    tcase_add_test(t, a_handle_whose_time_is_over_deletes);
    tcase_add_test(t, visibility_is_made_longer_and_ended);
    tcase_add_test(t, a_delayed_message_waits);
    tcase_add_test(t, too_many_in_flight_is_a_clear_refusal);
    tcase_add_test(t, who_waits_is_served_when_something_comes);
    tcase_add_test(t, a_process_that_fills_no_window_receives_and_deletes);
    tcase_add_loop_test(t, closing_answers_everybody, 0, 2);
    tcase_add_test(t, what_is_received_too_often_is_a_dead_letter);
    tcase_add_loop_test(t, emptied_redis_loses_nothing_and_a_restart_too, 0, 2);
    tcase_add_test(t, a_restart_does_not_bring_back_what_was_deleted);
    tcase_add_test(t, a_purge_leaves_nothing_and_takes_nothing_later);
    tcase_add_test(t, a_backlog_goes_through_a_small_window);
    tcase_add_test(t, a_full_window_holds_up_no_other);
    tcase_add_test(t, stragglers_make_place);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
