/* What gsmctl dlq prints of strangers' bytes, reads from its arguments, and makes of a letter. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "columns.h"
#include "event_id.h"
#include "letter.h"
#include "letter_text.h"
#include "move_progress.h"
#include "safe_text.h"

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *text, *line;
} lines[] = {
    {"plain", "plain"},
    {"", ""},
    {"gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x8e\xb2", "gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x8e\xb2"},
    {"a\\x1b", "a\\\\x1b"},
    {"\x1b[31m\r\n\t\x07\x7f", "\\x1b[31m\\x0d\\x0a\\x09\\x07\\x7f"},
    {"\xc2\x9b"
     "31m",
     "\\u{9b}31m"},
    {"\xe2\x80\xae"
     "evil\xe2\x80\x8b",
     "\\u{202e}evil\\u{200b}"},
    {"\xff\xc3", "\\xff\\xc3"},
    {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* a surrogate */
    {"\xf3\xa0\x81\x81", "\\u{e0041}"},  /* a tag: not seen */
};

START_TEST(lines_are_harmless)
{
    struct buf out = {0};

    safe_text_line(&out, lines[_i].text, strlen(lines[_i].text), 1000);
    ck_assert_str_eq(out.len > 0 ? out.data : "", lines[_i].line);
    buf_free(&out);
}
END_TEST

START_TEST(lines_are_bounded)
{
    struct buf out = {0};

    safe_text_line(&out,
                   "abc\xc3\xbc"
                   "def",
                   8, 4);
    ck_assert_str_eq(out.data, "abc\xc3\xbc... (3 bytes more)");
    buf_free(&out);
}
END_TEST

static const struct {
    const char *value;
    size_t len;
    const char *body;
} bodies[] = {
    {"{\"a\":[1]}", 9, "{\n  \"a\": [\n    1\n  ]\n}\n"},
    {"\"\xc2\x9b\x7f\xf3\xa0\x81\x81\"", 9, "\"\\u009b\\u007f\\udb40\\udc41\"\n"},
    {"{'a':1}\x1b", 8, "{'a':1}\\x1b\n"},
    {"a\0b", 3, "00000000  61 00 62                                         a.b\n"},
};

START_TEST(bodies_are_laid_out)
{
    struct buf out = {0};

    safe_text_body(&out, bodies[_i].value, bodies[_i].len);
    ck_assert_str_eq(out.data, bodies[_i].body);
    buf_free(&out);
}
END_TEST

START_TEST(hex_is_bounded)
{
    static const char zeros[2000];
    struct buf out = {0};

    safe_text_body(&out, zeros, sizeof(zeros));
    ck_assert_ptr_nonnull(strstr(out.data, "000003f0 "));
    ck_assert_ptr_null(strstr(out.data, "00000400 "));
    ck_assert_ptr_nonnull(strstr(out.data, "... (976 bytes more)\n"));
    buf_free(&out);
}
END_TEST

START_TEST(columns_are_aligned)
{
    struct columns c = {0};
    struct buf out = {0};

    columns_add(&c, "A");
    columns_add(&c, "B");
    columns_add(&c, "\xc3\xbc\xc3\xbc\xc3\xbc");
    columns_addf(&c, "%d", 7);
    columns_write(&c, 2, &out);
    ck_assert_str_eq(out.data, "A    B\n\xc3\xbc\xc3\xbc\xc3\xbc  7\n");
    buf_free(&out);
}
END_TEST

/* ---- arguments and progress -------------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    bool good;
    int32_t partition;
    int64_t offset;
} ids[] = {{"0:0", true, 0, 0},
           {"11:12345678901", true, 11, 12345678901},
           {"", false, 0, 0},
           {"1", false, 0, 0},
           {"1:", false, 0, 0},
           {":1", false, 0, 0},
           {"-1:1", false, 0, 0},
           {"1:-1", false, 0, 0},
           {"1:1 ", false, 0, 0},
           {"64:1", false, 0, 0},
           {"1:9223372036854775807", false, 0, 0},
           {"0x1:1", false, 0, 0}};

START_TEST(ids_are_read)
{
    int32_t partition = -1;
    int64_t offset = -1;

    ck_assert(letter_id_parse(ids[_i].text, &partition, &offset) == ids[_i].good);
    if (!ids[_i].good)
        return;
    ck_assert_int_eq(partition, ids[_i].partition);
    ck_assert_int_eq(offset, ids[_i].offset);
}
END_TEST

static const struct {
    const char *text;
    double rate; /* 0: it is none */
} rates[] = {{"100", 100}, {"0.5/s", 0.5}, {"1e3/s", 1000}, {"0", 0},    {"-1", 0}, {"", 0},
             {"100/m", 0}, {"nan", 0},     {"inf", 0},      {"1e99", 0}, {" 1", 0}, {"1 /s", 0}};

