/* mm_command: what a value of game-matchmaking-queue may look like, and back. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mm_command.h"

static char error[MM_ERROR_SIZE];

/* What is written is what was read: these are in the encoder's own order. */
static const struct {
    const char *type, *value;
} round_trips[] = {
    {"StartMatchmaking",
     "{\"TicketId\":\"t-1.a\",\"ConfigurationName\":\"default\",\"Players\":[{\"PlayerId\":\"alice\"}]}"},
    {"StartMatchmaking",
     "{\"TicketId\":\"t\",\"ConfigurationName\":\"c\",\"Players\":[{\"PlayerId\":\"alice\",\"PlayerAttributes\":"
     "{\"skill\":{\"N\":1500},\"role\":{\"S\":\"tank\"},\"maps\":{\"SL\":[\"a\",\"b\"]},\"love\":{\"SDM\":{\"x\":0.5}}}"
     ","
     "\"LatencyInMs\":{\"eu-west-1\":40}},{\"PlayerId\":\"bob\"}]}"},
    {"StopMatchmaking", "{\"TicketId\":\"t\"}"},
    {"PlayerLeft", "{\"TicketId\":\"t\",\"PlayerId\":\"alice\",\"ConnectionId\":\"L0SM9cOFvHcCIhw=\"}"},
    {"AcceptMatch", "{\"TicketId\":\"t\",\"PlayerIds\":[\"alice\",\"bob\"],\"AcceptanceType\":\"ACCEPT\"}"},
    {"AcceptMatch", "{\"TicketId\":\"t\",\"PlayerIds\":[\"alice\"],\"AcceptanceType\":\"REJECT\",\"MatchId\":\"m-1\"}"},
    {"StartMatchBackfill",
     "{\"TicketId\":\"t\",\"ConfigurationName\":\"c\",\"Players\":[{\"PlayerId\":\"alice\",\"Team\":\"red\"}]}"},
    {"StartMatchBackfill", "{\"TicketId\":\"t\",\"ConfigurationName\":\"c\",\"GameSessionArn\":\"arn:x\",\"Players\":[{"
                           "\"PlayerId\":\"alice\",\"PlayerAttributes\":{\"skill\":{\"N\":1}},\"LatencyInMs\":{\"x\":5}"
                           ",\"Team\":\"red\"},{\"PlayerId\":\"bob\",\"Team\":\"blue\"}]}"},
    {"DescribeMatchmaking", "{\"TicketIds\":[\"t\"]}"},
};

START_TEST(round_trip)
{
    const char *value = round_trips[_i].value;
    struct mm_command c;
    struct buf out = {0};

    ck_assert_msg(mm_command_parse(&c, round_trips[_i].type, value, strlen(value), error) == 0, "%s", error);
    ck_assert_str_eq(mm_command_names[c.type], round_trips[_i].type);
    mm_command_encode(&c, &out);
    ck_assert_str_eq(out.data, value);
    buf_free(&out);
    mm_command_clear(&c);
    mm_command_clear(&c);
}
END_TEST

START_TEST(fields)
{
    static const char value[] =
        "{\"TicketId\":\"t\",\"ConfigurationName\":\"c\",\"Players\":[{\"PlayerId\":\"alice\","
        "\"PlayerAttributes\":{\"skill\":{\"N\":7}},\"LatencyInMs\":{\"x\":5}},{\"PlayerId\":\"bob\"}]}";
    struct mm_command c;

    ck_assert_int_eq(mm_command_parse(&c, "StartMatchmaking", value, strlen(value), error), 0);
    ck_assert_int_eq(c.type, MM_START);
    ck_assert_str_eq(c.ticket_id, "t");
    ck_assert_str_eq(c.configuration, "c");
    ck_assert_uint_eq(c.player_count, 2);
    ck_assert_str_eq(c.players[0].id, "alice");
    ck_assert_ptr_nonnull(json_object_object_get(c.players[0].attributes, "skill"));
    ck_assert_int_eq(json_object_get_int(json_object_object_get(c.players[0].latency_ms, "x")), 5);
    ck_assert_str_eq(c.players[1].id, "bob");
    ck_assert_ptr_null(c.players[1].attributes);
    ck_assert_str_eq(c.issuer.player_id, "");
    mm_command_clear(&c);
}
END_TEST

