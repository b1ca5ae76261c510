/*
 * Random lives of a pool with parties, backfills and acceptance, judged by what was emitted alone: every ticket goes
 * through the states as drawn below and none other, is in one match at most, and ends; and whoever has read the same
 * decisions, or a snapshot and what followed, decides the same from then on. MM_SEED=n runs one life.
 *
 *   SEARCHING -> PROPOSED -> COMPLETED           PROPOSED -> FALLEN (dropped; for the rest of the call) -> SEARCHING,
 *                                                OVER
 *   SEARCHING -> COMPLETED, where nobody is asked                                          SEARCHING -> OVER
 */
#include <json-c/json_tokener.h>

#include "mm_world.h"

#define LIVES       60
#define STEPS       400
#define PLAYERS     30
#define TICKETS_MAX 2000

static const char configurations[] =
    "{\"MatchmakingConfigurations\":[{\"Name\":\"plain\",\"RuleSetName\":\"r\",\"Partition\":0,"
    "\"RequestTimeoutSeconds\":30},{\"Name\":\"asks\",\"RuleSetName\":\"r\",\"Partition\":0,"
    "\"RequestTimeoutSeconds\":30,\"AcceptanceRequired\":true,\"AcceptanceTimeoutSeconds\":5}]}";

static const char *rules(const char *name)
{
    (void)name;
    return "{\"ruleLanguageVersion\":\"1.0\",\"playerAttributes\":[{\"name\":\"skill\",\"type\":\"number\"}],\"teams\":"
           "[{\"name\":\"red\",\"minPlayers\":1,\"maxPlayers\":2},{\"name\":\"blue\",\"minPlayers\":1,\"maxPlayers\":"
           "2}],\"rules\":[{\"name\":\"Close\",\"type\":\"distance\",\"measurements\":[\"max(flatten(teams[*].players."
           "attributes[skill]))\"],\"referenceValue\":\"min(flatten(teams[*].players.attributes[skill]))\","
           "\"maxDistance\":3}],\"expansions\":[{\"target\":\"rules[Close].maxDistance\",\"steps\":[{"
           "\"waitTimeSeconds\":"
           "4,\"value\":10}]}]}";
}

static uint64_t dice;

static int roll(int sides)
{
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((dice >> 33) % (uint64_t)sides);
}

/* ---- the judge ---- */

enum state { SEARCHING, PROPOSED, FALLEN, COMPLETED, OVER };

struct ticket {
    char id[16], match[40];
    enum state state;
    bool backfill, accepted; /* accepted: all of its match have */
    int64_t start_ms, since_ms;
    uint64_t order;
    size_t players;
};

static struct judge {
    struct ticket tickets[TICKETS_MAX];
    size_t count, fallen;
    size_t seen[MM_TRANSITION_KINDS], backfilled;
    const char *json; /* under judgement */
    int seed;
} judge;

#define JUDGE(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            ck_abort_msg("seed %d: %s: %s", judge.seed, #condition, judge.json);                                       \
    } while (0)

static struct ticket *find(const char *id)
{
    for (size_t i = 0; i < judge.count; i++)
        if (strcmp(judge.tickets[i].id, id) == 0)
            return &judge.tickets[i];
    return NULL;
}

static struct ticket *known(const char *id)
{
    struct ticket *k = find(id);

    JUDGE(k != NULL);
    return k;
}

static void judge_new(const struct mm_transition *t)
{
    struct ticket *k = &judge.tickets[judge.count++];

    JUDGE(find(t->ticket_id) == NULL && judge.count < TICKETS_MAX);
    *k = (struct ticket){.backfill = t->backfill,
                         .start_ms = t->start_ms,
                         .since_ms = t->since_ms,
                         .order = t->order,
                         .players = t->player_count};
    (void)snprintf(k->id, sizeof(k->id), "%s", t->ticket_id);
}

static void judge_known(const struct mm_transition *t, bool by_acceptance)
{
    struct ticket *k = known(t->ticket_id);

    JUDGE(k->players == t->player_count && k->backfill == t->backfill && k->start_ms == t->start_ms);
    JUDGE(by_acceptance ? k->state == FALLEN : k->state == SEARCHING || k->state == FALLEN);
    JUDGE(t->state == MM_SEARCHING || t->state == MM_TIMED_OUT || (k->state == FALLEN) == (t->match_id[0] != '\0'));
    JUDGE(t->state != MM_SEARCHING || (k->order == t->order && k->since_ms == t->since_ms));
    judge.fallen -= k->state == FALLEN;
    k->state = t->state == MM_SEARCHING ? SEARCHING : OVER;
}

