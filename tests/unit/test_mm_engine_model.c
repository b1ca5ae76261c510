/*
 * mm_engine against a naive model of itself: one array of tickets, and every question asked of all of them. Random rule
 * sets and commands; a failure prints the seed, and MM_SEED=n runs that one alone.
 */
#include <math.h>

#include "mm_world.h"

#define WORLDS      2000
#define ROUNDS      150
#define PLAYERS     25
#define STEPS_MAX   4
#define TICKETS_MAX (ROUNDS * 2)

static uint64_t state;

static int64_t roll(int64_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)((state >> 33) % (uint64_t)below);
}

/* ---- a random rule set, as text and as the numbers in it ---- */

static struct {
    int64_t wait_ms;
    double window;
} steps[STEPS_MAX + 1];
static size_t step_count;
static bool by_average;
static int64_t timeout_ms;
static char duel_text[2048], configurations[512];

static void random_rules(void)
{
    static const char *const forms[2][2] = {
        {"max(flatten(teams[*].players.attributes[skill]))", "min(flatten(teams[*].players.attributes[skill]))"},
        {"avg(teams[*].players.attributes[skill])", "avg(flatten(teams[*].players.attributes[skill]))"},
    };
    struct buf text = {0};
    int64_t wait_s = 0;

    by_average = roll(2) == 0;
    step_count = 1 + (size_t)roll(STEPS_MAX + 1);
    buf_printf(&text,
               "{\"ruleLanguageVersion\":\"1.0\",\"teams\":[{\"name\":\"p\",\"minPlayers\":1,\"maxPlayers\":1,"
               "\"quantity\":2}],"
               "\"playerAttributes\":[{\"name\":\"skill\",\"type\":\"number\"}],\"rules\":[{\"name\":\"r\",\"type\":"
               "\"distance\","
               "\"measurements\":[\"%s\"],\"referenceValue\":\"%s\",\"maxDistance\":",
               forms[by_average][0], forms[by_average][1]);
    for (size_t i = 0; i < step_count; i++) {
        steps[i].wait_ms = wait_s * 1000;
        steps[i].window = (i == 0 ? 0 : steps[i - 1].window) + (double)roll(20);
        if (i == 0)
            buf_printf(&text, "%g}]", steps[i].window);
        else
            buf_printf(&text, "%s{\"waitTimeSeconds\":%d,\"value\":%g}",
                       i == 1 ? ",\"expansions\":[{\"target\":\"rules[r].maxDistance\",\"steps\":[" : ",", (int)wait_s,
                       steps[i].window);
        wait_s += 1 + roll(5);
    }
    buf_str(&text, step_count > 1 ? "]}]}" : "}");
    timeout_ms = steps[step_count - 1].wait_ms + roll(12) * 1000; /* also at the last step, or else at least 1 s */
    timeout_ms = timeout_ms > 0 ? timeout_ms : 1000;
    (void)snprintf(duel_text, sizeof(duel_text), "%s", text.data);
    (void)snprintf(configurations, sizeof(configurations),
                   "{\"MatchmakingConfigurations\":[{\"Name\":\"duel\",\"RuleSetName\":\"duel\",\"Partition\":0,"
                   "\"RequestTimeoutSeconds\":%d},"
                   "{\"Name\":\"any\",\"RuleSetName\":\"any\",\"Partition\":0,\"RequestTimeoutSeconds\":%d}]}",
                   (int)(timeout_ms / 1000), (int)(timeout_ms / 1000));
    buf_free(&text);
}

static const char *rules(const char *name)
{
    return strcmp(name, "duel") == 0 ? duel_text
                                     : "{\"ruleLanguageVersion\":\"1.0\",\"teams\":[{\"name\":\"p\",\"minPlayers\":1,"
                                       "\"maxPlayers\":1,\"quantity\":2}]}";
}

/* ---- the model ---- */

struct ticket { /* in order of arrival */
    char id[16], player[16];
    bool any, waits;
    double skill;
    int64_t start_ms, since_ms, due_ms, ended_ms;
};

static struct ticket tickets[TICKETS_MAX];
static size_t ticket_count;
static struct buf expected;

static size_t step_of(int64_t wait_ms)
{
    size_t step = 0;

    for (size_t i = 1; i < step_count; i++)
        step = wait_ms >= steps[i].wait_ms ? i : step;
    return step;
}

