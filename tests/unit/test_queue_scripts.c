/*
 * libs/queue/queue_scripts.c on a redis-server: one atomic step after another, in the orders that processes which know
 * nothing of each other can bring about.
 */
#include <inttypes.h>
#include <string.h>

#include "buf.h"
#include "clock.h"
#include "queue_message.h"
#include "queue_scripts.h"
#include "redis_store.h"

#define GEN  "0123456789abcdef"
#define LONG "600000"
#define MOST "43200000"

enum { ARGS_MAX = 5 };

/* ---- calling a script, and its answer as text -------------------------------------------------------------------- */

static char keys[KEY_COUNT][QUEUE_KEY_SIZE];
static struct buf answer;
static struct buf frames;

/* "[1 two [3]]"; what is packed is shown as its body. */
static void show(const struct store_reply *r) /* NOLINT(misc-no-recursion): three levels */
{
    static struct queue_packed packed;
    size_t len;
    const char *text = store_reply_str(r, &len);

    ck_assert_msg(store_reply_error(r) == NULL, "%s", store_reply_error(r));
    if (text != NULL && queue_message_unpack(&packed, text, len) == 0) {
        buf_printf(&answer, "'%.*s'", (int)packed.body_len, packed.body);
    } else if (text != NULL) {
        buf_str(&answer, text);
    } else if (store_reply_count(r) > 0) {
        for (size_t i = 0; i < store_reply_count(r); i++) {
            buf_str(&answer, i == 0 ? "[" : " ");
            show(store_reply_at(r, i));
        }
        buf_str(&answer, "]");
    } else {
        int64_t n = store_reply_int(r, INT64_MIN);

        if (n == INT64_MIN)
            buf_str(&answer, "[]");
        else
            buf_printf(&answer, "%" PRId64, n);
    }
}

static void on_reply(void *arg, const struct store_reply *reply)
{
    (void)arg;
    ck_assert_ptr_nonnull(reply);
    buf_clear(&answer);
    show(reply);
    answers++;
}

static const char *call_all(struct store_script *script, const char *const *args, const size_t *lens, int count)
{
    const char *argv[KEY_COUNT + ARGS_MAX];
    size_t all_lens[KEY_COUNT + ARGS_MAX];

    for (int i = 0; i < KEY_COUNT; i++) {
        argv[i] = keys[i];
        all_lens[i] = strlen(keys[i]);
    }
    for (int i = 0; i < count; i++) {
        argv[KEY_COUNT + i] = args[i];
        all_lens[KEY_COUNT + i] = lens != NULL ? lens[i] : strlen(args[i]);
    }
    answers = 0;
    ck_assert_int_eq(store_script(store, script, on_reply, NULL, KEY_COUNT, KEY_COUNT + count, argv, all_lens), 0);
    run_until_answers(1);
    return answer.data;
}

#define CALL(script, ...)                                                                                              \
    call_all(&queue_##script##_script, (const char *[]){__VA_ARGS__}, NULL,                                            \
             sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *))

static const char *command(int argc, const char *const *argv)
{
    answers = 0;
    ck_assert_int_eq(store_command(store, on_reply, NULL, argc, argv, NULL), 0);
    run_until_answers(1);
    return answer.data;
}

/* ---- what is loaded ---------------------------------------------------------------------------------------------- */

static void frame(int64_t offset, const char *body, const struct bus_header *headers, size_t count)
{
    struct queue_record r = {.offset = offset,
                             .timestamp_ms = clock_wall_ms(),
                             .value = body,
                             .value_len = strlen(body),
                             .headers = headers,
                             .header_count = count};

    (void)queue_message_frame(&r, &frames);
}

static void frame_number(int64_t offset, const char *body, const char *header, const char *number)
{
    frame(offset, body, &(struct bus_header){header, number, strlen(number)}, 1);
}

/* As appended again by the process that found it at `origin`. */
static void frame_moved(int64_t offset, const char *body, const char *origin, const char *receives, int64_t due_ms)
{
    char due[24];
    const struct bus_header headers[] = {
        {QUEUE_HEADER_ORIGIN, origin, strlen(origin)},
        {QUEUE_HEADER_BEFORE, origin, strlen(origin)},
        {QUEUE_HEADER_COUNT, receives, strlen(receives)},
        {QUEUE_HEADER_DUE, due, (size_t)snprintf(due, sizeof(due), "%" PRId64, due_ms)}};

    frame(offset, body, headers, 4);
}