static void judge_ticket(const struct mm_transition *t)
{
    bool by_acceptance = strncmp(t->reason, "acceptance_", 11) == 0;

    if (t->state == MM_SEARCHING && !by_acceptance)
        judge_new(t);
    else
        judge_known(t, by_acceptance);
}

/* Moves its tickets from one state to another; returns how many there are. */
static size_t move(const struct mm_transition *t, enum state from, enum state to)
{
    size_t moved = 0;

    for (size_t i = 0; i < t->team_count; i++) {
        for (size_t j = 0; j < t->teams[i].player_count; j++) {
            struct ticket *k = known(t->teams[i].players[j].ticket_id);

            JUDGE(k->state == from || k->state == to);
            JUDGE(from == SEARCHING || strcmp(k->match, t->match_id) == 0);
            JUDGE(k->backfill == (strcmp(t->backfill_id, k->id) == 0));
            moved += k->state == from;
            k->state = to;
            (void)snprintf(k->match, sizeof(k->match), "%s", t->match_id);
        }
    }
    return moved;
}

static const char *team_of(const struct mm_transition *t, const char *player_id)
{
    for (size_t i = 0; i < t->team_count; i++)
        for (size_t j = 0; j < t->teams[i].player_count; j++)
            if (strcmp(t->teams[i].players[j].id, player_id) == 0)
                return t->teams[i].name;
    return "";
}

/* Tickets whole and on one team, but for a backfill's; teams within their sizes; nobody twice. */
static void judge_teams(const struct mm_transition *t)
{
    for (size_t i = 0; i < t->team_count; i++) {
        JUDGE(t->teams[i].player_count >= 1 && t->teams[i].player_count <= 2);
        for (size_t j = 0; j < t->teams[i].player_count; j++) {
            const struct mm_match_player *p = &t->teams[i].players[j];
            const struct ticket *k = known(p->ticket_id);

            JUDGE(strcmp(team_of(t, p->id), t->teams[i].name) == 0);
            JUDGE(k->backfill || k->players == 1 || strcmp(t->teams[i].players[1 - j].ticket_id, p->ticket_id) == 0);
            JUDGE(!k->backfill || strcmp(t->teams[i].name, p->id[1] % 2 == 0 ? "red" : "blue") == 0);
        }
    }
}

/* Of a new proposal: only who is in a game already has accepted. */
static void judge_unanswered(const struct mm_transition *t)
{
    for (size_t i = 0; i < t->team_count; i++) {
        for (size_t j = 0; j < t->teams[i].player_count; j++) {
            const struct mm_match_player *p = &t->teams[i].players[j];

            JUDGE(p->answer == (strcmp(p->ticket_id, t->backfill_id) == 0 ? MM_ACCEPTED : MM_NO_ANSWER));
        }
    }
}

static bool all_accept(const struct mm_transition *t)
{
    for (size_t i = 0; i < t->team_count; i++)
        for (size_t j = 0; j < t->teams[i].player_count; j++)
            if (t->teams[i].players[j].answer != MM_ACCEPTED)
                return false;
    return true;
}

static void judge_proposal(const struct mm_transition *t)
{
    bool is_new = t->issuer.player_id[0] == '\0';
    size_t moved = move(t, is_new ? SEARCHING : PROPOSED, PROPOSED);

    JUDGE(strcmp(t->configuration, "asks") == 0 && (moved >= 2 || !is_new));
    if (is_new)
        judge_unanswered(t);
    for (size_t i = 0; i < t->team_count; i++)
        for (size_t j = 0; j < t->teams[i].player_count; j++)
            known(t->teams[i].players[j].ticket_id)->accepted = all_accept(t);
    judge_teams(t);
}

static void judge_dropped(const struct mm_transition *t)
{
    judge.fallen += move(t, PROPOSED, FALLEN);
}

