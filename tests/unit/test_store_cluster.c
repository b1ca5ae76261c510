/* test_store_cluster.c - libs/store against a Redis Cluster of its own: routing, redirections, failover, AUTH. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "redis_cluster.h"
#include "store.h"

#define TIMEOUT_MS  3000
#define PENDING_MAX 20000

static uv_loop_t loop;
static struct redis_cluster cluster;
static struct store *store;
static char url[256];

static struct {
    bool ready;
    int changes;
    char reason[512];
} state;

static void on_state(void *arg, bool ready, const char *reason)
{
    (void)arg;
    state.ready = ready;
    state.changes++;
    (void)snprintf(state.reason, sizeof(state.reason), "%s", reason);
}

static void turn(void)
{
    (void)uv_run(&loop, UV_RUN_ONCE);
}

#define RUN_UNTIL(condition)                                                                                           \
    do {                                                                                                               \
        while (!(condition))                                                                                           \
            turn();                                                                                                    \
    } while (0)

/* seed: one of the nodes, or -1 for all. */
static void open_store(const char *user, int seed)
{
    struct store_conf conf = {.url = url, .timeout_ms = TIMEOUT_MS, .pending_max = PENDING_MAX, .on_state = on_state};
    size_t len = (size_t)snprintf(url, sizeof(url), "redis+cluster://%s", user);

    for (int i = 0; i < CLUSTER_NODES; i++) {
        if (seed < 0 || seed == i)
            len += (size_t)snprintf(url + len, sizeof(url) - len, "%s127.0.0.1:%u", seed < 0 && i > 0 ? "," : "",
                                    cluster.nodes[i].port);
    }
    memset(&state, 0, sizeof(state));
    ck_assert_int_eq(store_open(&store, &loop, &conf), 0);
}

static void set_up_with(const char *password)
{
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    memset(&cluster, 0, sizeof(cluster));
    cluster.password = password;
    cluster_start(&cluster);
}

static void set_up(void)
{
    set_up_with(NULL);
    open_store("", -1);
    RUN_UNTIL(state.ready);
}

static void set_up_secret(void)
{
    set_up_with("secret");
}

static void tear_down(void)
{
    store_close(&store);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    cluster_remove(&cluster);
}

/* ---- a key's slot, and which node has it at first ---------------------------------------------------------------- */

static unsigned slot_of(const char *key)
{
    return store_slot(key, strlen(key));
}

static int home_of(const char *key)
{
    int node = 0;

    while ((node + 1) * STORE_SLOTS / CLUSTER_PRIMARIES <= (int)slot_of(key))
        node++;
    return node;
}

/* ---- streams of calls: each appends its number to a list, so that the list says in which order they were done ---- */

#define STREAMS 24

static struct stream {
    char key[32], other[32];
    int asked, answered, nulls, refused, errors;
    int64_t done[PENDING_MAX]; /* the answer's number, in the order of the answers; -1: none */
    char error[256];
} streams[STREAMS];

static struct store_script append = {
    .text = "local n = redis.call('RPUSH', KEYS[1], ARGV[1])\n"
            "if KEYS[2] then redis.call('SET', KEYS[2], ARGV[1]) end\n"
            "return n",
};

static void streams_begin(void)
{
    memset(streams, 0, sizeof(streams));
    for (int i = 0; i < STREAMS; i++) {
        (void)snprintf(streams[i].key, sizeof(streams[i].key), "list:{%d}", i);
        (void)snprintf(streams[i].other, sizeof(streams[i].other), "last:{%d}", i);
    }
}

static void on_appended(void *arg, const struct store_reply *reply)
{
    struct stream *s = arg;
    const char *error = store_reply_error(reply);

    s->nulls += reply == NULL;
    s->errors += error != NULL;
    if (error != NULL)
        (void)snprintf(s->error, sizeof(s->error), "%s", error);
    s->done[s->answered++] = store_reply_int(reply, -1);
}

/* keys: 0: a plain command, 1 or 2: the script with so many. */
static void stream_ask(struct stream *s, int keys)
{
    char n[16];
    const char *plain[] = {"RPUSH", s->key, n}, *one[] = {s->key, n}, *two[] = {s->key, s->other, n};
    int rc;

    (void)snprintf(n, sizeof(n), "%d", s->asked);
    rc = keys == 0   ? store_command(store, on_appended, s, 3, plain, NULL)
         : keys == 1 ? store_script(store, &append, on_appended, s, 1, 2, one, NULL)
                     : store_script(store, &append, on_appended, s, 2, 3, two, NULL);
    s->asked += rc == 0;
    s->refused += rc != 0;
    ck_assert_msg(rc == 0 || rc == ERR_UNAVAILABLE, "%d", rc);
}

