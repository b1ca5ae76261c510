/*
 * mm_snapshot: a snapshot taken in small steps, with commands in between, gives the same engine to whoever reads it and
 * the ticks after its beginning, and only those.
 */
#include "mm_world.h"

#include "id.h"

static const char configurations[] =
    "{\"MatchmakingConfigurations\":[{\"Name\":\"duel\",\"RuleSetName\":\"duel\",\"Partition\":0,"
    "\"RequestTimeoutSeconds\":20,\"AcceptanceRequired\":true,\"AcceptanceTimeoutSeconds\":5}]}";

static const char *rules(const char *name)
{
    (void)name;
    return "{\"name\":\"duel\",\"ruleLanguageVersion\":\"1.0\",\"playerAttributes\":[{\"name\":\"skill\",\"type\":"
           "\"number\"}],\"teams\":[{\"name\":\"red\",\"minPlayers\":1,\"maxPlayers\":1},{\"name\":\"blue\","
           "\"minPlayers\":1,\"maxPlayers\":1}],\"rules\":[{\"name\":\"Close\",\"type\":\"distance\",\"measurements\":"
           "[\"max(flatten(teams[*].players.attributes[skill]))\"],\"referenceValue\":"
           "\"min(flatten(teams[*].players.attributes[skill]))\",\"maxDistance\":60}]}";
}

static struct world w, restored, *at = &w; /* at: the one that lives */
static uint64_t dice;

static uint64_t roll(uint64_t sides)
{
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (dice >> 33) % sides;
}

static void open_world(void)
{
    world_open(&w, configurations, rules);
}

static void close_world(void)
{
    world_close(&w);
}

static int started;
static struct mm_origin last_redriven;

static void start_one(void)
{
    char ticket_id[24], player_id[24];
    struct asked asked = {.ticket_id = ticket_id, .player_id = player_id};

    (void)snprintf(ticket_id, sizeof(ticket_id), "t%d", ++started);
    (void)snprintf(player_id, sizeof(player_id), "p%d", started);
    at->now_ms += (int64_t)roll(400);
    asked.skill = (double)roll(2000);
    if (roll(50) == 0) {
        asked.started_ago_ms = 5000;
        asked.origin = last_redriven = (struct mm_origin){started, at->now_ms - (int64_t)roll(3000)};
    }
    world_start(at, &asked);
}

static void end_one(void)
{
    char ticket_id[24], player_id[24];
    int n = 1 + (int)roll((uint64_t)started + 1);

    (void)snprintf(ticket_id, sizeof(ticket_id), "t%d", n);
    (void)snprintf(player_id, sizeof(player_id), "p%d", n);
    world_stop(at, ticket_id, roll(4) == 0 ? "" : player_id); /* a game server's may be a backfill */
}

/* Mostly one of the last, who may be asked. */
static void answer_one(void)
{
    char ticket_id[24], player_id[24];
    int n = started - (int)roll(20);

    (void)snprintf(ticket_id, sizeof(ticket_id), "t%d", n);
    (void)snprintf(player_id, sizeof(player_id), "p%d", n);
    world_answer(at, ticket_id, player_id, roll(5) != 0, "");
}

static void backfill_one(void)
{
    char ticket_id[24], player_id[24], session[24];

    (void)snprintf(ticket_id, sizeof(ticket_id), "t%d", ++started);
    (void)snprintf(player_id, sizeof(player_id), "p%d", started);
    (void)snprintf(session, sizeof(session), "game%d", (int)roll(8));
    world_backfill(at, ticket_id, player_id, session);
}

static void live(int commands)
{
    static void (*const ways[])(void) = {start_one,  start_one,  start_one,  start_one,  start_one,   end_one,
                                         answer_one, answer_one, answer_one, answer_one, backfill_one};

    for (int i = 0; i < commands; i++) {
        ways[roll(sizeof(ways) / sizeof(ways[0]))]();
        world_tick(at, at->now_ms);
    }
}

/* Into the journal, as a part of a snapshot is written between two ticks. */
static void keep(struct buf *part)
{
    struct buf array = {0};
    char error[MM_ERROR_SIZE];
    json_object *list = NULL;

    buf_printf(&array, "[%s]", part->len > 0 ? part->data : "");
    if (json_parse(array.data, array.len, &list, error) != 0)
        ck_abort_msg("%s: %s", array.data, error);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        w.journal = mem_realloc(w.journal, w.journal_count + 1, sizeof(*w.journal));
        w.journal[w.journal_count++] =
            (struct entry){w.now_ms, mem_strdup(json_object_to_json_string(json_object_array_get_idx(list, i)))};
    }
    json_object_put(list);
    buf_free(&array);
}