static void judge_match(const struct mm_transition *t)
{
    size_t tickets = move(t, t->accepted ? PROPOSED : SEARCHING, COMPLETED);

    JUDGE(tickets >= 2 && t->accepted == (strcmp(t->configuration, "asks") == 0));
    for (size_t i = 0; i < t->team_count; i++)
        for (size_t j = 0; j < t->teams[i].player_count; j++)
            JUDGE(known(t->teams[i].players[j].ticket_id)->accepted == t->accepted);
    judge.backfilled += t->backfill_id[0] != '\0';
    judge_teams(t);
}

/* All that one call emitted. */
static void judge_call(const struct world *w, size_t first)
{
    static void (*const by_kind[MM_TRANSITION_KINDS])(const struct mm_transition *) = {
        [MM_TICKET] = judge_ticket,
        [MM_PROPOSAL] = judge_proposal,
        [MM_DROPPED] = judge_dropped,
        [MM_MATCH] = judge_match,
    };
    char error[MM_ERROR_SIZE];

    for (size_t i = first; i < w->journal_count; i++) {
        struct mm_transition t;
        json_object *o = NULL;

        judge.json = w->journal[i].json;
        JUDGE(json_parse(judge.json, strlen(judge.json), &o, error) == 0 && mm_transition_decode(&t, o, error) == 0);
        judge.seen[t.kind]++;
        if (by_kind[t.kind] != NULL)
            by_kind[t.kind](&t);
        mm_transition_clear(&t);
        json_object_put(o);
    }
    JUDGE(judge.fallen == 0);
}

/* ---- a life ---- */

static char ticket_ids[TICKETS_MAX][16], player_ids[PLAYERS][16];
static int first_player[TICKETS_MAX]; /* of each ticket */
static int started;

static void begin(struct world *w, int seed)
{
    dice = (uint64_t)seed + 1;
    started = 0;
    judge = (struct judge){.json = "", .seed = seed};
    for (int i = 0; i < PLAYERS; i++)
        (void)snprintf(player_ids[i], sizeof(player_ids[i]), "p%02d", i);
    world_open(w, configurations, rules);
}

static const char *new_ticket(int player)
{
    (void)snprintf(ticket_ids[started], sizeof(ticket_ids[started]), "t%d", started);
    first_player[started] = player;
    return ticket_ids[started++];
}

/* Players beside each other in the list; those of a game sit in the teams that judge_teams expects. */
static void ask(struct world *w, enum mm_command_type type, int count)
{
    int player = roll(PLAYERS), skill = roll(30);
    struct mm_player players[3] = {0};
    struct mm_command c = {.type = type,
                           .configuration = roll(3) == 0 ? "plain" : "asks",
                           .ticket_id = new_ticket(player),
                           .game_session = type == MM_BACKFILL && roll(2) == 0 ? "game" : "",
                           .players = players,
                           .player_count = (size_t)count,
                           .issuer = {type == MM_BACKFILL ? "" : player_ids[player], "", ""},
                           .start_ms = w->now_ms};

    for (int i = 0; i < count; i++)
        players[i] = (struct mm_player){
            .id = player_ids[(player + i) % PLAYERS],
            .team = type != MM_BACKFILL                              ? NULL
                    : player_ids[(player + i) % PLAYERS][1] % 2 == 0 ? "red"
                                                                     : "blue",
            .attributes = json_tokener_parse("{\"skill\":{\"N\":0}}"),
        };
    for (int i = 0; i < count; i++)
        json_object_object_add(json_object_object_get(players[i].attributes, "skill"), "N", json_object_new_int(skill));
    mm_engine_apply(w->engine, w->now_ms, &c);
    for (int i = 0; i < count; i++)
        json_object_put(players[i].attributes);
}

static void start(struct world *w)
{
    ask(w, MM_START, 1 + roll(2));
}

static void backfill(struct world *w)
{
    ask(w, MM_BACKFILL, 1 + roll(2));
}

/* Of the last tickets one, and one of its players, or the next one in the list. */
static void pick(const char **ticket_id, const char **player_id)
{
    int n = started == 0 ? 0 : started - 1 - roll(started < 12 ? started : 12);

    *ticket_id = started == 0 ? "none" : ticket_ids[n];
    *player_id = player_ids[(first_player[n] + roll(2)) % PLAYERS];
}

static void answer(struct world *w)
{
    const char *ticket_id, *player_id;

    pick(&ticket_id, &player_id);
    world_answer(w, ticket_id, player_id, roll(12) != 0, "");
}

