/* From a decision to what the players concerned are told. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"

struct told {
    char lines[4][512]; /* "player request_id json" */
    size_t count, stop_after;
};

static bool note(void *arg, const struct player_event *e)
{
    struct told *t = arg;

    if (t->count == t->stop_after)
        return false;
    snprintf(t->lines[t->count++], sizeof(t->lines[0]), "%s [%s] %.*s", e->player_id, e->request_id, (int)e->json_len,
             e->json);
    return true;
}

static bool tell(const struct mm_transition *t, struct told *told)
{
    struct buf scratch = {0};
    bool whole = events_of(t, 1767322984678, &scratch, note, told);

    buf_free(&scratch);
    return whole;
}

static struct mm_match_player red = {.id = "alice", .ticket_id = "t1", .start_ms = 1};
static struct mm_match_player blue = {.id = "bob", .ticket_id = "t2", .start_ms = 2};
static struct mm_match_team teams[] = {{"red", &red, 1}, {"blue", &blue, 1}};
static struct mm_transition match = {
    .kind = MM_MATCH,
    .configuration = "default",
    .match_id = "m",
    .teams = teams,
    .team_count = 2,
};

START_TEST(both_players_of_a_match)
{
    struct told told = {.stop_after = 4};

    ck_assert(tell(&match, &told));
    ck_assert_uint_eq(told.count, 2);
    ck_assert_str_eq(
        told.lines[0],
        "alice [] {\"type\":\"match_ready\",\"player_id\":\"alice\",\"data\":{\"match_id\":\"m\",\"opponent\":\"bob\","
        "\"timestamp\":\"2026-01-02T03:03:04.678Z\",\"ticket_id\":\"t1\",\"teams\":{\"red\":[\"alice\"],\"blue\":["
        "\"bob\"]}}}");
    ck_assert_ptr_nonnull(strstr(told.lines[1], "\"opponent\":\"alice\""));
    ck_assert_ptr_nonnull(strstr(told.lines[1], "\"ticket_id\":\"t2\""));
}
END_TEST

START_TEST(a_full_queue_stops_it)
{
    struct told told = {.stop_after = 1};

    ck_assert(!tell(&match, &told));
    ck_assert_uint_eq(told.count, 1);
}
END_TEST

START_TEST(the_one_who_asked_gets_the_request_id)
{
    struct mm_transition t = {
        .kind = MM_TICKET,
        .state = MM_CANCELLED,
        .ticket_id = "t1",
        .reason = "requested",
        .players = (struct mm_player[]){{.id = "alice"}, {.id = "carol"}},
        .player_count = 2,
        .issuer = {"carol", "c=", "\"r\""},
    };
    struct told told = {.stop_after = 4};

    ck_assert(tell(&t, &told));
    ck_assert_uint_eq(told.count, 2);
    ck_assert_str_eq(told.lines[0],
                     "alice [] {\"type\":\"matchmaking_cancelled\",\"player_id\":\"alice\",\"data\":{\"ticket_id\":"
                     "\"t1\",\"reason\":\"requested\"}}");
    ck_assert_ptr_nonnull(strstr(told.lines[1], "carol [\"r\"]"));
}
END_TEST

START_TEST(what_is_nobodys_news)
{
    struct mm_transition searching = {
        .kind = MM_TICKET, .state = MM_SEARCHING, .players = &(struct mm_player){.id = "alice"}, .player_count = 1};
    struct mm_transition dead = {.kind = MM_DEAD_LETTER, .reason = "x"};
    struct mm_transition refused = {.kind = MM_REFUSED, .issuer = {"", "", ""}};
    struct told told = {.stop_after = 4};

    ck_assert(tell(&searching, &told) && tell(&dead, &told) && tell(&refused, &told));
    ck_assert_uint_eq(told.count, 0);
}
END_TEST

START_TEST(a_refusal_goes_to_who_asked)
{
    struct mm_transition t = {
        .kind = MM_REFUSED, .reason = "ticket_exists", .message = "m", .ticket_id = "t", .issuer = {"bob", "c=", ""}};
    struct told told = {.stop_after = 4};

    ck_assert(tell(&t, &told));
    ck_assert_str_eq(
        told.lines[0],
        "bob [] {\"type\":\"matchmaking_refused\",\"player_id\":\"bob\",\"data\":{\"code\":\"ticket_exists\","
        "\"message\":\"m\",\"ticket_id\":\"t\"}}");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("matchmaker_events");
    TCase *c = tcase_create("all");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_test(c, both_players_of_a_match);
    tcase_add_test(c, a_full_queue_stops_it);
    tcase_add_test(c, the_one_who_asked_gets_the_request_id);
    tcase_add_test(c, what_is_nobodys_news);
    tcase_add_test(c, a_refusal_goes_to_who_asked);
    suite_add_tcase(s, c);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