static void take_snapshot(size_t part_bytes, int commands_between)
{
    struct mm_cursor cursor;
    struct buf part = {0};
    bool more = true;

    mm_engine_walk_begin(w.engine, &cursor);
    while (more) {
        buf_clear(&part);
        more = mm_engine_snapshot(w.engine, &cursor, part_bytes, &part);
        keep(&part);
        live(commands_between);
    }
    buf_free(&part);
}

/* Another engine, which has read w's journal from there on. */
static void world_restore_from(struct world *to, const struct world *from, size_t first)
{
    struct world rest = *from;

    rest.journal += first;
    rest.journal_count -= first;
    world_restore(to, &rest, rest.journal_count);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct lines {
    char *text[4096];
    size_t count;
};

/* Everything an engine would say of itself, in an order that does not depend on its history. */
static struct lines *portrait(struct mm_engine *e)
{
    struct lines *l = MEM_NEW(struct lines);
    struct mm_cursor cursor;
    struct buf line = {0};
    bool more = true;

    mm_engine_walk_begin(e, &cursor);
    while (more) {
        buf_clear(&line);
        more = mm_engine_snapshot(e, &cursor, 1, &line);
        if (line.len > 0 && strncmp(line.data, "{\"ended\"", 8) != 0)
            l->text[l->count++] = mem_strdup(line.data);
    }
    buf_free(&line);
    qsort(l->text, l->count, sizeof(l->text[0]), by_text);
    return l;
}

static void free_lines(struct lines *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->text[i]);
    free(l);
}

static void ck_same_portrait(struct mm_engine *a, struct mm_engine *b)
{
    struct lines *la = portrait(a), *lb = portrait(b);

    ck_assert_uint_gt(la->count, 0);
    for (size_t i = 0; i < la->count && i < lb->count; i++)
        ck_assert_str_eq(la->text[i], lb->text[i]);
    ck_assert_uint_eq(la->count, lb->count);
    free_lines(la);
    free_lines(lb);
}

/* What was redriven counts once. */
static void ck_knows_the_last_redriven(struct mm_engine *e)
{
    struct mm_command c = {
        .type = MM_STOP, .ticket_id = "t", .configuration = "", .issuer = {"", "", ""}, .origin = last_redriven};

    ck_assert(last_redriven.time_ms == 0 || !mm_engine_apply(e, w.now_ms, &c));
}

/* What has ended is remembered: a start with its id is refused. */
static void ck_remembers_all(void)
{
    buf_clear(&w.log);
    buf_clear(&restored.log);
    buf_str(&w.log, "");
    buf_str(&restored.log, "");
    restored.now_ms = w.now_ms;
    ck_knows_the_last_redriven(w.engine);
    ck_knows_the_last_redriven(restored.engine);
    for (int i = 1; i <= started; i++) {
        char ticket_id[24], player_id[24];
        struct asked asked = {.ticket_id = ticket_id, .player_id = player_id, .skill = 1e9 + i * 1000};

        (void)snprintf(ticket_id, sizeof(ticket_id), "t%d", i);
        (void)snprintf(player_id, sizeof(player_id), "again%d", i);
        world_start(&w, &asked);
        world_start(&restored, &asked);
    }
    ck_assert_str_eq(w.log.data, restored.log.data);
    ck_assert_ptr_null(strstr(w.log.data, "SEARCHING"));
}

START_TEST(a_reader_of_the_snapshot_and_what_follows_has_it_all)
{
    size_t first;

    dice = (uint64_t)_i + 1;
    started = 0;
    live(300);
    first = w.journal_count;
    take_snapshot(40 + roll(4000), (int)roll(6));
    live(20);
    world_restore_from(&restored, &w, first);
    ck_same_portrait(w.engine, restored.engine);
    ck_remembers_all();
    world_close(&restored);
}
END_TEST

START_TEST(who_has_read_it_all_is_not_changed_by_a_snapshot)
{
    dice = (uint64_t)_i + 100;
    started = 0;
    live(300);
    take_snapshot(500, 3);
    world_restore_from(&restored, &w, 0);
    ck_same_portrait(w.engine, restored.engine);
    ck_remembers_all();
    world_close(&restored);
}
END_TEST