static const char *load_in(const char *gen, const char *after)
{
    const char *argv[] = {gen, after, "0", frames.data};
    const size_t lens[] = {strlen(gen), strlen(after), 1, frames.len};

    call_all(&queue_load_script, argv, lens, 4);
    buf_clear(&frames);
    return answer.data;
}

static const char *load(const char *after)
{
    return load_in(GEN, after);
}

static void load_from_0(int count)
{
    for (int i = 0; i < count; i++) {
        char body[2] = {(char)('a' + i), '\0'};

        frame(i, body, NULL, 0);
    }
    load("0");
}

/* "[received] [dead]" of the answer; the numbers before them change with time. */
static const char *receive_as(const char *most, const char *visibility, const char *most_receives)
{
    const char *found;

    CALL(receive, "0", most, visibility, most_receives, LONG);
    found = strchr(answer.data + 1, '[');
    ck_assert_ptr_nonnull(found);
    return found;
}

/* The offsets that were received. */
static const char *receive(const char *most, const char *visibility)
{
    static char out[200];
    const char *at = receive_as(most, visibility, "0");

    out[0] = '\0';
    for (at = strchr(at, '\''); at != NULL; at = strchr(strchr(at + 1, '\'') + 1, '\''))
        strncat(out, at + 1, 1);
    return out;
}

/* {next, base, visible, flight, delayed} */
static const char *look(void)
{
    static char out[100];
    char gen[20], bytes[20];
    long long next, base, visible, flight, delayed;

    CALL(look, "0");
    ck_assert_int_eq(sscanf(answer.data, "[%19s %lld %lld %19s %lld %lld %lld", gen, &next, &base, bytes, &visible,
                            &flight, &delayed),
                     7);
    ck_assert_int_eq(strcmp(bytes, "0") == 0, visible + flight + delayed == 0);
    (void)snprintf(out, sizeof(out), "%lld %lld %lld %lld %lld", next, base, visible, flight, delayed);
    return out;
}

static void setup(void)
{
    set_up();
    for (int i = 0; i < KEY_COUNT; i++)
        queue_key(keys[i], (enum queue_key)i, "jobs", 0);
    ck_assert_str_eq(CALL(open, GEN, "0", "0"), "[" GEN " 0 0]");
}

static void teardown(void)
{
    tear_down();
    buf_free(&answer);
    buf_free(&frames);
}

/* ---- the window -------------------------------------------------------------------------------------------------- */

START_TEST(all_keys_of_a_partition_are_on_one_slot)
{
    for (int i = 0; i < KEY_COUNT; i++)
        ck_assert_int_eq(strncmp(keys[i], "{q:jobs:0}:", 11), 0);
}
END_TEST

/* Three are loaded, the first is deleted: the deleted prefix ends at 1. */
static const struct {
    const char *committed, *answer;
} open_cases[] = {
    {"0", "[" GEN " 3 0]"},                            /* committed is behind: another one's window is kept */
    {"1", "[" GEN " 3 0]"},                            /* exactly */
    {"2", "[fresh 2 0]"},                              /* Redis knows less than Kafka: it is older */
    {"1000", "[fresh 1000 0]"}, {"-1", "[fresh 0 0]"}, /* nothing is committed: another topic */
};

START_TEST(a_window_is_kept_when_it_goes_on_where_kafka_says)
{
    load_from_0(3);
    receive("1", LONG);
    CALL(delete, "0:1");
    ck_assert_str_eq(CALL(open, "fresh", open_cases[_i].committed, "0"), open_cases[_i].answer);
}
END_TEST

START_TEST(only_what_follows_is_loaded_and_once)
{
    load_from_0(2);
    load_from_0(3); /* two of them again */
    ck_assert_str_eq(look(), "3 0 3 0 0");
    frame(4, "x", NULL, 0);
    ck_assert_str_eq(load("4"), "[]"); /* somebody skipped 3 */
    frame(3, "x", NULL, 0);
    ck_assert_str_eq(load_in("another", "3"), "[]");
    ck_assert_str_eq(look(), "3 0 3 0 0");
    frame(9, "x", NULL, 0); /* read right after 2: the log has nothing in between */
    load("3");
    ck_assert_str_eq(look(), "10 0 4 0 0");
}
END_TEST

