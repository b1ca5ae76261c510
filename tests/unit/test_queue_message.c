/* libs/queue/queue_message.c: a record, packed and unpacked; receipts. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "queue_message.h"

#define HEADER(name, value)                                                                                            \
    {                                                                                                                  \
        name, value, sizeof(value) - 1                                                                                 \
    }
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { OFFSET = 70, TIME_MS = 1000000, FRAME = 44 };

static struct buf frame;
static struct queue_packed packed;

static int64_t number_at(size_t i)
{
    uint64_t n = 0;

    for (size_t k = 0; k < 8; k++)
        n = n << 8 | (unsigned char)frame.data[8 * i + k];
    return (int64_t)n;
}

static void pack_record(const struct bus_header *headers, size_t count)
{
    struct queue_record r = {.partition = 3,
                             .offset = OFFSET,
                             .timestamp_ms = TIME_MS,
                             .value = "body",
                             .value_len = 4,
                             .headers = headers,
                             .header_count = count};
    size_t len;

    buf_clear(&frame);
    len = queue_message_frame(&r, &frame);
    ck_assert_uint_eq(frame.len, FRAME + len);
    ck_assert_int_eq(queue_message_unpack(&packed, frame.data + FRAME, len), 0);
    ck_assert_uint_eq(packed.body_len, 4);
    ck_assert_mem_eq(packed.body, "body", 4);
}

static void tear_down(void)
{
    buf_free(&frame);
}

START_TEST(a_record_without_headers_is_a_message)
{
    pack_record(NULL, 0);
    ck_assert_str_eq(packed.id, "3-70");
    ck_assert_int_eq(packed.sent_ms, TIME_MS);
    ck_assert_int_eq(packed.origin, OFFSET);
    ck_assert_uint_eq(packed.attribute_count, 0);
    ck_assert_int_eq(number_at(0), OFFSET);
    for (size_t i = 1; i < 4; i++)
        ck_assert_int_eq(number_at(i), 0);
    ck_assert_int_eq(number_at(4), -1);
}
END_TEST

START_TEST(headers_are_the_queues_own_or_attributes)
{
    const struct bus_header headers[] = {HEADER("a", "one"),
                                         HEADER("queue_id", "the-id"),
                                         HEADER("queue_receives", "2"),
                                         HEADER("queue_first_receive_ms", "77"),
                                         HEADER("queue_sent_ms", "66"),
                                         HEADER("queue_due_ms", "88"),
                                         HEADER("queue_origin", "9"),
                                         HEADER("queue_before", "12"),
                                         HEADER("", "")};

    pack_record(headers, COUNT(headers));
    ck_assert_str_eq(packed.id, "the-id");
    ck_assert_int_eq(packed.sent_ms, 66);
    ck_assert_int_eq(packed.origin, 9);
    ck_assert_int_eq(number_at(1), 88);
    ck_assert_int_eq(number_at(2), 2);
    ck_assert_int_eq(number_at(3), 77);
    ck_assert_int_eq(number_at(4), 12);
    ck_assert_uint_eq(packed.attribute_count, 2);
    ck_assert_str_eq(packed.attributes[0].name, "a");
    ck_assert_uint_eq(packed.attributes[0].len, 3);
    ck_assert_mem_eq(packed.attributes[0].value, "one", 3);
    ck_assert_str_eq(packed.attributes[1].name, "");
    ck_assert_uint_eq(packed.attributes[1].len, 0);
}
END_TEST

/* clang-format off */
static const struct {
    struct bus_header header;
    int64_t due_ms, receives, sent_ms, origin;
} number_cases[] = {
    {HEADER("queue_delay_ms", "5000"), TIME_MS + 5000, 0, TIME_MS, OFFSET},
    {HEADER("queue_delay_ms", "-1"), 0, 0, TIME_MS, OFFSET},
    {HEADER("queue_delay_ms", ""), 0, 0, TIME_MS, OFFSET},
    {HEADER("queue_delay_ms", "1x"), 0, 0, TIME_MS, OFFSET},
    {HEADER("queue_receives", "3"), 0, 3, TIME_MS, OFFSET},
    {HEADER("queue_receives", "9999999999999999"), 0, 0, TIME_MS, OFFSET}, /* above what Lua counts */
    {HEADER("queue_sent_ms", "12"), 0, 0, 12, OFFSET},
    {HEADER("queue_origin", "71"), 0, 0, TIME_MS, OFFSET}, /* after itself */
    {HEADER("queue_id", "nul\0inside"), 0, 0, TIME_MS, OFFSET},
};
/* clang-format on */