static bool may_meet(const struct ticket *a, const struct ticket *b, int64_t now_ms)
{
    int64_t newest_ms = a->since_ms > b->since_ms ? a->since_ms : b->since_ms;

    if (!a->waits || !b->waits || a == b || a->any != b->any)
        return false;
    return a->any || fabs(a->skill - b->skill) * (by_average ? 0.5 : 1) <= steps[step_of(now_ms - newest_ms)].window;
}

static void end(struct ticket *t, int64_t now_ms)
{
    t->waits = false;
    t->ended_ms = now_ms;
}

static void time_out(struct ticket *t, int64_t now_ms)
{
    buf_printf(&expected, "%s TIMED_OUT timed_out\n", t->id);
    end(t, now_ms);
}

static struct ticket *first_partner(const struct ticket *t, int64_t now_ms)
{
    for (struct ticket *other = tickets; other < t; other++) {
        if (may_meet(other, t, now_ms) && other->since_ms + timeout_ms > now_ms)
            return other;
    }
    return NULL;
}

static struct ticket *first_younger(const struct ticket *t, int64_t now_ms)
{
    for (struct ticket *other = tickets + (t - tickets) + 1; other < tickets + ticket_count; other++) {
        if (may_meet(t, other, now_ms) && other->since_ms + timeout_ms > now_ms)
            return other;
    }
    return NULL;
}

static void match(struct ticket *older, struct ticket *newer, int64_t now_ms)
{
    buf_printf(&expected, "%s+%s MATCH\n", older->id, newer->id);
    end(older, now_ms);
    end(newer, now_ms);
}

static bool is_another_due(const struct ticket *t, int64_t now_ms)
{
    for (const struct ticket *other = tickets; other < tickets + ticket_count; other++) {
        if (other != t && other->waits && other->due_ms <= now_ms)
            return true;
    }
    return false;
}

/* At a moment when windows of several widen, somebody who came before `than` may meet somebody, too: then they do. */
static bool match_older(const struct ticket *t, const struct ticket *than, int64_t now_ms)
{
    for (struct ticket *o = tickets; o < than; o++) {
        struct ticket *before, *after;

        if (!o->waits || o->any != t->any || o->since_ms + timeout_ms <= now_ms)
            continue;
        before = first_partner(o, now_ms);
        after = before == NULL ? first_younger(o, now_ms) : NULL;
        if (before != NULL)
            match(before, o, now_ms);
        else if (after != NULL)
            match(o, after, now_ms);
        else
            continue;
        return true;
    }
    return false;
}

static void search(struct ticket *t, int64_t now_ms, bool is_new)
{
    struct ticket *other = first_partner(t, now_ms);
    size_t next = step_of(now_ms - t->since_ms) + 1;

    if (other != NULL) {
        if (is_new || !is_another_due(t, now_ms) || !match_older(t, other, now_ms))
            match(other, t, now_ms);
        return;
    }
    t->due_ms = t->since_ms + timeout_ms;
    if (!t->any && next < step_count && t->since_ms + steps[next].wait_ms < t->due_ms)
        t->due_ms = t->since_ms + steps[next].wait_ms;
}

static struct ticket *next_due(int64_t now_ms)
{
    struct ticket *best = NULL;

    for (struct ticket *t = tickets; t < tickets + ticket_count; t++) {
        if (t->waits && t->due_ms <= now_ms && (best == NULL || t->due_ms < best->due_ms))
            best = t;
    }
    return best;
}

static void model_tick(int64_t now_ms)
{
    struct ticket *t;

    while ((t = next_due(now_ms)) != NULL) {
        if (t->since_ms + timeout_ms <= now_ms)
            time_out(t, now_ms);
        else
            search(t, now_ms, false);
    }
}

static bool is_known(const char *id, int64_t now_ms)
{
    for (size_t i = 0; i < ticket_count; i++) {
        if (strcmp(tickets[i].id, id) == 0 && (tickets[i].waits || tickets[i].ended_ms >= now_ms - MM_ENDED_MEMORY_MS))
            return true;
    }
    return false;
}

