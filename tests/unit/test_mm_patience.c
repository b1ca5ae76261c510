/* mm_engine: who is hard to match is not given up. What is easy is in test_mm_search.c. */
#include "mm_world.h"

#define TIMEOUT_S  INT64_C(600) /* as in the configuration */
#define IN_THE_WAY 36
#define A_MATCH    6

static const char configurations[] = "{\"MatchmakingConfigurations\":[{\"Name\":\"six\",\"RuleSetName\":\"six\","
                                     "\"Partition\":0,\"RequestTimeoutSeconds\":600}]}";

/* That an average is too high is no reason to stop: who comes next may lower it. So all ways are to be tried. */
static const char *rules(const char *name)
{
    (void)name;
    return "{\"ruleLanguageVersion\":\"1.0\",\"playerAttributes\":[{\"name\":\"skill\",\"type\":\"number\"}],"
           "\"teams\":[{\"name\":\"all\",\"minPlayers\":6,\"maxPlayers\":6}],\"rules\":[{\"name\":\"low\",\"type\":"
           "\"comparison\",\"measurements\":[\"avg(flatten(teams[*].players.attributes[skill]))\"],"
           "\"referenceValue\":1,\"operation\":\"<=\"}]}";
}

static void start(struct world *w, const char *who, int number, double skill)
{
    char ticket_id[32], player_id[32];

    (void)snprintf(ticket_id, sizeof(ticket_id), "%s-%d", who, number);
    (void)snprintf(player_id, sizeof(player_id), "player-%s-%d", who, number);
    world_start(
        w, &(struct asked){.ticket_id = ticket_id, .player_id = player_id, .configuration = "six", .skill = skill});
}

/* Those who fit nobody have waited longer than those who fit each other, and are tried first. */
START_TEST(nobody_is_given_up)
{
    struct world w;
    int64_t until_ms;

    world_open(&w, configurations, rules);
    until_ms = w.now_ms + TIMEOUT_S * 1000;
    for (int i = 0; i < IN_THE_WAY; i++)
        start(&w, "high", i, 1000);
    for (int i = 0; i < 2 * A_MATCH; i++)
        start(&w, "low", i, 0);
    ck_assert_uint_eq(mm_engine_waiting(w.engine), IN_THE_WAY + 2 * A_MATCH);
    while (mm_engine_waiting(w.engine) > IN_THE_WAY + A_MATCH && mm_engine_due_ms(w.engine) < until_ms)
        world_tick(&w, mm_engine_due_ms(w.engine));
    ck_assert_uint_eq(mm_engine_waiting(w.engine), IN_THE_WAY + A_MATCH);
    ck_assert_ptr_null(strstr(w.log.data, "TIMED_OUT"));
    world_close(&w);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mm_patience");
    TCase *tc = tcase_create("all");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_test(tc, nobody_is_given_up);
    suite_add_tcase(s, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
