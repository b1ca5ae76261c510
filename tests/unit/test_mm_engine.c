/* mm_engine, one behaviour a test, on a virtual clock. What many tickets do together is in test_mm_engine_model.c. */
#include "mm_world.h"

#define TEAMS                                                                                                          \
    "\"ruleLanguageVersion\":\"1.0\",\"teams\":[{\"name\":\"red\",\"minPlayers\":1,\"maxPlayers\":1},{\"name\":"       \
    "\"blue\",\"minPlayers\":1,\"maxPlayers\":1}]"
#define ENTRY(name, rules, partition)                                                                                  \
    "{\"Name\":\"" name "\",\"RuleSetName\":\"" rules "\",\"Partition\":" partition ",\"RequestTimeoutSeconds\":20}"

/* duel: skill within 50, 100 after 2 s, 200 after 5 s; times out after 20 s. any: anybody. far: another partition's. */
static const char configurations[] = "{\"MatchmakingConfigurations\":[" ENTRY("duel", "duel", "0") "," ENTRY(
    "any", "any", "0") "," ENTRY("far", "any", "1") "]}";

static const char *rules(const char *name)
{
    return strcmp(name, "any") == 0
               ? "{" TEAMS "}"
               : "{" TEAMS ",\"playerAttributes\":[{\"name\":\"skill\",\"type\":\"number\"},{\"name\":\"role\","
                 "\"type\":\"string\"}],"
                 "\"rules\":[{\"name\":\"r\",\"type\":\"distance\",\"measurements\":[\"max(flatten(teams[*].players."
                 "attributes[skill]))\"],"
                 "\"referenceValue\":\"min(flatten(teams[*].players.attributes[skill]))\",\"maxDistance\":50}],"
                 "\"expansions\":[{\"target\":\"rules[r].maxDistance\",\"steps\":[{\"waitTimeSeconds\":2,\"value\":100}"
                 ","
                 "{\"waitTimeSeconds\":5,\"value\":200}]}]}";
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

static void start(const char *ticket_id, const char *player_id, double skill)
{
    world_start(&w, &(struct asked){.ticket_id = ticket_id, .player_id = player_id, .skill = skill});
}

static void after(int64_t ms)
{
    world_tick(&w, w.now_ms + ms);
}

/* What was emitted since the last call. */
static void expect(const char *lines)
{
    ck_assert_str_eq(w.log.data, lines);
    buf_clear(&w.log);
    buf_str(&w.log, "");
}

static const char *last_json(void)
{
    ck_assert_uint_gt(w.journal_count, 0);
    return w.journal[w.journal_count - 1].json;
}

START_TEST(two_close_players_meet)
{
    start("t1", "alice", 1500);
    start("t2", "bob", 1551);
    expect("t1 SEARCHING\nt2 SEARCHING\n");
    ck_assert_uint_eq(mm_engine_waiting(w.engine), 2);
    start("t3", "carol", 1601);
    expect("t3 SEARCHING\nt2+t3 MATCH\n");
    ck_assert_uint_eq(mm_engine_waiting(w.engine), 1);
    ck_assert_uint_eq(mm_engine_waiting_in(w.engine, "duel"), 1);
    ck_assert_uint_eq(mm_engine_waiting_in(w.engine, "any"), 0);
    ck_assert_uint_eq(mm_engine_waiting_in(w.engine, "none"), 0);
}
END_TEST

START_TEST(a_match_is_complete)
{
    char *first;

    w.now_ms = 5000;
    start("t1", "alice", 1500);
    w.now_ms = 6000;
    start("t2", "bob", 1500);
    first = strstr(last_json(), "\"configuration\"");
    ck_assert_ptr_nonnull(first);
    ck_assert_str_eq(first, "\"configuration\":\"duel\",\"teams\":[{\"name\":\"red\",\"players\":[{\"id\":\"alice\","
                            "\"ticket\":\"t1\",\"start\":5000,\"attributes\":{\"skill\":{\"N\":1500}}}]},"
                            "{\"name\":\"blue\",\"players\":[{\"id\":\"bob\",\"ticket\":\"t2\",\"start\":6000,"
                            "\"attributes\":{\"skill\":{\"N\":1500}}}]}],\"rules\":[[\"r\",1,0]]}");
}
END_TEST

START_TEST(a_searching_ticket_carries_what_the_command_had)
{
    world_start(&w, &(struct asked){.ticket_id = "t1",
                                    .player_id = "alice",
                                    .attributes = "{\"skill\":{\"N\":1.5},\"x\":{\"S\":\"y\"}}"});
    ck_assert_str_eq(last_json(), "{\"ticket\":\"t1\",\"state\":\"SEARCHING\",\"configuration\":\"duel\",\"start\":"
                                  "1000000,\"order\":1,\"players\":"
                                  "[{\"id\":\"alice\",\"attributes\":{\"skill\":{\"N\":1.5},\"x\":{\"S\":\"y\"}}}]}");
}
END_TEST

START_TEST(the_longest_waiting_wins)
{
    start("t1", "a", 1400);
    start("t2", "b", 1500);
    start("t3", "c", 1560);
    start("t4", "d", 1440);
    expect("t1 SEARCHING\nt2 SEARCHING\nt3 SEARCHING\nt4 SEARCHING\nt1+t4 MATCH\n");
    start("t5", "e", 1530); /* nearer to t3 */
    expect("t5 SEARCHING\nt2+t5 MATCH\n");
}
END_TEST

START_TEST(windows_widen_with_the_newer_ticket)
{
    start("t1", "alice", 1500);
    after(1000);
    start("t2", "bob", 1600);
    expect("t1 SEARCHING\nt2 SEARCHING\n");
    ck_assert_int_eq(mm_engine_due_ms(w.engine), 1002000);
    after(1000); /* t1 may look as far as 100, but t2 is too young */
    expect("");
    after(999);
    expect("");
    ck_assert_int_eq(mm_engine_due_ms(w.engine), 1003000);
    after(1);
    expect("t1+t2 MATCH\n");
    ck_assert_int_eq(mm_engine_due_ms(w.engine), INT64_MAX);
}
END_TEST

START_TEST(a_late_command_finds_its_window_at_once)
{
    start("t1", "alice", 1500);
    w.now_ms += 6000;
    world_start(&w, &(struct asked){.ticket_id = "t2", .player_id = "bob", .skill = 1600, .started_ago_ms = 2500});
    expect("t1 SEARCHING\nt2 SEARCHING\nt1+t2 MATCH\n");
}
END_TEST

/* It keeps its start, and has all the time of one that comes now; the others' windows are not passed by. */
START_TEST(a_redriven_start)
{
    struct asked redriven = {.ticket_id = "t2",
                             .player_id = "bob",
                             .skill = 1600,
                             .started_ago_ms = 3600000,
                             .issued_ago_ms = 3600000,
                             .origin = {7, 900000}};

    w.now_ms += 100000;
    start("t1", "alice", 1500);
    world_start(&w, &redriven);
    expect("t1 SEARCHING\nredriven 7\nt2 SEARCHING\n");
    after(2000);
    expect("t1+t2 MATCH\n");
    redriven.ticket_id = "t3";
    redriven.origin.offset++;
    world_start(&w, &redriven);
    ck_assert_int_eq(mm_engine_oldest_ms(w.engine, "duel"), w.now_ms - 3600000);
    after(19999);
    expect("redriven 8\nt3 SEARCHING\n");
    after(1);
    expect("t3 TIMED_OUT timed_out\n");
}
END_TEST

START_TEST(what_is_redriven_counts_once)
{
    static const struct {
        struct mm_origin origin;
        bool counts;
    } origins[] = {
        {{7, 5000}, true},  {{7, 5000}, false}, {{8, 5000}, true},
        {{7, 5000}, false}, {{8, 5000}, false}, {{9, 4000}, true}, /* another broker's clock */
        {{8, 5000}, false}, {{20, 6000}, true}, {{0, 6001}, true}, /* the topic was made anew */
        {{0, 6001}, false}, {{1, 6001}, true},
    };

    for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++) {
        struct mm_command c = {.type = MM_STOP,
                               .ticket_id = "t",
                               .configuration = "",
                               .issuer = {"alice", "conn", ""},
                               .origin = origins[i].origin};
        struct buf lines = {0};

        ck_assert_msg(mm_engine_apply(w.engine, w.now_ms, &c) == origins[i].counts, "%zu", i);
        if (origins[i].counts)
            buf_printf(&lines, "redriven %lld\nt refused ticket_not_found\n", (long long)origins[i].origin.offset);
        expect(lines.data != NULL ? lines.data : "");
        buf_free(&lines);
    }
}
END_TEST

