/*
 * The states of tickets: each transition of the machine, on a virtual clock. The pool asks whether a match is accepted
 * for 10 s, and a ticket's time is 20 s. What the search cannot make, as parties, is told to the engine as a journal.
 */
#include "mm_world.h"

static const char configurations[] =
    "{\"MatchmakingConfigurations\":[{\"Name\":\"duel\",\"RuleSetName\":\"duel\",\"Partition\":0,"
    "\"RequestTimeoutSeconds\":20,\"AcceptanceRequired\":true,\"AcceptanceTimeoutSeconds\":10},"
    "{\"Name\":\"other\",\"RuleSetName\":\"duel\",\"Partition\":0,\"RequestTimeoutSeconds\":20}]}";

static const char *rules(const char *name)
{
    (void)name;
    return "{\"ruleLanguageVersion\":\"1.0\",\"playerAttributes\":[{\"name\":\"skill\",\"type\":\"number\"}],"
           "\"teams\":[{\"name\":\"red\",\"minPlayers\":1,\"maxPlayers\":1},"
           "{\"name\":\"blue\",\"minPlayers\":1,\"maxPlayers\":1}]}";
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

static void start(const char *ticket_id, const char *player_id)
{
    world_start(&w, &(struct asked){.ticket_id = ticket_id, .player_id = player_id});
}

static void accept(const char *ticket_id, const char *player_id)
{
    world_answer(&w, ticket_id, player_id, true, "");
}

static void reject(const char *ticket_id, const char *player_id)
{
    world_answer(&w, ticket_id, player_id, false, "");
}

static void after(int64_t ms)
{
    world_tick(&w, w.now_ms + ms);
}

static void forget_log(void)
{
    buf_clear(&w.log);
    buf_str(&w.log, "");
}

/* What was emitted since the last call. */
static void expect(const char *lines)
{
    ck_assert_str_eq(w.log.data, lines);
    forget_log();
}

static const char *last_json(void)
{
    return w.journal[w.journal_count - 1].json;
}

/* t1 of alice and t2 of bob, who are asked. */
static void propose(void)
{
    start("t1", "alice");
    start("t2", "bob");
    expect("t1 SEARCHING\nt2 SEARCHING\nt1+t2 PROPOSED --\n");
}

/* As read from a journal. */
static void tell(const char *json)
{
    char error[MM_ERROR_SIZE];
    struct mm_transition t;
    json_object *o = NULL;

    ck_assert_msg(json_parse(json, strlen(json), &o, error) == 0, "%s", error);
    ck_assert_msg(mm_transition_decode(&t, o, error) == 0, "%s", error);
    mm_engine_restore(w.engine, w.now_ms, &t);
    mm_transition_clear(&t);
    json_object_put(o);
}

/* ---- acceptance ---- */

START_TEST(all_accept)
{
    propose();
    accept("t2", "bob");
    expect("t1+t2 PROPOSED -y\n");
    ck_assert_uint_eq(mm_engine_waiting(w.engine), 2);
    accept("t1", "alice");
    expect("t1+t2 PROPOSED yy\nt1+t2 MATCH\n");
    ck_assert_uint_eq(mm_engine_waiting(w.engine), 0);
    ck_assert_ptr_nonnull(strstr(last_json(), "\"accepted\":true"));
    ck_assert_ptr_nonnull(strstr(last_json(), "\"attributes\":{\"skill\":{\"N\":0}}"));
    ck_assert_int_eq(mm_engine_due_ms(w.engine), INT64_MAX);
    accept("t1", "alice");
    expect("t1 refused ticket_not_found\n");
}
END_TEST

START_TEST(a_proposal_is_complete)
{
    int64_t at_ms = w.now_ms;
    char times[96];

    propose();
    (void)snprintf(times, sizeof(times), "\"at\":%lld,\"until\":%lld", (long long)at_ms, (long long)at_ms + 10000);
    ck_assert_ptr_nonnull(strstr(last_json(), times));
    ck_assert_ptr_null(strstr(last_json(), "issuer"));
    ck_assert_int_eq(mm_engine_due_ms(w.engine), at_ms + 10000);
    accept("t2", "bob");
    ck_assert_ptr_nonnull(strstr(last_json(), "\"issuer\":{\"player\":\"bob\",\"connection\":\"conn\""));
}
END_TEST

START_TEST(a_reject_drops_it_at_once)
{
    propose();
    accept("t2", "bob");
    forget_log();
    reject("t1", "alice");
    expect("t1+t2 DROPPED rejected ny\nt1 CANCELLED acceptance_rejected\nt2 SEARCHING acceptance_failed\n");
    ck_assert_uint_eq(mm_engine_waiting(w.engine), 1);
    accept("t2", "bob");
    expect("t2 refused match_not_found\n");
    start("t3", "alice");
    expect("t3 SEARCHING\nt2+t3 PROPOSED --\n");
}
END_TEST

START_TEST(who_was_not_asked_long_enough_is_not_to_blame)
{
    propose();
    reject("t1", "alice");
    expect("t1+t2 DROPPED rejected n-\nt1 CANCELLED acceptance_rejected\nt2 SEARCHING acceptance_failed\n");
}
END_TEST

START_TEST(silence_drops_it_in_time)
{
    propose();
    accept("t1", "alice");
    forget_log();
    after(9999);
    expect("");
    after(1);
    expect("t1+t2 DROPPED timed_out y-\nt1 SEARCHING acceptance_failed\nt2 CANCELLED acceptance_timed_out\n");
}
END_TEST

START_TEST(all_are_silent)
{
    propose();
    after(10000);
    expect("t1+t2 DROPPED timed_out --\nt1 CANCELLED acceptance_timed_out\nt2 CANCELLED acceptance_timed_out\n");
    ck_assert_uint_eq(mm_engine_waiting(w.engine), 0);
    ck_assert_int_eq(mm_engine_due_ms(w.engine), INT64_MAX);
}
END_TEST

/* An answer that comes when the time is over is too late, even when no tick has said so. */
START_TEST(an_answer_after_the_time)
{
    propose();
    accept("t1", "alice");
    forget_log();
    w.now_ms += 10000;
    accept("t2", "bob");
    expect("t1+t2 DROPPED timed_out y-\nt1 SEARCHING acceptance_failed\nt2 CANCELLED acceptance_timed_out\n"
           "t2 refused match_not_found\n");
}
END_TEST

START_TEST(accepting_twice_is_accepting_once)
{
    propose();
    accept("t1", "alice");
    accept("t1", "alice");
    expect("t1+t2 PROPOSED y-\nt1+t2 PROPOSED y-\n");
    accept("t2", "bob");
    expect("t1+t2 PROPOSED yy\nt1+t2 MATCH\n");
}
END_TEST

START_TEST(who_accepted_may_still_reject)
{
    propose();
    accept("t1", "alice");
    forget_log();
    reject("t1", "alice");
    expect("t1+t2 DROPPED rejected n-\nt1 CANCELLED acceptance_rejected\nt2 SEARCHING acceptance_failed\n");
}
END_TEST

/* ---- who may answer, and what ---- */

static const struct {
    const char *ticket_id, *issuer, *players[2], *match_id, *says;
} wrong_answers[] = {
    {"t1", "bob", {"bob"}, "", "t1 refused ticket_not_found\n"},
    {"t1", "bob", {"alice"}, "", "t1 refused ticket_not_found\n"},
    {"t1", "alice", {"alice", "bob"}, "", "t1 refused ticket_not_found\n"},
    {"t1", "alice", {"bob"}, "", "t1 refused ticket_not_found\n"},
    {"t9", "alice", {"alice"}, "", "t9 refused ticket_not_found\n"},
    {"t1", "alice", {"alice"}, "another", "t1 refused match_not_found\n"},
    {"t3", "carol", {"carol"}, "", "t3 refused match_not_found\n"},
    {"t1", "", {"alice"}, "", "t1+t2 PROPOSED y-\n"}, /* a game server */
    {"t1", "", {"bob"}, "", "t1 refused ticket_not_found\n"},
};

START_TEST(answers_of_the_wrong_or_to_the_wrong)
{
    const char *const *ids = wrong_answers[_i].players;
    struct mm_player players[] = {{.id = ids[0]}, {.id = ids[1]}};

    propose();
    start("t3", "carol");
    forget_log();
    mm_engine_apply(w.engine, w.now_ms,
                    &(struct mm_command){.type = MM_ACCEPT,
                                         .ticket_id = wrong_answers[_i].ticket_id,
                                         .players = players,
                                         .player_count = ids[1] != NULL ? 2 : 1,
                                         .accepts = true,
                                         .match_id = wrong_answers[_i].match_id,
                                         .issuer = {wrong_answers[_i].issuer, "", ""}});
    expect(wrong_answers[_i].says);
}
END_TEST

START_TEST(the_match_is_named)
{
    char match_id[64] = "";

    propose();
    ck_assert_int_eq(sscanf(last_json(), "{\"proposal\":\"%60[^\"]", match_id), 1);
    world_answer(&w, "t1", "alice", true, match_id);
    expect("t1+t2 PROPOSED y-\n");
}
END_TEST

/* ---- what happens to a ticket meanwhile ---- */

START_TEST(a_stop_is_a_reject)
{
    propose();
    accept("t2", "bob");
    forget_log();
    world_stop(&w, "t1", "alice");
    ck_assert_ptr_nonnull(strstr(w.journal[w.journal_count - 2].json, "\"reason\":\"requested\""));
    ck_assert_ptr_nonnull(strstr(w.journal[w.journal_count - 2].json, "\"issuer\":{\"player\":\"alice\""));
    ck_assert_ptr_nonnull(strstr(w.journal[w.journal_count - 2].json, "\"match\":"));
    expect("t1+t2 DROPPED rejected ny\nt1 CANCELLED requested\nt2 SEARCHING acceptance_failed\n");
}
END_TEST

START_TEST(leaving_is_a_reject)
{
    propose();
    world_left(&w, "t2", "bob");
    expect("t1+t2 DROPPED rejected -n\nt1 SEARCHING acceptance_failed\nt2 CANCELLED player_left\n");
}
END_TEST

/* The new ticket meets the one that came back. */
START_TEST(starting_anew_is_a_reject)
{
    propose();
    start("t3", "alice");
    expect("t1+t2 DROPPED rejected n-\nt1 CANCELLED replaced\nt2 SEARCHING acceptance_failed\nt3 SEARCHING\n"
           "t2+t3 PROPOSED --\n");
}
END_TEST

START_TEST(elsewhere_the_ticket_stands)
{
    propose();
    world_start(&w, &(struct asked){.ticket_id = "t3", .player_id = "alice", .configuration = "other"});
    expect("t3 refused already_queued\n");
}
END_TEST

START_TEST(nobody_is_matched_twice)
{
    propose();
    start("t3", "carol");
    expect("t3 SEARCHING\n");
    start("t4", "dave");
    expect("t4 SEARCHING\nt3+t4 PROPOSED --\n");
}
END_TEST

START_TEST(who_comes_back_stands_where_they_stood)
{
    w.now_ms = 1000000;
    start("t1", "alice");
    w.now_ms += 1000;
    start("t2", "bob");
    reject("t2", "bob");
    forget_log();
    ck_assert_ptr_nonnull(strstr(w.journal[w.journal_count - 2].json, "\"start\":1000000,\"order\":1,"));
    ck_assert_int_eq(mm_engine_oldest_ms(w.engine, "duel"), 1000000);
    start("t3", "carol");
    expect("t3 SEARCHING\nt1+t3 PROPOSED --\n");
}
END_TEST

/* Two that come back and may meet do, in a tick. */
START_TEST(those_who_come_back_search)
{
    propose();
    start("t3", "carol");
    start("t4", "dave");
    forget_log();
    reject("t1", "alice");
    reject("t3", "carol");
    forget_log();
    ck_assert_int_le(mm_engine_due_ms(w.engine), w.now_ms);
    after(0);
    expect("t2+t4 PROPOSED --\n");
}
END_TEST

START_TEST(the_time_of_the_ticket_is_not_looked_at_while_it_is_asked)
{
    start("t1", "alice");
    after(19000);
    start("t2", "bob");
    forget_log();
    after(5000);
    expect("");
    accept("t1", "alice");
    accept("t2", "bob");
    expect("t1+t2 PROPOSED y-\nt1+t2 PROPOSED yy\nt1+t2 MATCH\n");
}
END_TEST

START_TEST(who_comes_back_too_late_has_timed_out)
{
    start("t1", "alice");
    after(19000);
    start("t2", "bob");
    forget_log();
    after(1000);
    reject("t2", "bob");
    expect("t1+t2 DROPPED rejected -n\nt1 TIMED_OUT timed_out\nt2 CANCELLED acceptance_rejected\n");
    ck_assert_int_eq(mm_engine_due_ms(w.engine), INT64_MAX);
}
END_TEST

START_TEST(ids_of_all_that_ended_are_remembered)
{
    propose();
    after(10000);
    forget_log();
    start("t1", "alice");
    start("t2", "carol");
    expect("t1 refused ticket_exists\nt2 refused ticket_exists\n");
}
END_TEST

/* ---- what is told of it ---- */

/* A snapshot tells of the ticket first, and of the proposal in a later part, which may never come. */
START_TEST(a_ticket_that_is_told_again_stays_in_its_proposal)
{
    propose();
    tell("{\"ticket\":\"t1\",\"state\":\"SEARCHING\",\"configuration\":\"duel\",\"start\":1000000,\"order\":1,"
         "\"players\":[{\"id\":\"alice\",\"attributes\":{\"skill\":{\"N\":0}}}]}");
    start("t3", "carol");
    expect("t3 SEARCHING\n");
    accept("t1", "alice");
    accept("t2", "bob");
    expect("t1+t2 PROPOSED y-\nt1+t2 PROPOSED yy\nt1+t2 MATCH\n");
}
END_TEST

static void note(void *arg, const struct mm_transition *t)
{
    world_put_line(arg, t);
}

START_TEST(a_walk_tells_of_proposals_last)
{
    struct mm_cursor cursor;
    struct buf seen = {0};

    propose();
    start("t3", "carol");
    mm_engine_walk_begin(w.engine, &cursor);
    ck_assert_uint_eq(mm_engine_walk(w.engine, &cursor, 1, note, &seen), 1);
    ck_assert_uint_eq(mm_engine_walk(w.engine, &cursor, 9, note, &seen), 1);
    ck_assert_uint_eq(mm_engine_walk(w.engine, &cursor, 9, note, &seen), 0);
    ck_assert_str_eq(seen.data, "t3 SEARCHING\nt1+t2 PROPOSED --\n");
    buf_free(&seen);
}
END_TEST

/* ---- parties ---- */

/* alice and anna against bob, all asked. */
static void tell_party(void)
{
    tell("{\"ticket\":\"t1\",\"state\":\"SEARCHING\",\"configuration\":\"duel\",\"start\":1000000,\"order\":1,"
         "\"players\":[{\"id\":\"alice\"},{\"id\":\"anna\",\"attributes\":{\"skill\":{\"N\":7}}}]}");
    tell("{\"ticket\":\"t2\",\"state\":\"SEARCHING\",\"configuration\":\"duel\",\"start\":1000000,\"order\":2,"
         "\"players\":[{\"id\":\"bob\"}]}");
    tell("{\"proposal\":\"m\",\"configuration\":\"duel\",\"at\":1000000,\"until\":1010000,\"teams\":[{\"name\":\"red\","
         "\"players\":[{\"id\":\"alice\",\"ticket\":\"t1\",\"start\":1000000},"
         "{\"id\":\"anna\",\"ticket\":\"t1\",\"start\":1000000}]},"
         "{\"name\":\"blue\",\"players\":[{\"id\":\"bob\",\"ticket\":\"t2\",\"start\":1000000}]}]}");
    after(0);
    expect("");
}

START_TEST(all_of_a_party_accept)
{
    tell_party();
    accept("t1", "alice");
    accept("t2", "bob");
    accept("t1", "anna");
    expect("t1+t2 PROPOSED y--\nt1+t2 PROPOSED y-y\nt1+t2 PROPOSED yyy\nt1+t2 MATCH\n");
    ck_assert_ptr_nonnull(strstr(last_json(), "{\"id\":\"anna\",\"ticket\":\"t1\",\"start\":1000000,\"attributes\":{"));
}
END_TEST

START_TEST(nobody_answers_for_a_friend)
{
    struct mm_player both[] = {{.id = "alice"}, {.id = "anna"}};

    tell_party();
    mm_engine_apply(w.engine, w.now_ms,
                    &(struct mm_command){.type = MM_ACCEPT,
                                         .ticket_id = "t1",
                                         .players = both,
                                         .player_count = 2,
                                         .accepts = true,
                                         .match_id = "",
                                         .issuer = {"alice", "", ""}});
    expect("t1 refused ticket_not_found\n");
}
END_TEST

START_TEST(a_party_falls_with_one_of_it)
{
    tell_party();
    accept("t1", "alice");
    accept("t2", "bob");
    forget_log();
    after(10000);
    expect("t1+t2 DROPPED timed_out y-y\nt1 CANCELLED acceptance_timed_out\nt2 SEARCHING acceptance_failed\n");
}
END_TEST

START_TEST(one_rejects_for_the_party)
{
    tell_party();
    accept("t1", "alice");
    forget_log();
    reject("t1", "anna");
    expect("t1+t2 DROPPED rejected yn-\nt1 CANCELLED acceptance_rejected\nt2 SEARCHING acceptance_failed\n");
}
END_TEST

/* Which player of the ticket does it. */
START_TEST(any_of_a_party_stops_it_or_leaves_it)
{
    const char *player_id = _i % 2 == 0 ? "alice" : "anna";

    tell("{\"ticket\":\"t1\",\"state\":\"SEARCHING\",\"configuration\":\"duel\",\"start\":1000000,\"order\":1,"
         "\"players\":[{\"id\":\"alice\"},{\"id\":\"anna\"}]}");
    if (_i < 2) {
        world_stop(&w, "t1", "bob");
        world_stop(&w, "t1", player_id);
        expect("t1 refused ticket_not_found\nt1 CANCELLED requested\n");
    } else {
        world_left(&w, "t1", "bob");
        world_left(&w, "t1", player_id);
        expect("t1 CANCELLED player_left\n");
    }
    ck_assert_ptr_nonnull(strstr(last_json(), "\"players\":[{\"id\":\"alice\"},{\"id\":\"anna\"}]"));
}
END_TEST

START_TEST(a_start_replaces_the_party_of_its_player)
{
    tell("{\"ticket\":\"t1\",\"state\":\"SEARCHING\",\"configuration\":\"duel\",\"start\":1000000,\"order\":1,"
         "\"players\":[{\"id\":\"alice\"},{\"id\":\"anna\"}]}");
    start("t2", "anna");
    expect("t1 CANCELLED replaced\nt2 SEARCHING\n");
}
END_TEST

/* A match of players who say much of themselves is written without what they say, lest it fits no record. */
static const struct {
    int kilobytes;
    bool written;
} much[] = {{100, true}, {300, false}};

START_TEST(attributes_that_are_too_much)
{
    struct buf json = {0};

    buf_str(&json,
            "{\"ticket\":\"t1\",\"state\":\"SEARCHING\",\"configuration\":\"duel\",\"start\":1000000,\"order\":1,"
            "\"players\":[{\"id\":\"alice\",\"attributes\":{\"much\":{\"S\":\"");
    for (int i = 0; i < much[_i].kilobytes * 1000; i++)
        buf_str(&json, "x");
    buf_str(&json, "\"}}}]}");
    tell(json.data);
    tell("{\"ticket\":\"t2\",\"state\":\"SEARCHING\",\"configuration\":\"duel\",\"start\":1000000,\"order\":2,"
         "\"players\":[{\"id\":\"bob\",\"attributes\":{\"skill\":{\"N\":7}}}]}");
    tell("{\"proposal\":\"m\",\"configuration\":\"duel\",\"at\":1000000,\"until\":1010000,\"teams\":[{\"name\":\"red\","
         "\"players\":[{\"id\":\"alice\",\"ticket\":\"t1\",\"start\":1000000,\"accepted\":true},"
         "{\"id\":\"bob\",\"ticket\":\"t2\",\"start\":1000000}]}]}");
    accept("t2", "bob");
    ck_assert((strlen(last_json()) > (size_t)much[_i].kilobytes * 1000) == much[_i].written);
    ck_assert((strstr(last_json(), "{\"skill\":") != NULL) == much[_i].written);
    buf_free(&json);
}
END_TEST

/* ---- backfill ---- */

START_TEST(a_backfill_waits_and_times_out)
{
    world_backfill(&w, "b1", "alice", "game");
    expect("b1 SEARCHING\n");
    ck_assert_ptr_nonnull(strstr(last_json(), "\"players\":[{\"id\":\"alice\",\"attributes\":{\"skill\":{\"N\":1500}},"
                                              "\"team\":\"red\"}],\"backfill\":{\"game_session\":\"game\"}}"));
    after(19999);
    expect("");
    after(1);
    expect("b1 TIMED_OUT timed_out\n");
    ck_assert_ptr_nonnull(strstr(last_json(), "\"backfill\":{\"game_session\":\"game\"}"));
}
END_TEST

START_TEST(a_backfill_is_its_servers)
{
    world_backfill(&w, "b1", "alice", "game");
    forget_log();
    world_stop(&w, "b1", "alice");
    world_left(&w, "b1", "alice");
    expect("b1 refused ticket_not_found\n");
    world_stop(&w, "b1", "");
    expect("b1 CANCELLED requested\n");
}
END_TEST

START_TEST(a_game_has_one_backfill)
{
    world_backfill(&w, "b1", "alice", "game");
    world_backfill(&w, "b2", "anna", "another");
    world_backfill(&w, "b3", "ada", "");
    forget_log();
    world_backfill(&w, "b4", "amy", "game");
    world_backfill(&w, "b5", "ann", "");
    expect("b1 CANCELLED replaced\nb4 SEARCHING\nb5 SEARCHING\n");
}
END_TEST

START_TEST(a_start_ends_the_backfill_of_its_player)
{
    world_backfill(&w, "b1", "alice", "game");
    world_backfill(&w, "b2", "bob", "another");
    forget_log();
    start("t1", "alice");
    expect("b1 CANCELLED replaced\nt1 SEARCHING\nb2+t1 PROPOSED y-\n");
    world_start(&w, &(struct asked){.ticket_id = "t2", .player_id = "bob", .configuration = "other"});
    expect("b2+t1 DROPPED rejected y-\nb2 CANCELLED replaced\nt1 SEARCHING acceptance_failed\nt2 SEARCHING\n");
}
END_TEST

START_TEST(who_looks_for_a_game_is_in_none)
{
    start("t1", "alice");
    forget_log();
    world_backfill(&w, "b1", "alice", "game");
    expect("b1 refused already_queued\n");
}
END_TEST

START_TEST(players_ask_for_no_backfill)
{
    mm_engine_apply(w.engine, w.now_ms,
                    &(struct mm_command){.type = MM_BACKFILL,
                                         .ticket_id = "b1",
                                         .configuration = "duel",
                                         .game_session = "",
                                         .players = &(struct mm_player){.id = "alice", .team = "red"},
                                         .player_count = 1,
                                         .issuer = {"alice", "", ""},
                                         .start_ms = w.now_ms});
    expect("b1 refused ticket_not_found\n");
}
END_TEST

/* The game of anna and ada, in two teams, is to get bob. */
static void tell_backfill(void)
{
    tell("{\"ticket\":\"b1\",\"state\":\"SEARCHING\",\"configuration\":\"duel\",\"start\":1000000,\"order\":1,"
         "\"players\":[{\"id\":\"anna\",\"team\":\"red\"},{\"id\":\"ada\",\"team\":\"blue\"}],"
         "\"backfill\":{\"game_session\":\"game\"}}");
    tell("{\"ticket\":\"t2\",\"state\":\"SEARCHING\",\"configuration\":\"duel\",\"start\":1000000,\"order\":2,"
         "\"players\":[{\"id\":\"bob\"}]}");
    tell("{\"proposal\":\"m\",\"configuration\":\"duel\",\"at\":1000000,\"until\":1010000,\"teams\":[{\"name\":\"red\","
         "\"players\":[{\"id\":\"anna\",\"ticket\":\"b1\",\"start\":1000000,\"accepted\":true},"
         "{\"id\":\"bob\",\"ticket\":\"t2\",\"start\":1000000}]},{\"name\":\"blue\",\"players\":["
         "{\"id\":\"ada\",\"ticket\":\"b1\",\"start\":1000000,\"accepted\":true}]}],\"backfill\":\"b1\"}");
    after(0);
    expect("");
}

START_TEST(only_who_is_new_is_asked)
{
    tell_backfill();
    accept("b1", "anna");
    expect("b1 refused match_not_found\n");
    accept("t2", "bob");
    expect("b1+t2+b1 PROPOSED yyy\nb1+t2+b1 MATCH\n");
    ck_assert_ptr_nonnull(strstr(last_json(), "\"backfill\":\"b1\",\"accepted\":true"));
    ck_assert_uint_eq(mm_engine_waiting(w.engine), 0);
}
END_TEST

START_TEST(a_backfill_comes_back)
{
    tell_backfill();
    after(10000);
    expect("b1+t2+b1 DROPPED timed_out y-y\nb1 SEARCHING acceptance_failed\nt2 CANCELLED acceptance_timed_out\n");
    ck_assert_ptr_nonnull(strstr(w.journal[1].json, "\"backfill\":{\"game_session\":\"game\"}"));
    world_backfill(&w, "b2", "amy", "game");
    expect("b1 CANCELLED replaced\nb2 SEARCHING\n");
}
END_TEST

/* The game is over, or has another backfill, or a player of it looks for another game. */
START_TEST(a_backfill_ends_while_others_are_asked)
{
    static const char *const said[] = {
        "b1+t2+b1 DROPPED rejected y-y\nb1 CANCELLED requested\nt2 SEARCHING acceptance_failed\n",
        "b1+t2+b1 DROPPED rejected y-y\nb1 CANCELLED replaced\nt2 SEARCHING acceptance_failed\nb2 SEARCHING\n"
        "b2+t2 PROPOSED y-\n",
        "b1+t2+b1 DROPPED rejected y-y\nb1 CANCELLED replaced\nt2 SEARCHING acceptance_failed\nt3 SEARCHING\n",
    };

    tell_backfill();
    if (_i == 0)
        world_stop(&w, "b1", "");
    else if (_i == 1)
        world_backfill(&w, "b2", "amy", "game");
    else
        world_start(&w, &(struct asked){.ticket_id = "t3", .player_id = "ada", .configuration = "other"});
    expect(said[_i]);
}
END_TEST

/* ---- why ---- */

START_TEST(only_its_players_ask_why)
{
    struct mm_command c = {.type = MM_DESCRIBE, .ticket_id = "t1", .issuer = {"bob", "", ""}};

    start("t1", "alice");
    forget_log();
    mm_engine_apply(w.engine, w.now_ms, &c);
    expect("t1 refused ticket_not_found\n");
    c.issuer.player_id = "alice";
    mm_engine_apply(w.engine, w.now_ms, &c);
    ck_assert_int_eq(strncmp(w.log.data, "t1 WHY {", 8), 0);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

static void add_acceptance(TCase *tc)
{
    tcase_add_test(tc, all_accept);
    tcase_add_test(tc, a_proposal_is_complete);
    tcase_add_test(tc, a_reject_drops_it_at_once);
    tcase_add_test(tc, who_was_not_asked_long_enough_is_not_to_blame);
    tcase_add_test(tc, silence_drops_it_in_time);
    tcase_add_test(tc, all_are_silent);
    tcase_add_test(tc, an_answer_after_the_time);
    tcase_add_test(tc, accepting_twice_is_accepting_once);
    tcase_add_test(tc, who_accepted_may_still_reject);
    tcase_add_loop_test(tc, answers_of_the_wrong_or_to_the_wrong, 0, ROWS(wrong_answers));
    tcase_add_test(tc, the_match_is_named);
}

static void add_meanwhile(TCase *tc)
{
    tcase_add_test(tc, a_stop_is_a_reject);
    tcase_add_test(tc, leaving_is_a_reject);
    tcase_add_test(tc, starting_anew_is_a_reject);
    tcase_add_test(tc, elsewhere_the_ticket_stands);
    tcase_add_test(tc, nobody_is_matched_twice);
    tcase_add_test(tc, who_comes_back_stands_where_they_stood);
    tcase_add_test(tc, those_who_come_back_search);
    tcase_add_test(tc, the_time_of_the_ticket_is_not_looked_at_while_it_is_asked);
    tcase_add_test(tc, who_comes_back_too_late_has_timed_out);
    tcase_add_test(tc, ids_of_all_that_ended_are_remembered);
    tcase_add_test(tc, a_ticket_that_is_told_again_stays_in_its_proposal);
    tcase_add_test(tc, a_walk_tells_of_proposals_last);
}

static void add_parties(TCase *tc)
{
    tcase_add_test(tc, all_of_a_party_accept);
    tcase_add_test(tc, nobody_answers_for_a_friend);
    tcase_add_test(tc, a_party_falls_with_one_of_it);
    tcase_add_test(tc, one_rejects_for_the_party);
    tcase_add_loop_test(tc, any_of_a_party_stops_it_or_leaves_it, 0, 4);
    tcase_add_test(tc, a_start_replaces_the_party_of_its_player);
    tcase_add_loop_test(tc, attributes_that_are_too_much, 0, ROWS(much));
}

static void add_backfill(TCase *tc)
{
    tcase_add_test(tc, a_backfill_waits_and_times_out);
    tcase_add_test(tc, a_backfill_is_its_servers);
    tcase_add_test(tc, a_game_has_one_backfill);
    tcase_add_test(tc, a_start_ends_the_backfill_of_its_player);
    tcase_add_test(tc, who_looks_for_a_game_is_in_none);
    tcase_add_test(tc, players_ask_for_no_backfill);
    tcase_add_test(tc, only_who_is_new_is_asked);
    tcase_add_test(tc, a_backfill_comes_back);
    tcase_add_loop_test(tc, a_backfill_ends_while_others_are_asked, 0, 3);
}

int main(void)
{
    Suite *s = suite_create("mm_states");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_checked_fixture(tc, open_world, close_world);
    add_acceptance(tc);
    add_meanwhile(tc);
    add_parties(tc);
    add_backfill(tc);
    tcase_add_test(tc, only_its_players_ask_why);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
