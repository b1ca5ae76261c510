/* views and rebuild on a redis-server of the test's own: away, full, emptied, slow, and given up. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matchmaker_metrics.h"
#include "mem.h"
#include "redis_server.h"
#include "tickets.h"
#include "views.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define EPOCH        3
#define MANY         700 /* open tickets: more than two steps of a rebuild */

static const struct metric_def metric_defs[] = {MM_METRICS(METRIC_ROW)};
static uv_loop_t loop;
static uv_timer_t timer;
static struct redis_server server;
static struct store *store;
static bool ready;
static struct metrics *metrics;
static struct mm_catalog *catalog;
static struct views *views;
static struct mm_engine *engine;
static struct journal journal;

/* ---- the world -------------------------------------------------------------------------------------------------- */

static char *load_rules(void *arg, const char *name, size_t *len, char error[MM_ERROR_SIZE])
{
    static const char text[] = "{\"ruleLanguageVersion\":\"1.0\",\"teams\":[{\"name\":\"red\",\"minPlayers\":1,"
                               "\"maxPlayers\":1},{\"name\":\"blue\",\"minPlayers\":1,\"maxPlayers\":1}]}";

    (void)arg;
    (void)name;
    error[0] = '\0';
    *len = strlen(text);
    return mem_strdup(text);
}

static void open_catalog(void)
{
    static const char text[] = "{\"MatchmakingConfigurations\":[{\"Name\":\"duel\",\"RuleSetName\":\"any\","
                               "\"Partition\":7,\"RequestTimeoutSeconds\":20}]}";
    char error[MM_ERROR_SIZE];

    ck_assert_msg(mm_catalog_parse(&catalog, text, strlen(text), 12, load_rules, NULL, error) == 0, "%s", error);
}

static void on_state(void *arg, bool is_ready, const char *reason)
{
    (void)arg;
    (void)reason;
    ready = is_ready;
}

static void on_time(uv_timer_t *t)
{
    (void)t;
    if (views != NULL)
        (void)views_on_time(views);
}

static void no_transition(void *arg, const struct mm_transition *t)
{
    (void)arg;
    (void)t;
}

static void run_until_ready(bool wanted)
{
    while (ready != wanted)
        uv_run(&loop, UV_RUN_ONCE);
}

static void set_up(void)
{
    static char url[64];
    struct store_conf conf = {.url = url, .timeout_ms = 500, .pending_max = 100000, .on_state = on_state};

    ck_assert_int_eq(uv_loop_init(&loop), 0);
    redis_server_prepare(&server);
    redis_server_start(&server, NULL, NULL);
    (void)snprintf(url, sizeof(url), "redis://127.0.0.1:%u", server.port);
    ck_assert_int_eq(store_open(&store, &loop, &conf), 0);
    open_catalog();
    metrics = metrics_new(metric_defs, MM_METRIC_COUNT, "GameMetrics");
    journal = (struct journal){.epoch = EPOCH, .seq = 20};
    engine = mm_engine_new(catalog, 7, no_transition, NULL);
    views = views_new(&(struct view_target){store, catalog, 7}, metrics);
    ck_assert_int_eq(uv_timer_init(&loop, &timer), 0);
    ck_assert_int_eq(uv_timer_start(&timer, on_time, 5, 5), 0);
    run_until_ready(true);
}

static void tear_down(void)
{
    if (views != NULL)
        views_reign_end(views);
    mm_engine_free(&engine);
    views_free(&views); /* before the store: its answers come when that is closed */
    store_close(&store);
    uv_close((uv_handle_t *)&timer, NULL);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    metrics_free(&metrics);
    mm_catalog_free(&catalog);
    redis_server_remove(&server);
}

/* ---- Redis, asked by hand --------------------------------------------------------------------------------------- */

static char raw[128];
static bool answered;

static void on_raw(void *arg, const struct store_reply *reply)
{
    const char *text = store_reply_str(reply, NULL);

    (void)arg;
    ck_assert_ptr_nonnull(reply);
    if (text != NULL)
        (void)snprintf(raw, sizeof(raw), "%s", text);
    else
        (void)snprintf(raw, sizeof(raw), "%d", (int)store_reply_int(reply, -1));
    answered = true;
}

