#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "event_id.h"

static const struct event_id largest = {.incarnation = INT64_C(9007199254740991),
                                        .epoch = INT64_C(9007199254740991),
                                        .seq = INT64_C(9007199254740991),
                                        .partition = EVENT_PARTITIONS_MAX - 1,
                                        .index = INT32_MAX};

START_TEST(text_is_in_the_documented_order)
{
    const struct event_id id = {.incarnation = 1, .partition = 2, .epoch = 3, .seq = 4, .index = 5};
    char text[EVENT_ID_SIZE];

    ck_assert_str_eq(event_id_format(&id, text), "1-2-3-4-5");
}
END_TEST

START_TEST(largest_id_reads_back)
{
    char text[EVENT_ID_SIZE];
    struct event_id id;

    event_id_format(&largest, text);
    ck_assert_int_eq(event_id_parse(text, strlen(text), &id), 0);
    ck_assert_int_eq(event_id_compare(&id, &largest), 0);
    ck_assert_int_eq(id.partition, largest.partition);
}
END_TEST

START_TEST(parse_reads_only_len_bytes)
{
    struct event_id id;

    ck_assert_int_eq(event_id_parse("1-2-3-4-56", 9, &id), 0);
    ck_assert_int_eq(id.index, 5);
}
END_TEST

static const char *const bad_texts[] = {
    "",
    "1",
    "1-2-3-4",
    "1-2-3-4-",
    "1-2-3-4-5-",
    "1-2-3-4-5-6",
    "1-2-3-4-5 ",
    " 1-2-3-4-5",
    "1-2--4-5",
    "+1-2-3-4-5",
    "-1-2-3-4-5",
    "1-2-3-4-0x5",
    "01-2-3-4-5",
    "0-2-3-4-5",                   /* no journal has incarnation 0 */
    "1-24-3-4-5",                  /* partitions end at 23 */
    "9007199254740992-2-3-4-5",    /* 2^53 */
    "1-2-3-4-2147483648",          /* 2^31 */
    "9223372036854775808-2-3-4-5", /* 2^63 */
    "1-2-99999999999999999999-4-5",
};

START_TEST(bad_text_is_refused)
{
    struct event_id id;

    ck_assert_int_eq(event_id_parse(bad_texts[_i], strlen(bad_texts[_i]), &id), ERR_INVALID);
}
END_TEST

/* Each is greater than the one before. */
static const struct event_id ascending[] = {
    {.incarnation = 1, .epoch = 1, .seq = 1, .index = 0}, {.incarnation = 1, .epoch = 1, .seq = 1, .index = 1},
    {.incarnation = 1, .epoch = 1, .seq = 2, .index = 0}, {.incarnation = 1, .epoch = 1, .seq = 10, .index = 0},
    {.incarnation = 1, .epoch = 2, .seq = 1, .index = 0}, {.incarnation = 2, .epoch = 1, .seq = 1, .index = 0},
};
enum { ASCENDING_COUNT = sizeof(ascending) / sizeof(ascending[0]) };

START_TEST(order_is_incarnation_epoch_seq_index)
{
    for (int i = 0; i < ASCENDING_COUNT; i++) {
        int order = event_id_compare(&ascending[i], &ascending[_i]);

        ck_assert_int_eq((order > 0) - (order < 0), (i > _i) - (i < _i));
    }
}
END_TEST

START_TEST(only_greater_ids_are_accepted)
{
    struct event_seen seen = {0};

    for (int i = 0; i < ASCENDING_COUNT; i++) {
        ck_assert(event_seen_accept(&seen, &ascending[i]));
        for (int repeat = 0; repeat <= i; repeat++)
            ck_assert(!event_seen_accept(&seen, &ascending[repeat]));
    }
}
END_TEST

START_TEST(partitions_do_not_concern_each_other)
{
    struct event_seen seen = {0};
    struct event_id id = largest;

    ck_assert(event_seen_accept(&seen, &id));
    id = ascending[0];
    id.partition = EVENT_PARTITIONS_MAX - 2;
    ck_assert(event_seen_accept(&seen, &id));
    ck_assert(!event_seen_accept(&seen, &id));
}
END_TEST

