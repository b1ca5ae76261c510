#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <string.h>

#include "newcomers.h"

static union {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} address;

static const struct sockaddr *from(const char *text)
{
    memset(&address, 0, sizeof(address));
    if (inet_pton(AF_INET, text, &address.v4.sin_addr) == 1)
        address.v4.sin_family = AF_INET;
    else if (inet_pton(AF_INET6, text, &address.v6.sin6_addr) == 1)
        address.v6.sin6_family = AF_INET6;
    return &address.any;
}

START_TEST(an_address_takes_places_from_itself)
{
    struct newcomers *n = newcomers_new(10, 2, 0);
    struct newcomer e[4] = {0}, other = {0};

    ck_assert_ptr_null(newcomers_add(n, &other, from("10.0.0.2"), 0));
    ck_assert_ptr_null(newcomers_add(n, &e[0], from("10.0.0.1"), 1));
    ck_assert_ptr_null(newcomers_add(n, &e[1], from("10.0.0.1"), 2));
    ck_assert_ptr_eq(newcomers_add(n, &e[2], from("10.0.0.1"), 3), &e[0]);
    newcomers_again(n, &e[1], 4);
    ck_assert_ptr_eq(newcomers_add(n, &e[3], from("10.0.0.1"), 5), &e[2]);
    newcomers_remove(n, &e[0]); /* out already */
    newcomers_remove(n, &e[1]);
    newcomers_remove(n, &e[3]);
    newcomers_remove(n, &other);
    newcomers_free(&n);
    ck_assert_ptr_null(n);
}
END_TEST

START_TEST(all_together_give_way_to_the_newest)
{
    struct newcomers *n = newcomers_new(2, 2, 0);
    struct newcomer e[3] = {0};

    ck_assert_ptr_null(newcomers_add(n, &e[0], from("10.0.0.1"), 0));
    ck_assert_ptr_null(newcomers_add(n, &e[1], from("10.0.0.2"), 0));
    ck_assert_ptr_eq(newcomers_add(n, &e[2], from("10.0.0.3"), 0), &e[0]);
    newcomers_again(n, &e[0], 1); /* out: stays out */
    newcomers_remove(n, &e[1]);
    newcomers_remove(n, &e[2]);
    newcomers_free(&n);
}
END_TEST

START_TEST(the_only_place_of_an_address_changes_hands)
{
    struct newcomers *n = newcomers_new(1, 1, 0);
    struct newcomer e[2] = {0};

    ck_assert_ptr_null(newcomers_add(n, &e[0], from("10.0.0.1"), 0));
    ck_assert_ptr_eq(newcomers_add(n, &e[1], from("10.0.0.1"), 0), &e[0]);
    newcomers_remove(n, &e[1]);
    newcomers_free(&n);
}
END_TEST

START_TEST(the_oldest_is_overdue_first)
{
    struct newcomers *n = newcomers_new(9, 9, 0);
    struct newcomer e[2] = {0};

    ck_assert_ptr_null(newcomers_overdue(n, 1000, 10));
    newcomers_add(n, &e[0], from("10.0.0.1"), 100);
    newcomers_add(n, &e[1], from("10.0.0.1"), 105);
    ck_assert_ptr_null(newcomers_overdue(n, 110, 10));
    ck_assert_ptr_eq(newcomers_overdue(n, 111, 10), &e[0]);
    newcomers_again(n, &e[0], 111);
    ck_assert_ptr_null(newcomers_overdue(n, 115, 10));
    ck_assert_ptr_eq(newcomers_overdue(n, 116, 10), &e[1]);
    newcomers_remove(n, &e[0]);
    newcomers_remove(n, &e[1]);
    newcomers_free(&n);
}
END_TEST

START_TEST(a_crowd_is_given_time)
{
    struct newcomers *n = newcomers_new(1, 1, 100);
    struct newcomer e[4] = {0};

    ck_assert_ptr_null(newcomers_add(n, &e[0], from("10.0.0.1"), 0));
    ck_assert_ptr_null(newcomers_add(n, &e[1], from("10.0.0.1"), 99));
    ck_assert_ptr_eq(newcomers_add(n, &e[2], from("10.0.0.1"), 100), &e[0]);
    ck_assert_ptr_null(newcomers_add(n, &e[3], from("10.0.0.1"), 101));
    for (size_t i = 1; i < 4; i++)
        newcomers_remove(n, &e[i]);
    newcomers_free(&n);
}
END_TEST

static const struct {
    const char *a, *b;
    bool same;
} pairs[] = {
    {"10.0.0.1", "10.0.0.1", true},
    {"10.0.0.1", "10.0.0.2", false},
    {"10.0.0.1", "::ffff:10.0.0.1", true},
    {"::ffff:10.0.0.1", "::ffff:10.0.0.2", false},
    {"2001:db8::1", "2001:db8::ffff:1", true}, /* one /64 */
    {"2001:db8::1", "2001:db8:0:1::1", false},
    {"a socket file", "another", true},
};

START_TEST(what_one_address_is)
{
    struct newcomers *n = newcomers_new(9, 1, 0);
    struct newcomer e[2] = {0};

    newcomers_add(n, &e[0], from(pairs[_i].a), 0);
    ck_assert_int_eq(newcomers_add(n, &e[1], from(pairs[_i].b), 0) == &e[0], pairs[_i].same);
    newcomers_remove(n, &e[0]);
    newcomers_remove(n, &e[1]);
    newcomers_free(&n);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("newcomers");
    TCase *tc = tcase_create("newcomers");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, an_address_takes_places_from_itself);
    tcase_add_test(tc, all_together_give_way_to_the_newest);
    tcase_add_test(tc, the_only_place_of_an_address_changes_hands);
    tcase_add_test(tc, the_oldest_is_overdue_first);
    tcase_add_test(tc, a_crowd_is_given_time);
    tcase_add_loop_test(tc, what_one_address_is, 0, sizeof(pairs) / sizeof(pairs[0]));
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