/* The answer as text; "-1" for nil. Arguments end with NULL. */
static const char *redis(const char *const *argv)
{
    int argc = 0;

    while (argv[argc] != NULL)
        argc++;
    answered = false;
    ck_assert_int_eq(store_command(store, on_raw, NULL, argc, argv, NULL), 0);
    while (!answered)
        uv_run(&loop, UV_RUN_ONCE);
    return raw;
}

#define REDIS(...) redis((const char *const[]){__VA_ARGS__, NULL})

static const char *state_of(const char *ticket)
{
    char key[64];

    (void)snprintf(key, sizeof(key), "ticket:{%s}", ticket);
    return REDIS("HGET", key, "state");
}

static const char *claim_of(const char *player)
{
    char key[64];

    (void)snprintf(key, sizeof(key), "claim:{%s}", player);
    return REDIS("HGET", key, "ticket");
}

/* ---- ticks ------------------------------------------------------------------------------------------------------ */

#define OPEN(ticket, player)                                                                                           \
    "{\"ticket\":\"" ticket "\",\"state\":\"SEARCHING\",\"configuration\":\"duel\",\"start\":1000,\"players\":[{"      \
    "\"id\":\"" player "\"}]}"
#define CANCELLED(ticket, player)                                                                                      \
    "{\"ticket\":\"" ticket "\",\"state\":\"CANCELLED\",\"configuration\":\"duel\",\"start\":1000,\"players\":[{"      \
    "\"id\":\"" player "\"}],\"reason\":\"requested\"}"
#define MATCH(one, first, other, second)                                                                               \
    "{\"match\":\"m1\",\"configuration\":\"duel\",\"teams\":[{\"name\":\"red\",\"players\":[{\"id\":\"" first          \
    "\",\"ticket\":\"" one "\",\"start\":1000}]},{\"name\":\"blue\",\"players\":[{\"id\":\"" second                    \
    "\",\"ticket\":\"" other "\",\"start\":1000}]}]}"
#define REFUSED(ticket, player)                                                                                        \
    "{\"refused\":\"start_expired\",\"message\":\"\",\"ticket\":\"" ticket "\",\"issuer\":{\"player\":\"" player "\"}" \
    "}"
#define NOTHING "{\"refused\":\"start_expired\",\"message\":\"\",\"ticket\":\"t\"}"

static struct decision *tick(int64_t seq, const char *transitions)
{
    struct buf text = {0};
    struct journal_record r = {.type = JOURNAL_TICK, .epoch = EPOCH, .seq = seq, .at_ms = 5000};
    char error[MM_ERROR_SIZE];
    struct decision *d;

    memset(r.nonce, 'a', sizeof(r.nonce) - 1);
    journal_encode(&r, transitions, strlen(transitions), &text);
    d = decision_read(text.data, text.len, error);
    ck_assert_msg(d != NULL, "%s", error);
    buf_free(&text);
    return d;
}

static void add(int64_t seq, const char *transitions)
{
    struct decision *d = tick(seq, transitions);

    views_add(views, d);
    decision_free(&d);
}

static void run_until_written(void)
{
    while (!ready || views_backlog(views) > 0)
        uv_run(&loop, UV_RUN_ONCE);
}

static int64_t lost(void)
{
    return metrics_get(metrics, MM_VIEWS_LOST);
}

START_TEST(a_tick_says_who_is_open_and_what_ended)
{
    add(17, OPEN("t1", "alice") "," OPEN("t2", "bob") "," OPEN("t3", "carol"));
    run_until_written();
    ck_assert_str_eq(state_of("t1"), "SEARCHING");
    ck_assert_str_eq(claim_of("alice"), "t1");
    add(18, MATCH("t1", "alice", "t2", "bob") "," CANCELLED("t3", "carol") "," OPEN("t4", "carol"));
    run_until_written();
    ck_assert_str_eq(state_of("t1"), "COMPLETED");
    ck_assert_str_eq(claim_of("alice"), "-1");
    ck_assert_str_eq(claim_of("bob"), "-1");
    ck_assert_str_eq(state_of("t3"), "CANCELLED");
    ck_assert_str_eq(claim_of("carol"), "t4");
    ck_assert_str_eq(REDIS("HGET", "ticket:{t4}", "seq"), "18");
    ck_assert_int_eq(lost(), 0);
}
END_TEST