/* What its player did since is newer. */
START_TEST(a_redriven_start_replaces_nothing)
{
    start("t1", "alice", 1500);
    world_start(&w, &(struct asked){.ticket_id = "t0", .player_id = "alice", .origin = {1, 1}});
    expect("t1 SEARCHING\nredriven 1\nt0 refused already_queued\n");
    world_start(&w, &(struct asked){.ticket_id = "t0", .player_id = "bob", .second_player = "alice", .origin = {2, 2}});
    expect("redriven 2\nt0 refused already_queued\n");
    world_stop(&w, "t1", "alice");
    world_start(&w, &(struct asked){.ticket_id = "t0", .player_id = "alice", .origin = {3, 3}});
    expect("t1 CANCELLED requested\nredriven 3\nt0 SEARCHING\n");
    start("t2", "alice", 1500); /* and it is replaced like any other */
    expect("t0 CANCELLED replaced\nt2 SEARCHING\n");
}
END_TEST

START_TEST(tickets_time_out)
{
    start("t1", "alice", 1000);
    after(1);
    start("t2", "bob", 2000);
    after(19998);
    expect("t1 SEARCHING\nt2 SEARCHING\n");
    after(1);
    expect("t1 TIMED_OUT timed_out\n");
    ck_assert_str_eq(
        last_json(),
        "{\"ticket\":\"t1\",\"state\":\"TIMED_OUT\",\"configuration\":\"duel\",\"start\":1000000,\"reason\":"
        "\"timed_out\",\"players\":[{\"id\":\"alice\"}]}");
    after(1);
    expect("t2 TIMED_OUT timed_out\n");
    ck_assert_int_eq(mm_engine_oldest_ms(w.engine, "duel"), -1);
}
END_TEST

