/* test_store.c - libs/store against a redis-server of its own, and against a server that answers nonsense. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "redis_server.h"
#include "store.h"

#define MANY       10000
#define TIMEOUT_MS 1000

static uv_loop_t loop;
static struct redis_server server;
static struct store *store;
static char url[128];

static struct {
    bool ready;
    int changes;
    char reason[256];
} state;

/* The answers in the order of their coming: which call, and NULL, error or the number. */
static struct {
    size_t count, nulls, errors;
    int64_t order[MANY], number[MANY];
    char text[256];
} got;

static void on_state(void *arg, bool ready, const char *reason)
{
    ck_assert_ptr_eq(arg, &state);
    state.ready = ready;
    state.changes++;
    (void)snprintf(state.reason, sizeof(state.reason), "%s", reason);
}

static int64_t ids[MANY]; /* a call's argument is the place of its number */

static void on_answer(void *arg, const struct store_reply *reply)
{
    const char *error = store_reply_error(reply), *text = store_reply_str(reply, NULL);

    ck_assert_uint_lt(got.count, MANY);
    got.order[got.count] = (const int64_t *)arg - ids;
    got.number[got.count] = store_reply_int(reply, -1);
    got.count++;
    got.nulls += reply == NULL;
    got.errors += error != NULL;
    (void)snprintf(got.text, sizeof(got.text), "%s", error != NULL ? error : text != NULL ? text : "");
}

static int call(int id, const char *a, const char *b, const char *c)
{
    const char *argv[] = {a, b, c};
    int argc = b == NULL ? 1 : c == NULL ? 2 : 3;

    return store_command(store, on_answer, &ids[id], argc, argv, NULL);
}