static void all_ask(int keys)
{
    for (int i = 0; i < STREAMS; i++)
        stream_ask(&streams[i], keys);
}

static bool all_answered(void)
{
    for (int i = 0; i < STREAMS; i++) {
        if (streams[i].answered < streams[i].asked)
            return false;
    }
    return true;
}

/* The list is with one of the nodes. */
static void read_list(const char *key, char out[CLUSTER_TEXT])
{
    char command[64];
    int node = 0;

    (void)snprintf(command, sizeof(command), "LRANGE %s 0 -1", key);
    while (!cluster_ask(&cluster, node, out, command))
        node = (node + 1) % CLUSTER_NODES;
}

/* Everything was done, once, in the order of the calls: the list's lengths count up, and what it holds too. */
static void ck_assert_stream_whole(const struct stream *s)
{
    char list[CLUSTER_TEXT], *at = list;

    ck_assert_msg(s->nulls == 0 && s->errors == 0 && s->refused == 0, "%s: %d nulls, %d errors (%s), %d refused",
                  s->key, s->nulls, s->errors, s->error, s->refused);
    read_list(s->key, list);
    for (int i = 0; i < s->asked; i++) {
        ck_assert_int_eq(s->done[i], i + 1);
        ck_assert_int_eq(strtol(at, &at, 10), i);
    }
    ck_assert_str_eq(at, "\n");
}

static void ck_assert_all_whole(void)
{
    for (int i = 0; i < STREAMS; i++)
        ck_assert_stream_whole(&streams[i]);
}

/* ---- routing ---------------------------------------------------------------------------------------------------- */

START_TEST(calls_go_to_the_node_of_their_slot)
{
    char answer[CLUSTER_TEXT];
    int homes[CLUSTER_PRIMARIES] = {0};

    state.changes = 0;
    streams_begin();
    for (int n = 0; n < 100; n++)
        all_ask(n % 3);
    ck_assert_uint_eq(store_pending(store), (size_t)100 * STREAMS);
    RUN_UNTIL(all_answered());
    ck_assert_uint_eq(store_pending(store), 0);
    ck_assert_all_whole();
    for (int i = 0; i < STREAMS; i++) {
        char command[64];

        homes[home_of(streams[i].key)]++;
        (void)snprintf(command, sizeof(command), "LLEN %s", streams[i].key);
        ck_assert(cluster_ask(&cluster, home_of(streams[i].key), answer, command));
        ck_assert_str_eq(answer, "100\n");
    }
    for (int i = 0; i < CLUSTER_PRIMARIES; i++)
        ck_assert_int_gt(homes[i], 0);
    ck_assert_int_eq(state.changes, 0);
}
END_TEST

START_TEST(one_seed_is_enough_also_a_replica)
{
    store_close(&store);
    open_store("", _i);
    RUN_UNTIL(state.ready);
    streams_begin();
    all_ask(1);
    RUN_UNTIL(all_answered());
    ck_assert_all_whole();
}
END_TEST

START_TEST(keys_that_are_lost_together)
{
    ck_assert(store_is_cluster(store));
    ck_assert(store_together(store, "a:{x}", "b:{x}"));
    for (int i = 0; i < STREAMS; i++) {
        char key[16];

        (void)snprintf(key, sizeof(key), "{%d}", i);
        ck_assert_int_eq(store_together(store, "{0}", key), home_of("{0}") == home_of(key));
    }
}
END_TEST

START_TEST(close_answers_what_is_pending)
{
    streams_begin();
    all_ask(1);
    store_close(&store);
    ck_assert(all_answered());
    for (int i = 0; i < STREAMS; i++)
        ck_assert_int_eq(streams[i].nulls, 1);
}
END_TEST

static void on_answer_close(void *arg, const struct store_reply *reply)
{
    (void)reply;
    *(bool *)arg = true;
    store_close(&store);
}

