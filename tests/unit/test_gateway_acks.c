#include <check.h>
#include <stdio.h>

#include "acks.h"

static void pushed(struct acks *a, const char *id)
{
    acks_pushed(a, id, strlen(id));
}

static void answer(struct acks *a, const uint8_t *ping, int64_t now_us)
{
    int64_t latency_us;

    ck_assert(acks_pong(a, ping, ACKS_PING_BYTES, now_us, &latency_us));
}

START_TEST(a_pong_proves_what_was_pushed_before_its_ping)
{
    struct acks a = {0};
    uint8_t ping[ACKS_PING_BYTES];
    int64_t latency_us = 0;

    pushed(&a, "1-0");
    pushed(&a, "2-0");
    acks_want(&a, 10);
    ck_assert_ptr_null(acks_next(&a));
    ck_assert(acks_ping(&a, 11000, ping));
    pushed(&a, "3-0");
    ck_assert_ptr_null(acks_next(&a));
    ck_assert(acks_pong(&a, ping, sizeof(ping), 11500, &latency_us));
    ck_assert_int_eq(latency_us, 500);
    ck_assert_str_eq(acks_next(&a), "1-0");
    ck_assert_str_eq(acks_next(&a), "2-0");
    ck_assert_ptr_null(acks_next(&a));
    acks_want(&a, 12);
    ck_assert(acks_ping(&a, 12000, ping));
    answer(&a, ping, 12001);
    ck_assert_str_eq(acks_next(&a), "3-0");
    acks_free(&a);
}
END_TEST

START_TEST(one_ping_at_a_time_and_one_more_after_it)
{
    struct acks a = {0};
    uint8_t first[ACKS_PING_BYTES], second[ACKS_PING_BYTES];

    ck_assert(!acks_ping(&a, 1, first));
    acks_want(&a, 1);
    ck_assert(acks_ping(&a, 1000, first));
    ck_assert(!acks_ping(&a, 1000, second));
    acks_want(&a, 2);
    acks_want(&a, 3);
    ck_assert(!acks_ping(&a, 3000, second));
    answer(&a, first, 4000);
    ck_assert(acks_ping(&a, 4000, second));
    ck_assert_mem_ne(first, second, ACKS_PING_BYTES);
    answer(&a, second, 5000);
    ck_assert(!acks_ping(&a, 5000, second));
}
END_TEST

START_TEST(other_pongs_prove_nothing)
{
    struct acks a = {0};
    uint8_t ping[ACKS_PING_BYTES], other[ACKS_PING_BYTES] = {9};
    int64_t latency_us;

    ck_assert(!acks_pong(&a, other, sizeof(other), 1, &latency_us));
    ck_assert(!acks_pong(&a, "\0\0\0\0\0\0\0\0", 8, 1, &latency_us));
    pushed(&a, "1-0");
    acks_want(&a, 1);
    ck_assert(acks_ping(&a, 1000, ping));
    ck_assert(!acks_pong(&a, other, sizeof(other), 2000, &latency_us));
    ck_assert(!acks_pong(&a, ping, sizeof(ping) - 1, 2000, &latency_us));
    ck_assert(!acks_pong(&a, ping, 0, 2000, &latency_us));
    ck_assert_ptr_null(acks_next(&a));
    answer(&a, ping, 2000);
    ck_assert(!acks_pong(&a, ping, sizeof(ping), 2001, &latency_us));
    ck_assert_str_eq(acks_next(&a), "1-0");
    acks_free(&a);
}
END_TEST

START_TEST(overdue_from_the_time_a_ping_was_asked_for)
{
    struct acks a = {0};
    uint8_t ping[ACKS_PING_BYTES];

    ck_assert(!acks_overdue(&a, 1000000, 10));
    acks_want(&a, 100); /* not written: the socket takes nothing */
    ck_assert(!acks_overdue(&a, 110, 10));
    ck_assert(acks_overdue(&a, 111, 10));
    ck_assert(acks_ping(&a, 105000, ping));
    ck_assert(acks_overdue(&a, 111, 10));
    acks_want(&a, 106);
    answer(&a, ping, 109000); /* the second one counts from here */
    ck_assert(!acks_overdue(&a, 119, 10));
    ck_assert(acks_overdue(&a, 120, 10));
}
END_TEST

START_TEST(quiet_when_no_ping_went_out_for_the_interval)
{
    struct acks a = {0};
    uint8_t ping[ACKS_PING_BYTES];

    ck_assert(acks_quiet(&a, 1000, 1000));
    acks_want(&a, 1000);
    ck_assert(!acks_quiet(&a, 5000, 1000));
    ck_assert(acks_ping(&a, 1000000, ping));
    ck_assert(!acks_quiet(&a, 5000, 1000));
    answer(&a, ping, 1001000);
    ck_assert(!acks_quiet(&a, 1999, 1000));
    ck_assert(acks_quiet(&a, 2000, 1000));
}
END_TEST

START_TEST(the_bound_forgets_the_oldest)
{
    struct acks a = {0};
    uint8_t ping[ACKS_PING_BYTES];
    char id[16];

    pushed(&a, "");
    pushed(&a, "123456789012345678901234567890123456789012345678"); /* too long */
    ck_assert_uint_eq(a.count, 0);
    for (int n = 0; n < ACKS_MAX + 3; n++) {
        (void)snprintf(id, sizeof(id), "%d-0", n);
        pushed(&a, id);
    }
    acks_want(&a, 1);
    ck_assert(acks_ping(&a, 1000, ping));
    answer(&a, ping, 2000);
    ck_assert_str_eq(acks_next(&a), "3-0");
    for (int n = 1; n < ACKS_MAX - 1; n++)
        ck_assert_ptr_nonnull(acks_next(&a));
    (void)snprintf(id, sizeof(id), "%d-0", ACKS_MAX + 2);
    ck_assert_str_eq(acks_next(&a), id);
    ck_assert_ptr_null(acks_next(&a));
    acks_free(&a);
}
END_TEST

START_TEST(the_ring_grows_with_its_order_kept)
{
    struct acks a = {0};
    uint8_t ping[ACKS_PING_BYTES];

    pushed(&a, "1-0");
    pushed(&a, "2-0");
    pushed(&a, "3-0");
    acks_want(&a, 1);
    ck_assert(acks_ping(&a, 1000, ping));
    answer(&a, ping, 2000);
    ck_assert_str_eq(acks_next(&a), "1-0");
    ck_assert_str_eq(acks_next(&a), "2-0");
    for (int n = 4; n < 10; n++)
        pushed(&a, (char[]){(char)('0' + n), '-', '0', '\0'});
    acks_want(&a, 3);
    ck_assert(acks_ping(&a, 3000, ping));
    answer(&a, ping, 4000);
    for (int n = 3; n < 10; n++)
        ck_assert_int_eq(acks_next(&a)[0], '0' + n);
    acks_free(&a);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway_acks");
    TCase *tc = tcase_create("acks");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, a_pong_proves_what_was_pushed_before_its_ping);
    tcase_add_test(tc, one_ping_at_a_time_and_one_more_after_it);
    tcase_add_test(tc, other_pongs_prove_nothing);
    tcase_add_test(tc, overdue_from_the_time_a_ping_was_asked_for);
    tcase_add_test(tc, quiet_when_no_ping_went_out_for_the_interval);
    tcase_add_test(tc, the_bound_forgets_the_oldest);
    tcase_add_test(tc, the_ring_grows_with_its_order_kept);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
