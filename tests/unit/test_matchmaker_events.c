/* From a decision, as it stands in the journal, to the records of game-events. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"

#define ALICE "{\"id\":\"alice\",\"ticket\":\"t1\",\"start\":1767322984000"
#define CAROL "{\"id\":\"carol\",\"ticket\":\"t1\",\"start\":1767322984000"
#define BOB   "{\"id\":\"bob\",\"ticket\":\"t2\",\"start\":1767322984500"
#define TEAMS(alice, carol, bob)                                                                                       \
    "\"teams\":[{\"name\":\"red\",\"players\":[" ALICE alice "}," CAROL carol "}]},"                                   \
    "{\"name\":\"blue\",\"players\":[" BOB bob "}]}]"
#define ISSUER(who) ",\"issuer\":{\"player\":\"" who "\",\"connection\":\"c=\",\"request\":\"\\\"r\\\"\"}"
#define TICKET(state, more)                                                                                            \
    "{\"ticket\":\"t1\",\"state\":\"" state "\",\"configuration\":\"duel\",\"start\":1767322984000" more "}"
#define ONE ",\"players\":[{\"id\":\"alice\"}]"
#define TWO ",\"players\":[{\"id\":\"alice\"},{\"id\":\"carol\"}]"
#define PROPOSAL(teams, more)                                                                                          \
    "{\"proposal\":\"m\",\"configuration\":\"duel\",\"at\":1767322984678,\"until\":1767323014678," teams more "}"
#define DROPPED(outcome, teams, more)                                                                                  \
    "{\"proposal\":\"m\",\"configuration\":\"duel\",\"outcome\":\"" outcome "\"," teams more "}"
#define MATCH(teams, more) "{\"match\":\"m\",\"configuration\":\"duel\"," teams more "}"
#define RULES              ",\"rules\":[[\"Close\",3,1]]"

struct told {
    struct buf text; /* of each event "type key [request_id]\n" */
    struct buf json; /* of all events, a line each */
    size_t count, stop_after;
};

static bool note(void *arg, const struct game_event *e)
{
    struct told *t = arg;

    if (t->count == t->stop_after)
        return false;
    ck_assert_int_eq(e->id.index, 7 + (int)t->count++);
    buf_printf(&t->text, "%s %s%s%s\n", e->type, e->key, e->request_id[0] != '\0' ? " " : "", e->request_id);
    buf_append(&t->json, e->json, e->json_len);
    buf_str(&t->json, "\n");
    return true;
}

static struct mm_configuration configuration;
static const struct mm_catalog catalog = {.configurations = &configuration, .count = 1};

static bool tell(const char *transition, struct told *told)
{
    struct buf scratch = {0};
    struct events e = {.catalog = &catalog,
                       .at_ms = 1767322984678,
                       .estimated_wait_ms = -1,
                       .json = &scratch,
                       .emit = note,
                       .arg = told,
                       .next = {5, 3, 17, 0, 7}};
    char error[MM_ERROR_SIZE];
    struct mm_transition t;
    json_object *root;
    bool whole;

    ck_assert_msg(json_parse(transition, strlen(transition), &root, error) == 0, "%s", error);
    ck_assert_msg(mm_transition_decode(&t, root, error) == 0, "%s", error);
    whole = events_of(&e, &t);
    mm_transition_clear(&t);
    json_object_put(root);
    buf_free(&scratch);
    return whole;
}

static void forget(struct told *told)
{
    buf_free(&told->text);
    buf_free(&told->json);
}