START_TEST(close_inside_a_call_back)
{
    const char *get[] = {"GET", "list:{0}"};
    bool closed = false;

    streams_begin();
    ck_assert_int_eq(store_command(store, on_answer_close, &closed, 2, get, NULL), 0);
    all_ask(0);
    RUN_UNTIL(closed);
    ck_assert(all_answered());
}
END_TEST

/* ---- a slot that goes to another node ---------------------------------------------------------------------------- */

static void migration_begin(unsigned slot, int from, int to)
{
    cluster_must(&cluster, to, "CLUSTER SETSLOT %u IMPORTING %s", slot, cluster.ids[from]);
    cluster_must(&cluster, from, "CLUSTER SETSLOT %u MIGRATING %s", slot, cluster.ids[to]);
}

static void migrate_key(const char *key, int from, int to)
{
    cluster_must(&cluster, from, "MIGRATE 127.0.0.1 %u %s 0 5000", cluster.nodes[to].port, key);
}

static void migration_end(unsigned slot, int from, int to)
{
    cluster_must(&cluster, to, "CLUSTER SETSLOT %u NODE %s", slot, cluster.ids[to]);
    cluster_must(&cluster, from, "CLUSTER SETSLOT %u NODE %s", slot, cluster.ids[to]);
}

static void turn_some(void)
{
    for (int i = 0; i < 20; i++)
        (void)uv_run(&loop, UV_RUN_NOWAIT);
}

/* Calls are on their way at each step, and some at the wrong node behind each. */
static void move_under_load(struct stream *s, int from, int to)
{
    unsigned slot = slot_of(s->key);

    for (int step = 0; step < 5; step++) {
        for (int i = 0; i < 50; i++)
            stream_ask(s, i % 2);
        turn_some();
        if (step == 0)
            migration_begin(slot, from, to);
        else if (step == 2)
            migrate_key(s->key, from, to);
        else if (step == 3)
            migration_end(slot, from, to);
    }
}

START_TEST(a_slot_moves_there_and_back_under_load_in_order)
{
    struct stream *s = &streams[0];
    int from = home_of("{0}"), to = (from + 1) % CLUSTER_PRIMARIES;

    streams_begin();
    for (int round = 0; round < 6; round += 2) {
        move_under_load(s, from, to);
        move_under_load(s, to, from);
    }
    RUN_UNTIL(all_answered());
    ck_assert_int_eq(s->asked, 1500);
    ck_assert_stream_whole(s);
}
END_TEST

/* The script has never been at the node that is asked. */
START_TEST(what_is_asked_for_elsewhere_brings_its_script)
{
    struct stream *s = &streams[0];
    int from = home_of("{0}"), to = (from + 1) % CLUSTER_PRIMARIES;

    streams_begin();
    migration_begin(slot_of("{0}"), from, to);
    for (int i = 0; i < 10; i++)
        stream_ask(s, 1);
    RUN_UNTIL(all_answered());
    ck_assert(cluster_node_says(&cluster, to, "CLUSTER COUNTKEYSINSLOT 13907", "1")); /* it is there indeed */
    migration_end(slot_of("{0}"), from, to);
    ck_assert_stream_whole(s);
}
END_TEST

/* Until the node has said so often that it cannot do it now. */
static void run_until_refusals(int node, int count)
{
    static const char refusals[] = "errorstat_TRYAGAIN:count=";
    char answer[CLUSTER_TEXT];
    const char *at;

    do {
        turn_some();
        ck_assert(cluster_ask(&cluster, node, answer, "INFO errorstats"));
        at = strstr(answer, refusals);
    } while (at == NULL || strtol(at + sizeof(refusals) - 1, NULL, 10) < count);
}

/* One of two keys is there, the other still here: nobody can do it, and what comes later waits. */
START_TEST(a_call_that_nobody_can_do_is_not_overtaken)
{
    struct stream *s = &streams[0];
    int from = home_of("{0}"), to = (from + 1) % CLUSTER_PRIMARIES;

    streams_begin();
    stream_ask(s, 2);
    RUN_UNTIL(all_answered());
    migration_begin(slot_of("{0}"), from, to);
    migrate_key(s->other, from, to);
    stream_ask(s, 2);
    run_until_refusals(from, 2); /* so the first one was read */
    for (int i = 0; i < 10; i++)
        stream_ask(s, i % 3);
    run_until_refusals(from, 5);
    ck_assert_int_eq(s->answered, 1);
    migrate_key(s->key, from, to);
    migration_end(slot_of("{0}"), from, to);
    RUN_UNTIL(all_answered());
    ck_assert_stream_whole(s);
}
END_TEST