static void note_ticket(void *arg, const struct mm_transition *t)
{
    buf_printf(arg, "%s ", t->ticket_id);
}

START_TEST(a_walk_sees_what_was_there_and_still_is)
{
    struct mm_cursor cursor;
    struct buf seen = {0};

    started = 0;
    for (int i = 0; i < 6; i++)
        world_start(&w, &(struct asked){.ticket_id = (const char *[]){"a", "b", "c", "d", "e", "f"}[i],
                                        .player_id = (const char *[]){"A", "B", "C", "D", "E", "F"}[i],
                                        .skill = 100.0 * i});
    mm_engine_walk_begin(w.engine, &cursor);
    ck_assert_uint_eq(mm_engine_walk(w.engine, &cursor, 2, note_ticket, &seen), 2);
    world_stop(&w, "c", "C"); /* where the cursor stands */
    world_stop(&w, "d", "D"); /* and the one after it */
    world_start(&w, &(struct asked){.ticket_id = "g", .player_id = "G", .skill = 9000});
    ck_assert_uint_eq(mm_engine_walk(w.engine, &cursor, 9, note_ticket, &seen), 2);
    ck_assert_uint_eq(mm_engine_walk(w.engine, &cursor, 9, note_ticket, &seen), 0);
    ck_assert_str_eq(seen.data, "a b e f ");
    world_left(&w, "a", "A"); /* an ended walk is not touched any more */
    buf_free(&seen);
}
END_TEST

static void forget(struct world *world)
{
    buf_clear(&world->log);
    buf_str(&world->log, "");
    world_forget_journal(world);
}

static void live_from(struct world *world, uint64_t from_dice, int from_started)
{
    mm_engine_seed(world->engine, 77);
    dice = from_dice;
    started = from_started;
    at = world;
    live(300);
}

/* From a snapshot and what followed, the same calls lead to the same bytes. */
START_TEST(a_successor_decides_the_same)
{
    uint64_t now_dice;
    int now_started;
    size_t first;

    dice = (uint64_t)_i + 200;
    started = 0;
    at = &w;
    live(300);
    first = w.journal_count;
    take_snapshot(40 + roll(4000), (int)roll(6));
    live(20);
    world_restore_from(&restored, &w, first);
    world_tick(&restored, w.now_ms); /* it looks for matches that are none */
    ck_assert_str_eq(restored.log.data, "");
    ck_assert_int_eq(mm_engine_due_ms(restored.engine), mm_engine_due_ms(w.engine));
    forget(&w);
    now_dice = dice;
    now_started = started;
    live_from(&w, now_dice, now_started);
    live_from(&restored, now_dice, now_started);
    at = &w;
    for (size_t i = 0; i < w.journal_count && i < restored.journal_count; i++)
        if (strcmp(w.journal[i].json, restored.journal[i].json) != 0)
            ck_abort_msg("%zu: %s\nof the successor: %s", i, w.journal[i].json, restored.journal[i].json);
    ck_assert_uint_eq(w.journal_count, restored.journal_count);
    world_close(&restored);
}
END_TEST

/* What the random lives above are made of. */
START_TEST(everything_happens)
{
    static const char *const things[] = {"SEARCHING\n",
                                         "SEARCHING acceptance_failed",
                                         "PROPOSED --",
                                         "DROPPED rejected",
                                         "DROPPED timed_out",
                                         "MATCH",
                                         "redriven ",
                                         "CANCELLED requested",
                                         "CANCELLED replaced",
                                         "CANCELLED acceptance_rejected",
                                         "CANCELLED acceptance_timed_out",
                                         "TIMED_OUT",
                                         "refused match_not_found"};

    dice = 1;
    started = 0;
    at = &w;
    live(3000);
    for (size_t i = 0; i < sizeof(things) / sizeof(things[0]); i++)
        ck_assert_msg(strstr(w.log.data, things[i]) != NULL, "no %s", things[i]);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mm_snapshot");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_checked_fixture(tc, open_world, close_world);
    tcase_add_loop_test(tc, a_reader_of_the_snapshot_and_what_follows_has_it_all, 0, 50);
    tcase_add_loop_test(tc, who_has_read_it_all_is_not_changed_by_a_snapshot, 0, 10);
    tcase_add_loop_test(tc, a_successor_decides_the_same, 0, 50);
    tcase_add_test(tc, everything_happens);
    tcase_add_test(tc, a_walk_sees_what_was_there_and_still_is);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