/* alice and carol are a party, t1; bob is t2; dave and erin play already, b1, one in each team. */
#define PARTY                                                                                                          \
    "{\"ticket\":\"t1\",\"state\":\"SEARCHING\",\"configuration\":\"duel\",\"start\":1000,\"players\":["               \
    "{\"id\":\"alice\"},{\"id\":\"carol\"}]}"
#define BACKFILL(state, more)                                                                                          \
    "{\"ticket\":\"b1\",\"state\":\"" state "\",\"configuration\":\"duel\",\"start\":1000," more                       \
    "\"players\":[{\"id\":\"dave\"},{\"id\":\"erin\"}],\"backfill\":{}}"
#define MEMBER(id, ticket) "{\"id\":\"" id "\",\"ticket\":\"" ticket "\",\"start\":1000}"
#define TEAMS                                                                                                          \
    "\"configuration\":\"duel\",\"teams\":[{\"name\":\"red\",\"players\":[" MEMBER("dave", "b1") "," MEMBER(           \
        "alice",                                                                                                       \
        "t1") "," MEMBER("carol",                                                                                      \
                         "t1") "]},{\"name\":\"blue\",\"players\":[" MEMBER("bob",                                     \
                                                                            "t2") "," MEMBER("erin",                   \
                                                                                             "b1") "]}],\"backfill\":" \
                                                                                                   "\"b1\""
#define PROPOSAL "{\"proposal\":\"m1\",\"at\":5000,\"until\":9000," TEAMS "}"

static void assert_ticket(const char *ticket, const char *state, const char *players, const char *match)
{
    char key[64];

    ck_assert_str_eq(state_of(ticket), state);
    (void)snprintf(key, sizeof(key), "ticket:{%s}", ticket);
    ck_assert_str_eq(REDIS("HGET", key, "players"), players);
    ck_assert_str_eq(REDIS("HGET", key, "match_id"), match);
}

START_TEST(a_party_in_a_match_is_one_ticket)
{
    add(17, PARTY "," OPEN("t2", "bob") "," BACKFILL("SEARCHING", ""));
    run_until_written();
    assert_ticket("t1", "SEARCHING", "alice carol", "");
    ck_assert_str_eq(claim_of("carol"), "t1");
    assert_ticket("b1", "SEARCHING", "dave erin", "");
    ck_assert_str_eq(claim_of("dave"), "-1"); /* who plays may look for another game */
    add(18, "{\"match\":\"m1\"," TEAMS "}");
    run_until_written();
    assert_ticket("t1", "COMPLETED", "alice carol", "m1");
    assert_ticket("t2", "COMPLETED", "bob", "m1");
    assert_ticket("b1", "COMPLETED", "dave erin", "m1");
    ck_assert_str_eq(claim_of("alice"), "-1");
    ck_assert_str_eq(claim_of("carol"), "-1");
    ck_assert_str_eq(REDIS("EXISTS", "released-7:{dave}"), "0");
}
END_TEST

