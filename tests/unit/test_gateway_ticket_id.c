#include <check.h>
#include <string.h>

#include "ticket_id.h"

static const struct {
    const char *id;
    int32_t partition;
    bool reserved;
} cases[] = {
    {"gsm-0-x", 0, true},
    {"gsm-11-x", 11, true},
    {"gsm-12-x", -1, true},
    {"gsm-99999999999999999999-x", -1, true},
    {"gsm-4294967296-x", -1, true},
    {"gsm--1-x", -1, true},
    {"gsm- 1-x", -1, true},
    {"gsm-1", -1, true},
    {"gsm-1.x", -1, true},
    {"gsm-", -1, true},
    {"gsm", -1, false},
    {"", -1, false},
    {"Gsm-1-x", -1, false},
    {"mine", -1, false},
};

START_TEST(partitions_are_read)
{
    ck_assert_int_eq(ticket_id_partition(cases[_i].id, 12), cases[_i].partition);
    ck_assert_int_eq(ticket_id_reserved(cases[_i].id), cases[_i].reserved);
}
END_TEST

START_TEST(new_ids_are_valid_different_and_carry_the_partition)
{
    char a[ID_TICKET_MAX + 1], b[ID_TICKET_MAX + 1];

    ticket_id_new(a, 7);
    ticket_id_new(b, 7);
    ck_assert_str_ne(a, b);
    ck_assert(id_ticket_valid(a, strlen(a)));
    ck_assert(ticket_id_reserved(a));
    ck_assert_int_eq(ticket_id_partition(a, 12), 7);
    ck_assert_int_eq(ticket_id_partition(a, 7), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway_ticket_id");
    TCase *tc = tcase_create("ticket_id");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tc, partitions_are_read, 0, (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tc, new_ids_are_valid_different_and_carry_the_partition);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
