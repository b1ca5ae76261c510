/* mm_transition: what the journal holds reads back as what was decided. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mm_transition.h"

static char error[MM_ERROR_SIZE];

static json_object *json(const char *text)
{
    json_object *o = NULL;

    ck_assert_msg(json_parse(text, strlen(text), &o, error) == 0, "%s", error);
    return o;
}

static const char *const round_trips[] = {
    "{\"ticket\":\"t\",\"state\":\"SEARCHING\",\"configuration\":\"default\",\"start\":1767323045678,\"players\":[{"
    "\"id\":\"alice\","
    "\"attributes\":{\"skill\":{\"N\":1500.25}},\"latency\":{\"eu\":40}},{\"id\":\"bob\"}]}",
    "{\"ticket\":\"t\",\"state\":\"CANCELLED\",\"configuration\":\"default\",\"start\":5,\"reason\":\"requested\","
    "\"players\":[{\"id\":\"alice\"}],"
    "\"issuer\":{\"player\":\"alice\",\"connection\":\"L0SM9cOFvHcCIhw=\",\"request\":\"\\\"r1\\\"\"}}",
    "{\"ticket\":\"t\",\"state\":\"CANCELLED\",\"configuration\":\"default\",\"start\":5,\"reason\":\"requested\","
    "\"players\":[{\"id\":\"alice\"}],"
    "\"issuer\":{\"player\":\"alice\"}}",
    "{\"ticket\":\"t\",\"state\":\"TIMED_OUT\",\"configuration\":\"default\",\"start\":5,\"reason\":\"timed_out\","
    "\"players\":[{\"id\":\"alice\"}]}",
    "{\"match\":\"5b1c9a52-7f1e-4b5e-9a0c-3d2f8e6a7b10\",\"configuration\":\"default\",\"teams\":[{\"name\":\"red "
    "\\\"1\\\"\",\"players\":"
    "[{\"id\":\"alice\",\"ticket\":\"t1\",\"start\":1}]},{\"name\":\"blue\",\"players\":[{\"id\":\"bob\",\"ticket\":"
    "\"t2\",\"start\":2},"
    "{\"id\":\"carol\",\"ticket\":\"t2\",\"start\":2}]}]}",
    "{\"refused\":\"ticket_not_found\",\"message\":\"no such "
    "ticket\",\"ticket\":\"t\",\"issuer\":{\"player\":\"alice\",\"request\":\"7\"}}",
    "{\"refused\":\"ticket_not_found\",\"message\":\"\",\"ticket\":\"t\"}",
    "{\"ticket\":\"t\",\"state\":\"SEARCHING\",\"configuration\":\"default\",\"start\":5,\"order\":7,\"since\":9,"
    "\"players\":[{\"id\":\"alice\",\"team\":\"red\"},{\"id\":\"bob\",\"attributes\":{\"skill\":{\"N\":1}},\"team\":"
    "\"blue\"}],\"backfill\":{\"game_session\":\"arn:x\"}}",
    "{\"ticket\":\"t\",\"state\":\"SEARCHING\",\"configuration\":\"default\",\"start\":5,\"order\":7,\"reason\":"
    "\"acceptance_failed\",\"players\":[{\"id\":\"alice\"}],\"backfill\":{}}",
    "{\"ticket\":\"t\",\"state\":\"CANCELLED\",\"configuration\":\"default\",\"start\":5,\"reason\":\"acceptance_"
    "rejected\",\"players\":[{\"id\":\"alice\"}],\"issuer\":{\"player\":\"alice\"},\"match\":\"m-1\"}",
    "{\"ticket\":\"t\",\"state\":\"FAILED\",\"configuration\":\"default\",\"start\":5,\"reason\":\"configuration_"
    "gone\",\"players\":[{\"id\":\"alice\"}],\"backfill\":{\"game_session\":\"g\"}}",
    "{\"proposal\":\"m-1\",\"configuration\":\"default\",\"at\":10,\"until\":20,\"teams\":[{\"name\":\"red\","
    "\"players\":[{\"id\":\"alice\",\"ticket\":\"t1\",\"start\":1,\"accepted\":true},{\"id\":\"bob\",\"ticket\":\"t1\","
    "\"start\":1,\"accepted\":false}]},{\"name\":\"blue\",\"players\":[{\"id\":\"carol\",\"ticket\":\"t2\",\"start\":2}"
    "]},{\"name\":\"empty\",\"players\":[]}],\"backfill\":\"t2\",\"rules\":[[\"Fair "
    "\\\"skill\\\"\",1,2],[\"b\",0,3]],\"issuer\":{\"player\":\"alice\"}}",
    "{\"proposal\":\"m-1\",\"configuration\":\"default\",\"outcome\":\"timed_out\",\"teams\":[{\"name\":\"red\","
    "\"players\":[{\"id\":\"alice\",\"ticket\":\"t1\",\"start\":1}]}]}",
    "{\"proposal\":\"m-1\",\"configuration\":\"default\",\"outcome\":\"rejected\",\"teams\":[{\"name\":\"red\","
    "\"players\":[{\"id\":\"alice\",\"ticket\":\"t1\",\"start\":1,\"accepted\":false}]}],\"issuer\":{\"player\":"
    "\"alice\"}}",
    "{\"match\":\"m-1\",\"configuration\":\"default\",\"teams\":[{\"name\":\"red\",\"players\":[{\"id\":\"alice\","
    "\"ticket\":\"t1\",\"start\":1,\"attributes\":{\"skill\":{\"N\":1.5}}}]}],\"backfill\":\"t1\",\"accepted\":true,"
    "\"rules\":[[\"a\",1,0]]}",
    "{\"why\":{\"age_ms\":5,\"rules\":[]},\"ticket\":\"t\",\"issuer\":{\"player\":\"alice\",\"request\":\"7\"}}",
    "{\"dead_letter\":9007199254740993,\"reason\":\"$: not JSON\"}",
    "{\"dead_letter\":7,\"reason\":\"it kills\",\"attempts\":3}",
    "{\"redriven\":0,\"at\":1767323045678}",
    "{\"refused\":\"party_too_large\",\"message\":\"\",\"ticket\":\"t\",\"players\":[{\"id\":\"alice\"},{\"id\":"
    "\"bob\"}],"
    "\"issuer\":{\"player\":\"alice\"}}",
};

START_TEST(round_trip)
{
    json_object *o = json(round_trips[_i]);
    struct mm_transition t;
    struct buf out = {0};

    ck_assert_msg(mm_transition_decode(&t, o, error) == 0, "%s", error);
    mm_transition_encode(&t, &out);
    ck_assert_str_eq(out.data, round_trips[_i]);
    buf_free(&out);
    mm_transition_clear(&t);
    mm_transition_clear(&t);
    json_object_put(o);
}
END_TEST

START_TEST(fields)
{
    json_object *ticket = json(round_trips[1]), *match = json(round_trips[4]), *letter = json(round_trips[16]),
                *proposal = json(round_trips[11]);
    struct mm_transition t;

    ck_assert_int_eq(mm_transition_decode(&t, ticket, error), 0);
    ck_assert_int_eq(t.kind, MM_TICKET);
    ck_assert_int_eq(t.state, MM_CANCELLED);
    ck_assert_str_eq(t.reason, "requested");
    ck_assert_int_eq(t.start_ms, 5);
    ck_assert_str_eq(t.issuer.request_id, "\"r1\"");
    mm_transition_clear(&t);
    ck_assert_int_eq(mm_transition_decode(&t, match, error), 0);
    ck_assert_int_eq(t.kind, MM_MATCH);
    ck_assert_uint_eq(t.team_count, 2);
    ck_assert_uint_eq(t.teams[1].player_count, 2);
    ck_assert_str_eq(t.teams[1].players[1].id, "carol");
    ck_assert_int_eq(t.teams[1].players[1].start_ms, 2);
    ck_assert_str_eq(t.issuer.player_id, "");
    mm_transition_clear(&t);
    ck_assert_int_eq(mm_transition_decode(&t, proposal, error), 0);
    ck_assert_int_eq(t.kind, MM_PROPOSAL);
    ck_assert_uint_eq(t.team_count, 3);
    ck_assert_int_eq(t.teams[0].players[0].answer, MM_ACCEPTED);
    ck_assert_int_eq(t.teams[0].players[1].answer, MM_REJECTED);
    ck_assert_int_eq(t.teams[1].players[0].answer, MM_NO_ANSWER);
    ck_assert_str_eq(t.backfill_id, "t2");
    ck_assert_uint_eq(t.rule_count, 2);
    ck_assert_int_eq(t.rules[1].failed, 3);
    ck_assert_int_eq(t.until_ms, 20);
    mm_transition_clear(&t);
    ck_assert_int_eq(mm_transition_decode(&t, letter, error), 0);
    ck_assert_int_eq(t.kind, MM_DEAD_LETTER);
    ck_assert_int_eq(t.offset, 9007199254740993);
    json_object_put(ticket);
    json_object_put(match);
    json_object_put(letter);
    json_object_put(proposal);
}
END_TEST

#define TICKET   "{\"ticket\":\"t\",\"configuration\":\"c\",\"start\":5,"
#define ALICE    "\"players\":[{\"id\":\"alice\"}]"
#define MATCH    "{\"match\":\"m\",\"configuration\":\"c\","
#define PROPOSAL "{\"proposal\":\"m\",\"configuration\":\"c\","
#define TEAM     "{\"name\":\"red\",\"players\":[{\"id\":\"alice\",\"ticket\":\"t\",\"start\":1}]}"

static const struct {
    const char *text, *says;
} malformed[] = {
    {"null", "$: must be an object, is null"},
    {"[]", "$: must be an object, is array"},
    {"{}", "must have one of state, proposal, match, refused, why, dead_letter"},
    {TICKET ALICE "}", "must have one of"},
    {TICKET "\"state\":\"COMPLETED\"," ALICE "}",
     "$.state: must be SEARCHING, CANCELLED, TIMED_OUT or FAILED, is \"COMPLETED\""},
    {TICKET "\"state\":1," ALICE "}", "$.state"},
    {TICKET "\"state\":\"SEARCHING\",\"match\":\"x\"," ALICE "}", "unknown member \"match\""},
    {TICKET "\"state\":\"SEARCHING\",\"reason\":\"\"," ALICE "}", "$.reason"},
    {TICKET "\"state\":\"SEARCHING\",\"backfill\":1," ALICE "}", "$.backfill"},
    {TICKET "\"state\":\"SEARCHING\",\"backfill\":{\"x\":1}," ALICE "}", "$.backfill: unknown member"},
    {TICKET "\"state\":\"SEARCHING\",\"players\":[{\"id\":\"a\",\"team\":\"\"}]}", "$.players[0].team"},
    {TICKET "\"state\":\"SEARCHING\"}", "\"players\" is missing"},
    {TICKET "\"state\":\"SEARCHING\",\"players\":[]}", "$.players"},
    {TICKET "\"state\":\"SEARCHING\",\"players\":[{\"id\":\"a b\"}]}", "$.players[0].id"},
    {TICKET "\"state\":\"SEARCHING\",\"players\":[{\"id\":\"a\",\"attributes\":7}]}", "$.players[0].attributes"},
    {TICKET "\"state\":\"CANCELLED\"," ALICE "}", "\"reason\" is missing"},
    {TICKET "\"state\":\"CANCELLED\",\"reason\":\"x\",\"issuer\":{}," ALICE "}", "$.issuer"},
    {TICKET "\"state\":\"CANCELLED\",\"reason\":\"x\",\"issuer\":{\"player\":\"a\",\"x\":1}," ALICE "}",
     "$.issuer: unknown member"},
    {"{\"ticket\":\"t\",\"configuration\":\"c\",\"start\":-1,\"state\":\"SEARCHING\"," ALICE "}", "$.start"},
    {"{\"ticket\":\"t\",\"configuration\":\"c\",\"start\":9223372036854775807,\"state\":\"SEARCHING\"," ALICE "}",
     "$.start"},
    {MATCH "\"teams\":[]}", "$.teams"},
    {MATCH "\"teams\":[{\"name\":\"red\",\"players\":[]}]}", "$.teams: must have 1 to 200 players, have 0"},
    {MATCH
     "\"teams\":[{\"name\":\"red\",\"players\":[{\"id\":\"a\",\"ticket\":\"t\",\"start\":1,\"accepted\":true}]}]}",
     "$.teams[0].players[0]: unknown member \"accepted\""},
    {MATCH "\"teams\":[" TEAM "],\"rules\":[1]}", "$.rules[0]: must be an array"},
    {MATCH "\"teams\":[" TEAM "],\"rules\":[[\"a\",1]]}", "$.rules[0]: must be [rule, passed, failed]"},
    {MATCH "\"teams\":[" TEAM "],\"rules\":[[1,1,1]]}", "$.rules[0]: must be [rule, passed, failed]"},
    {MATCH "\"teams\":[" TEAM "],\"accepted\":1}", "$.accepted"},
    {MATCH "\"teams\":[" TEAM "],\"backfill\":\"a b\"}", "$.backfill"},
    {PROPOSAL "\"teams\":[" TEAM "]}", "\"at\" is missing"},
    {PROPOSAL "\"at\":1,\"until\":-1,\"teams\":[" TEAM "]}", "$.until"},
    {PROPOSAL "\"at\":1,\"until\":1,\"teams\":[]}", "$.teams"},
    {PROPOSAL "\"at\":1,\"until\":1,\"x\":1,\"teams\":[" TEAM "]}", "unknown member \"x\""},
    {PROPOSAL "\"outcome\":\"accepted\",\"teams\":[" TEAM "]}",
     "$.outcome: must be rejected or timed_out, is \"accepted\""},
    {PROPOSAL "\"outcome\":\"rejected\"}", "\"teams\" is missing"},
    {"{\"why\":1,\"ticket\":\"t\"}", "$.why"},
    {"{\"why\":{}}", "\"ticket\" is missing"},
    {MATCH "\"teams\":[" TEAM ",{\"name\":\"blue\",\"players\":[{\"id\":\"b\"}]}]}", "$.teams[1].players[0]"},
    {MATCH "\"teams\":[" TEAM "],\"x\":1}", "unknown member \"x\""},
    {"{\"refused\":\"code\",\"ticket\":\"t\"}", "\"message\" is missing"},
    {"{\"redriven\":-1,\"at\":1}", "$.redriven"},
    {"{\"redriven\":1}", "\"at\" is missing"},
    {"{\"dead_letter\":-1,\"reason\":\"\"}", "$.dead_letter"},
    {"{\"dead_letter\":1}", "\"reason\" is missing"},
    {"{\"dead_letter\":1,\"reason\":\"\",\"attempts\":0}", "$.attempts"},
};

START_TEST(malformed_is_refused)
{
    json_object *o = json(malformed[_i].text);
    struct mm_transition t;

    ck_assert_int_eq(mm_transition_decode(&t, o, error), ERR_INVALID);
    ck_assert_msg(strstr(error, malformed[_i].says) != NULL, "\"%s\" is not in: %s", malformed[_i].says, error);
    json_object_put(o);
}
END_TEST

/* count teams of one, or a ticket of count players. */
static json_object *large(bool match, size_t count, bool backfill, struct buf *text)
{
    buf_str(text, match ? MATCH "\"teams\":[" : TICKET "\"state\":\"SEARCHING\",\"players\":[");
    for (size_t i = 0; i < count; i++) {
        buf_printf(text, "%s", i > 0 ? "," : "");
        if (match)
            buf_printf(text, "{\"name\":\"n%zu\",\"players\":[{\"id\":\"p%zu\",\"ticket\":\"t%zu\",\"start\":%zu}]}", i,
                       i, i, i);
        else
            buf_printf(text, "{\"id\":\"p%zu\"}", i);
    }
    buf_str(text, backfill ? "],\"backfill\":{}}" : "]}");
    return json(text->data);
}