START_TEST(who_is_asked_to_accept_stays_claimed)
{
    (void)REDIS("HSET", "claim:{dave}", "configuration", "duel", "ticket", "another", "partition", "7");
    add(17, PARTY "," OPEN("t2", "bob") "," BACKFILL("SEARCHING", "") "," PROPOSAL);
    run_until_written();
    assert_ticket("t1", "REQUIRES_ACCEPTANCE", "alice carol", "m1");
    assert_ticket("b1", "REQUIRES_ACCEPTANCE", "dave erin", "m1");
    ck_assert_str_eq(claim_of("carol"), "t1");
    add(18, "{\"proposal\":\"m1\",\"outcome\":\"rejected\"," TEAMS "},"
            "{\"ticket\":\"t1\",\"state\":\"SEARCHING\",\"configuration\":\"duel\",\"start\":1000,"
            "\"reason\":\"acceptance_failed\",\"players\":[{\"id\":\"alice\"},{\"id\":\"carol\"}]},"
            "{\"ticket\":\"t2\",\"state\":\"CANCELLED\",\"configuration\":\"duel\",\"start\":1000,\"match\":\"m1\","
            "\"reason\":\"acceptance_rejected\",\"players\":[{\"id\":\"bob\"}]}," BACKFILL("CANCELLED",
                                                                                           "\"reason\":\"replaced\","));
    run_until_written();
    assert_ticket("t1", "SEARCHING", "alice carol", "");
    ck_assert_str_eq(REDIS("HGET", "ticket:{t1}", "reason"), "acceptance_failed");
    ck_assert_str_eq(claim_of("alice"), "t1");
    assert_ticket("t2", "CANCELLED", "bob", "m1");
    ck_assert_str_eq(claim_of("bob"), "-1");
    ck_assert_str_eq(claim_of("dave"), "another");
}
END_TEST

START_TEST(a_refused_party_gives_all_claims_back)
{
    (void)REDIS("HSET", "claim:{alice}", "configuration", "duel", "ticket", "t1");
    (void)REDIS("HSET", "claim:{bob}", "configuration", "duel", "ticket", "t1");
    (void)REDIS("HSET", "claim:{carol}", "configuration", "duel", "ticket", "t2");
    add(17, "{\"refused\":\"party_too_large\",\"message\":\"\",\"ticket\":\"t1\",\"players\":[{\"id\":\"bob\"},"
            "{\"id\":\"alice\"},{\"id\":\"carol\"}],\"issuer\":{\"player\":\"alice\"}}");
    run_until_written();
    ck_assert_str_eq(claim_of("alice"), "-1");
    ck_assert_str_eq(claim_of("bob"), "-1");
    ck_assert_str_eq(claim_of("carol"), "t2");
}
END_TEST

START_TEST(a_refused_start_gives_the_claim_back)
{
    (void)REDIS("HSET", "claim:{alice}", "configuration", "duel", "ticket", "t1");
    add(17, OPEN("t2", "bob") "," REFUSED("t1", "alice") "," REFUSED("t2", "bob"));
    run_until_written();
    ck_assert_str_eq(claim_of("alice"), "-1");
    ck_assert_str_eq(claim_of("bob"), "t2"); /* it is open: what was refused is a second start */
}
END_TEST

static void assert_open(int first, int last)
{
    char name[16];

    for (int i = first; i <= last; i++) {
        (void)snprintf(name, sizeof(name), "t%d", i);
        ck_assert_msg(strcmp(state_of(name), "SEARCHING") == 0, "%s: %s", name, raw);
        name[0] = 'p';
        ck_assert_msg(claim_of(name)[0] == 't' && strcmp(raw + 1, name + 1) == 0, "%s: %s", name, raw);
    }
}

/* ---- Redis fails ------------------------------------------------------------------------------------------------ */

static void stop_server(void)
{
    ck_assert_int_eq(kill(server.pid, SIGSTOP), 0);
    add(18, CANCELLED("t1", "alice")); /* goes into a socket that nobody reads */
    run_until_ready(false);
}

static void continue_server(void)
{
    ck_assert_int_eq(kill(server.pid, SIGCONT), 0);
}

static void kill_server(void)
{
    redis_server_kill(&server);
    run_until_ready(false);
    add(18, CANCELLED("t1", "alice"));
}

static void start_server(void)
{
    redis_server_start(&server, NULL, NULL);
}

static void fill_server(void)
{
    (void)REDIS("CONFIG", "SET", "maxmemory", "1");
    add(18, CANCELLED("t1", "alice"));
}