START_TEST(a_call_that_nobody_can_do_is_given_up_with_all_behind_it)
{
    struct stream *s = &streams[0];
    int from = home_of("{0}"), to = (from + 1) % CLUSTER_PRIMARIES;

    streams_begin();
    stream_ask(s, 2);
    RUN_UNTIL(all_answered());
    migration_begin(slot_of("{0}"), from, to);
    migrate_key(s->other, from, to);
    stream_ask(s, 2);
    run_until_refusals(from, 2);
    stream_ask(s, 0);
    RUN_UNTIL(all_answered());
    ck_assert_int_eq(s->answered, 3);
    ck_assert_int_eq(s->nulls, 2);
    migrate_key(s->key, from, to);
    migration_end(slot_of("{0}"), from, to);
    stream_ask(s, 0);
    RUN_UNTIL(all_answered());
    ck_assert_int_eq((int)s->done[3], 2); /* what was given up was not done */
}
END_TEST

/* ---- a primary that is lost -------------------------------------------------------------------------------------- */

static bool reason_names(int node)
{
    char address[32];

    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", cluster.nodes[node].port);
    return !state.ready && strstr(state.reason, "slots ") != NULL && strstr(state.reason, address) != NULL;
}

/* What was answered was done, and nothing of it is lost: the lists never begin anew. */
static void ck_assert_stream_grows(const struct stream *s)
{
    int64_t last = 0;

    for (int i = 0; i < s->answered; i++) {
        ck_assert_msg(s->done[i] == -1 || s->done[i] > last, "%s: %d after %d", s->key, (int)s->done[i], (int)last);
        last = s->done[i] == -1 ? last : s->done[i];
    }
}

static void ask_until(bool (*there)(int), int arg)
{
    while (!there(arg)) {
        if (streams[0].asked < PENDING_MAX - 100 && store_pending(store) < (size_t)100 * STREAMS)
            all_ask(1);
        turn();
    }
}

static bool is_ready(int arg)
{
    (void)arg;
    return state.ready;
}

START_TEST(a_killed_primary_is_followed_by_its_replica)
{
    streams_begin();
    for (int i = 0; i < 100; i++)
        all_ask(1);
    redis_server_kill(&cluster.nodes[0]);
    ask_until(reason_names, 0);
    ask_until(is_ready, 0);
    RUN_UNTIL(all_answered());
    ck_assert(cluster_node_says(&cluster, 3, "ROLE", "master"));
    for (int i = 0; i < STREAMS; i++) {
        streams[i].nulls = streams[i].errors = 0;
        stream_ask(&streams[i], 2);
    }
    RUN_UNTIL(all_answered());
    for (int i = 0; i < STREAMS; i++) {
        ck_assert_int_eq(streams[i].nulls + streams[i].errors, 0);
        ck_assert_stream_grows(&streams[i]);
    }
}
END_TEST

START_TEST(a_primary_may_hand_over_to_its_replica)
{
    streams_begin();
    cluster_must(&cluster, 3, "CLUSTER FAILOVER");
    while (!cluster_node_says(&cluster, 3, "ROLE", "master"))
        ask_until(is_ready, 0);
    cluster_wait(&cluster, 0, "ROLE", "slave");
    do {
        for (int i = 0; i < STREAMS; i++)
            streams[i].nulls = streams[i].errors = streams[i].refused = 0;
        all_ask(1);
        RUN_UNTIL(all_answered());
        for (int i = 1; i < STREAMS; i++)
            streams[0].nulls += streams[i].nulls + streams[i].errors + streams[i].refused;
    } while (streams[0].nulls + streams[0].errors + streams[0].refused > 0);
    for (int i = 0; i < STREAMS; i++)
        ck_assert_stream_grows(&streams[i]);
}
END_TEST