static const struct {
    const char *transition, *events;
} cases[] = {
    {TICKET("SEARCHING", ONE), "MatchmakingSearching t1\n"},
    {TICKET("SEARCHING", TWO), "matchmaking_searching alice\nmatchmaking_searching carol\nMatchmakingSearching t1\n"},
    {TICKET("SEARCHING", ",\"reason\":\"acceptance_failed\"" ONE),
     "matchmaking_searching alice\nMatchmakingSearching t1\n"},
    {TICKET("SEARCHING", TWO ",\"backfill\":{}"), "MatchmakingSearching t1\n"},
    {TICKET("CANCELLED", ",\"reason\":\"requested\"" TWO ISSUER("carol")),
     "matchmaking_cancelled alice\nmatchmaking_cancelled carol \"r\"\nMatchmakingCancelled t1\n"},
    {TICKET("CANCELLED", ",\"reason\":\"replaced\"" TWO ",\"backfill\":{}"), "MatchmakingCancelled t1\n"},
    {TICKET("TIMED_OUT", ",\"reason\":\"timed_out\"" ONE), "matchmaking_timed_out alice\nMatchmakingTimedOut t1\n"},
    {TICKET("FAILED", ",\"reason\":\"configuration_gone\"" ONE), "matchmaking_failed alice\nMatchmakingFailed t1\n"},
    {PROPOSAL(TEAMS("", "", ""), RULES),
     "potential_match alice\npotential_match carol\npotential_match bob\nPotentialMatchCreated t1\n"},
    {PROPOSAL(TEAMS("", "", ""), ",\"backfill\":\"t2\""),
     "potential_match alice\npotential_match carol\nPotentialMatchCreated t1\n"},
    {PROPOSAL(TEAMS("", "", ",\"accepted\":true"), ISSUER("bob")), "match_accepted bob \"r\"\nAcceptMatch t1\n"},
    {DROPPED("rejected", TEAMS(",\"accepted\":true", ",\"accepted\":false", ""), ISSUER("carol")),
     "match_accepted carol \"r\"\nAcceptMatch t1\nAcceptMatchCompleted t1\n"},
    {DROPPED("rejected", TEAMS("", "", ""), ""), "AcceptMatchCompleted t1\n"},
    {DROPPED("timed_out", TEAMS(",\"accepted\":true", "", ""), ""), "AcceptMatchCompleted t1\n"},
    {MATCH(TEAMS("", "", ""), RULES),
     "match_ready alice\nmatch_ready carol\nmatch_ready bob\nPotentialMatchCreated t1\nMatchmakingSucceeded t1\n"},
    {MATCH(TEAMS("", "", ""), ",\"accepted\":true"),
     "match_ready alice\nmatch_ready carol\nmatch_ready bob\nAcceptMatchCompleted t1\nMatchmakingSucceeded t1\n"},
    {MATCH(TEAMS("", "", ""), ",\"backfill\":\"t1\""),
     "match_ready bob\nPotentialMatchCreated t2\nMatchmakingSucceeded t2\n"},
    {"{\"refused\":\"ticket_exists\",\"message\":\"m\",\"ticket\":\"t\"" ISSUER("bob") "}",
     "matchmaking_refused bob \"r\"\n"},
    {"{\"why\":{\"state\":\"SEARCHING\",\"age_seconds\":4.5},\"ticket\":\"t1\"" ISSUER("bob") "}",
     "matchmaking_status bob \"r\"\n"},
    {"{\"dead_letter\":7,\"reason\":\"x\"}", ""},
};

START_TEST(who_is_told_what)
{
    struct told told = {.stop_after = 9};

    ck_assert(tell(cases[_i].transition, &told));
    ck_assert_str_eq(told.count > 0 ? told.text.data : "", cases[_i].events);
    forget(&told);
}
END_TEST

#define PLAYER_EVENT(type, player, data) "{\"type\":\"" type "\",\"player_id\":\"" player "\",\"data\":{" data "}}\n"
#define ENVELOPE                                                                                                       \
    "\"detail-type\":\"GameLift Matchmaking Event\",\"source\":\"aws.gamelift\",\"account\":\"000000000000\","         \
    "\"time\":\"2026-01-02T03:03:04.678Z\",\"region\":\"us-east-1\",\"resources\":[\"arn:aws:gamelift:us-east-1:"      \
    "000000000000:matchmakingconfiguration/duel\"],\"detail\":{"
#define FM_PLAYERS(a, c, b)                                                                                            \
    "{\"playerId\":\"alice\",\"team\":\"red\"" a "},{\"playerId\":\"carol\",\"team\":\"red\"" c "}]},"                 \
    "{\"ticketId\":\"t2\",\"startTime\":\"2026-01-02T03:03:04.500Z\",\"players\":[{\"playerId\":\"bob\","              \
    "\"team\":\"blue\"" b "}]}]"
#define FM_TICKETS(a, c, b)                                                                                            \
    "\"matchId\":\"m\",\"tickets\":[{\"ticketId\":\"t1\",\"startTime\":\"2026-01-02T03:03:04.000Z\","                  \
    "\"players\":[" FM_PLAYERS(a, c, b)
#define FM_INFO                                                                                                        \
    ",\"gameSessionInfo\":{\"players\":[{\"playerId\":\"alice\",\"team\":\"red\"},"                                    \
    "{\"playerId\":\"carol\",\"team\":\"red\"},{\"playerId\":\"bob\",\"team\":\"blue\"}]}"