static void empty_server(void)
{
    (void)REDIS("CONFIG", "SET", "maxmemory", "0");
}

static void make_replica(void)
{
    (void)REDIS("REPLICAOF", "127.0.0.1", "1");
    add(18, CANCELLED("t1", "alice"));
    run_until_ready(false);
}

static void make_master(void)
{
    struct redis_server other = server; /* the store does not talk to a replica */
    char command[128];

    (void)snprintf(command, sizeof(command), "redis-cli -p %u REPLICAOF NO ONE >/dev/null", other.port);
    ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c): fixed text and a number */
}

static const struct {
    void (*break_it)(void); /* and a tick (18) meanwhile */
    void (*mend_it)(void);
} failures[] = {
    {stop_server, continue_server},
    {kill_server, start_server},
    {fill_server, empty_server},
    {make_replica, make_master},
};

START_TEST(what_redis_did_not_take_is_written_later)
{
    add(17, OPEN("t1", "alice") "," OPEN("t2", "bob"));
    run_until_written();
    failures[_i].break_it();
    add(19, OPEN("t3", "carol"));
    for (int i = 0; i < 30; i++) /* some turns of failing */
        uv_run(&loop, UV_RUN_ONCE);
    failures[_i].mend_it();
    run_until_written();
    ck_assert_str_eq(state_of("t1"), "CANCELLED");
    ck_assert_str_eq(claim_of("alice"), "-1");
    ck_assert_str_eq(state_of("t3"), "SEARCHING");
    ck_assert_str_eq(claim_of("carol"), "t3");
    ck_assert_int_eq(lost(), 0);
}
END_TEST

/* More than is under way at a time: what was, fails, and what was not yet, waits behind it. */
START_TEST(a_long_queue_is_written_whole)
{
    enum { TICKS = 3000 };
    char text[256];

    ck_assert_int_eq(kill(server.pid, SIGSTOP), 0);
    for (int i = 0; i < TICKS; i++) {
        (void)snprintf(text, sizeof(text), OPEN("t%d", "p%d"), i, i);
        add(17 + i, text);
    }
    run_until_ready(false);
    redis_server_kill(&server);
    redis_server_start(&server, NULL, NULL);
    run_until_ready(true);
    run_until_written();
    assert_open(0, TICKS - 1);
    ck_assert_int_eq(lost(), 0);
}
END_TEST

START_TEST(a_foreign_key_holds_up_nobody)
{
    (void)REDIS("SET", "ticket:{t1}", "something else");
    add(17, OPEN("t1", "alice"));
    add(18, OPEN("t2", "bob"));
    run_until_written();
    ck_assert_int_eq(lost(), 1);
    ck_assert_str_eq(claim_of("alice"), "t1");
    ck_assert_str_eq(state_of("t2"), "SEARCHING");
}
END_TEST

/* A tick that has nothing for Redis, of so many transitions. */
static struct decision *filler(int64_t seq, size_t count)
{
    struct buf text = {0};
    struct decision *d;

    for (size_t i = 0; i < count; i++)
        buf_str(&text, i > 0 ? "," NOTHING : NOTHING);
    d = tick(seq, text.data);
    buf_free(&text);
    return d;
}

#define FILLER 1000

START_TEST(beyond_the_bound_the_oldest_go)
{
    struct decision *d = filler(18, FILLER), *rest = filler(20, FILLER - 1);

    redis_server_kill(&server);
    run_until_ready(false);
    add(17, OPEN("t1", "alice"));
    for (int i = 0; i < VIEWS_TRANSITIONS_MAX / FILLER - 1; i++)
        views_add(views, d);
    add(19, OPEN("t2", "bob"));
    ck_assert_int_eq(lost(), 0);
    views_add(views, rest);
    ck_assert_int_eq(lost(), 1);
    views_add(views, d);
    ck_assert_int_eq(lost(), 1 + FILLER);
    decision_free(&d);
    decision_free(&rest);
    redis_server_start(&server, NULL, NULL);
    run_until_written();
    ck_assert_str_eq(state_of("t1"), "-1");
    ck_assert_str_eq(state_of("t2"), "SEARCHING");
}
END_TEST