START_TEST(a_number_that_makes_no_sense_is_absent)
{
    pack_record(&number_cases[_i].header, 1);
    ck_assert_int_eq(number_at(1), number_cases[_i].due_ms);
    ck_assert_int_eq(number_at(2), number_cases[_i].receives);
    ck_assert_int_eq(packed.sent_ms, number_cases[_i].sent_ms);
    ck_assert_int_eq(packed.origin, number_cases[_i].origin);
    ck_assert_str_eq(packed.id, "3-70");
}
END_TEST

START_TEST(attributes_beyond_the_most_are_left_behind)
{
    struct bus_header headers[QUEUE_ATTRIBUTES_MAX + 2];

    for (size_t i = 0; i < COUNT(headers); i++)
        headers[i] = (struct bus_header){"name", "v", 1};
    pack_record(headers, COUNT(headers));
    ck_assert_uint_eq(packed.attribute_count, QUEUE_ATTRIBUTES_MAX);
}
END_TEST

/* Every shorter text is refused until only the body is missing. */
START_TEST(what_is_cut_off_is_refused)
{
    const struct bus_header headers[] = {HEADER("name", "value")};
    size_t whole;

    pack_record(headers, 1);
    whole = frame.len - FRAME;
    for (size_t len = 0; len < whole; len++) {
        char *copy = malloc(len + 1); /* of this size, for ASan */

        memcpy(copy, frame.data + FRAME, len);
        copy[len] = 'x';
        ck_assert_int_eq(queue_message_unpack(&packed, copy, len), len + 4 >= whole ? 0 : ERR_INVALID);
        free(copy);
    }
}
END_TEST

START_TEST(a_receipt_is_read_back)
{
    const struct queue_receipt r = {11, 123456789012, 7};
    struct queue_receipt back;
    char text[QUEUE_RECEIPT_SIZE];

    queue_receipt_format(&r, "jobs", text);
    ck_assert_int_eq(queue_receipt_parse(&back, text, "jobs", 12), 0);
    ck_assert_int_eq(back.partition, r.partition);
    ck_assert_int_eq(back.origin, r.origin);
    ck_assert_int_eq(back.receive_count, r.receive_count);
}
END_TEST

static const char *const bad_receipts[] = {"",
                                           "garbage",
                                           "1.2.3",
                                           "1.2.3.other",
                                           "12.2.3.jobs",
                                           "1.2.0.jobs",
                                           "-1.2.3.jobs",
                                           "1..3.jobs",
                                           "1.2.3.jobs ",
                                           "1.2.3. jobs",
                                           "1.2.99999999999999999999.jobs"};

START_TEST(what_is_no_receipt_of_the_queue_is_refused)
{
    struct queue_receipt r;

    ck_assert_int_eq(queue_receipt_parse(&r, bad_receipts[_i], "jobs", 12), ERR_INVALID);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue_message");
    TCase *t = tcase_create("queue_message");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(t, NULL, tear_down);
    tcase_add_test(t, a_record_without_headers_is_a_message);
    tcase_add_test(t, headers_are_the_queues_own_or_attributes);
    tcase_add_loop_test(t, a_number_that_makes_no_sense_is_absent, 0, COUNT(number_cases));
    tcase_add_test(t, attributes_beyond_the_most_are_left_behind);
    tcase_add_test(t, what_is_cut_off_is_refused);
    tcase_add_test(t, a_receipt_is_read_back);
    tcase_add_loop_test(t, what_is_no_receipt_of_the_queue_is_refused, 0, COUNT(bad_receipts));
    suite_add_tcase(suite, t);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