static struct ticket *of_player(const char *player)
{
    for (size_t i = 0; i < ticket_count; i++) {
        if (tickets[i].waits && strcmp(tickets[i].player, player) == 0)
            return &tickets[i];
    }
    return NULL;
}

static int64_t newest_since(bool any)
{
    int64_t newest = INT64_MIN;

    for (size_t i = 0; i < ticket_count; i++) {
        if (tickets[i].any == any && tickets[i].since_ms > newest)
            newest = tickets[i].since_ms;
    }
    return newest;
}

static void model_start(const struct asked *a, int64_t now_ms)
{
    struct ticket *t = &tickets[ticket_count], *open = of_player(a->player_id);
    bool any = strcmp(a->configuration, "any") == 0;
    int64_t newest = newest_since(any);

    if (is_known(a->ticket_id, now_ms)) {
        buf_printf(&expected, "%s refused ticket_exists\n", a->ticket_id);
        return;
    }
    if (open != NULL && open->any != any) {
        buf_printf(&expected, "%s refused already_queued\n", a->ticket_id);
        return;
    }
    if (open != NULL) {
        buf_printf(&expected, "%s CANCELLED replaced\n", open->id);
        end(open, now_ms);
    }
    *t = (struct ticket){.any = any, .waits = true, .skill = a->skill, .start_ms = now_ms - a->started_ago_ms};
    (void)snprintf(t->id, sizeof(t->id), "%s", a->ticket_id);
    (void)snprintf(t->player, sizeof(t->player), "%s", a->player_id);
    t->since_ms = t->start_ms > newest ? t->start_ms : newest;
    buf_printf(&expected, "%s SEARCHING\n", t->id);
    ticket_count++;
    search(t, now_ms, true);
}

static struct ticket *open_ticket(const char *id, const char *player)
{
    struct ticket *t = of_player(player);

    return t != NULL && strcmp(t->id, id) == 0 ? t : NULL;
}

static void model_stop(const char *id, const char *player, int64_t now_ms)
{
    struct ticket *t = open_ticket(id, player);

    if (t != NULL) {
        buf_printf(&expected, "%s CANCELLED requested\n", id);
        end(t, now_ms);
    } else {
        buf_printf(&expected, "%s refused ticket_not_found\n", id);
    }
}

static void model_left(const char *id, const char *player, int64_t now_ms)
{
    struct ticket *t = open_ticket(id, player);

    if (t != NULL) {
        buf_printf(&expected, "%s CANCELLED player_left\n", id);
        end(t, now_ms);
    }
}

/* ---- side by side ---- */

static void random_start(struct world *w)
{
    char id[16], player[16];
    struct asked a = {
        .ticket_id = id,
        .player_id = player,
        .configuration = roll(8) == 0 ? "any" : "duel",
        .skill = (double)roll(200),
        .started_ago_ms = roll(5) == 0 ? roll(timeout_ms + 1000) : 0,
    };

    (void)snprintf(player, sizeof(player), "p%d", (int)roll(PLAYERS));
    (void)snprintf(id, sizeof(id), "t%d", roll(10) == 0 ? (int)roll((int64_t)ticket_count + 1) : (int)ticket_count);
    world_start(w, &a);
    model_start(&a, w->now_ms);
}

/* Mostly a ticket with its own player; sometimes any two. */
static void random_end(struct world *w)
{
    char player[16], id[16];
    const struct ticket *t;

    (void)snprintf(player, sizeof(player), "p%d", (int)roll(PLAYERS));
    t = of_player(player);
    (void)snprintf(id, sizeof(id), "t%d", (int)roll((int64_t)ticket_count + 1));
    if (t != NULL && roll(4) != 0)
        (void)snprintf(id, sizeof(id), "%s", t->id);
    if (roll(2) == 0) {
        world_stop(w, id, player);
        model_stop(id, player, w->now_ms);
    } else {
        world_left(w, id, player);
        model_left(id, player, w->now_ms);
    }
}

static void random_tick(struct world *w)
{
    int64_t due_ms = mm_engine_due_ms(w->engine), now_ms = w->now_ms + roll(roll(30) == 0 ? 700000 : 2500);

    if (roll(2) == 0 && due_ms != INT64_MAX && due_ms > w->now_ms)
        now_ms = due_ms;
    world_tick(w, now_ms);
    model_tick(now_ms);
}

