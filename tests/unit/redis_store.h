/*
 * redis_store.h - for tests: a loop, a redis-server of one's own and a store that is connected to it, as a fixture, and
 * the counting of call-backs: each may come once only, and counts itself in `answers`.
 *
 * With GSM_REDIS=cluster the server is a cluster of one node, which does nothing whose keys are of two slots.
 */
#ifndef TESTS_REDIS_STORE_H
#define TESTS_REDIS_STORE_H

#include <string.h>

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

/* Returns whether it is to be a cluster. */
static inline bool start_server(void)
{
    const char *redis = getenv("GSM_REDIS");
    bool cluster = redis != NULL && strcmp(redis, "cluster") == 0;
    char add_slots[128], bus[8];
    const char *const options[] = {"--cluster-enabled", "yes", "--cluster-port", bus, NULL};

    (void)snprintf(bus, sizeof(bus), "%u", free_port());
    redis_server_start_with(&server, cluster ? options : options + 4, NULL);
    (void)snprintf(add_slots, sizeof(add_slots),
                   "until redis-cli -e -p %u CLUSTER ADDSLOTSRANGE 0 16383; do sleep 0.01; done >/dev/null 2>&1",
                   server.port);
    if (cluster)
        ck_assert_int_eq(system(add_slots), 0);
    return cluster;
}

static inline void set_up(void)
{
    static char url[64];
    struct store_conf conf = {.url = url, .timeout_ms = 5000, .pending_max = 1000, .on_state = on_store_state};

    ck_assert_int_eq(uv_loop_init(&loop), 0);
    redis_server_prepare(&server);
    (void)snprintf(url, sizeof(url), "redis%s://127.0.0.1:%u", start_server() ? "+cluster" : "", server.port);
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
