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
    "{\"dead_letter\":9007199254740993,\"reason\":\"$: not JSON\"}",
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
    json_object *ticket = json(round_trips[1]), *match = json(round_trips[4]), *letter = json(round_trips[7]);
    struct mm_transition t;

    ck_assert_int_eq(mm_transition_decode(&t, ticket, error), 0);
    ck_assert_int_eq(t.kind, MM_TICKET);
    ck_assert_int_eq(t.state, MM_CANCELLED);
    ck_assert_str_eq(t.reason, "requested");
    ck_assert_int_eq(t.start_ms, 5);
    ck_assert_str_eq(t.issuer.request_id, "\"r1\"");
    ck_assert_int_eq(mm_transition_decode(&t, match, error), 0);
    ck_assert_int_eq(t.kind, MM_MATCH);
    ck_assert_uint_eq(t.team_count, 2);
    ck_assert_uint_eq(t.teams[1].player_count, 2);
    ck_assert_str_eq(t.teams[1].players[1].id, "carol");
    ck_assert_int_eq(t.teams[1].players[1].start_ms, 2);
    ck_assert_str_eq(t.issuer.player_id, "");
    mm_transition_clear(&t);
    ck_assert_int_eq(mm_transition_decode(&t, letter, error), 0);
    ck_assert_int_eq(t.kind, MM_DEAD_LETTER);
    ck_assert_int_eq(t.offset, 9007199254740993);
    json_object_put(ticket);
    json_object_put(match);
    json_object_put(letter);
}
END_TEST

#define TICKET "{\"ticket\":\"t\",\"configuration\":\"c\",\"start\":5,"
#define ALICE  "\"players\":[{\"id\":\"alice\"}]"
#define TEAM   "{\"name\":\"red\",\"players\":[{\"id\":\"alice\",\"ticket\":\"t\",\"start\":1}]}"

static const struct {
    const char *text, *says;
} malformed[] = {
    {"null", "$: must be an object, is null"},
    {"[]", "$: must be an object, is array"},
    {"{}", "must have one of state, match, refused, dead_letter"},
    {TICKET ALICE "}", "must have one of"},
    {TICKET "\"state\":\"COMPLETED\"," ALICE "}",
     "$.state: must be SEARCHING, CANCELLED or TIMED_OUT, is \"COMPLETED\""},
    {TICKET "\"state\":1," ALICE "}", "$.state"},
    {TICKET "\"state\":\"SEARCHING\",\"reason\":\"x\"," ALICE "}", "unknown member \"reason\""},
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
    {"{\"match\":\"m\",\"configuration\":\"c\",\"teams\":[]}", "$.teams"},
    {"{\"match\":\"m\",\"configuration\":\"c\",\"teams\":[" TEAM "," TEAM "," TEAM "]}", "$.teams"},
    {"{\"match\":\"m\",\"configuration\":\"c\",\"teams\":[" TEAM ",{\"name\":\"blue\",\"players\":[{\"id\":\"b\"}]}]}",
     "$.teams[1].players[0]"},
    {"{\"match\":\"m\",\"configuration\":\"c\",\"teams\":[" TEAM "],\"x\":1}", "unknown member \"x\""},
    {"{\"refused\":\"code\",\"ticket\":\"t\"}", "\"message\" is missing"},
    {"{\"dead_letter\":-1,\"reason\":\"\"}", "$.dead_letter"},
    {"{\"dead_letter\":1}", "\"reason\" is missing"},
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
    tcase_add_loop_test(tc, malformed_is_refused, 0, ROWS(malformed));
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