START_TEST(the_deleted_prefix_goes_on_when_its_first_is_deleted)
{
    load_from_0(4);
    ck_assert_str_eq(receive("4", LONG), "abcd");
    CALL(delete, "1:1 2:1");
    ck_assert_str_eq(look(), "4 0 0 2 0");
    CALL(delete, "0:1");
    ck_assert_str_eq(look(), "4 3 0 1 0");
    CALL(delete, "3:1");
    ck_assert_str_eq(look(), "4 4 0 0 0");
    for (int i = 1; i < KEY_COUNT; i++) { /* nothing is left but meta, and the stream's last ID */
        if (i != KEY_LOG)
            ck_assert_str_eq(command(2, (const char *[]){"EXISTS", keys[i]}), "0");
    }
}
END_TEST

/* ---- receiving --------------------------------------------------------------------------------------------------- */

START_TEST(oldest_first_and_each_to_one)
{
    load_from_0(5);
    ck_assert_str_eq(receive("2", LONG), "ab");
    ck_assert_str_eq(receive("2", LONG), "cd");
    ck_assert_str_eq(receive("2", LONG), "e");
    ck_assert_str_eq(receive("2", LONG), "");
    CALL(change, "1", "1", "0", MOST);
    CALL(change, "0", "1", "0", MOST);
    ck_assert_str_eq(receive("10", LONG), "ab");
}
END_TEST

START_TEST(delayed_until_due)
{
    frame_number(0, "a", QUEUE_HEADER_DELAY, LONG);
    frame_number(1, "b", QUEUE_HEADER_DUE, "1000"); /* long ago */
    load("0");
    ck_assert_str_eq(look(), "2 0 1 0 1");
    ck_assert_str_eq(receive("10", LONG), "b");
}
END_TEST

START_TEST(the_receive_after_the_last_allowed_one_hands_it_over)
{
    load_from_0(2);
    for (int i = 0; i < 3; i++)
        ck_assert_ptr_nonnull(strstr(receive_as("1", "0", "3"), "'a'] []]"));
    ck_assert_ptr_nonnull(strstr(receive_as("1", "0", "3"), "[] [0 3 "));
    ck_assert_str_eq(look(), "2 0 1 1 0"); /* hidden */
    ck_assert_ptr_nonnull(strstr(receive_as("10", LONG, "3"), "'b'] []]"));
    ck_assert_str_eq(CALL(delete, "0:3"), "[1 1]");
}
END_TEST

START_TEST(what_is_too_old_goes)
{
    frame_number(0, "a", QUEUE_HEADER_SENT, "1000");
    frame(1, "b", NULL, 0);
    load("0");
    ck_assert_str_eq(look(), "2 0 2 0 0");
    if (_i == 0)
        ck_assert_ptr_nonnull(strstr(CALL(receive, LONG, "1", LONG, "0", LONG), " 1 [] []]")); /* ask again */
    CALL(look, LONG);
    ck_assert_str_eq(look(), "2 1 1 0 0");
}
END_TEST

START_TEST(purged_is_what_was_sent_before)
{
    load_from_0(3);
    receive("1", LONG);
    CALL(purge, "0");
    ck_assert_str_eq(look(), "3 3 0 0 0");
    frame_number(3, "old", QUEUE_HEADER_SENT, "1000");
    frame(4, "new", NULL, 0);
    load("3");
    ck_assert_str_eq(look(), "5 4 1 0 0");
    ck_assert_str_eq(CALL(delete, "0:1"), "[0 0]");
}
END_TEST

/* ---- handles ----------------------------------------------------------------------------------------------------- */

/* Received twice: the second handle is the one that counts. */
static const struct {
    const char *handle, *answer;
} delete_cases[] = {
    {"0:1", "[1 0]"},       /* an old one */
    {"0:2", "[0 1]"},       /* the latest */
    {"0:3", "[0 1]"},       /* from before Redis was emptied, when it had come more often */
    {"7:2", "[1 0]"},       /* nobody knows it */
    {"0:2 0:2", "[0 1 0]"}, /* twice */
};

