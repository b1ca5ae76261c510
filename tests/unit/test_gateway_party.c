#include <check.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "party.h"

#define SELF   "\"player_id\":\"alice\""
#define PLAYER "{\"player_id\":\"p%d\"}"

static char error[MM_ERROR_SIZE];

static json_object *json(const char *text)
{
    json_object *o;

    ck_assert_msg(json_parse(text, strlen(text), &o, error) == 0, "%s", error);
    return o;
}

static const struct {
    const char *data, *command; /* the Players of the command */
} good_cases[] = {
    {"{}", "[{\"PlayerId\":\"alice\"}]"},
    {"{\"attributes\":{\"skill\":7},\"latency_ms\":{\"eu\":40}}",
     "[{\"PlayerId\":\"alice\",\"PlayerAttributes\":{\"skill\":{\"N\":7}},\"LatencyInMs\":{\"eu\":40}}]"},
    {"{\"players\":[{" SELF "}]}", "[{\"PlayerId\":\"alice\"}]"},
    {"{\"players\":[{\"player_id\":\"bob\",\"attributes\":{\"role\":\"tank\"}},{" SELF ",\"latency_ms\":{\"eu\":9}}]}",
     "[{\"PlayerId\":\"bob\",\"PlayerAttributes\":{\"role\":{\"S\":\"tank\"}}},"
     "{\"PlayerId\":\"alice\",\"LatencyInMs\":{\"eu\":9}}]"},
};

START_TEST(players_become_those_of_the_command)
{
    json_object *data = json(good_cases[_i].data);
    struct mm_command c = {.type = MM_START, .ticket_id = "t", .configuration = "c"};
    struct buf out = {0}, expected = {0};
    struct party p;

    ck_assert_msg(party_read(&p, data, "alice", error) == 0, "%s", error);
    c.players = p.players;
    c.player_count = p.count;
    mm_command_encode(&c, &out);
    buf_printf(&expected, "{\"TicketId\":\"t\",\"ConfigurationName\":\"c\",\"Players\":%s}", good_cases[_i].command);
    ck_assert_str_eq(out.data, expected.data);
    party_clear(&p);
    buf_free(&out);
    buf_free(&expected);
    json_object_put(data);
}
END_TEST

static const struct {
    const char *data, *says;
} bad_cases[] = {
    {"{\"attributes\":{\"skill\":true}}", "$.data.attributes.skill: must be"},
    {"{\"latency_ms\":{\"eu\":0}}", "$.data.latency_ms.eu: must be"},
    {"{\"players\":{}}", "$.data.players: must be"},
    {"{\"players\":[]}", "$.data.players: must"},
    {"{\"players\":[null]}", "$.data.players[0]: must be an object"},
    {"{\"players\":[{}]}", "$.data.players[0]: member \"player_id\" is missing"},
    {"{\"players\":[{\"player_id\":\"bob\"}]}", "$.data.players: must name the player who asks"},
    {"{\"players\":[{" SELF "},{" SELF "}]}", "$.data.players[1]: player_id names a player for the second time"},
    {"{\"players\":[{" SELF "},{\"player_id\":\"b {\"}]}", "$.data.players[1]: player_id is not a valid player id"},
    {"{\"players\":[{" SELF ",\"attributes\":{\"a\":1}},{\"player_id\":\"b\",\"attributes\":{\"a\":[1]}}]}",
     "$.data.players[1].attributes.a[0]: must be"},
    {"{\"players\":[{" SELF ",\"latency_ms\":{\"eu\":1.5}}]}", "$.data.players[0].latency_ms.eu: must be"},
    {"{\"players\":[{" SELF ",\"team\":\"red\"}]}", "$.data.players[0]: "},
    {"{\"players\":[{" SELF "}],\"attributes\":{}}", "$.data: "},
};

START_TEST(what_is_wrong_is_named)
{
    json_object *data = json(bad_cases[_i].data);
    struct party p;

    ck_assert_int_eq(party_read(&p, data, "alice", error), ERR_INVALID);
    ck_assert_msg(strstr(error, bad_cases[_i].says) == error, "%s", error);
    json_object_put(data);
}
END_TEST

/* So many players, alice the last. */
static int read_crowd(int count)
{
    struct buf text = {0};
    json_object *data;
    struct party p;
    int rc;

    buf_str(&text, "{\"players\":[");
    for (int i = 1; i < count; i++)
        buf_printf(&text, PLAYER ",", i);
    buf_str(&text, "{" SELF "}]}");
    data = json(text.data);
    rc = party_read(&p, data, "alice", error);
    if (rc == 0)
        ck_assert_uint_eq(p.count, (size_t)count);
    if (rc == 0)
        party_clear(&p);
    json_object_put(data);
    buf_free(&text);
    return rc;
}

START_TEST(ten_are_a_party_eleven_are_not)
{
    ck_assert_int_eq(read_crowd(10), 0);
    ck_assert_int_eq(read_crowd(11), ERR_INVALID);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gateway_party");
    TCase *tc = tcase_create("party");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tc, players_become_those_of_the_command, 0, (int)(sizeof(good_cases) / sizeof(good_cases[0])));
    tcase_add_loop_test(tc, what_is_wrong_is_named, 0, (int)(sizeof(bad_cases) / sizeof(bad_cases[0])));
    tcase_add_test(tc, ten_are_a_party_eleven_are_not);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
