#include <check.h>
#include <string.h>

#include "why_text.h"

static const struct {
    const char *why, *text;
} cases[] = {
    {"{\"ticket_id\":\"t1\",\"configuration\":\"duel\",\"state\":\"SEARCHING\",\"age_seconds\":4.25,"
     "\"times_out_in_seconds\":115.75,\"estimated_wait_seconds\":2.5,"
     "\"phase\":{\"number\":1,\"of\":2,\"from_seconds\":0,\"next_in_seconds\":5.75},\"players_needed\":2,"
     "\"waiting\":{\"tickets\":3,\"looked_at\":2,\"no_room\":0,\"pass_all\":1},"
     "\"rules\":[{\"rule\":\"CloseInSkill\",\"type\":\"distance\",\"passed\":1,\"failed\":1,"
     "\"nearest\":{\"text\":\"skill distance 212, allowed 150\",\"found\":212,\"allowed\":150}},"
     "{\"rule\":\"Map\",\"type\":\"comparison\",\"passed\":2,\"failed\":0}]}",
     "ticket t1, configuration duel: SEARCHING for 4.2 s, times out in 115.8 s; others waited 2.5 s lately\n"
     "expansions: step 1 of 2, the next in 5.8 s; a match has at least 2 players\n"
     "pool: 3 tickets; of 2 others looked at one by one, 0 have no room beside it, 1 pass every rule with it\n\n"
     "rule          passed  failed  nearest miss\n"
     "CloseInSkill       1       1  skill distance 212, allowed 150\n"
     "Map                2       0  \n"},
    {"{\"ticket_id\":\"t1\",\"configuration\":\"duel\",\"state\":\"SEARCHING\",\"age_seconds\":4,"
     "\"times_out_in_seconds\":1,\"estimated_wait_seconds\":null,"
     "\"phase\":{\"number\":2,\"of\":2,\"from_seconds\":0,\"next_in_seconds\":null},\"players_needed\":2}",
     "ticket t1, configuration duel: SEARCHING for 4.0 s, times out in 1.0 s\n"
     "expansions: step 2 of 2, the last; a match has at least 2 players\n"},
};

START_TEST(for_people)
{
    json_object *why;
    struct buf out = {0};

    ck_assert_int_eq(json_parse(cases[_i].why, strlen(cases[_i].why), &why, NULL), 0);
    why_text(&out, why);
    ck_assert_str_eq(out.data, cases[_i].text);
    buf_free(&out);
    json_object_put(why);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("why_text");
    TCase *tc = tcase_create("text");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tc, for_people, 0, (int)(sizeof(cases) / sizeof(cases[0])));
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