START_TEST(fields_of_an_answer)
{
    static const char value[] =
        "{\"TicketId\":\"t\",\"PlayerIds\":[\"alice\",\"bob\"],\"AcceptanceType\":\"ACCEPT\",\"MatchId\":\"m\"}";
    struct mm_command c;

    ck_assert_int_eq(mm_command_parse(&c, "AcceptMatch", value, strlen(value), error), 0);
    ck_assert_int_eq(c.type, MM_ACCEPT);
    ck_assert(c.accepts);
    ck_assert_str_eq(c.match_id, "m");
    ck_assert_uint_eq(c.player_count, 2);
    ck_assert_str_eq(c.players[1].id, "bob");
    mm_command_clear(&c);
}
END_TEST

START_TEST(fields_of_a_backfill)
{
    static const char value[] = "{\"TicketId\":\"t\",\"ConfigurationName\":\"c\",\"GameSessionArn\":\"g\","
                                "\"Players\":[{\"PlayerId\":\"alice\",\"Team\":\"red\"}]}";
    struct mm_command c;

    ck_assert_int_eq(mm_command_parse(&c, "StartMatchBackfill", value, strlen(value), error), 0);
    ck_assert_int_eq(c.type, MM_BACKFILL);
    ck_assert_str_eq(c.game_session, "g");
    ck_assert_str_eq(c.players[0].team, "red");
    mm_command_clear(&c);
}
END_TEST

/* Players of a start, and of a backfill. */
static const struct {
    const char *type;
    size_t count;
    int rc;
} parties[] = {
    {"StartMatchmaking", 10, 0},
    {"StartMatchmaking", 11, ERR_INVALID},
    {"StartMatchBackfill", 199, 0},
    {"StartMatchBackfill", 200, ERR_INVALID},
};

START_TEST(as_many_players_as_there_may_be)
{
    bool backfill = strcmp(parties[_i].type, "StartMatchBackfill") == 0;
    struct buf value = {0};
    struct mm_command c;

    buf_str(&value, "{\"TicketId\":\"t\",\"ConfigurationName\":\"c\",\"Players\":[");
    for (size_t i = 0; i < parties[_i].count; i++)
        buf_printf(&value, "%s{\"PlayerId\":\"p%zu\"%s}", i > 0 ? "," : "", i, backfill ? ",\"Team\":\"red\"" : "");
    buf_str(&value, "]}");
    ck_assert_int_eq(mm_command_parse(&c, parties[_i].type, value.data, value.len, error), parties[_i].rc);
    ck_assert_uint_eq(c.player_count, parties[_i].rc == 0 ? parties[_i].count : 0);
    mm_command_clear(&c);
    buf_free(&value);
}
END_TEST