START_TEST(only_the_latest_handle_deletes)
{
    load_from_0(1);
    receive("1", "0");
    receive("1", LONG);
    ck_assert_str_eq(CALL(delete, delete_cases[_i].handle), delete_cases[_i].answer);
}
END_TEST

START_TEST(only_the_latest_handle_changes_the_time)
{
    load_from_0(1);
    ck_assert_str_eq(CALL(change, "0", "1", LONG, MOST), "0"); /* never received */
    receive("1", "0");
    ck_assert_str_eq(CALL(change, "0", "1", LONG, MOST), "1"); /* its time is over, nobody has it */
    ck_assert_str_eq(look(), "1 0 0 1 0");
    CALL(change, "0", "1", "0", MOST);
    receive("1", LONG);
    ck_assert_str_eq(CALL(change, "0", "1", "0", MOST), "0");
    ck_assert_str_eq(look(), "1 0 0 1 0");
    CALL(delete, "0:2");
    ck_assert_str_eq(CALL(change, "0", "2", LONG, MOST), "0");
}
END_TEST

/* A minute is the most, since the receive: not a minute more each time. */
START_TEST(the_whole_time_is_held_to_the_most)
{
    load_from_0(1);
    receive("1", LONG);
    ck_assert_str_eq(CALL(change, "0", "1", "59000", "60000"), "1");
    ck_assert_str_eq(CALL(change, "0", "1", "61000", "60000"), "-1");
    command(4, (const char *[]){"HSET", keys[KEY_STATE], "0", "1 1 0 1"}); /* it was received long ago */
    ck_assert_str_eq(CALL(change, "0", "1", "1", "60000"), "-1");
    receive("1", "0");
    ck_assert_str_eq(look(), "1 0 0 1 0"); /* what is refused changes nothing */
    CALL(delete, "0:1");
}
END_TEST

/* ---- appended again ---------------------------------------------------------------------------------------------- */

static void append_and_move(void)
{
    load_from_0(2);
    receive("1", LONG);
    ck_assert_ptr_nonnull(strstr(CALL(stragglers, "10", "1000"), "[0 1 "));
    CALL(move, "0", "0", "5");
    ck_assert_str_eq(look(), "2 1 1 0 0");
}

static void load_the_copy(int64_t due_ms)
{
    frame_moved(5, "a", "0", "1", due_ms);
    load("2");
}

START_TEST(a_moved_message_keeps_its_handle_and_its_time)
{
    append_and_move();
    load_the_copy(0);
    ck_assert_str_eq(look(), "6 1 1 1 0"); /* the time that Redis knew, not the record's */
    ck_assert_str_eq(CALL(change, "0", "1", "0", MOST), "1");
    ck_assert_str_eq(receive("10", LONG), "ba");
    ck_assert_str_eq(CALL(delete, "0:1 0:2 1:1"), "[0 0 1 1]");
    ck_assert_str_eq(look(), "6 6 0 0 0");
}
END_TEST

START_TEST(a_handle_deletes_while_the_copy_is_not_loaded)
{
    append_and_move();
    ck_assert_str_eq(CALL(delete, "0:1"), "[0 1]");
    load_the_copy(0);
    ck_assert_str_eq(look(), "6 1 1 0 0");
    ck_assert_str_eq(CALL(delete, "0:1"), "[0 0]");
    ck_assert_str_eq(command(2, (const char *[]){"EXISTS", keys[KEY_STATE]}), "0");
}
END_TEST

START_TEST(a_handle_changes_the_time_while_the_copy_is_not_loaded)
{
    append_and_move();
    ck_assert_str_eq(CALL(change, "0", "1", "0", MOST), "1");
    load_the_copy(clock_wall_ms() + 100000);
    ck_assert_str_eq(receive("10", LONG), "ba");
}
END_TEST

