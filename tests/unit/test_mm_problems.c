/* mm_problems: what is kept, and what is said in one line. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm_problems.h"

static struct mm_problems problems;
static char line[100];

static void teardown(void)
{
    mm_problems_free(&problems);
    ck_assert_uint_eq(problems.count, 0);
}

START_TEST(one_line)
{
    mm_problems_line(&problems, line, sizeof(line));
    ck_assert_str_eq(line, "");
    mm_problem_note(&problems, "$.a", "odd");
    mm_problems_line(&problems, line, sizeof(line));
    ck_assert_str_eq(line, "");
    mm_problem(&problems, "$.b", "must be %d", 7);
    mm_problems_line(&problems, line, sizeof(line));
    ck_assert_str_eq(line, "$.b: must be 7");
    mm_problem(&problems, "$.c", "too");
    mm_problem(&problems, "$.d", "too");
    mm_problems_line(&problems, line, sizeof(line));
    ck_assert_str_eq(line, "$.b: must be 7 (and 2 more)");
    ck_assert_uint_eq(problems.errors, 3);
    ck_assert_uint_eq(problems.count, 4);
}
END_TEST

/* A cut leaves whole characters. */
START_TEST(long_texts_are_cut)
{
    char text[2 * MM_PROBLEM_SIZE + 1];

    for (size_t i = 0; i < sizeof(text) - 1; i += 2)
        memcpy(text + i, "\303\244", 2);
    text[sizeof(text) - 1] = '\0';
    mm_problem(&problems, "$", "%s", text);
    ck_assert_uint_eq(strlen(problems.list[0].text), MM_PROBLEM_SIZE - 2);
    mm_problems_line(&problems, line, sizeof(line));
    ck_assert_uint_eq(strlen(line), 99);
    mm_problems_line(&problems, line, sizeof(line) - 1);
    ck_assert_uint_eq(strlen(line), 97);
}
END_TEST

/* Errors push notes out, the last first; what stays keeps its order. */
START_TEST(errors_before_notes)
{
    mm_problem(&problems, "$.first", "x");
    for (int i = 0; i < 200; i++)
        mm_problem_note(&problems, i == 0 ? "$.kept" : "$.note", "x");
    ck_assert_uint_eq(problems.count, MM_PROBLEMS_MAX);
    for (int i = 0; i < MM_PROBLEMS_MAX - 2; i++)
        mm_problem(&problems, "$.error", "x");
    ck_assert_uint_eq(problems.count, MM_PROBLEMS_MAX);
    ck_assert_str_eq(problems.list[0].path, "$.first");
    ck_assert_str_eq(problems.list[1].path, "$.kept");
    ck_assert(problems.list[1].note && !problems.list[2].note);
    mm_problem(&problems, "$.error", "x");
    mm_problem(&problems, "$.lost", "x");
    ck_assert_uint_eq(problems.count, MM_PROBLEMS_MAX);
    ck_assert_str_eq(problems.list[1].path, "$.error");
    ck_assert_str_eq(problems.list[MM_PROBLEMS_MAX - 1].path, "$.error");
    ck_assert_uint_eq(problems.errors, MM_PROBLEMS_MAX + 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mm_problems");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, one_line);
    tcase_add_test(tc, long_texts_are_cut);
    tcase_add_test(tc, errors_before_notes);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
