/*
 * Parties and backfills through the whole engine: what the search makes of them, whom a proposal asks, and what becomes
 * of them when it fails. Teams of one to two; "asks" wants its matches accepted, "plain" does not.
 */
#include "mm_world.h"

static const char configurations[] =
    "{\"MatchmakingConfigurations\":[{\"Name\":\"plain\",\"RuleSetName\":\"r\",\"Partition\":0,"
    "\"RequestTimeoutSeconds\":20},{\"Name\":\"asks\",\"RuleSetName\":\"r\",\"Partition\":0,"
    "\"RequestTimeoutSeconds\":20,\"AcceptanceRequired\":true,\"AcceptanceTimeoutSeconds\":10}]}";

static const char *rules(const char *name)
{
    (void)name;
    return "{\"ruleLanguageVersion\":\"1.0\",\"teams\":[{\"name\":\"red\",\"minPlayers\":2,\"maxPlayers\":2},"
           "{\"name\":\"blue\",\"minPlayers\":2,\"maxPlayers\":2}]}";
}

static struct world w;

static void open_world(void)
{
    world_open(&w, configurations, rules);
}

static void close_world(void)
{
    world_close(&w);
}

#define PLAYERS_MAX 4

static void command(enum mm_command_type type, const char *configuration, const char *ticket_id,
                    const struct mm_player *players, const char *issuer)
{
    struct mm_command c = {.type = type,
                           .ticket_id = ticket_id,
                           .configuration = configuration,
                           .game_session = type == MM_BACKFILL ? "game" : "",
                           .players = players,
                           .issuer = {issuer, "", ""},
                           .start_ms = w.now_ms};

    while (c.player_count < PLAYERS_MAX && players[c.player_count].id != NULL)
        c.player_count++;
    mm_engine_apply(w.engine, w.now_ms, &c);
}

static void start(const char *configuration, const char *ticket_id, const char *first, const char *second)
{
    struct mm_player players[PLAYERS_MAX] = {{.id = first}, {.id = second}};

    command(MM_START, configuration, ticket_id, players, first);
}

/* A game of three: anna and amy in red, ada in blue. */
static void backfill(const char *configuration, const char *ticket_id)
{
    static const struct mm_player players[PLAYERS_MAX] = {
        {.id = "anna", .team = "red"}, {.id = "ada", .team = "blue"}, {.id = "amy", .team = "red"}};

    command(MM_BACKFILL, configuration, ticket_id, players, "");
}

static void accept(const char *ticket_id, const char *player_id)
{
    world_answer(&w, ticket_id, player_id, true, "");
}

static void expect(const char *lines)
{
    ck_assert_str_eq(w.log.data, lines);
    buf_clear(&w.log);
    buf_str(&w.log, "");
}

static const char *last_json(void)
{
    return w.journal[w.journal_count - 1].json;
}

static const char *teams_of(const char *json)
{
    const char *teams = strstr(json, "\"teams\":");

    ck_assert_ptr_nonnull(teams);
    return teams;
}

START_TEST(a_party_is_on_one_team)
{
    start("plain", "t1", "alice", NULL);
    start("plain", "t2", "bob", "ben");
    start("plain", "t3", "carol", NULL);
    expect("t1 SEARCHING\nt2 SEARCHING\nt3 SEARCHING\nt1+t3+t2 MATCH\n");
    ck_assert_ptr_nonnull(strstr(last_json(),
                                 "{\"name\":\"blue\",\"players\":[{\"id\":\"bob\",\"ticket\":\"t2\",\"start\":"
                                 "1000000},{\"id\":\"ben\",\"ticket\":\"t2\",\"start\":1000000}]}"));
    ck_assert_uint_eq(mm_engine_waiting(w.engine), 0);
}
END_TEST