START_TEST(deleted_while_it_was_appended_does_not_come_back)
{
    load_from_0(2);
    receive("1", LONG);
    CALL(stragglers, "10", "1000");
    CALL(delete, "0:1");
    CALL(move, "0", "0", "5");
    load_the_copy(0);
    ck_assert_str_eq(look(), "6 1 1 0 0");
    ck_assert_str_eq(command(2, (const char *[]){"EXISTS", keys[KEY_STATE]}), "0");
}
END_TEST

/* Whoever appended it died before it left its old place: there is one message, not two. */
START_TEST(a_copy_replaces_what_was_left_behind)
{
    load_from_0(2);
    receive("1", LONG);
    load_the_copy(0);
    ck_assert_str_eq(look(), "6 1 1 1 0");
    CALL(move, "0", "0", "5"); /* late: nothing is left to be done */
    ck_assert_str_eq(CALL(delete, "0:1"), "[0 1]");
    ck_assert_str_eq(look(), "6 1 1 0 0");
}
END_TEST

START_TEST(a_message_moves_again_and_again)
{
    append_and_move();
    load_the_copy(0);
    CALL(move, "0", "5", "8");
    frame_moved(8, "a", "0", "1", 0);
    load("6");
    ck_assert_str_eq(look(), "9 1 1 1 0");
    ck_assert_str_eq(CALL(delete, "0:1"), "[0 1]");
    ck_assert_str_eq(command(2, (const char *[]){"EXISTS", keys[KEY_ALIAS]}), "0");
}
END_TEST

/* Whoever appended it died before it said so, and the message was deleted where it stood. */
START_TEST(deleted_before_the_copy_came_it_does_not_come_back)
{
    load_from_0(2);
    receive("1", LONG);
    CALL(delete, "0:1");
    load_the_copy(0);
    ck_assert_str_eq(look(), "6 1 1 0 0");
    ck_assert_str_eq(command(2, (const char *[]){"EXISTS", keys[KEY_ALIAS]}), "0");
}
END_TEST

START_TEST(after_a_loss_a_copy_comes_with_its_count)
{
    append_and_move();
    command(2, (const char *[]){"FLUSHALL", "SYNC"}); /* in a cluster of one node, its node */
    CALL(open, GEN, "1", "0");
    frame(1, "b", NULL, 0);
    frame_moved(5, "a", "0", "1", 0);
    load("1");
    ck_assert_str_eq(look(), "6 1 2 0 0");
    ck_assert_ptr_nonnull(strstr(receive_as("10", LONG, "0"), "5 2 "));
}
END_TEST

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

int main(void)
{
    Suite *suite = suite_create("queue_scripts");
    TCase *t = tcase_create("queue_scripts");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, all_keys_of_a_partition_are_on_one_slot);
    tcase_add_loop_test(t, a_window_is_kept_when_it_goes_on_where_kafka_says, 0, COUNT(open_cases));
    tcase_add_test(t, only_what_follows_is_loaded_and_once);
    tcase_add_test(t, the_deleted_prefix_goes_on_when_its_first_is_deleted);
    tcase_add_test(t, oldest_first_and_each_to_one);
    tcase_add_test(t, delayed_until_due);
    tcase_add_test(t, the_receive_after_the_last_allowed_one_hands_it_over);
    tcase_add_loop_test(t, what_is_too_old_goes, 0, 2);
    tcase_add_test(t, purged_is_what_was_sent_before);
    tcase_add_loop_test(t, only_the_latest_handle_deletes, 0, COUNT(delete_cases));
    tcase_add_test(t, only_the_latest_handle_changes_the_time);
    tcase_add_test(t, the_whole_time_is_held_to_the_most);
    tcase_add_test(t, a_moved_message_keeps_its_handle_and_its_time);
    tcase_add_test(t, a_handle_deletes_while_the_copy_is_not_loaded);
    tcase_add_test(t, a_handle_changes_the_time_while_the_copy_is_not_loaded);
    tcase_add_test(t, deleted_while_it_was_appended_does_not_come_back);
    tcase_add_test(t, a_copy_replaces_what_was_left_behind);
    tcase_add_test(t, a_message_moves_again_and_again);
    tcase_add_test(t, deleted_before_the_copy_came_it_does_not_come_back);
    tcase_add_test(t, after_a_loss_a_copy_comes_with_its_count);
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
