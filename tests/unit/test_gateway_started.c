#include <check.h>
#include <stdio.h>

#include "session.h"

static struct session s;

static void add(int n)
{
    char id[16];

    (void)snprintf(id, sizeof(id), "t-%d", n);
    session_ticket_add(&s, id, n, (int64_t)n * 10);
}

static void remove_all(void)
{
    while (s.tickets != NULL)
        session_ticket_remove(&s, s.tickets->id);
}

START_TEST(tickets_are_found_and_forgotten)
{
    add(1);
    add(2);
    ck_assert_int_eq(session_ticket_find(&s, "t-1")->partition, 1);
    ck_assert_int_eq(session_ticket_find(&s, "t-2")->queued_ms, 20);
    ck_assert_ptr_null(session_ticket_find(&s, "t-"));
    session_ticket_add(&s, "t-1", 5, 50);
    ck_assert_int_eq(session_ticket_find(&s, "t-1")->partition, 5);
    session_ticket_remove(&s, "t-1");
    ck_assert_ptr_null(session_ticket_find(&s, "t-1"));
    ck_assert_ptr_nonnull(session_ticket_find(&s, "t-2"));
    session_ticket_remove(&s, "t-1");
    remove_all();
}
END_TEST

START_TEST(the_oldest_ticket_makes_room)
{
    for (int n = 0; n < SESSION_TICKETS_MAX; n++)
        add(n);
    ck_assert_ptr_nonnull(session_ticket_find(&s, "t-0"));
    add(0); /* it becomes the newest */
    add(SESSION_TICKETS_MAX);
    ck_assert_ptr_null(session_ticket_find(&s, "t-1"));
    ck_assert_ptr_nonnull(session_ticket_find(&s, "t-0"));
    ck_assert_ptr_nonnull(session_ticket_find(&s, "t-2"));
    remove_all();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway_session");
    TCase *tc = tcase_create("session");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, tickets_are_found_and_forgotten);
    tcase_add_test(tc, the_oldest_ticket_makes_room);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