START_TEST(nobody_is_matched_after_the_time_out)
{
    start("t1", "alice", 1500);
    w.now_ms += 20000; /* and no tick came */
    start("t2", "bob", 1500);
    expect("t1 SEARCHING\nt2 SEARCHING\n");
    after(0);
    expect("t1 TIMED_OUT timed_out\n");
}
END_TEST

START_TEST(a_late_tick_works_in_order_of_due_times)
{
    start("t1", "a", 1000);
    after(100);
    start("t2", "b", 3000);
    after(100);
    start("t3", "c", 3100); /* t2 and t3 can meet after t3's 2 s */
    start("t4", "d", 1100); /* so can t1 and t4, at the same moment; t3 came first */
    expect("t1 SEARCHING\nt2 SEARCHING\nt3 SEARCHING\nt4 SEARCHING\n");
    after(19000);
    expect("t1+t4 MATCH\nt2+t3 MATCH\n"); /* who waited longest goes first */
}
END_TEST

START_TEST(a_player_starts_again)
{
    start("t1", "alice", 1500);
    start("t2", "alice", 1500);
    expect("t1 SEARCHING\nt1 CANCELLED replaced\nt2 SEARCHING\n");
    world_start(&w, &(struct asked){.ticket_id = "t3", .player_id = "alice", .configuration = "any"});
    expect("t3 refused already_queued\n");
    ck_assert_ptr_nonnull(
        strstr(last_json(), "\"issuer\":{\"player\":\"alice\",\"connection\":\"conn\",\"request\":\"\\\"r\\\"\"}"));
    ck_assert_uint_eq(mm_engine_waiting(w.engine), 1);
    world_stop(&w, "t2", "alice");
    expect("t2 CANCELLED requested\n");
    world_start(&w, &(struct asked){.ticket_id = "t3", .player_id = "alice", .configuration = "any"});
    expect("t3 SEARCHING\n");
}
END_TEST

START_TEST(a_refused_start_replaces_nothing)
{
    start("t1", "alice", 1500);
    world_start(&w, &(struct asked){.ticket_id = "t2", .player_id = "alice", .attributes = "{}"});
    expect("t1 SEARCHING\nt2 refused missing_attribute\n");
    ck_assert_uint_eq(mm_engine_waiting(w.engine), 1);
}
END_TEST

