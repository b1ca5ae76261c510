/* test_gateway_started.c - the tickets that a connection started. */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "started.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static struct started *list;

static void add(int n)
{
    char id[16];

    (void)snprintf(id, sizeof(id), "t-%d", n);
    started_add(&list, id, n, (int64_t)n * 10);
}

static void tear_down(void)
{
    started_clear(&list);
    ck_assert_ptr_null(list);
}

START_TEST(tickets_are_found_and_forgotten)
{
    add(1);
    add(2);
    ck_assert_int_eq(started_find(list, "t-1")->partition, 1);
    ck_assert_int_eq(started_find(list, "t-2")->queued_ms, 20);
    ck_assert_ptr_null(started_find(list, "t-"));
    started_add(&list, "t-1", 5, 50);
    ck_assert_int_eq(started_find(list, "t-1")->partition, 5);
    started_remove(&list, "t-1");
    ck_assert_ptr_null(started_find(list, "t-1"));
    ck_assert_ptr_nonnull(started_find(list, "t-2"));
    started_remove(&list, "t-1");
}
END_TEST

START_TEST(the_oldest_ticket_makes_room)
{
    for (int n = 0; n < STARTED_MAX; n++)
        add(n);
    ck_assert_ptr_nonnull(started_find(list, "t-0"));
    add(0); /* it becomes the newest */
    add(STARTED_MAX);
    ck_assert_ptr_null(started_find(list, "t-1"));
    ck_assert_ptr_nonnull(started_find(list, "t-0"));
    ck_assert_ptr_nonnull(started_find(list, "t-2"));
}
END_TEST

static const struct {
    const char *message;
    bool ends;
} told_cases[] = {
    {"{\"type\":\"match_found\",\"id\":\"1\",\"data\":{\"ticket_id\":\"t-1\"}}", true},
    {"{\"type\":\"matchmaking_cancelled\",\"data\":{\"ticket_id\":\"t-1\",\"reason\":\"requested\"}}", true},
    {"{\"type\":\"matchmaking_timed_out\",\"data\":{\"ticket_id\":\"t-1\"}}", true},
    {"{\"type\":\"match_found\",\"data\":{\"ticket_id\":\"t-10\"}}", false},
    {"{\"type\":\"error\",\"data\":{\"code\":\"ticket_exists\",\"ticket_id\":\"t-1\"}}", false},
    {"{\"type\":\"match_found\",\"data\":{\"ticket_id\":7}}", false},
    {"{\"type\":\"match_found\",\"data\":7}", false},
    {"{\"type\":\"match_found\"}", false},
    {"{\"data\":{\"ticket_id\":\"t-1\"}}", false},
    {"null", false},
    {"{", false},
};

START_TEST(a_message_may_end_a_ticket)
{
    add(1);
    add(2);
    started_told(&list, told_cases[_i].message, strlen(told_cases[_i].message));
    ck_assert_int_eq(started_find(list, "t-1") == NULL, told_cases[_i].ends);
    ck_assert_ptr_nonnull(started_find(list, "t-2"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway_started");
    TCase *tc = tcase_create("started");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, NULL, tear_down);
    tcase_add_test(tc, tickets_are_found_and_forgotten);
    tcase_add_test(tc, the_oldest_ticket_makes_room);
    tcase_add_loop_test(tc, a_message_may_end_a_ticket, 0, COUNT(told_cases));
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