START_TEST(rates_are_read)
{
    double rate;

    ck_assert(move_rate_parse(rates[_i].text, &rate) == (rates[_i].rate > 0));
    if (rates[_i].rate > 0)
        ck_assert_double_eq(rate, rates[_i].rate);
}
END_TEST

static const struct {
    int64_t done, left, took_ms;
    const char *line;
} steps[] = {
    {0, 10, 0, "0 moved, 10 left, 0.0/s"},
    {5, 10, 1000, "5 moved, 10 left, 5.0/s, 2s to go"},
    {1200, 800, 3000, "1200 moved, 800 left, 400/s, 2s to go"},
    {100, 1000000, 1000, "100 moved, 1000000 left, 100/s, 2h to go"},
    {7, 0, 1000, "7 moved, 0 left, 7.0/s"},
};

START_TEST(progress_is_told)
{
    struct buf out = {0};

    move_progress_line(&out, steps[_i].done, steps[_i].left, steps[_i].took_ms);
    ck_assert_str_eq(out.data, steps[_i].line);
    buf_free(&out);
}
END_TEST

static const struct {
    int64_t ms;
    const char *text;
} ages[] = {{-5, "0s"}, {999, "0s"}, {59999, "59s"}, {60000, "1m"}, {7200000, "2h"}, {INT64_C(86400000) * 13, "13d"}};

START_TEST(ages_are_told)
{
    char text[LETTER_NUMBERS_SIZE];

    ck_assert_str_eq(letter_age(ages[_i].ms, text), ages[_i].text);
}
END_TEST

/* ---- a letter ---------------------------------------------------------------------------------------------------- */

#define HEADER(name, text)                                                                                             \
    {                                                                                                                  \
        name, text, sizeof(text) - 1                                                                                   \
    }

static struct bus_header headers[LETTER_HEADERS_MAX + 1];
static struct bus_record record;
static struct letter letter;
static struct letter_again again;

static const struct bus_header plain[] = {
    HEADER("ce_id", "id"),
    HEADER("ce_type", "StopMatchmaking"),
    HEADER("dlq_reason", "why"),
    HEADER("dlq_source_topic", "game-matchmaking-queue"),
    HEADER("dlq_source_partition", "3"),
    HEADER("dlq_source_offset", "41"),
    HEADER("dlq_source_time", "2026-01-02T03:04:05.678Z"),
    HEADER("dlq_attempts", "3"),
    HEADER("dlq_source_key", "pool"),
};

/* A letter with these headers, and perhaps one more. */
static void write_letter(enum topic_id topic, const struct bus_header *more)
{
    memcpy(headers, plain, sizeof(plain));
    record = (struct bus_record){.topic = topic,
                                 .partition = 3,
                                 .offset = 7,
                                 .timestamp_ms = 1767323047000,
                                 .key = "websocket",
                                 .key_len = 9,
                                 .value = "{}",
                                 .value_len = 2,
                                 .kept = headers,
                                 .kept_count = sizeof(plain) / sizeof(plain[0])};
    if (more != NULL)
        headers[record.kept_count++] = *more;
    letter_read(&letter, &record);
}

/* The last of its name; "" when there is none. */
static const char *header(const char *name)
{
    static char text[256];

    text[0] = '\0';
    for (size_t i = 0; i < again.message.header_count; i++) {
        if (strcmp(again.headers[i].name, name) == 0)
            (void)snprintf(text, sizeof(text), "%.*s", (int)again.headers[i].len, (const char *)again.headers[i].value);
    }
    return text;
}

START_TEST(a_letter_goes_home)
{
    write_letter(TOPIC_QUEUE_DLQ, NULL);
    ck_assert_ptr_null(letter_to_source(&again, &letter));
    ck_assert_int_eq(again.message.topic, TOPIC_QUEUE);
    ck_assert_int_eq(again.message.partition, 3);
    ck_assert_mem_eq(again.message.key, "pool", 4);
    ck_assert_str_eq(header("dlq_redrives"), "1");
    ck_assert_str_eq(header("dlq_start_time"), "2026-01-02T03:04:05.678Z");
    ck_assert_str_eq(header("dlq_source_offset"), "41");
    ck_assert_str_eq(header("ce_id"), "id");
}
END_TEST