START_TEST(configurations_do_not_mix)
{
    start("t1", "alice", 1500);
    world_start(&w, &(struct asked){.ticket_id = "t2", .player_id = "bob", .configuration = "any"});
    expect("t1 SEARCHING\nt2 SEARCHING\n");
    world_start(&w, &(struct asked){.ticket_id = "t3", .player_id = "carol", .configuration = "any"});
    expect("t3 SEARCHING\nt2+t3 MATCH\n");
}
END_TEST

static const struct {
    struct asked asked;
    const char *line;
} refusals[] = {
    {{.ticket_id = "t", .player_id = "p", .configuration = "none"}, "t refused unknown_configuration\n"},
    {{.ticket_id = "t", .player_id = "p", .configuration = "far"}, "t refused unknown_configuration\n"},
    {{.ticket_id = "t", .player_id = "p", .issuer = "q"}, "t refused ticket_not_found\n"},
    {{.ticket_id = "t", .player_id = "p", .issuer = ""}, "t refused ticket_not_found\n"},
    {{.ticket_id = "t", .player_id = "p", .second_player = "q"}, "t refused party_too_large\n"},
    {{.ticket_id = "t", .player_id = "p", .issued_ago_ms = 600001}, "t refused start_expired\n"},
    {{.ticket_id = "t", .player_id = "p", .issued_ago_ms = 600000}, "t SEARCHING\n"},
    {{.ticket_id = "t", .player_id = "p", .attributes = "{}"}, "t refused missing_attribute\n"},
    {{.ticket_id = "t", .player_id = "p", .attributes = "{\"skill\":{\"S\":\"x\"}}"}, "t refused invalid_attributes\n"},
    {{.ticket_id = "t", .player_id = "p", .attributes = "{\"skill\":{\"N\":1},\"role\":{\"N\":1}}"},
     "t refused invalid_attributes\n"},
    {{.ticket_id = "t", .player_id = "p", .attributes = "{\"skill\":{\"N\":1},\"other\":{\"N\":1}}"}, "t SEARCHING\n"},
};

START_TEST(starts_that_are_refused)
{
    world_start(&w, &refusals[_i].asked);
    expect(refusals[_i].line);
}
END_TEST

START_TEST(a_refusal_says_what_was_found)
{
    world_start(&w, &(struct asked){.ticket_id = "t", .player_id = "p", .attributes = "{\"skill\":{\"S\":\"x\"}}"});
    ck_assert_str_eq(
        last_json(),
        "{\"refused\":\"invalid_attributes\",\"message\":\"attribute \\\"skill\\\" must be of type N, is S\","
        "\"ticket\":\"t\",\"issuer\":{\"player\":\"p\",\"connection\":\"conn\",\"request\":\"\\\"r\\\"\"}}");
}
END_TEST

START_TEST(a_ticket_id_is_used_once)
{
    start("t1", "alice", 1500);
    start("t1", "bob", 9000);
    expect("t1 SEARCHING\nt1 refused ticket_exists\n");
    world_stop(&w, "t1", "alice");
    start("t1", "alice", 1500);
    expect("t1 CANCELLED requested\nt1 refused ticket_exists\n");
    after(MM_ENDED_MEMORY_MS);
    start("t1", "alice", 1500);
    expect("t1 refused ticket_exists\n");
    after(1);
    start("t1", "alice", 1500);
    expect("t1 SEARCHING\n");
}
END_TEST

START_TEST(matched_and_timed_out_ids_are_remembered_too)
{
    start("t1", "alice", 1500);
    start("t2", "bob", 1500);
    start("t3", "carol", 1500);
    after(20000);
    expect("t1 SEARCHING\nt2 SEARCHING\nt1+t2 MATCH\nt3 SEARCHING\nt3 TIMED_OUT timed_out\n");
    start("t1", "x", 1500);
    start("t2", "x", 1500);
    start("t3", "x", 1500);
    expect("t1 refused ticket_exists\nt2 refused ticket_exists\nt3 refused ticket_exists\n");
}
END_TEST

START_TEST(only_its_player_stops_a_ticket)
{
    start("t1", "alice", 1500);
    world_stop(&w, "t1", "bob");
    world_stop(&w, "t2", "alice");
    world_stop(&w, "t1", "");
    expect("t1 SEARCHING\nt1 refused ticket_not_found\nt2 refused ticket_not_found\nt1 refused ticket_not_found\n");
    world_stop(&w, "t1", "alice");
    expect("t1 CANCELLED requested\n");
    ck_assert_ptr_nonnull(
        strstr(last_json(), "\"issuer\":{\"player\":\"alice\",\"connection\":\"conn\",\"request\":\"\\\"r\\\"\"}"));
    world_stop(&w, "t1", "alice");
    expect("t1 refused ticket_not_found\n");
}
END_TEST