#define PLAYER(rest)          "{\"TicketId\":\"t\",\"ConfigurationName\":\"c\",\"Players\":[{\"PlayerId\":\"alice\"" rest "}]}"
#define ACCEPT(players, type) "{\"TicketId\":\"t\",\"PlayerIds\":" players ",\"AcceptanceType\":" type "}"
#define START(text)                                                                                                    \
    {                                                                                                                  \
        "StartMatchmaking", text
#define TEN                                                                                                            \
    "\"a\":{\"N\":1},\"b\":{\"N\":1},\"c\":{\"N\":1},\"d\":{\"N\":1},\"e\":{\"N\":1},\"f\":{\"N\":1},\"g\":{\"N\":1}," \
    "\"h\":{\"N\":1},\"i\":{\"N\":1},\"j\":{\"N\":1}"

static const struct {
    const char *type, *value, *says; /* says: what the error must contain */
} malformed[] =
    {{NULL, "{}",
      "ce_type: must be StartMatchmaking, StopMatchmaking, PlayerLeft, AcceptMatch, StartMatchBackfill or "
      "DescribeMatchmaking, is \"\""},
     {"Start", "{}", "is \"Start\""},
     {"AcceptMatch", "{\"TicketId\":\"t\",\"PlayerIds\":[\"a\"]}", "\"AcceptanceType\" is missing"},
     {"AcceptMatch", ACCEPT("[\"a\"]", "\"accept\""), "$.AcceptanceType: must be REJECT or ACCEPT, is \"accept\""},
     {"AcceptMatch", ACCEPT("[]", "\"ACCEPT\""), "$.PlayerIds"},
     {"AcceptMatch", ACCEPT("[\"a\",7]", "\"ACCEPT\""), "$.PlayerIds[1]: must be a player id"},
     {"AcceptMatch", ACCEPT("[\"a\",\"a b\"]", "\"ACCEPT\""), "$.PlayerIds[1]: must be a player id"},
     {"AcceptMatch", ACCEPT("[\"a\",\"a\"]", "\"ACCEPT\""), "$.PlayerIds[1]: names player \"a\" a second time"},
     {"AcceptMatch", ACCEPT("[\"a\"]", "\"ACCEPT\",\"MatchId\":\"\""), "$.MatchId"},
     {"AcceptMatch", ACCEPT("[\"a\"]", "\"ACCEPT\",\"X\":1"), "unknown member \"X\""},
     {"StartMatchBackfill", PLAYER(""), "\"Team\" is missing"},
     {"StartMatchBackfill", PLAYER(",\"Team\":\"\""), "$.Players[0].Team"},
     {"StartMatchBackfill", PLAYER(",\"Team\":\"red\",\"Role\":1"), "unknown member \"Role\""},
     {"StartMatchBackfill", "{\"TicketId\":\"t\",\"ConfigurationName\":\"c\",\"GameSessionArn\":7,\"Players\":[]}",
      "$.GameSessionArn"},
     {"DescribeMatchmaking", "{\"TicketId\":\"t\"}", "unknown member \"TicketId\""},
     {"DescribeMatchmaking", "{\"TicketIds\":[]}", "$.TicketIds"},
     {"DescribeMatchmaking", "{\"TicketIds\":[\"t\",\"u\"]}", "$.TicketIds"},
     {"DescribeMatchmaking", "{\"TicketIds\":[7]}", "$.TicketIds[0]: must be 1 to 128 letters"},
     {"DescribeMatchmaking", "{\"TicketIds\":[\"a b\"]}", "$.TicketIds[0]: must be"},
     {"StopMatchmaking", "", ""},
     {"StopMatchmaking", "null", "$: must be an object, is null"},
     {"StopMatchmaking", "[]", "$: must be an object, is array"},
     {"StopMatchmaking", "{}", "\"TicketId\" is missing"},
     {"StopMatchmaking", "{\"TicketId\":7}", "$.TicketId"},
     {"StopMatchmaking", "{\"TicketId\":\"a b\"}", "$.TicketId: must be letters, digits"},
     {"StopMatchmaking", "{\"TicketId\":\"t\",\"X\":1}", "unknown member \"X\"; known are TicketId"},
     {"PlayerLeft", "{\"TicketId\":\"t\",\"PlayerId\":\"alice\"}", "\"ConnectionId\" is missing"},
     {"PlayerLeft", "{\"TicketId\":\"t\",\"PlayerId\":\"a{b\",\"ConnectionId\":\"\"}", "$.PlayerId"},
     START("{\"TicketId\":\"t\",\"ConfigurationName\":\"c\"}"),
     "\"Players\" is missing"},
  START("{\"TicketId\":\"t\",\"ConfigurationName\":\"c/d\",\"Players\":[]}"), "$.ConfigurationName"
}
, START("{\"TicketId\":\"t\",\"ConfigurationName\":\"c\",\"Players\":[]}"), "$.Players"
}
, START("{\"TicketId\":\"t\",\"ConfigurationName\":\"c\",\"Players\":[1]}"), "$.Players[0]: must be an object"
}
, START("{\"TicketId\":\"t\",\"ConfigurationName\":\"c\",\"Players\":[{\"PlayerId\":\"a\"},{\"PlayerId\":\"a\"}]}"),
    "$.Players[1]: names player \"a\" a second time"
}
, START(PLAYER(",\"Team\":\"red\"")), "$.Players[0]: unknown member \"Team\""
}
, START(PLAYER(",\"PlayerAttributes\":[]")), "$.Players[0].PlayerAttributes"
}
, START(PLAYER(",\"PlayerAttributes\":{\"skill\":7}")),
    "PlayerAttributes.skill: must be an object with one of S, N, SL, SDM"
}
, START(PLAYER(",\"PlayerAttributes\":{\"skill\":{\"B\":7}}")), "PlayerAttributes.skill: must be an object with one of"
}
, START(PLAYER(",\"PlayerAttributes\":{\"skill\":{\"N\":7,\"S\":\"x\"}}")),
    "PlayerAttributes.skill: must be an object with one of"
}
, START(PLAYER(",\"PlayerAttributes\":{\"skill\":{\"N\":\"7\"}}")), "skill.N: must be a finite number, is string"
}
, START(PLAYER(",\"PlayerAttributes\":{\"a\":{\"S\":\"\"}}")), "a.S: must have 1 to 100 characters, has 0"
}
, START(PLAYER(",\"PlayerAttributes\":{\"a\":{\"SL\":[\"x\",null]}}")), "a.SL[1]: must be a string, is null"
}
, START(PLAYER(",\"PlayerAttributes\":{\"a\":{\"SDM\":{\"k\":\"v\"}}}")), "a.SDM.k: must be a finite number"
}
, START(PLAYER(",\"PlayerAttributes\":{\"\":{\"N\":1}}")), "attribute names of 1 to"
}
, START(PLAYER(",\"PlayerAttributes\":{" TEN ",\"k\":{\"N\":1}}")), "must have at most 10 attributes, has 11"
}
, START(PLAYER(",\"LatencyInMs\":{\"x\":0}")), "LatencyInMs.x: must be an integer from 1 to 100000"
}
, START(PLAYER(",\"LatencyInMs\":{\"\":1}")), "location names"
}
,
}
;

