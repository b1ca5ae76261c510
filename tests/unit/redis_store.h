/*
 * redis_store.h - for tests: a loop, a redis-server of one's own and a store that is connected to it, as a fixture, and
 * the counting of call-backs: each may come once only, and counts itself in `answers`.
 */
#ifndef TESTS_REDIS_STORE_H
#define TESTS_REDIS_STORE_H

#include "redis_server.h"
#include "store.h"

static uv_loop_t loop;
static struct redis_server server;
static struct store *store;
static bool store_is_ready;
static int answers;

static inline void on_store_state(void *arg, bool is_ready, const char *reason)
{
    (void)arg;
    (void)reason;
    store_is_ready = is_ready;
}

static inline void run_until_answers(int count)
{
    while (answers < count)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(answers, count);
}

static inline void set_up(void)
{
    static char url[64];
    struct store_conf conf = {.url = url, .timeout_ms = 5000, .pending_max = 1000, .on_state = on_store_state};

    ck_assert_int_eq(uv_loop_init(&loop), 0);
    redis_server_prepare(&server);
    redis_server_start(&server, NULL, NULL);
    (void)snprintf(url, sizeof(url), "redis://127.0.0.1:%u", server.port);
    ck_assert_int_eq(store_open(&store, &loop, &conf), 0);
    while (!store_is_ready)
        uv_run(&loop, UV_RUN_ONCE);
}

static inline void tear_down(void)
{
    store_close(&store);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    redis_server_remove(&server);
}

#endif