static void stop(struct world *w)
{
    const char *ticket_id, *player_id;

    pick(&ticket_id, &player_id);
    world_stop(w, ticket_id, roll(4) == 0 ? "" : player_id);
}

static void leave(struct world *w)
{
    const char *ticket_id, *player_id;

    pick(&ticket_id, &player_id);
    world_left(w, ticket_id, player_id);
}

static void pass_time(struct world *w)
{
    world_tick(w, w->now_ms + roll(roll(20) == 0 ? 8000 : 600));
}

static void live(struct world *w, int steps, bool judged)
{
    static void (*const ways[])(struct world *) = {start,     start,     start,     start,   answer, answer,
                                                   answer,    answer,    answer,    answer,  stop,   leave,
                                                   pass_time, pass_time, pass_time, backfill};

    for (int i = 0; i < steps; i++) {
        size_t first = w->journal_count;

        ways[roll((int)(sizeof(ways) / sizeof(ways[0])))](w);
        if (judged)
            judge_call(w, first);
    }
}

static void settle(struct world *w)
{
    for (int i = 0; i < 100; i++) {
        size_t first = w->journal_count;

        world_tick(w, w->now_ms + 1000);
        judge_call(w, first);
    }
    ck_assert_uint_eq(mm_engine_waiting(w->engine), 0);
    ck_assert_int_eq(mm_engine_due_ms(w->engine), INT64_MAX);
    for (size_t i = 0; i < judge.count; i++)
        if (judge.tickets[i].state != COMPLETED && judge.tickets[i].state != OVER)
            ck_abort_msg("ticket %s has no end", judge.tickets[i].id);
}

static void live_one(int seed)
{
    struct world w;

    begin(&w, seed);
    live(&w, STEPS, true);
    settle(&w);
    world_close(&w);
}

START_TEST(every_ticket_goes_through_its_states)
{
    const char *one = getenv("MM_SEED");
    size_t seen[MM_TRANSITION_KINDS] = {0}, backfilled = 0;

    if (one != NULL) {
        live_one(atoi(one));
        return;
    }
    for (int seed = _i * LIVES; seed < _i * LIVES + LIVES; seed++) {
        live_one(seed);
        backfilled += judge.backfilled;
        for (int i = 0; i < MM_TRANSITION_KINDS; i++)
            seen[i] += judge.seen[i];
    }
    ck_assert_uint_gt(seen[MM_MATCH], 100);
    ck_assert_uint_gt(seen[MM_DROPPED], 100);
    ck_assert_uint_gt(backfilled, 10);
}
END_TEST

static void live_on(struct world *w, uint64_t from_dice, int from_started)
{
    dice = from_dice;
    started = from_started;
    world_forget_journal(w);
    mm_engine_seed(w->engine, 99);
    world_tick(w, w->now_ms +
                      60); /* searches that had not ended go on at their own time: not in the successor's first tick */
    live(w, STEPS, false);
}

START_TEST(who_has_read_it_decides_the_same)
{
    struct world w, next;

    for (int seed = 1000 + _i * 10; seed < 1010 + _i * 10; seed++) {
        uint64_t at_dice;
        int at_started;

        begin(&w, seed);
        live(&w, STEPS, false);
        world_tick(&w, w.now_ms);
        world_restore(&next, &w, w.journal_count);
        world_tick(&next, w.now_ms);
        if (next.log.len > 0)
            ck_abort_msg("seed %d: the successor decides %s", seed, next.log.data);
        at_dice = dice;
        at_started = started;
        live_on(&w, at_dice, at_started);
        live_on(&next, at_dice, at_started);
        for (size_t i = 0; i < w.journal_count && i < next.journal_count; i++)
            if (strcmp(w.journal[i].json, next.journal[i].json) != 0)
                ck_abort_msg("seed %d, %zu: %s\nof the successor: %s", seed, i, w.journal[i].json,
                             next.journal[i].json);
        ck_assert_uint_eq(w.journal_count, next.journal_count);
        world_close(&next);
        world_close(&w);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mm_lives");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_loop_test(tc, every_ticket_goes_through_its_states, 0, 4);
    tcase_add_loop_test(tc, who_has_read_it_decides_the_same, 0, 10);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