/* Two of three thirds are there. */
START_TEST(one_lost_shard_does_not_stop_the_others)
{
    for (int i = 0; i < CLUSTER_NODES; i++)
        cluster_must(&cluster, i, "CONFIG SET cluster-require-full-coverage no");
    redis_server_kill(&cluster.nodes[3]);
    redis_server_kill(&cluster.nodes[0]);
    RUN_UNTIL(reason_names(0));
    ck_assert(!store_ready(store));
    streams_begin();
    for (int n = 0; n < 100; n++) {
        all_ask(n % 3);
        turn_some();
    }
    RUN_UNTIL(all_answered());
    for (int i = 0; i < STREAMS; i++) {
        ck_assert_int_eq(streams[i].refused, home_of(streams[i].key) == 0 ? 100 : 0);
        if (home_of(streams[i].key) != 0)
            ck_assert_stream_whole(&streams[i]);
    }
    cluster_node_start(&cluster, 0);
    RUN_UNTIL(state.ready);
    all_ask(1);
    RUN_UNTIL(all_answered());
    ck_assert_int_eq(streams[0].errors + streams[0].nulls, 0);
}
END_TEST

START_TEST(a_cluster_that_was_away_as_a_whole)
{
    for (int i = 0; i < CLUSTER_NODES; i++)
        redis_server_kill(&cluster.nodes[i]);
    RUN_UNTIL(!state.ready);
    for (int i = 0; i < CLUSTER_NODES; i++)
        cluster_node_start(&cluster, i);
    RUN_UNTIL(state.ready);
    streams_begin();
    all_ask(2);
    RUN_UNTIL(all_answered());
    ck_assert_all_whole();
}
END_TEST

/* ---- a server that is no cluster, and passwords ------------------------------------------------------------------ */

START_TEST(a_single_server_is_no_cluster)
{
    struct redis_server server;
    struct store_conf conf = {.url = url, .timeout_ms = TIMEOUT_MS, .pending_max = 10, .on_state = on_state};

    ck_assert_int_eq(uv_loop_init(&loop), 0);
    redis_server_prepare(&server);
    redis_server_start(&server, NULL, NULL);
    (void)snprintf(url, sizeof(url), "redis+cluster://127.0.0.1:%u", server.port);
    ck_assert_int_eq(store_open(&store, &loop, &conf), 0);
    RUN_UNTIL(strstr(state.reason, "cluster support disabled") != NULL);
    ck_assert(!store_ready(store));
    store_close(&store);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    redis_server_remove(&server);
}
END_TEST

START_TEST(every_node_is_given_the_password)
{
    open_store(":wrong@", -1);
    RUN_UNTIL(strstr(state.reason, "WRONGPASS") != NULL);
    store_close(&store);
    open_store(":secret@", 0);
    RUN_UNTIL(state.ready);
    streams_begin();
    all_ask(1);
    RUN_UNTIL(all_answered());
    ck_assert_all_whole();
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static TCase *add_case(Suite *s, const char *name, SFun start, SFun end)
{
    TCase *c = tcase_create(name);

    tcase_add_checked_fixture(c, start, end);
    tcase_set_timeout(c, 60);
    suite_add_tcase(s, c);
    return c;
}

int main(void)
{
    Suite *s = suite_create("store_cluster");
    TCase *ready = add_case(s, "ready", set_up, tear_down);
    TCase *secret = add_case(s, "secret", set_up_secret, tear_down);
    TCase *none = add_case(s, "none", NULL, NULL);
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_test(ready, calls_go_to_the_node_of_their_slot);
    tcase_add_loop_test(ready, one_seed_is_enough_also_a_replica, 2, 4);
    tcase_add_test(ready, keys_that_are_lost_together);
    tcase_add_test(ready, close_answers_what_is_pending);
    tcase_add_test(ready, close_inside_a_call_back);
    tcase_add_test(ready, a_slot_moves_there_and_back_under_load_in_order);
    tcase_add_test(ready, what_is_asked_for_elsewhere_brings_its_script);
    tcase_add_test(ready, a_call_that_nobody_can_do_is_not_overtaken);
    tcase_add_test(ready, a_call_that_nobody_can_do_is_given_up_with_all_behind_it);
    tcase_add_test(ready, a_killed_primary_is_followed_by_its_replica);
    tcase_add_test(ready, a_primary_may_hand_over_to_its_replica);
    tcase_add_test(ready, one_lost_shard_does_not_stop_the_others);
    tcase_add_test(ready, a_cluster_that_was_away_as_a_whole);
    tcase_add_test(secret, every_node_is_given_the_password);
    tcase_add_test(none, a_single_server_is_no_cluster);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