START_TEST(players_leave)
{
    start("t1", "alice", 1500);
    world_left(&w, "t1", "bob");
    world_left(&w, "t2", "alice");
    expect("t1 SEARCHING\n");
    world_left(&w, "t1", "alice");
    expect("t1 CANCELLED player_left\n");
    ck_assert_ptr_null(strstr(last_json(), "issuer"));
    world_left(&w, "t1", "alice");
    expect("");
    start("t2", "bob", 1500); /* and nobody is there to meet */
    expect("t2 SEARCHING\n");
}
END_TEST

START_TEST(match_ids_follow_the_seed)
{
    char first[64], second[64];

    start("t1", "a", 1);
    start("t2", "b", 1);
    (void)snprintf(first, sizeof(first), "%.*s", 46, last_json());
    start("t3", "a", 1);
    start("t4", "b", 1);
    (void)snprintf(second, sizeof(second), "%.*s", 46, last_json());
    ck_assert_str_ne(first, second);
    mm_engine_seed(w.engine, 7);
    start("t5", "a", 1);
    start("t6", "b", 1);
    ck_assert_int_eq(strncmp(last_json(), first, 46), 0);
    mm_engine_seed(w.engine, 8);
    start("t7", "a", 1);
    start("t8", "b", 1);
    ck_assert_int_ne(strncmp(last_json(), first, 46), 0);
}
END_TEST

START_TEST(restored_tickets_search_at_the_next_tick)
{
    struct world next;

    start("t1", "a", 1500);
    start("t2", "b", 1600);
    after(2000); /* a match that the journal did not take */
    start("t3", "c", 1540);
    expect("t1 SEARCHING\nt2 SEARCHING\nt1+t2 MATCH\nt3 SEARCHING\n");
    ck_assert_uint_eq(w.journal_count, 4);
    free(w.journal[2].json);
    w.journal[2] = w.journal[3];
    world_restore(&next, &w, 3);
    w.journal_count = 3;
    ck_assert_uint_eq(mm_engine_waiting(next.engine), 3);
    ck_assert_int_le(mm_engine_due_ms(next.engine), next.now_ms);
    world_tick(&next, next.now_ms);
    ck_assert_str_eq(next.log.data, "t1+t2 MATCH\n");
    ck_assert_uint_eq(mm_engine_waiting(next.engine), 1);
    world_close(&next);
}
END_TEST

START_TEST(restored_ends_are_remembered_for_their_time)
{
    struct world next;

    start("t1", "a", 1500);
    start("t2", "b", 1500);
    start("t3", "c", 1500);
    world_stop(&w, "t3", "c");
    world_restore(&next, &w, w.journal_count);
    ck_assert_uint_eq(mm_engine_waiting(next.engine), 0);
    world_start(&next, &(struct asked){.ticket_id = "t1", .player_id = "x"});
    world_start(&next, &(struct asked){.ticket_id = "t2", .player_id = "x"});
    world_start(&next, &(struct asked){.ticket_id = "t3", .player_id = "x"});
    ck_assert_str_eq(next.log.data, "t1 refused ticket_exists\nt2 refused ticket_exists\nt3 refused ticket_exists\n");
    world_close(&next);
}
END_TEST

/* The same SEARCHING twice (a snapshot over a tick) is one ticket, in its old place. */
START_TEST(restoring_twice_changes_nothing)
{
    struct world next;

    start("t1", "a", 1500);
    start("t2", "b", 1600);
    start("t1x", "a", 1500);
    w.journal = mem_realloc(w.journal, w.journal_count + 1, sizeof(*w.journal));
    w.journal[w.journal_count] = (struct entry){w.now_ms, mem_strdup(w.journal[1].json)};
    w.journal_count++;
    world_restore(&next, &w, w.journal_count);
    ck_assert_uint_eq(mm_engine_waiting(next.engine), 2);
    world_tick(&next, next.now_ms + 2000);
    ck_assert_str_eq(next.log.data, "t2+t1x MATCH\n");
    world_close(&next);
}
END_TEST