START_TEST(ticks_under_way_outlive_their_views)
{
    char ticket[256];

    for (int i = 0; i < 100; i++) {
        (void)snprintf(ticket, sizeof(ticket), OPEN("t%d", "alice"), i);
        add(17 + i, ticket);
    }
    views_free(&views);
    ck_assert_str_eq(claim_of("alice"), "t99"); /* what was sent is done */
}
END_TEST

/* ---- the rebuild ------------------------------------------------------------------------------------------------ */

/* The engine has read that ticket N of player N is open, for N of first..last. */
static void open_tickets(int first, int last)
{
    char text[256];

    for (int i = first; i <= last; i++) {
        struct decision *d;

        (void)snprintf(text, sizeof(text), OPEN("t%d", "p%d"), i, i);
        d = tick(i, text);
        mm_engine_restore(engine, 1000, &d->transitions[0]);
        decision_free(&d);
    }
}

static int64_t rebuilt(void)
{
    return metrics_get(metrics, MM_VIEWS_REBUILT);
}

/* Until so many tickets were written by whole rebuilds, and the key says so. */
static void run_until_rebuilt(int64_t tickets, const char *generation)
{
    while (rebuilt() < tickets)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(rebuilt(), tickets);
    ck_assert_str_eq(REDIS("GET", "views:{7}"), generation);
}

/* Asks Redis as often as a rebuild of nothing would take. */
static void settle(void)
{
    for (int i = 0; i < 20; i++)
        (void)REDIS("PING");
}

START_TEST(an_empty_redis_gets_the_open_tickets)
{
    open_tickets(1, MANY);
    views_generation(views, "one");
    settle();
    ck_assert_int_eq(rebuilt(), 0); /* no reign yet */
    views_reign(views, engine, &journal);
    run_until_rebuilt(MANY, "one");
    assert_open(1, MANY);
    ck_assert_str_eq(REDIS("HGET", "ticket:{t5}", "seq"), "20");
    ck_assert_str_eq(REDIS("HGET", "claim:{p5}", "epoch"), "3");
    (void)REDIS("FLUSHALL");
    views_generation(views, "two");
    run_until_rebuilt(INT64_C(2) * MANY, "two");
    assert_open(1, MANY);
}
END_TEST

START_TEST(a_reign_in_a_known_generation_writes_nothing)
{
    open_tickets(1, 3);
    (void)REDIS("SET", "views:{7}", "one");
    views_reign(views, engine, &journal);
    views_generation(views, "one");
    settle();
    views_reign_end(views);
    views_reign(views, engine, &journal);
    settle();
    ck_assert_int_eq(rebuilt(), 0);
    ck_assert_str_eq(state_of("t1"), "-1");
    ck_assert(views_on_time(views) == INT64_MAX);
}
END_TEST

START_TEST(a_reign_waits_for_the_generation)
{
    open_tickets(1, 3);
    views_reign(views, engine, &journal);
    settle();
    ck_assert_int_eq(rebuilt(), 0);
    views_generation(views, "one");
    run_until_rebuilt(3, "one");
}
END_TEST

START_TEST(a_later_tick_beats_the_rebuild)
{
    open_tickets(1, 2);
    add(21, CANCELLED("t1", "p1")); /* the engine of this test does not know */
    run_until_written();
    views_generation(views, "one");
    views_reign(views, engine, &journal);
    run_until_rebuilt(2, "one");
    ck_assert_str_eq(state_of("t1"), "CANCELLED");
    ck_assert_str_eq(claim_of("p1"), "-1");
    assert_open(2, 2);
}
END_TEST

START_TEST(redis_dies_in_the_middle_of_a_rebuild)
{
    open_tickets(1, MANY);
    views_generation(views, "one");
    views_reign(views, engine, &journal);
    while (strcmp(state_of("t1"), "SEARCHING") != 0)
        continue;
    redis_server_kill(&server);
    run_until_ready(false);
    ck_assert_int_eq(rebuilt(), 0);
    redis_server_start(&server, NULL, NULL);
    run_until_ready(true);
    run_until_rebuilt(MANY, "one");
    assert_open(1, MANY);
}
END_TEST

