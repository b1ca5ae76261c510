#include <check.h>

#include "words.h"

static const struct {
    const char *list, *word;
    bool have;
} cases[] = {
    {"alice", "alice", true},     {"bob alice", "alice", true}, {"alice bob", "alice", true},
    {"a alice b", "alice", true}, {"alice2", "alice", false},   {"malice", "alice", false},
    {"ali ce", "alice", false},   {"", "alice", false},         {"alice bob", "", false},
    {"bob ", "", false},          {"a  b", "b", true},          {"bob alice2 carl", "alice", false},
};

START_TEST(exact_words_only)
{
    ck_assert_int_eq(words_have(cases[_i].list, cases[_i].word), cases[_i].have);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway_words");
    TCase *tc = tcase_create("words");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tc, exact_words_only, 0, (int)(sizeof(cases) / sizeof(cases[0])));
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