/* Its history does not grow: each header once, as it was last. */
START_TEST(a_letter_that_came_back)
{
    static const struct bus_header older = HEADER("dlq_redrives", "2");

    write_letter(TOPIC_QUEUE_DLQ, &older);
    headers[record.kept_count++] = (struct bus_header)HEADER("dlq_start_time", "2026-01-01T00:00:00.000Z");
    headers[record.kept_count++] = (struct bus_header)HEADER("dlq_source_offset", "99");
    headers[record.kept_count++] = (struct bus_header)HEADER("queue_receives", "4");
    letter_read(&letter, &record);
    ck_assert_ptr_null(letter_to_source(&again, &letter));
    ck_assert_str_eq(header("dlq_redrives"), "3");
    ck_assert_str_eq(header("dlq_start_time"), "2026-01-01T00:00:00.000Z");
    ck_assert_str_eq(header("dlq_source_offset"), "99");
    ck_assert_str_eq(header("queue_receives"), "");
    ck_assert_uint_eq(again.message.header_count, sizeof(plain) / sizeof(plain[0]) + 2);
}
END_TEST

START_TEST(an_event_has_the_id_of_its_letter)
{
    struct event_id id = event_id_of_letter(3, 7, 1767323047000);
    char text[EVENT_ID_SIZE];

    write_letter(TOPIC_EVENTS_DLQ, NULL);
    headers[3] = (struct bus_header)HEADER("dlq_source_topic", "game-events");
    letter_read(&letter, &record);
    ck_assert_ptr_null(letter_to_source(&again, &letter));
    ck_assert_int_eq(again.message.topic, TOPIC_EVENTS);
    ck_assert_str_eq(header("ce_id"), event_id_format(&id, text));
    ck_assert_str_eq(header("dlq_event_id"), "id");
}
END_TEST

START_TEST(elsewhere_it_is_a_new_message)
{
    write_letter(TOPIC_QUEUE_DLQ, NULL);
    ck_assert_ptr_null(letter_to(&again, &letter, TOPIC_ALERTS));
    ck_assert_int_eq(again.message.topic, TOPIC_ALERTS);
    ck_assert_int_eq(again.message.partition, -1);
    ck_assert_str_eq(header("dlq_redrives"), "");
    ck_assert_str_eq(header("dlq_reason"), "why");
}
END_TEST

static const struct bus_header unsendable[] = {
    HEADER("dlq_source_topic", "no-such-topic"), HEADER("dlq_source_partition", "12"),
    HEADER("dlq_source_partition", "x"),         HEADER("dlq_source_offset", "-1"),
    HEADER("dlq_value_bytes", "6000000"),
};

START_TEST(what_cannot_be_sent_is_put_back_as_it_is)
{
    write_letter(TOPIC_QUEUE_DLQ, &unsendable[_i]);
    if (strcmp(unsendable[_i].name, "dlq_value_bytes") == 0)
        record.value_len = 0;
    letter_read(&letter, &record);
    ck_assert_ptr_nonnull(letter_to_source(&again, &letter));
    ck_assert(letter_put_back(&again, &letter));
    ck_assert_int_eq(again.message.topic, TOPIC_QUEUE_DLQ);
    ck_assert_int_eq(again.message.partition, 3);
    ck_assert_uint_eq(again.message.header_count, record.kept_count);
    ck_assert_mem_eq(again.message.key, "websocket", 9);
}
END_TEST

START_TEST(a_letter_with_more_headers_than_anybody_needs)
{
    write_letter(TOPIC_QUEUE_DLQ, NULL);
    while (record.kept_count < LETTER_HEADERS_MAX + 1)
        headers[record.kept_count++] = (struct bus_header)HEADER("x", "y");
    letter_read(&letter, &record);
    ck_assert_ptr_nonnull(letter_to_source(&again, &letter));
    ck_assert(!letter_put_back(&again, &letter));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("gsmctl_letters");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_loop_test(tc, lines_are_harmless, 0, ROWS(lines));
    tcase_add_test(tc, lines_are_bounded);
    tcase_add_loop_test(tc, bodies_are_laid_out, 0, ROWS(bodies));
    tcase_add_test(tc, hex_is_bounded);
    tcase_add_test(tc, columns_are_aligned);
    tcase_add_loop_test(tc, ids_are_read, 0, ROWS(ids));
    tcase_add_loop_test(tc, rates_are_read, 0, ROWS(rates));
    tcase_add_loop_test(tc, progress_is_told, 0, ROWS(steps));
    tcase_add_loop_test(tc, ages_are_told, 0, ROWS(ages));
    tcase_add_test(tc, a_letter_goes_home);
    tcase_add_test(tc, a_letter_that_came_back);
    tcase_add_test(tc, an_event_has_the_id_of_its_letter);
    tcase_add_test(tc, elsewhere_it_is_a_new_message);
    tcase_add_loop_test(tc, what_cannot_be_sent_is_put_back_as_it_is, 0, ROWS(unsendable));
    tcase_add_test(tc, a_letter_with_more_headers_than_anybody_needs);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