static void ck_assert_in_order(size_t count)
{
    ck_assert_uint_eq(got.count, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(got.order[i], (int64_t)i);
}

static void run_until_ready(bool ready)
{
    while (state.ready != ready || (state.changes == 0 && !ready))
        uv_run(&loop, UV_RUN_ONCE);
}

static void run_until_answers(size_t count)
{
    while (got.count < count)
        uv_run(&loop, UV_RUN_ONCE);
}

static void open_store(const char *user, const char *path)
{
    struct store_conf conf = {
        .url = url, .timeout_ms = TIMEOUT_MS, .pending_max = MANY, .on_state = on_state, .arg = &state};

    (void)snprintf(url, sizeof(url), "redis://%slocalhost:%u%s", user, server.port, path);
    ck_assert_int_eq(store_open(&store, &loop, &conf), 0);
    ck_assert_int_eq(state.changes, 0);
}

static void set_up(void)
{
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    redis_server_prepare(&server);
}

static void set_up_ready(void)
{
    set_up();
    redis_server_start(&server, NULL, NULL);
    open_store("", "");
    run_until_ready(true);
    state.changes = 0;
}

static void tear_down(void)
{
    store_close(&store);
    store_close(&store); /* NULL is fine */
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    redis_server_remove(&server);
}

/* ---- commands --------------------------------------------------------------------------------------------------- */

START_TEST(pipelined_commands_are_answered_in_order)
{
    for (int i = 0; i < MANY; i++)
        ck_assert_int_eq(call(i, "INCR", "n", NULL), 0);
    ck_assert_uint_eq(store_pending(store), MANY);
    ck_assert_int_eq(call(0, "INCR", "n", NULL), ERR_BUSY);
    run_until_answers(MANY);
    ck_assert_in_order(MANY);
    for (size_t i = 0; i < MANY; i++)
        ck_assert_int_eq(got.number[i], (int64_t)i + 1);
    ck_assert_uint_eq(store_pending(store), 0);
}
END_TEST

static void on_kinds(void *arg, const struct store_reply *reply)
{
    const struct store_reply *inner = store_reply_at(reply, 2);
    size_t len;

    ck_assert_uint_eq(store_reply_count(reply), 4);
    ck_assert_int_eq(store_reply_int(store_reply_at(reply, 0), -1), 7);
    ck_assert_int_eq(memcmp(store_reply_str(store_reply_at(reply, 1), &len), "a\0b", 4), 0);
    ck_assert_uint_eq(len, 3);
    ck_assert_str_eq(store_reply_str(store_reply_at(inner, 0), NULL), "GOOD");
    ck_assert_ptr_null(store_reply_str(store_reply_at(reply, 3), &len)); /* nil */
    ck_assert_ptr_null(store_reply_at(reply, 4));
    ck_assert_ptr_null(store_reply_error(reply));
    ck_assert_uint_eq(store_reply_count(NULL), 0);
    ck_assert_int_eq(store_reply_int(NULL, 3), 3);
    ck_assert_ptr_null(store_reply_error(NULL));
    *(bool *)arg = true;
}

START_TEST(replies_of_every_kind_are_read)
{
    const char *argv[] = {"EVAL", "return {7, ARGV[1], {{ok='GOOD'}}, false}", "0", "a\0b"};
    const size_t lens[] = {4, strlen(argv[1]), 1, 3};
    bool seen = false;

    ck_assert_int_eq(store_command(store, on_kinds, &seen, 4, argv, lens), 0);
    while (!seen)
        uv_run(&loop, UV_RUN_ONCE);
}
END_TEST

START_TEST(an_error_is_an_answer_and_keeps_the_connection)
{
    ck_assert_int_eq(call(0, "SET", "text", "x"), 0);
    ck_assert_int_eq(call(1, "INCR", "text", NULL), 0);
    ck_assert_int_eq(call(2, "GET", "text", NULL), 0);
    run_until_answers(3);
    ck_assert_in_order(3);
    ck_assert_uint_eq(got.errors, 1);
    ck_assert_str_eq(got.text, "x");
    ck_assert_int_eq(state.changes, 0);
}
END_TEST

/* ---- losing the connection -------------------------------------------------------------------------------------- */

START_TEST(a_killed_server_answers_null_in_order_and_comes_back)
{
    ck_assert_int_eq(kill(server.pid, SIGSTOP), 0);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(call(i, "INCR", "n", NULL), 0);
    redis_server_kill(&server);
    run_until_ready(false);
    run_until_answers(100);
    ck_assert_in_order(100);
    ck_assert_uint_eq(got.nulls, 100);
    ck_assert_int_eq(call(0, "INCR", "n", NULL), ERR_UNAVAILABLE);
    while (strstr(state.reason, "cannot connect") == NULL)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_ptr_nonnull(strstr(state.reason, "Connection refused"));

    redis_server_start(&server, NULL, NULL);
    run_until_ready(true);
    ck_assert_int_eq(call(100, "INCR", "n", NULL), 0);
    run_until_answers(101);
    ck_assert_in_order(101);
    ck_assert_int_eq(got.number[100], 1);
}
END_TEST

START_TEST(a_silent_server_times_out)
{
    ck_assert_int_eq(kill(server.pid, SIGSTOP), 0);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(call(i, "INCR", "n", NULL), 0);
    run_until_answers(3);
    ck_assert_in_order(3);
    ck_assert_uint_eq(got.nulls, 3);
    ck_assert_ptr_nonnull(strstr(state.reason, "did not answer within 1000 ms"));
    ck_assert_int_eq(kill(server.pid, SIGCONT), 0);
    run_until_ready(true);
}
END_TEST

START_TEST(a_silent_server_is_noticed_while_idle)
{
    ck_assert_int_eq(kill(server.pid, SIGSTOP), 0);
    run_until_ready(false);
    ck_assert_ptr_nonnull(strstr(state.reason, "did not answer within"));
}
END_TEST

START_TEST(close_answers_what_is_pending)
{
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(call(i, "INCR", "n", NULL), 0);
    store_close(&store);
    ck_assert_ptr_null(store);
    ck_assert_in_order(10);
    ck_assert_uint_eq(got.nulls, 10);
}
END_TEST

static void on_answer_close(void *arg, const struct store_reply *reply)
{
    (void)arg;
    (void)reply;
    store_close(&store);
}

START_TEST(close_inside_a_call_back)
{
    const char *argv[] = {"PING"};

    ck_assert_int_eq(store_command(store, on_answer_close, NULL, 1, argv, NULL), 0);
    ck_assert_int_eq(call(0, "PING", NULL, NULL), 0);
    run_until_answers(1);
    ck_assert_uint_eq(got.nulls, 1);
}
END_TEST

START_TEST(close_inside_the_call_back_of_a_lost_call)
{
    const char *argv[] = {"PING"};

    ck_assert_int_eq(kill(server.pid, SIGSTOP), 0);
    ck_assert_int_eq(store_command(store, on_answer_close, NULL, 1, argv, NULL), 0);
    ck_assert_int_eq(call(0, "PING", NULL, NULL), 0);
    redis_server_kill(&server);
    run_until_answers(1);
    ck_assert_uint_eq(got.nulls, 1);
}
END_TEST

START_TEST(a_server_turned_replica_is_not_ready)
{
    ck_assert_int_eq(call(0, "REPLICAOF", "127.0.0.1", "1"), 0);
    ck_assert_int_eq(call(1, "SET", "a", "b"), 0);
    ck_assert_int_eq(call(2, "GET", "a", NULL), 0);
    run_until_answers(3);
    ck_assert_in_order(3);
    ck_assert_uint_eq(got.errors, 1);
    ck_assert_uint_eq(got.nulls, 1);
    ck_assert(!store_ready(store));
    ck_assert_int_eq(strncmp(state.reason, "READONLY", 8), 0);
    state.reason[0] = '\0';
    while (state.reason[0] == '\0') /* and stays so: ROLE says it before any write does */
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_str_eq(state.reason, "READONLY this Redis is a replica");
}
END_TEST

static struct store_script add = {.text = "return redis.call('INCRBY', KEYS[1], ARGV[1])"};

/* ---- a server that lives and cannot be used: each row brings one about, and ends it ------------------------------ */

enum { CLI_ARGS = 6 };

/* By a connection of its own: the store's is what suffers. */
static void cli(const char *const *args)
{
    pid_t pid = fork();
    char port[8];
    int status;

    (void)snprintf(port, sizeof(port), "%u", server.port);
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        (void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
        (void)dup2(STDOUT_FILENO, STDERR_FILENO);
        (void)execlp("redis-cli", "redis-cli", "-p", port, "--no-auth-warning", "-a", "secret", args[0], args[1],
                     args[2], args[3], args[4], args[5], (char *)NULL);
        _exit(127);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}

/* clang-format off */
static const struct {
    const char *begin[2][CLI_ARGS], *reason, *end[CLI_ARGS];
} useless_cases[] = {
    {{{"REPLICAOF", "127.0.0.1", "1"}}, "READONLY this Redis is a replica", {"REPLICAOF", "NO", "ONE"}},
    {{{"CONFIG", "SET", "requirepass", "secret"}, {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}},
     "NOAUTH Authentication required.", {"CONFIG", "SET", "requirepass", ""}},
    {{{"CLIENT", "PAUSE", "60000", "WRITE"}}, "did not answer within 1000 ms", {"CLIENT", "UNPAUSE"}},
};
/* clang-format on */

/* The first reason may be another one, such as that the connection was lost; then it stays the same, and is not told
 * again. */
START_TEST(a_useless_server_is_not_ready_until_it_is_useful)
{
    const char *script[] = {"{a}", "1"};
    int told;

    for (size_t i = 0; i < 2 && useless_cases[_i / 2].begin[i][0] != NULL; i++)
        cli(useless_cases[_i / 2].begin[i]);
    if (_i % 2 == 0 && store_script(store, &add, on_answer, &ids[0], 1, 2, script, NULL) == 0)
        run_until_answers(1); /* noticed by a call, else while idle */
    while (strstr(state.reason, useless_cases[_i / 2].reason) == NULL)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert(!store_ready(store));
    told = state.changes;
    ck_assert_int_le(told, 2);
    for (uint64_t end_ms = uv_now(&loop) + 3000; uv_now(&loop) < end_ms;) {
        ck_assert_int_eq(store_script(store, &add, on_answer, &ids[0], 1, 2, script, NULL), ERR_UNAVAILABLE);
        uv_run(&loop, UV_RUN_ONCE);
    }
    ck_assert_int_eq(state.changes, told);
    cli(useless_cases[_i / 2].end);
    run_until_ready(true);
    ck_assert_int_eq(state.changes, told + 1);
    got.count = 0;
    ck_assert_int_eq(store_script(store, &add, on_answer, &ids[0], 1, 2, script, NULL), 0);
    run_until_answers(1);
    ck_assert_int_eq(got.number[0], 1); /* whatever was on its way was not done */
}
END_TEST

/* 2,000 keys that take a millisecond each to load. */
START_TEST(a_loading_server_is_not_ready)
{
    char conf[64], dump[64];
    FILE *file;

    (void)snprintf(conf, sizeof(conf), "%s/slow.conf", server.dir);
    (void)snprintf(dump, sizeof(dump), "%s/dump.rdb", server.dir);
    file = fopen(conf, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_gt(fputs("key-load-delay 1000\nloading-process-events-interval-bytes 1024\n", file), 0);
    ck_assert_int_eq(fclose(file), 0);
    cli((const char *const[CLI_ARGS]){"EVAL", "for i = 1, 2000 do redis.call('SET', i, i) end", "0"});
    cli((const char *const[CLI_ARGS]){"SAVE"});
    redis_server_kill(&server);
    redis_server_start(&server, "--include", conf);
    while (strcmp(state.reason, "LOADING Redis is loading the dataset in memory") != 0)
        uv_run(&loop, UV_RUN_ONCE);
    run_until_ready(true);
    ck_assert_int_eq(call(0, "DBSIZE", NULL, NULL), 0);
    run_until_answers(1);
    ck_assert_int_eq(got.number[0], 2000);
    ck_assert_int_eq(unlink(conf) | unlink(dump), 0);
}
END_TEST

/* ---- starting --------------------------------------------------------------------------------------------------- */

START_TEST(opens_before_the_server_is_there)
{
    open_store("", "");
    ck_assert(!store_ready(store));
    run_until_ready(false);
    ck_assert_int_eq(strncmp(state.reason, "cannot connect to 127.0.0.1:", 28), 0);
    ck_assert_ptr_nonnull(strstr(state.reason, ": Connection refused"));
    redis_server_start(&server, NULL, NULL);
    run_until_ready(true);
    ck_assert(store_ready(store));
    ck_assert_int_eq(state.changes, 2); /* the repeated failures in between are no change */
}
END_TEST

/* clang-format off */
static const struct {
    const char *user, *path, *reason; /* reason NULL: ready */
} start_cases[] = {
    {"", "", "NOAUTH"},
    {":se%63ret@", "", NULL},
    {"default:secret@", "/3", NULL},
    {":wrong@", "", "WRONGPASS"},
    {":secret@", "/9999", "ERR DB index is out of range"},
};
/* clang-format on */

START_TEST(auth_and_select)
{
    const char *reason = start_cases[_i].reason;

    redis_server_start(&server, "--requirepass", "secret");
    open_store(start_cases[_i].user, start_cases[_i].path);
    while (reason != NULL && strstr(state.reason, reason) == NULL)
        uv_run(&loop, UV_RUN_ONCE);
    if (reason != NULL)
        return;
    run_until_ready(true);
    ck_assert_int_eq(call(0, "CLIENT", "INFO", NULL), 0);
    run_until_answers(1);
    ck_assert_ptr_nonnull(strstr(got.text, start_cases[_i].path[0] != '\0' ? " db=3 " : " db=0 "));
}
END_TEST

/* A server that says the same to everything, or hangs up when that is nothing; on the store's own loop. */
static struct {
    uv_tcp_t listener, peer;
    bool peer_open;
    const char *says;
    int connections;
} fake;

static void on_fake_alloc(uv_handle_t *h, size_t size, uv_buf_t *out)
{
    static char bytes[4096];

    (void)h;
    (void)size;
    *out = uv_buf_init(bytes, sizeof(bytes));
}

static void on_fake_peer_closed(uv_handle_t *h)
{
    (void)h;
    fake.peer_open = false;
}

static void on_fake_read(uv_stream_t *peer, ssize_t len, const uv_buf_t *bytes)
{
    char says[128];
    uv_buf_t out = uv_buf_init(says, (unsigned)snprintf(says, sizeof(says), "%s", fake.says));

    (void)bytes;
    (void)uv_read_stop(peer);
    ck_assert_int_gt(len, 0);
    if (out.len > 0)
        ck_assert_int_eq(uv_try_write(peer, &out, 1), (int)out.len);
    else
        uv_close((uv_handle_t *)peer, on_fake_peer_closed);
}

static void on_fake_connection(uv_stream_t *listener, int status)
{
    ck_assert_int_eq(status, 0);
    ck_assert(!fake.peer_open);
    fake.peer_open = true;
    fake.connections++;
    ck_assert_int_eq(uv_tcp_init(&loop, &fake.peer), 0);
    ck_assert_int_eq(uv_accept(listener, (uv_stream_t *)&fake.peer), 0);
    ck_assert_int_eq(uv_read_start((uv_stream_t *)&fake.peer, on_fake_alloc, on_fake_read), 0);
}

static void fake_open(const char *says)
{
    struct sockaddr_in a;

    fake.says = says;
    ck_assert_int_eq(uv_ip4_addr("127.0.0.1", server.port, &a), 0);
    ck_assert_int_eq(uv_tcp_init(&loop, &fake.listener), 0);
    ck_assert_int_eq(uv_tcp_bind(&fake.listener, (struct sockaddr *)&a, 0), 0);
    ck_assert_int_eq(uv_listen((uv_stream_t *)&fake.listener, 1, on_fake_connection), 0);
}

static void fake_close(void)
{
    uv_close((uv_handle_t *)&fake.listener, NULL);
    if (fake.peer_open)
        uv_close((uv_handle_t *)&fake.peer, NULL);
}

#define TWICE(text) text "\r\n" text "\r\n"
static const struct {
    const char *says, *reason;
} odd_cases[] = {
    {TWICE("-LOADING Redis is loading the dataset in memory"), "LOADING Redis is loading the dataset in memory"},
    {TWICE("-ERR max number of clients reached"), "ERR max number of clients reached"},
    {TWICE("+OK"), "a script that says PONG was not answered with PONG"},
    {TWICE("HTTP/1.1 400 Bad Request"), "lost the connection to 127.0.0.1"},
    {"", "lost the connection to 127.0.0.1"},
    {"+OK\r\n", "did not answer within"},
};

START_TEST(odd_servers_are_not_ready)
{
    fake_open(odd_cases[_i].says);
    open_store("", "");
    run_until_ready(false);
    ck_assert_msg(strstr(state.reason, odd_cases[_i].reason) != NULL, "\"%s\"", state.reason);
    fake_close();
}
END_TEST

START_TEST(the_same_failure_again_is_no_change)
{
    fake_open("");
    open_store("", "");
    while (fake.connections < 4)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(state.changes, 1);
    fake_close();
}
END_TEST

/* Also: a proxy that knows no ROLE is trusted. */
START_TEST(a_reset_is_noticed_at_once)
{
    uint64_t reset_ms;

    fake_open("-ERR unknown command 'ROLE'\r\n+PONG\r\n");
    open_store("", "");
    run_until_ready(true);
    reset_ms = uv_now(&loop);
    ck_assert_int_eq(uv_tcp_close_reset(&fake.peer, on_fake_peer_closed), 0);
    run_until_ready(false);
    ck_assert_ptr_nonnull(strstr(state.reason, "Connection reset by peer"));
    ck_assert_uint_lt(uv_now(&loop) - reset_ms, 500); /* not by the next PING */
    fake_close();
}
END_TEST

/* ---- scripts ---------------------------------------------------------------------------------------------------- */

static int call_add(int id, const char *n)
{
    const char *argv[] = {"{a}", n};

    return store_script(store, &add, on_answer, &ids[id], 1, 2, argv, NULL);
}

START_TEST(scripts_run_in_order_also_the_first_time)
{
    for (int i = 0; i < 100; i += 2) {
        ck_assert_int_eq(call_add(i, "1"), 0);
        ck_assert_int_eq(call(i + 1, "INCR", "{a}", NULL), 0);
    }
    run_until_answers(100);
    ck_assert_in_order(100);
    for (size_t i = 0; i < 100; i++)
        ck_assert_int_eq(got.number[i], (int64_t)i + 1);
    ck_assert_str_eq(add.sha, "8cd00688c05c46bde4a2e60658ef20a2e5c0b248");
}
END_TEST

START_TEST(scripts_work_again_after_a_flush)
{
    ck_assert_int_eq(call_add(0, "1"), 0);
    ck_assert_int_eq(call(1, "SCRIPT", "FLUSH", NULL), 0);
    ck_assert_int_eq(call_add(2, "2"), 0);
    ck_assert_int_eq(call_add(3, "4"), 0);
    run_until_answers(4);
    ck_assert_in_order(4);
    ck_assert_uint_eq(got.errors, 1); /* the first one behind the flush says why, the rest was not done */
    ck_assert_uint_eq(got.nulls, 1);
    run_until_ready(true);
    ck_assert_int_eq(call_add(4, "8"), 0);
    run_until_answers(5);
    ck_assert_int_eq(got.number[4], 9);
}
END_TEST

/* ---- the URL ---------------------------------------------------------------------------------------------------- */

/* clang-format off */
static const struct {
    const char *url, *error; /* error NULL: fine */
} url_cases[] = {
    {"redis://127.0.0.1:6379", NULL},
    {"redis://localhost:6379/", NULL},
    {"redis://user:p%40ss:w@rd@127.0.0.1:6379/15", NULL},
    {"redis://[::1]:6379/0", NULL},
    {"http://127.0.0.1:6379", "does not begin with redis:// or redis+cluster://"},
    {"", "does not begin with redis:// or redis+cluster://"},
    {"rediss://127.0.0.1:6379", "TLS"},
    {"redis://redis:6379", "needs an address"},
    {"redis://[127.0.0.1]:6379", "needs an address"},
    {"redis://[::1:6379", "no valid host"},
    {"redis://:6379", "needs an address"},
    {"redis://127.0.0.1", "needs a port"},
    {"redis://127.0.0.1:", "needs a port"},
    {"redis://127.0.0.1:0", "needs a port"},
    {"redis://127.0.0.1:65536", "needs a port"},
    {"redis://127.0.0.1:99999999999999999999", "needs a port"},
    {"redis://127.0.0.1:6379x", "after its end"},
    {"redis://127.0.0.1:6379/x", "database number"},
    {"redis://127.0.0.1:6379/-1", "database number"},
    {"redis://127.0.0.1:6379/1/2", "after its end"},
    {"redis://SECRET@127.0.0.1:6379", "user:password"},
    {"redis://:SECRET%4@127.0.0.1:6379", "%"},
    {"redis://:SECRET%00@127.0.0.1:6379", "NUL"},
    {"redis://:SECRET@nowhere", "needs an address"},
    {"redis://127.0.0.1:1,127.0.0.1:2", "after its end"},
    {"redis+cluster://127.0.0.1:7000", NULL},
    {"redis+cluster://user:p%40ss@127.0.0.1:7000,[::1]:7001,localhost:7002/0", NULL},
    {"redis+cluster://127.0.0.1:7000/1", "only 0"},
    {"redis+cluster://127.0.0.1:7000,", "needs an address"},
    {"redis+cluster://127.0.0.1:7000,127.0.0.1", "needs a port"},
    {"redis+cluster://:SECRET@redis-1:7000", "needs an address"},
    {"redis+cluster://127.0.0.1:1,127.0.0.1:1,127.0.0.1:1,127.0.0.1:1,127.0.0.1:1,127.0.0.1:1,127.0.0.1:1,127.0.0.1:1,"
     "127.0.0.1:1,127.0.0.1:1,127.0.0.1:1,127.0.0.1:1,127.0.0.1:1,127.0.0.1:1,127.0.0.1:1,127.0.0.1:1,127.0.0.1:1",
     "too many nodes"},
};
/* clang-format on */

START_TEST(urls_are_checked)
{
    char error[256] = "";
    int rc = store_url_check(url_cases[_i].url, error, sizeof(error));

    if (url_cases[_i].error == NULL) {
        ck_assert_msg(rc == 0, "%s: %s", url_cases[_i].url, error);
        return;
    }
    ck_assert_int_eq(rc, ERR_INVALID);
    ck_assert_msg(strstr(error, url_cases[_i].error) != NULL, "%s: %s", url_cases[_i].url, error);
    ck_assert_ptr_null(strstr(error, "SECRET"));
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
    Suite *s = suite_create("store");
    TCase *ready = add_case(s, "ready", set_up_ready, tear_down);
    TCase *start = add_case(s, "start", set_up, tear_down);
    TCase *urls = add_case(s, "urls", NULL, NULL);
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_test(ready, pipelined_commands_are_answered_in_order);
    tcase_add_test(ready, replies_of_every_kind_are_read);
    tcase_add_test(ready, an_error_is_an_answer_and_keeps_the_connection);
    tcase_add_test(ready, a_killed_server_answers_null_in_order_and_comes_back);
    tcase_add_test(ready, a_silent_server_times_out);
    tcase_add_test(ready, a_silent_server_is_noticed_while_idle);
    tcase_add_test(ready, close_answers_what_is_pending);
    tcase_add_test(ready, close_inside_a_call_back);
    tcase_add_test(ready, close_inside_the_call_back_of_a_lost_call);
    tcase_add_test(ready, a_server_turned_replica_is_not_ready);
    tcase_add_loop_test(ready, a_useless_server_is_not_ready_until_it_is_useful, 0, 2 * COUNT(useless_cases));
    tcase_add_test(ready, a_loading_server_is_not_ready);
    tcase_add_test(ready, scripts_run_in_order_also_the_first_time);
    tcase_add_test(ready, scripts_work_again_after_a_flush);
    tcase_add_test(start, opens_before_the_server_is_there);
    tcase_add_loop_test(start, auth_and_select, 0, COUNT(start_cases));
    tcase_add_loop_test(start, odd_servers_are_not_ready, 0, COUNT(odd_cases));
    tcase_add_test(start, the_same_failure_again_is_no_change);
    tcase_add_test(start, a_reset_is_noticed_at_once);
    tcase_add_loop_test(urls, urls_are_checked, 0, COUNT(url_cases));
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
