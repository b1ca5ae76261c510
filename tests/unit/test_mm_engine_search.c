/* The engine's searches that are not done at once: what is given up goes on, with more work each time, until it is
 * found. */
#include "mm_world.h"

#define TICKETS 25

static const char configurations[] = "{\"MatchmakingConfigurations\":[{\"Name\":\"duel\",\"RuleSetName\":\"sum\","
                                     "\"Partition\":0,\"RequestTimeoutSeconds\":600}]}";

/* Five whose numbers make one sum; with powers of two, one five alone does. */
static const char *rules(const char *name)
{
    (void)name;
    return "{\"ruleLanguageVersion\":\"1.0\",\"playerAttributes\":[{\"name\":\"skill\",\"type\":\"number\"}],"
           "\"teams\":[{\"name\":\"all\",\"minPlayers\":5,\"maxPlayers\":5}],"
           "\"rules\":[{\"name\":\"sum\",\"type\":\"comparison\",\"operation\":\"=\",\"measurements\":["
           "\"sum(flatten(teams[*].players.attributes[skill]))\"],\"referenceValue\":18907656}]}";
}

static const int members[] = {3, 9, 15, 21, 24}; /* 2^3 + 2^9 + 2^15 + 2^21 + 2^24 */

static struct world w;

static void start(int i)
{
    char ticket_id[16], player_id[16];

    (void)snprintf(ticket_id, sizeof(ticket_id), "t%d", i);
    (void)snprintf(player_id, sizeof(player_id), "p%d", i);
    world_start(&w, &(struct asked){.ticket_id = ticket_id, .player_id = player_id, .skill = (double)(1 << i)});
}

START_TEST(a_search_that_was_given_up_goes_on)
{
    int64_t began_ms;
    const char *match;

    world_open(&w, configurations, rules);
    for (int i = 0; i < TICKETS; i++)
        start(i);
    began_ms = w.now_ms;
    ck_assert_ptr_null(strstr(w.log.data, "MATCH"));
    while (strstr(w.log.data, "MATCH") == NULL && mm_engine_due_ms(w.engine) < began_ms + 60000)
        world_tick(&w, mm_engine_due_ms(w.engine));
    match = w.journal[w.journal_count - 1].json;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        char ticket[32];

        (void)snprintf(ticket, sizeof(ticket), "\"ticket\":\"t%d\"", members[i]);
        ck_assert_msg(strstr(match, ticket) != NULL, "%s is not in %s", ticket, match);
    }
    ck_assert_int_gt(w.now_ms, began_ms);
    ck_assert_uint_eq(mm_engine_waiting(w.engine), TICKETS - 5);
    world_close(&w);
}
END_TEST

/* It ends: when nothing is left to try, the engine waits for time-outs only. */
START_TEST(a_search_in_vain_ends)
{
    int64_t timeout_ms;

    world_open(&w, configurations, rules);
    for (int i = 0; i < 20; i++)
        start(i);
    timeout_ms = w.now_ms + 600000;
    for (int steps = 0; mm_engine_due_ms(w.engine) < timeout_ms; steps++) {
        ck_assert_int_lt(steps, 1000);
        world_tick(&w, mm_engine_due_ms(w.engine));
    }
    ck_assert_int_lt(w.now_ms, timeout_ms - 500000);
    ck_assert_uint_eq(mm_engine_waiting(w.engine), 20);
    world_close(&w);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mm_engine_search");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_test(tc, a_search_that_was_given_up_goes_on);
    tcase_add_test(tc, a_search_in_vain_ends);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