/* The catalog changed while nobody ruled: every ticket still ends. */
START_TEST(restored_tickets_without_a_place_end)
{
    static const char journal[][160] = {
        "{\"ticket\":\"t1\",\"state\":\"SEARCHING\",\"configuration\":\"gone\",\"start\":999000,\"players\":[{\"id\":"
        "\"a\"}]}",
        "{\"ticket\":\"t2\",\"state\":\"SEARCHING\",\"configuration\":\"duel\",\"start\":999000,\"players\":[{\"id\":"
        "\"b\"}]}",
        "{\"ticket\":\"t3\",\"state\":\"SEARCHING\",\"configuration\":\"any\",\"start\":999000,\"players\":[{\"id\":"
        "\"c\"},{\"id\":\"d\"}]}",
    };
    struct world next;

    for (size_t i = 0; i < 3; i++) {
        w.journal = mem_realloc(w.journal, w.journal_count + 1, sizeof(*w.journal));
        w.journal[w.journal_count++] = (struct entry){999000, mem_strdup(journal[i])};
    }
    world_restore(&next, &w, w.journal_count);
    ck_assert_uint_eq(mm_engine_waiting(next.engine), 3);
    world_start(&next, &(struct asked){.ticket_id = "t4", .player_id = "x", .configuration = "gone"});
    world_tick(&next, 1000000);
    ck_assert_str_eq(next.log.data, "t4 refused unknown_configuration\nt1 FAILED configuration_gone\n");
    world_tick(&next, 1019000);
    ck_assert_ptr_nonnull(strstr(next.log.data, "t2 TIMED_OUT timed_out\nt3 TIMED_OUT timed_out\n"));
    ck_assert_uint_eq(mm_engine_waiting(next.engine), 0);
    world_close(&next);
}
END_TEST

START_TEST(bytes_go_with_the_tickets)
{
    size_t empty = mm_engine_bytes(w.engine), full;

    for (int i = 0; i < 1000; i++) {
        char ticket_id[16], player_id[16];

        (void)snprintf(ticket_id, sizeof(ticket_id), "t%d", i);
        (void)snprintf(player_id, sizeof(player_id), "p%d", i);
        start(ticket_id, player_id, i * 1000);
    }
    full = mm_engine_bytes(w.engine);
    ck_assert_uint_gt(full - empty, 100000);
    ck_assert_uint_lt(full - empty, 300000);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *s = suite_create("mm_engine");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_checked_fixture(tc, open_world, close_world);
    tcase_add_test(tc, two_close_players_meet);
    tcase_add_test(tc, a_match_is_complete);
    tcase_add_test(tc, a_searching_ticket_carries_what_the_command_had);
    tcase_add_test(tc, the_longest_waiting_wins);
    tcase_add_test(tc, windows_widen_with_the_newer_ticket);
    tcase_add_test(tc, a_late_command_finds_its_window_at_once);
    tcase_add_test(tc, a_redriven_start);
    tcase_add_test(tc, what_is_redriven_counts_once);
    tcase_add_test(tc, a_redriven_start_replaces_nothing);
    tcase_add_test(tc, tickets_time_out);
    tcase_add_test(tc, nobody_is_matched_after_the_time_out);
    tcase_add_test(tc, a_late_tick_works_in_order_of_due_times);
    tcase_add_test(tc, a_player_starts_again);
    tcase_add_test(tc, a_refused_start_replaces_nothing);
    tcase_add_test(tc, configurations_do_not_mix);
    tcase_add_loop_test(tc, starts_that_are_refused, 0, ROWS(refusals));
    tcase_add_test(tc, a_refusal_says_what_was_found);
    tcase_add_test(tc, a_ticket_id_is_used_once);
    tcase_add_test(tc, matched_and_timed_out_ids_are_remembered_too);
    tcase_add_test(tc, only_its_player_stops_a_ticket);
    tcase_add_test(tc, players_leave);
    tcase_add_test(tc, match_ids_follow_the_seed);
    tcase_add_test(tc, restored_tickets_search_at_the_next_tick);
    tcase_add_test(tc, restored_ends_are_remembered_for_their_time);
    tcase_add_test(tc, restoring_twice_changes_nothing);
    tcase_add_test(tc, restored_tickets_without_a_place_end);
    tcase_add_test(tc, bytes_go_with_the_tickets);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
