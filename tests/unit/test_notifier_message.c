/* From an event to what the player's client is sent. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

static const struct {
    const char *what, *value, *request_id;
    enum message_kind kind;
    const char *json; /* the message, or what the error names */
} cases[] = {
    {"a match", "{\"type\":\"match_ready\",\"player_id\":\"alice\",\"data\":{\"match_id\":\"m\",\"opponent\":\"bob\"}}",
     "", MESSAGE_FOR_PLAYER,
     "{\"type\":\"match_found\",\"id\":\"1-0-1-1-0\",\"data\":{\"match_id\":\"m\",\"opponent\":\"bob\"}}"},
    {"a cancel that answers a request",
     "{\"type\":\"matchmaking_cancelled\",\"player_id\":\"alice\",\"data\":{\"ticket_id\":\"t\"}}", "\"r-1\"",
     MESSAGE_FOR_PLAYER,
     "{\"type\":\"matchmaking_cancelled\",\"id\":\"1-0-1-1-0\",\"request_id\":\"r-1\",\"data\":{\"ticket_id\":\"t\"}}"},
    {"a number as request id", "{\"type\":\"matchmaking_timed_out\",\"player_id\":\"alice\",\"data\":{}}", "7",
     MESSAGE_FOR_PLAYER, "{\"type\":\"matchmaking_timed_out\",\"id\":\"1-0-1-1-0\",\"request_id\":7,\"data\":{}}"},
    {"a refusal",
     "{\"type\":\"matchmaking_refused\",\"player_id\":\"alice\",\"data\":{\"code\":\"ticket_exists\",\"message\":"
     "\"no\",\"ticket_id\":\"t\"}}",
     "", MESSAGE_FOR_PLAYER,
     "{\"type\":\"error\",\"id\":\"1-0-1-1-0\",\"message\":\"no\",\"connectionId\":\"c=\",\"requestId\":\"1-0-1-1-0\","
     "\"data\":{\"code\":\"ticket_exists\",\"ticket_id\":\"t\"}}"},
    {"no client's business", "{\"type\":\"MatchmakingSearching\",\"player_id\":\"alice\",\"data\":{}}", "",
     MESSAGE_FOR_NOBODY, ""},
    {"not JSON", "{", "", MESSAGE_MALFORMED, ""},
    {"not an object", "[]", "", MESSAGE_MALFORMED, "$"},
    {"no player", "{\"type\":\"match_ready\",\"data\":{}}", "", MESSAGE_MALFORMED, "player_id"},
    {"a player that is none", "{\"type\":\"match_ready\",\"player_id\":\"a b\",\"data\":{}}", "", MESSAGE_MALFORMED,
     "player_id"},
    {"no data", "{\"type\":\"match_ready\",\"player_id\":\"alice\"}", "", MESSAGE_MALFORMED, "data"},
    {"a request id that would break out", "{\"type\":\"match_ready\",\"player_id\":\"alice\",\"data\":{}}", "1,\"x\":2",
     MESSAGE_MALFORMED, ""},
    {"a request id that is an object", "{\"type\":\"match_ready\",\"player_id\":\"alice\",\"data\":{}}", "{}",
     MESSAGE_MALFORMED, "request_id"},
};

START_TEST(messages)
{
    struct event_text text = {"match_ready", cases[_i].value,     strlen(cases[_i].value), "1-0-1-1-0",
                              "c=",          cases[_i].request_id};
    char player[ID_PLAYER_MAX + 1], error[JSON_ERROR_SIZE] = "";
    struct buf out = {0};

    ck_assert_int_eq(message_of(&text, player, &out, error), cases[_i].kind);
    if (cases[_i].kind == MESSAGE_FOR_PLAYER) {
        ck_assert_str_eq(player, "alice");
        ck_assert_str_eq(out.data, cases[_i].json);
    } else if (cases[_i].kind == MESSAGE_MALFORMED) {
        ck_assert_msg(error[0] != '\0' && strstr(error, cases[_i].json) != NULL, "%s", error);
    }
    buf_free(&out);
}
END_TEST

/* Whatever they hold. */
START_TEST(flexmatch_events_are_for_nobody)
{
    struct event_text text = {"MatchmakingSucceeded", "{", 1, "1-0-1-1-0", "", ""};
    char player[ID_PLAYER_MAX + 1], error[JSON_ERROR_SIZE] = "";
    struct buf out = {0};

    ck_assert_int_eq(message_of(&text, player, &out, error), MESSAGE_FOR_NOBODY);
    ck_assert_uint_eq(out.len, 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("notifier_message");
    TCase *c = tcase_create("all");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_loop_test(c, messages, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(c, flexmatch_events_are_for_nobody);
    suite_add_tcase(s, c);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
