#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dice.h"
#include "err.h"
#include "file.h"
#include "numbers.h"

static char path[] = "/tmp/test_numbers.XXXXXX";
static char error[256];

static void setup(void)
{
    int fd;

    (void)snprintf(path, sizeof(path), "/tmp/test_numbers.XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    (void)close(fd);
}

static void teardown(void)
{
    (void)unlink(path);
}

static void write_text(const char *text, size_t len)
{
    ck_assert_int_eq(file_write(path, text, len, error, sizeof(error)), 0);
}

static const struct {
    const char *text;
    double expected;
    bool taken;
} number_cases[] = {
    {"1500", 1500, true}, {"-3.5", -3.5, true}, {"1e3", 1000, true}, {"+2", 2, true},     {"1e9", 1e9, true},
    {"", 0, false},       {" 1", 0, false},     {"1 ", 0, false},    {"0x10", 0, false},  {"inf", 0, false},
    {"nan", 0, false},    {"1e10", 0, false},   {"1,5", 0, false},   {"1e400", 0, false}, {"--1", 0, false},
};

START_TEST(a_number_is_decimal_and_bounded)
{
    double value = -1;

    ck_assert_int_eq(number_parse(number_cases[_i].text, &value), number_cases[_i].taken);
    ck_assert_double_eq(value, number_cases[_i].taken ? number_cases[_i].expected : -1);
}
END_TEST

START_TEST(one_number_a_line)
{
    struct numbers n;

    write_text("1500\n-1.5\r\n7", 12);
    ck_assert_int_eq(numbers_load(&n, path, error, sizeof(error)), 0);
    ck_assert_uint_eq(n.count, 3);
    ck_assert_double_eq(n.list[1], -1.5);
    ck_assert_double_eq(n.list[2], 7);
    numbers_free(&n);
}
END_TEST

static const struct {
    const char *text;
    size_t len;
    const char *says; /* after the path */
} bad_files[] = {
    {"", 0, ": has no line; one number a line is needed"},
    {"1\nx\n", 4, ":2: must be a number from -1e9 to 1e9, is \"x\""},
    {"1\n\n2\n", 5, ":2: must be a number from -1e9 to 1e9, is \"\""},
    {"1\n\0002\n", 5, ": cannot be read: it is not text: there is a byte of value 0"},
};

START_TEST(faults_name_file_and_line)
{
    struct numbers n;
    char says[256];

    write_text(bad_files[_i].text, bad_files[_i].len);
    (void)snprintf(says, sizeof(says), "%s%s", path, bad_files[_i].says);
    ck_assert_int_eq(numbers_load(&n, path, error, sizeof(error)), ERR_INVALID);
    ck_assert_str_eq(error, says);
}
END_TEST

START_TEST(files_are_read_up_to_a_limit)
{
    size_t len;
    char *text;

    write_text("abc", 3);
    text = file_read(path, 3, &len, error, sizeof(error));
    ck_assert_str_eq(text, "abc");
    ck_assert_uint_eq(len, 3);
    free(text);
    ck_assert_ptr_null(file_read(path, 2, &len, error, sizeof(error)));
    ck_assert_msg(strstr(error, "too large") != NULL, "%s", error);
    ck_assert_ptr_null(file_read("/nowhere/x", 2, &len, error, sizeof(error)));
    ck_assert_str_eq(error, "/nowhere/x: cannot be read: No such file or directory");
    ck_assert_int_eq(file_write("/nowhere/x", "", 0, error, sizeof(error)), ERR_SYSTEM);
}
END_TEST

START_TEST(dice_are_the_seeds)
{
    uint64_t a = 7, b = 7;
    size_t seen[3] = {0};
    double sum = 0;

    for (int i = 0; i < 30000; i++) {
        double x = dice_unit(&a);

        if (x != dice_unit(&b) || x < 0 || x >= 1)
            ck_abort_msg("%f", x);
        seen[dice_below(&a, 3)]++;
        sum += dice_exponential(&a, 5);
        b = a;
    }
    for (int i = 0; i < 3; i++)
        ck_assert_uint_gt(seen[i], 9500);
    ck_assert_double_eq_tol(sum / 30000, 5, 0.2);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *s = suite_create("numbers");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_number_is_decimal_and_bounded, 0, ROWS(number_cases));
    tcase_add_test(tc, one_number_a_line);
    tcase_add_loop_test(tc, faults_name_file_and_line, 0, ROWS(bad_files));
    tcase_add_test(tc, files_are_read_up_to_a_limit);
    tcase_add_test(tc, dice_are_the_seeds);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