static const struct {
    const char *transition, *says; /* somewhere in the events */
} body_cases[] = {
    {MATCH(TEAMS("", "", ""), ""),
     PLAYER_EVENT("match_ready", "carol",
                  "\"match_id\":\"m\",\"opponent\":\"bob\",\"timestamp\":\"2026-01-02T03:03:04.678Z\","
                  "\"ticket_id\":\"t1\",\"teams\":{\"red\":[\"alice\",\"carol\"],\"blue\":[\"bob\"]}")},
    {MATCH("\"teams\":[{\"name\":\"red\",\"players\":[" ALICE "}]}]", ""), "\"opponent\":\"\""},
    {MATCH("\"teams\":[{\"name\":\"red\",\"players\":[" ALICE "}," CAROL "}]}]", ""),
     "\"player_id\":\"carol\",\"data\":{\"match_id\":\"m\",\"opponent\":\"alice\""},
    {PROPOSAL(TEAMS("", "", ""), ""),
     PLAYER_EVENT("potential_match", "bob",
                  "\"match_id\":\"m\",\"ticket_id\":\"t2\",\"acceptance_required\":true,"
                  "\"acceptance_timeout_seconds\":30,\"teams\":{\"red\":[\"alice\",\"carol\"],\"blue\":[\"bob\"]}")},
    {DROPPED("rejected", TEAMS("", ",\"accepted\":false", ""), ISSUER("carol")),
     PLAYER_EVENT("match_accepted", "carol", "\"match_id\":\"m\",\"ticket_id\":\"t1\",\"accept\":false")},
    {TICKET("SEARCHING", ",\"reason\":\"acceptance_failed\"" TWO),
     PLAYER_EVENT("matchmaking_searching", "carol",
                  "\"ticket_id\":\"t1\",\"configuration\":\"duel\",\"players\":[\"alice\",\"carol\"],"
                  "\"reason\":\"acceptance_failed\"")},
    {TICKET("CANCELLED", ",\"reason\":\"acceptance_rejected\"" ONE ",\"match\":\"m\""),
     PLAYER_EVENT("matchmaking_cancelled", "alice",
                  "\"ticket_id\":\"t1\",\"reason\":\"acceptance_rejected\",\"match_id\":\"m\"")},
    {"{\"why\":{\"state\":\"SEARCHING\",\"age_seconds\":4.5},\"ticket\":\"t1\"" ISSUER("bob") "}",
     PLAYER_EVENT("matchmaking_status", "bob",
                  "\"ticket_id\":\"t1\",\"state\":\"SEARCHING\",\"reason\":\"\",\"wait_seconds\":4.5,"
                  "\"estimated_wait_seconds\":null,\"why\":{\"state\":\"SEARCHING\",\"age_seconds\":4.5}")},
    {"{\"why\":{\"estimated_wait_seconds\":2.5},\"ticket\":\"t1\"" ISSUER("bob") "}",
     "\"estimated_wait_seconds\":2.5,\"why\":"},
    {TICKET("SEARCHING", ONE),
     ENVELOPE "\"type\":\"MatchmakingSearching\",\"customEventData\":\"season \\\"7\\\"\","
              "\"tickets\":[{\"ticketId\":\"t1\",\"startTime\":\"2026-01-02T03:03:04.000Z\",\"players\":["
              "{\"playerId\":\"alice\"}]}],\"gameSessionInfo\":{\"players\":[{\"playerId\":\"alice\"}]},"
              "\"estimatedWaitMillis\":\"NOT_AVAILABLE\"}}\n"},
    {TICKET("CANCELLED", ",\"reason\":\"requested\"" ONE),
     "\"reason\":\"Cancelled\",\"message\":\"Cancelled by request.\",\"ruleEvaluationMetrics\":[]}}\n"},
    {TICKET("TIMED_OUT", ",\"reason\":\"timed_out\"" ONE),
     "\"reason\":\"TimedOut\",\"message\":\"Removed from matchmaking due to timing out.\","},
    {PROPOSAL(TEAMS("", "", ""), RULES), FM_TICKETS("", "", "") FM_INFO
     ",\"acceptanceRequired\":true,\"acceptanceTimeout\":30,"
     "\"ruleEvaluationMetrics\":[{\"ruleName\":\"Close\",\"passedCount\":3,\"failedCount\":1}]}}\n"},
    {PROPOSAL(TEAMS(",\"accepted\":true", "", ",\"accepted\":true"), ISSUER("bob")),
     "\"type\":\"AcceptMatch\",\"customEventData\":\"season \\\"7\\\"\"," FM_TICKETS(
         ",\"accepted\":true", "", ",\"accepted\":true") FM_INFO "}}\n"},
    {DROPPED("timed_out", TEAMS(",\"accepted\":true", "", ""), ""), "\"acceptance\":\"TimedOut\"}}\n"},
    {DROPPED("rejected", TEAMS("", "", ""), ""), "\"acceptance\":\"Rejected\"}}\n"},
    {MATCH(TEAMS("", "", ""), ",\"accepted\":true"),
     FM_TICKETS(",\"accepted\":true", ",\"accepted\":true", ",\"accepted\":true") FM_INFO
     ",\"acceptance\":\"Accepted\"}}\n"},
    {MATCH(TEAMS("", "", ""), ""), "\"acceptanceRequired\":false,\"ruleEvaluationMetrics\":[]}}\n"},
    {MATCH(TEAMS(",\"attributes\":{\"skill\":{\"N\":23.5},\"role\":{\"S\":\"tank\"}}", "",
                 ",\"attributes\":{\"maps\":{\"SL\":[\"mill\"]},\"heroes\":{\"SDM\":{\"ann\":3}}}"),
           ""),
     FM_INFO
     ",\"gameProperties\":[{\"Key\":\"map\",\"Value\":\"mill\"}],\"matchData\":{\"matchId\":\"m\","
     "\"matchmakingConfigurationArn\":\"arn:aws:gamelift:us-east-1:000000000000:matchmakingconfiguration/duel\","
     "\"teams\":[{\"name\":\"red\",\"players\":[{\"playerId\":\"alice\",\"attributes\":{"
     "\"skill\":{\"attributeType\":\"DOUBLE\",\"valueAttribute\":23.5},"
     "\"role\":{\"attributeType\":\"STRING\",\"valueAttribute\":\"tank\"}}},"
     "{\"playerId\":\"carol\",\"attributes\":{}}]},"
     "{\"name\":\"blue\",\"players\":[{\"playerId\":\"bob\",\"attributes\":{"
     "\"maps\":{\"attributeType\":\"STRING_LIST\",\"valueAttribute\":[\"mill\"]},"
     "\"heroes\":{\"attributeType\":\"STRING_DOUBLE_MAP\",\"valueAttribute\":{\"ann\":3}}}}]}]}}}\n"},
    {MATCH(TEAMS("", "", ""), ",\"backfill\":\"t1\""),
     "\"tickets\":[{\"ticketId\":\"t2\",\"startTime\":\"2026-01-02T03:03:04.500Z\",\"players\":[{\"playerId\":\"bob\","
     "\"team\":\"blue\"}]},{\"ticketId\":\"t1\",\"startTime\":\"2026-01-02T03:03:04.000Z\",\"players\":["
     "{\"playerId\":\"alice\",\"team\":\"red\"},{\"playerId\":\"carol\",\"team\":\"red\"}]}],"},
};

