/* test_generation_cluster.c - is this the Redis Cluster we knew? On a cluster of the test's own. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "generation.h"
#include "generation_keys.h"
#include "redis_cluster.h"

static uv_loop_t loop;
static struct redis_cluster cluster;
static struct store *store;
static struct generation *generation;

static struct {
    int count;
    char value[GENERATION_SIZE];
} told;

static void on_new(void *arg, const char *value, bool first)
{
    (void)arg;
    ck_assert_int_eq(first, told.count == 0);
    told.count++;
    (void)snprintf(told.value, sizeof(told.value), "%s", value);
}

#define RUN_UNTIL(condition)                                                                                           \
    do {                                                                                                               \
        while (!(condition))                                                                                           \
            uv_run(&loop, UV_RUN_ONCE);                                                                                \
    } while (0)

static void set_up(void)
{
    static char url[64];
    struct store_conf conf = {.url = url, .timeout_ms = 2000, .pending_max = (size_t)2 * GENERATION_KEYS};

    ck_assert_int_eq(uv_loop_init(&loop), 0);
    cluster_start(&cluster);
    (void)snprintf(url, sizeof(url), "redis+cluster://127.0.0.1:%u,127.0.0.1:%u", cluster.nodes[1].port,
                   cluster.nodes[2].port);
    ck_assert_int_eq(store_open(&store, &loop, &conf), 0);
    generation = generation_open(&loop, store, on_new, NULL);
    RUN_UNTIL(generation_contact_ms(generation) > 0);
    ck_assert_int_eq(told.count, 1);
}

static void tear_down(void)
{
    generation_close(&generation);
    store_close(&store);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    cluster_remove(&cluster);
}

/* Contact is lost, and there again. */
static void run_until_contact_again(void)
{
    RUN_UNTIL(generation_contact_ms(generation) < 0);
    RUN_UNTIL(generation_contact_ms(generation) > 0);
}

/* Somebody who has just come reads all keys. */
static void ck_assert_newcomer_agrees(void)
{
    struct generation *other = generation_open(&loop, store, on_new, NULL);

    told.count = 0;
    RUN_UNTIL(told.count == 1);
    ck_assert_str_eq(generation_now(other), generation_now(generation));
    generation_close(&other);
}

START_TEST(all_agree)
{
    ck_assert_newcomer_agrees();
}
END_TEST

START_TEST(a_shard_that_comes_back_empty_makes_another)
{
    redis_server_kill(&cluster.nodes[_i + CLUSTER_PRIMARIES]); /* else it would take over, with the data */
    redis_server_kill(&cluster.nodes[_i]);
    RUN_UNTIL(generation_contact_ms(generation) < 0);
    cluster_node_start(&cluster, _i);
    RUN_UNTIL(told.count == 2);
    ck_assert_int_eq(generation_contact_ms(generation), 0);
    RUN_UNTIL(generation_contact_ms(generation) > 0);
    ck_assert_int_eq(told.count, 2);
    ck_assert_newcomer_agrees();
}
END_TEST

START_TEST(a_shard_that_is_flushed_makes_another)
{
    cluster_must(&cluster, _i, "FLUSHALL");
    RUN_UNTIL(told.count == 2);
    RUN_UNTIL(generation_contact_ms(generation) > 0);
    ck_assert_int_eq(told.count, 2);
}
END_TEST

START_TEST(a_replica_that_takes_over_is_the_same)
{
    redis_server_kill(&cluster.nodes[_i]);
    run_until_contact_again();
    ck_assert(cluster_node_says(&cluster, _i + CLUSTER_PRIMARIES, "ROLE", "master"));
    ck_assert_int_eq(told.count, 1);
}
END_TEST

/* Slots 0 to 1799, with keys of the generation in them, while these are asked for. */
START_TEST(slots_that_move_are_no_loss)
{
    char command[512];

    (void)snprintf(command, sizeof(command),
                   "redis-cli --cluster reshard 127.0.0.1:%u --cluster-from %s --cluster-to %s --cluster-slots 1800 "
                   "--cluster-yes >/dev/null &",
                   cluster.nodes[0].port, cluster.ids[0], cluster.ids[1]);
    ck_assert_int_eq(system(command), 0);
    while (!cluster_node_says(&cluster, 1, "CLUSTER NODES", " 0-1799 "))
        (void)uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(told.count, 1);
    ck_assert_newcomer_agrees();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("generation_cluster");
    TCase *c = tcase_create("all");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    suite_add_tcase(s, c);
    tcase_add_test(c, all_agree);
    tcase_add_loop_test(c, a_shard_that_comes_back_empty_makes_another, 0, CLUSTER_PRIMARIES);
    tcase_add_loop_test(c, a_shard_that_is_flushed_makes_another, 0, CLUSTER_PRIMARIES);
    tcase_add_loop_test(c, a_replica_that_takes_over_is_the_same, 0, 2);
    tcase_add_test(c, slots_that_move_are_no_loss);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