START_TEST(who_dies_in_a_rebuild_leaves_it_due)
{
    open_tickets(1, MANY);
    (void)REDIS("SET", "views:{7}", "one");
    views_generation(views, "two");
    views_reign(views, engine, &journal);
    while (strcmp(state_of("t1"), "SEARCHING") != 0)
        continue;
    views_reign_end(views);
    ck_assert_str_eq(REDIS("GET", "views:{7}"), "");
    views_generation(views, "one"); /* the old name is no excuse */
    views_reign(views, engine, &journal);
    run_until_rebuilt(MANY, "one");
    assert_open(1, MANY);
}
END_TEST

START_TEST(a_new_generation_in_the_middle_begins_again)
{
    open_tickets(1, MANY);
    views_generation(views, "one");
    views_reign(views, engine, &journal);
    while (strcmp(state_of("t300"), "SEARCHING") != 0)
        continue;
    (void)REDIS("FLUSHALL");
    views_generation(views, "two");
    run_until_rebuilt(MANY, "two");
    assert_open(1, MANY);
}
END_TEST

START_TEST(dropped_ticks_make_a_rebuild_due)
{
    struct decision *d = filler(18, FILLER);

    open_tickets(1, 1);
    (void)REDIS("SET", "views:{7}", "one");
    views_generation(views, "one");
    views_reign(views, engine, &journal);
    settle();
    ck_assert_int_eq(kill(server.pid, SIGSTOP), 0);
    run_until_ready(false);
    add(17, OPEN("t1", "p1"));
    for (int i = 0; i < VIEWS_TRANSITIONS_MAX / FILLER; i++)
        views_add(views, d);
    decision_free(&d);
    ck_assert_int_eq(lost(), 1);
    continue_server();
    run_until_ready(true);
    run_until_rebuilt(1, "one");
    assert_open(1, 1);
}
END_TEST

START_TEST(freed_in_the_middle_of_a_rebuild)
{
    open_tickets(1, MANY);
    views_generation(views, "one");
    views_reign(views, engine, &journal);
    while (strcmp(state_of("t1"), "SEARCHING") != 0)
        continue;
    views_reign_end(views);
    views_free(&views);
    mm_engine_free(&engine);
    settle();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("matchmaker_views");
    TCase *c = tcase_create("redis");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    suite_add_tcase(s, c);
    tcase_add_test(c, a_tick_says_who_is_open_and_what_ended);
    tcase_add_test(c, a_party_in_a_match_is_one_ticket);
    tcase_add_test(c, who_is_asked_to_accept_stays_claimed);
    tcase_add_test(c, a_refused_party_gives_all_claims_back);
    tcase_add_test(c, a_refused_start_gives_the_claim_back);
    tcase_add_loop_test(c, what_redis_did_not_take_is_written_later, 0, COUNT(failures));
    tcase_add_test(c, a_long_queue_is_written_whole);
    tcase_add_test(c, a_foreign_key_holds_up_nobody);
    tcase_add_test(c, beyond_the_bound_the_oldest_go);
    tcase_add_test(c, ticks_under_way_outlive_their_views);
    tcase_add_test(c, an_empty_redis_gets_the_open_tickets);
    tcase_add_test(c, a_reign_in_a_known_generation_writes_nothing);
    tcase_add_test(c, a_reign_waits_for_the_generation);
    tcase_add_test(c, a_later_tick_beats_the_rebuild);
    tcase_add_test(c, redis_dies_in_the_middle_of_a_rebuild);
    tcase_add_test(c, who_dies_in_a_rebuild_leaves_it_due);
    tcase_add_test(c, a_new_generation_in_the_middle_begins_again);
    tcase_add_test(c, dropped_ticks_make_a_rebuild_due);
    tcase_add_test(c, freed_in_the_middle_of_a_rebuild);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