START_TEST(malformed_is_refused)
{
    struct mm_command c;
    int rc = mm_command_parse(&c, malformed[_i].type, malformed[_i].value, strlen(malformed[_i].value), error);

    ck_assert_int_eq(rc, ERR_INVALID);
    ck_assert_msg(strstr(error, malformed[_i].says) != NULL, "\"%s\" is not in: %s", malformed[_i].says, error);
    ck_assert_ptr_null(c.root);
}
END_TEST

START_TEST(ten_attributes_are_allowed)
{
    static const char value[] = PLAYER(",\"PlayerAttributes\":{" TEN "}");
    struct mm_command c;

    ck_assert_msg(mm_command_parse(&c, "StartMatchmaking", value, strlen(value), error) == 0, "%s", error);
    mm_command_clear(&c);
}
END_TEST

START_TEST(too_many_bytes)
{
    static const char text[] = "{\"TicketId\":\"t\"}";
    size_t len = MM_COMMAND_MAX_BYTES + 1;
    char *value = malloc(len);
    struct mm_command c;

    ck_assert_ptr_nonnull(value);
    memset(value, ' ', len);
    memcpy(value, text, sizeof(text) - 1);
    ck_assert_int_eq(mm_command_parse(&c, "StopMatchmaking", value, len, error), ERR_INVALID);
    ck_assert_int_eq(mm_command_parse(&c, "StopMatchmaking", value, len - 1, error), 0);
    mm_command_clear(&c);
    free(value);
}
END_TEST

static json_object *json(const char *text)
{
    json_object *o = NULL;

    ck_assert_msg(json_parse(text, strlen(text), &o, error) == 0, "%s", error);
    return o;
}

