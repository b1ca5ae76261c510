/* DescribeMatchmaking through the engine: whom a ticket is put beside, and what of the pool is told. */
#include <check.h>

#include "mm_world.h"

#define CONFIGURATIONS                                                                                                 \
    "{\"MatchmakingConfigurations\":[{\"Name\":\"duel\",\"RuleSetName\":\"duel\",\"Partition\":0,"                     \
    "\"RequestTimeoutSeconds\":60,\"AcceptanceRequired\":false}]}"

static const char *rules(const char *name)
{
    (void)name;
    return "{\"ruleLanguageVersion\":\"1.0\",\"playerAttributes\":[{\"name\":\"skill\",\"type\":\"number\"},"
           "{\"name\":\"mode\",\"type\":\"string\",\"default\":\"any\"}],"
           "\"teams\":[{\"name\":\"red\",\"minPlayers\":1,\"maxPlayers\":1},{\"name\":\"blue\",\"minPlayers\":1,"
           "\"maxPlayers\":1}],\"rules\":[{\"name\":\"Close\",\"type\":\"batchDistance\",\"batchAttribute\":\"skill\","
           "\"maxDistance\":150},{\"name\":\"Same\",\"type\":\"batchDistance\",\"batchAttribute\":\"mode\"}],"
           "\"expansions\":[{\"target\":\"rules[Close].maxDistance\",\"steps\":[{\"waitTimeSeconds\":20,"
           "\"value\":250}]}]}";
}

static struct world w;

static void setup(void)
{
    world_open(&w, CONFIGURATIONS, rules);
}

static void teardown(void)
{
    world_close(&w);
}

static void start(const char *ticket_id, double skill)
{
    world_start(&w, &(struct asked){.ticket_id = ticket_id, .player_id = ticket_id, .skill = skill});
}

/* What the engine answers t1's player: the document. */
static const char *why(void)
{
    struct mm_command c = {.type = MM_DESCRIBE, .ticket_id = "t1", .issuer = {"t1", "", ""}};

    buf_clear(&w.log);
    mm_engine_apply(w.engine, w.now_ms, &c);
    ck_assert_int_eq(strncmp(w.log.data, "t1 WHY {", 8), 0);
    return w.log.data;
}

static void ck_has(const char *text, const char *wanted)
{
    if (strstr(text, wanted) == NULL)
        ck_abort_msg("%s is not in %s", wanted, text);
}

START_TEST(alone)
{
    start("t1", 1000);
    ck_has(why(), "\"state\":\"SEARCHING\",\"age_seconds\":0,\"times_out_in_seconds\":60,"
                  "\"estimated_wait_seconds\":null,\"phase\":{\"number\":1,\"of\":2,\"from_seconds\":0,"
                  "\"next_in_seconds\":20},\"players_needed\":2,\"waiting\":{\"tickets\":1,\"looked_at\":0,"
                  "\"no_room\":0,\"pass_all\":0}");
}
END_TEST

/* Others of the same part and of another part, older and newer, but never itself. */
START_TEST(beside_all_others)
{
    start("t0", 2000);
    w.now_ms += 12000;
    start("t1", 1000);
    world_start(&w, &(struct asked){.ticket_id = "t2",
                                    .player_id = "t2",
                                    .attributes = "{\"skill\":{\"N\":1010},\"mode\":{\"S\":\"other\"}}"});
    start("t3", 1212);
    ck_has(why(), "\"waiting\":{\"tickets\":4,\"looked_at\":3,\"no_room\":0,\"pass_all\":0}");
    ck_has(why(), "{\"rule\":\"Close\",\"type\":\"batchDistance\",\"passed\":1,\"failed\":2,\"nearest\":{\"text\":\""
                  "skill distance 212, allowed 150, will be 250 in 20 s\",\"found\":212,\"allowed\":150,"
                  "\"next\":{\"allowed\":250,\"in_seconds\":20}}}");
    ck_has(why(), "{\"rule\":\"Same\",\"type\":\"batchDistance\",\"passed\":2,\"failed\":1}");
}
END_TEST

START_TEST(knows_how_long_others_waited)
{
    start("a", 5000);
    w.now_ms += 4000;
    start("b", 5000);
    ck_has(w.log.data, "a+b MATCH");
    start("t1", 1000);
    ck_has(why(), "\"estimated_wait_seconds\":2,");
}
END_TEST

/* More than are looked at by age: those nearest in skill are among those looked at all the same, and each once. */
START_TEST(looks_at_the_nearest)
{
    char id[16];

    for (int i = 0; i < 1500; i++) {
        (void)snprintf(id, sizeof(id), "a%d", i);
        start(id, 100000 + 1000 * i);
    }
    start("t1", 1100400);
    ck_has(why(), "\"waiting\":{\"tickets\":1501,\"looked_at\":1000,");
    ck_has(why(), "skill distance 400, allowed 150");
    w.now_ms += 1000;
    world_stop(&w, "a1000", "a1000");
    ck_has(why(), "skill distance 600, allowed 150");
    for (int i = 0; i < 1500; i += 2) {
        (void)snprintf(id, sizeof(id), "a%d", i);
        world_stop(&w, id, id);
    }
    ck_has(why(), "\"waiting\":{\"tickets\":751,\"looked_at\":750,");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mm_engine_why");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, alone);
    tcase_add_test(tc, beside_all_others);
    tcase_add_test(tc, looks_at_the_nearest);
    tcase_add_test(tc, knows_how_long_others_waited);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