/* Between the events that came meanwhile, of whatever journal, and after the topic was made anew. */
START_TEST(a_letter_is_a_repeat_of_itself_only)
{
    const struct event_id letters[] = {
        event_id_of_letter(0, 7, 1000),
        event_id_of_letter(0, 8, 1000), /* in the same millisecond */
        event_id_of_letter(0, 0, 1001), /* another log */
        event_id_of_letter(topic_defs[TOPIC_EVENTS_DLQ].partitions - 1, 3, 999),
    };
    struct event_seen seen = {0};
    struct event_id id, later = largest;

    for (later.partition = 0; later.partition < topic_defs[TOPIC_JOURNAL].partitions; later.partition++)
        ck_assert(event_seen_accept(&seen, &later));
    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        char text[EVENT_ID_SIZE];

        event_id_format(&letters[i], text);
        ck_assert_int_eq(event_id_parse(text, strlen(text), &id), 0);
        ck_assert(event_seen_accept(&seen, &id));
        ck_assert(!event_seen_accept(&seen, &id));
    }
}
END_TEST

START_TEST(seen_reads_back)
{
    struct event_seen seen = {0}, back;
    char text[EVENT_PARTITIONS_MAX * EVENT_ID_SIZE];
    size_t len;

    for (int32_t i = 0; i < EVENT_PARTITIONS_MAX; i++) {
        struct event_id id = largest;

        id.partition = i;
        ck_assert(event_seen_accept(&seen, &id));
    }
    len = event_seen_format(&seen, text, sizeof(text));
    ck_assert_uint_eq(len, strlen(text));
    ck_assert_int_eq(event_seen_parse(&back, text), 0);
    ck_assert_mem_eq(&back, &seen, sizeof(seen));
}
END_TEST

START_TEST(seen_of_all_partitions_fits_into_metadata)
{
    struct event_seen seen = {0};
    char text[4000]; /* what bus_group_commit takes */

    ck_assert_int_ge(EVENT_PARTITIONS_MAX, topic_defs[TOPIC_JOURNAL].partitions);
    for (int32_t i = 0; i < EVENT_PARTITIONS_MAX; i++) {
        struct event_id id = largest;

        id.partition = i;
        ck_assert(event_seen_accept(&seen, &id));
    }
    ck_assert_uint_gt(event_seen_format(&seen, text, sizeof(text)), 0);
}
END_TEST

START_TEST(nothing_seen_is_empty_text)
{
    struct event_seen seen = {0}, back;
    char text[EVENT_ID_SIZE];

    ck_assert_uint_eq(event_seen_format(&seen, text, sizeof(text)), 0);
    ck_assert_str_eq(text, "");
    ck_assert_int_eq(event_seen_parse(&back, ""), 0);
    ck_assert_mem_eq(&back, &seen, sizeof(seen));
}
END_TEST

static const char *const bad_seen[] = {
    "x", "1-2-3-4-5 ", " 1-2-3-4-5", "1-2-3-4-5  1-3-3-4-5", "1-2-3-4-5 1-2-3-4-5", "1-2-3-4-5,1-3-3-4-5",
};

START_TEST(bad_seen_is_refused_and_empty)
{
    struct event_seen seen, empty = {0};

    memset(&seen, 1, sizeof(seen));
    ck_assert_int_eq(event_seen_parse(&seen, bad_seen[_i]), ERR_INVALID);
    ck_assert_mem_eq(&seen, &empty, sizeof(seen));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("event_id");
    TCase *tc = tcase_create("event_id");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, text_is_in_the_documented_order);
    tcase_add_test(tc, largest_id_reads_back);
    tcase_add_test(tc, parse_reads_only_len_bytes);
    tcase_add_loop_test(tc, bad_text_is_refused, 0, sizeof(bad_texts) / sizeof(bad_texts[0]));
    tcase_add_loop_test(tc, order_is_incarnation_epoch_seq_index, 0, ASCENDING_COUNT);
    tcase_add_test(tc, only_greater_ids_are_accepted);
    tcase_add_test(tc, partitions_do_not_concern_each_other);
    tcase_add_test(tc, a_letter_is_a_repeat_of_itself_only);
    tcase_add_test(tc, seen_reads_back);
    tcase_add_test(tc, seen_of_all_partitions_fits_into_metadata);
    tcase_add_test(tc, nothing_seen_is_empty_text);
    tcase_add_loop_test(tc, bad_seen_is_refused_and_empty, 0, sizeof(bad_seen) / sizeof(bad_seen[0]));
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