START_TEST(all_of_a_party_are_asked)
{
    start("asks", "t1", "alice", "amos");
    start("asks", "t2", "bob", "ben");
    expect("t1 SEARCHING\nt2 SEARCHING\nt1+t2 PROPOSED ----\n");
    accept("t1", "amos");
    accept("t2", "bob");
    accept("t2", "ben");
    expect("t1+t2 PROPOSED -y--\nt1+t2 PROPOSED -yy-\nt1+t2 PROPOSED -yyy\n");
    world_tick(&w, w.now_ms + 10000);
    expect("t1+t2 DROPPED timed_out -yyy\nt1 CANCELLED acceptance_timed_out\nt2 SEARCHING acceptance_failed\n");
    start("asks", "t3", "carol", "clara");
    expect("t3 SEARCHING\nt2+t3 PROPOSED ----\n");
}
END_TEST

START_TEST(a_new_start_of_one_ends_the_ticket_of_both)
{
    start("plain", "t1", "alice", "amos");
    start("plain", "t2", "amos", NULL);
    expect("t1 SEARCHING\nt1 CANCELLED replaced\nt2 SEARCHING\n");
    start("plain", "t3", "alice", "amos");
    expect("t2 CANCELLED replaced\nt3 SEARCHING\n");
}
END_TEST

START_TEST(a_game_gets_who_is_missing)
{
    backfill("plain", "b1");
    expect("b1 SEARCHING\n");
    start("plain", "t1", "bob", NULL);
    ck_assert_str_eq(strstr(w.log.data, "t1"), "t1 SEARCHING\nb1+t1 MATCH\n");
    ck_assert_ptr_nonnull(
        strstr(teams_of(last_json()), "{\"name\":\"blue\",\"players\":[{\"id\":\"ada\",\"ticket\":\"b1\""));
    ck_assert_ptr_nonnull(strstr(last_json(), "\"id\":\"bob\""));
    ck_assert_ptr_nonnull(strstr(last_json(), "\"backfill\":\"b1\""));
    ck_assert_uint_eq(mm_engine_waiting(w.engine), 0);
}
END_TEST

/* A party of two finds no seats in it. */
START_TEST(a_game_gets_no_more_than_it_takes)
{
    backfill("plain", "b1");
    start("plain", "t1", "bob", "ben");
    expect("b1 SEARCHING\nt1 SEARCHING\n");
}
END_TEST

START_TEST(only_who_is_new_to_a_game_is_asked)
{
    backfill("asks", "b1");
    start("asks", "t1", "bob", NULL);
    expect("b1 SEARCHING\nt1 SEARCHING\nb1+t1 PROPOSED yyy-\n");
    world_answer(&w, "t1", "bob", false, "");
    expect("b1+t1 DROPPED rejected yyyn\nb1 SEARCHING acceptance_failed\nt1 CANCELLED acceptance_rejected\n");
    start("asks", "t2", "carol", NULL);
    expect("t2 SEARCHING\nb1+t2 PROPOSED yyy-\n");
    accept("t2", "carol");
    expect("b1+t2 PROPOSED yyyy\nb1+t2 MATCH\n");
    ck_assert_ptr_nonnull(strstr(last_json(), "\"backfill\":\"b1\",\"accepted\":true"));
}
END_TEST

START_TEST(a_backfill_for_a_team_that_is_none)
{
    static const struct mm_player players[PLAYERS_MAX] = {{.id = "anna", .team = "green"}};

    command(MM_BACKFILL, "plain", "b1", players, "");
    expect("b1 refused unknown_team\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mm_parties");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_checked_fixture(tc, open_world, close_world);
    tcase_add_test(tc, a_party_is_on_one_team);
    tcase_add_test(tc, all_of_a_party_are_asked);
    tcase_add_test(tc, a_new_start_of_one_ends_the_ticket_of_both);
    tcase_add_test(tc, a_game_gets_who_is_missing);
    tcase_add_test(tc, a_game_gets_no_more_than_it_takes);
    tcase_add_test(tc, only_who_is_new_to_a_game_is_asked);
    tcase_add_test(tc, a_backfill_for_a_team_that_is_none);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