static const struct {
    size_t count;
    int rc;
    bool match, backfill;
} larges[] = {
    {200, 0, true, false},           {201, ERR_INVALID, true, false}, {10, 0, false, false},
    {11, ERR_INVALID, false, false}, {199, 0, false, true},           {200, ERR_INVALID, false, true},
};

START_TEST(as_many_as_there_may_be)
{
    struct buf text = {0}, out = {0};
    json_object *o = large(larges[_i].match, larges[_i].count, larges[_i].backfill, &text);
    struct mm_transition t;

    ck_assert_int_eq(mm_transition_decode(&t, o, error), larges[_i].rc);
    if (larges[_i].rc == 0) {
        ck_assert_uint_eq(larges[_i].match ? t.team_count : t.player_count, larges[_i].count);
        mm_transition_encode(&t, &out);
        ck_assert_uint_eq(out.len, text.len);
    }
    mm_transition_clear(&t);
    json_object_put(o);
    buf_free(&text);
    buf_free(&out);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *s = suite_create("mm_transition");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_loop_test(tc, round_trip, 0, ROWS(round_trips));
    tcase_add_test(tc, fields);
    tcase_add_loop_test(tc, as_many_as_there_may_be, 0, ROWS(larges));
    tcase_add_loop_test(tc, malformed_is_refused, 0, ROWS(malformed));
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