static const struct {
    const char *plain, *aws, *says; /* aws or says */
} plain_cases[] = {
    {"{}", "{}", NULL},
    {"{\"skill\":1500}", "{\"skill\":{\"N\":1500}}", NULL},
    {"{\"a\":\"x\",\"b\":[\"y\"],\"c\":{\"k\":-1.5}}",
     "{\"a\":{\"S\":\"x\"},\"b\":{\"SL\":[\"y\"]},\"c\":{\"SDM\":{\"k\":-1.5}}}", NULL},
    {"7", NULL, "$.data.attributes: must be an object, is int"},
    {"{\"a\":null}", NULL,
     "$.data.attributes.a: must be a string, a number, a list of strings or an object of numbers, is null"},
    {"{\"a\":true}", NULL, "is boolean"},
    {"{\"a\":\"\"}", NULL, "$.data.attributes.a: must have 1 to 100 characters"},
    {"{\"a\":[1]}", NULL, "$.data.attributes.a[0]: must be a string"},
    {"{\"a\":{\"k\":[]}}", NULL, "$.data.attributes.a.k: must be a finite number"},
    {"{\"a\":{\"\":1}}", NULL, "keys of 1 to 100"},
    {"{\"a\":{\"0\":0,\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,\"6\":0,\"7\":0,\"8\":0,\"9\":0,\"10\":0}}", NULL,
     "at most 10 entries, has 11"},
};

START_TEST(plain_attributes)
{
    json_object *plain = json(plain_cases[_i].plain), *out = NULL;
    int rc = mm_attributes_from_plain(plain, "$.data.attributes", &out, error);

    json_object_put(plain); /* the result must not depend on it */
    if (plain_cases[_i].aws != NULL) {
        size_t len;

        ck_assert_int_eq(rc, 0);
        ck_assert_str_eq(json_text(out, &len), plain_cases[_i].aws);
    } else {
        ck_assert_int_eq(rc, ERR_INVALID);
        ck_assert_msg(strstr(error, plain_cases[_i].says) != NULL, "%s", error);
        ck_assert_ptr_null(out);
    }
    json_object_put(out);
}
END_TEST

/* A hundred characters, of two bytes each, are a hundred characters. */
START_TEST(characters_not_bytes)
{
    json_object *plain = json_object_new_object(), *out = NULL;
    struct buf text = {0};

    for (int i = 0; i < 100; i++)
        buf_str(&text, "\xc3\xa9");
    json_object_object_add(plain, "a", json_object_new_string(text.data));
    ck_assert_int_eq(mm_attributes_from_plain(plain, "$.data.attributes", &out, error), 0);
    json_object_put(out);
    buf_str(&text, "x");
    json_object_object_add(plain, "a", json_object_new_string(text.data));
    ck_assert_int_eq(mm_attributes_from_plain(plain, "$.data.attributes", &out, error), ERR_INVALID);
    buf_free(&text);
    json_object_put(plain);
}
END_TEST

START_TEST(latency)
{
    json_object *good = json("{\"eu-west-1\":40,\"us\":100000}"), *bad = json("{\"eu\":100001}"), *many = json("{}");

    ck_assert_int_eq(mm_latency_check(good, "$.data.latency_ms", error), 0);
    ck_assert_int_eq(mm_latency_check(bad, "$.data.latency_ms", error), ERR_INVALID);
    ck_assert_str_eq(error, "$.data.latency_ms.eu: must be an integer from 1 to 100000, is 100001");
    for (int i = 0; i < 33; i++) {
        char name[8];

        ck_assert_int_eq(mm_latency_check(many, "$.data.latency_ms", error), 0);
        (void)snprintf(name, sizeof(name), "l%d", i);
        json_object_object_add(many, name, json_object_new_int(1));
    }
    ck_assert_int_eq(mm_latency_check(many, "$.data.latency_ms", error), ERR_INVALID);
    json_object_put(good);
    json_object_put(bad);
    json_object_put(many);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *s = suite_create("mm_command");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_loop_test(tc, round_trip, 0, ROWS(round_trips));
    tcase_add_test(tc, fields);
    tcase_add_test(tc, fields_of_an_answer);
    tcase_add_test(tc, fields_of_a_backfill);
    tcase_add_loop_test(tc, as_many_players_as_there_may_be, 0, ROWS(parties));
    tcase_add_loop_test(tc, malformed_is_refused, 0, ROWS(malformed));
    tcase_add_test(tc, ten_attributes_are_allowed);
    tcase_add_test(tc, too_many_bytes);
    tcase_add_loop_test(tc, plain_attributes, 0, ROWS(plain_cases));
    tcase_add_test(tc, characters_not_bytes);
    tcase_add_test(tc, latency);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