START_TEST(what_it_says)
{
    struct told told = {.stop_after = 9};

    ck_assert(tell(body_cases[_i].transition, &told));
    ck_assert_msg(strstr(told.json.data, body_cases[_i].says) != NULL, "%s\nis not in\n%s", body_cases[_i].says,
                  told.json.data);
    forget(&told);
}
END_TEST

/* Wherever the queue was full, what comes later comes with the ids that it had. */
START_TEST(a_full_queue_stops_it)
{
    struct told told = {.stop_after = (size_t)_i};

    ck_assert_int_eq(tell(MATCH(TEAMS("", "", ""), ""), &told), _i == 5);
    ck_assert_uint_eq(told.count, (size_t)_i);
    forget(&told);
}
END_TEST

START_TEST(the_same_decision_is_the_same_bytes)
{
    struct told first = {.stop_after = 9}, second = {.stop_after = 9};

    ck_assert(tell(MATCH(TEAMS("", "", ""), RULES), &first) && tell(MATCH(TEAMS("", "", ""), RULES), &second));
    ck_assert_str_eq(first.json.data, second.json.data);
    forget(&first);
    forget(&second);
}
END_TEST

static void set_up(void)
{
    static const char properties[] = "[{\"Key\":\"map\",\"Value\":\"mill\"}]";

    configuration = (struct mm_configuration){.name = "duel", .custom_event_data = "season \"7\""};
    ck_assert_int_eq(json_parse(properties, sizeof(properties) - 1, &configuration.game_properties, NULL), 0);
}

static void tear_down(void)
{
    json_object_put(configuration.game_properties);
}

int main(void)
{
    Suite *s = suite_create("matchmaker_events");
    TCase *c = tcase_create("all");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_loop_test(c, who_is_told_what, 0, (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_loop_test(c, what_it_says, 0, (int)(sizeof(body_cases) / sizeof(body_cases[0])));
    tcase_add_loop_test(c, a_full_queue_stops_it, 0, 6);
    tcase_add_test(c, the_same_decision_is_the_same_bytes);
    suite_add_tcase(s, c);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