static void check_same(struct world *w, int seed, int round)
{
    size_t waiting = 0;

    for (size_t i = 0; i < ticket_count; i++)
        waiting += tickets[i].waits;
    if (strcmp(w->log.data, expected.data) != 0)
        ck_abort_msg("MM_SEED=%d round %d: engine\n%smodel\n%s", seed, round, w->log.data, expected.data);
    if (mm_engine_waiting(w->engine) != waiting)
        ck_abort_msg("MM_SEED=%d round %d: %zu wait, not %zu", seed, round, mm_engine_waiting(w->engine), waiting);
    buf_clear(&w->log);
    buf_clear(&expected);
    buf_str(&w->log, "");
    buf_str(&expected, "");
}

/* After a tick nobody waits beside somebody they may meet: nobody starves. */
static void check_nobody_starves(const struct world *w, int seed, int round)
{
    for (size_t i = 0; i < ticket_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (may_meet(&tickets[j], &tickets[i], w->now_ms))
                ck_abort_msg("MM_SEED=%d round %d: %s and %s wait", seed, round, tickets[j].id, tickets[i].id);
        }
    }
}

/* From here on the engine is another one, which has only read what the first one decided. */
static void replace_by_successor(struct world *w, int seed, int round)
{
    struct world next;

    random_tick(w); /* so that no search is due, which the successor would do at its first tick */
    check_same(w, seed, round);
    world_restore(&next, w, w->journal_count);
    world_tick(&next, w->now_ms);
    ck_assert_msg(next.log.len == 0, "MM_SEED=%d round %d: the successor decides\n%s", seed, round, next.log.data);
    ck_assert_int_eq(mm_engine_due_ms(next.engine), mm_engine_due_ms(w->engine));
    ck_assert_int_eq(mm_engine_oldest_ms(next.engine, "duel"), mm_engine_oldest_ms(w->engine, "duel"));
    world_close(&next);
    mm_engine_free(&w->engine);
    w->engine = mm_engine_new(w->catalog, 0, world_on_transition, w);
    world_replay(w->engine, w, w->journal_count);
    world_tick(w, w->now_ms);
}

static void run_world(int seed)
{
    struct world w;

    state = (uint64_t)seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    ticket_count = 0;
    random_rules();
    world_open(&w, configurations, rules);
    buf_clear(&expected);
    buf_str(&expected, "");
    for (int round = 0; round < ROUNDS; round++) {
        int64_t dice = roll(100);

        if (dice < 60) {
            random_start(&w);
        } else if (dice < 70) {
            random_end(&w);
        } else {
            random_tick(&w);
            check_nobody_starves(&w, seed, round);
        }
        check_same(&w, seed, round);
        if (dice == 99 && roll(3) == 0)
            replace_by_successor(&w, seed, round);
    }
    world_close(&w);
}

/* _i: which hundred of the worlds, so that no one test takes long. */
START_TEST(engine_is_model)
{
    const char *one = getenv("MM_SEED");

    if (one != NULL) {
        run_world(atoi(one));
        buf_free(&expected);
        return;
    }
    for (int seed = _i * 100; seed < (_i + 1) * 100; seed++)
        run_world(seed);
    buf_free(&expected);
}
END_TEST

/* The same calls give the same bytes, match ids and all. */
START_TEST(same_calls_same_bytes)
{
    struct world a, b;

    for (int seed = 0; seed < 20; seed++) {
        for (int i = 0; i < 2; i++) {
            struct world *w = i == 0 ? &a : &b;

            state = (uint64_t)seed;
            ticket_count = 0;
            random_rules();
            world_open(w, configurations, rules);
            for (int round = 0; round < ROUNDS; round++) {
                random_start(w);
                random_tick(w);
            }
        }
        ck_assert_uint_eq(a.journal_count, b.journal_count);
        for (size_t i = 0; i < a.journal_count; i++) {
            if (strcmp(a.journal[i].json, b.journal[i].json) != 0)
                ck_abort_msg("seed %d: %s, then %s", seed, a.journal[i].json, b.journal[i].json);
        }
        world_close(&a);
        world_close(&b);
    }
    buf_free(&expected);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mm_engine_model");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_loop_test(tc, engine_is_model, 0, WORLDS / 100);
    tcase_add_test(tc, same_calls_same_bytes);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
