/* test_gateways.c - heartbeats, indices and clearing up, on a redis-server of the test's own. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "gateways.h"
#include "redis_store.h"

#define LEASE_MS INT64_C(60000)
#define LOCK_MS  INT64_C(60000)

static bool yes;

static void on_yes(void *arg, bool ok, bool is)
{
    ck_assert_ptr_eq(arg, &yes);
    ck_assert(ok);
    yes = is;
    answers++;
}

/* What the call answered. */
static bool answer(int rc)
{
    ck_assert_int_eq(rc, 0);
    run_until_answers(answers + 1);
    return yes;
}

static bool beat(const char *gateway, int64_t lease_ms)
{
    return answer(gateways_beat(store, gateway, "name", lease_ms, on_yes, &yes));
}

static bool alive(const char *gateway)
{
    return answer(gateways_alive(store, gateway, on_yes, &yes));
}

static bool hold(const char *player, const char *connection)
{
    return answer(gateways_hold(store, "g1", player, connection, on_yes, &yes));
}

static bool drop(const char *player, const char *connection)
{
    return answer(gateways_drop(store, "g1", player, connection, on_yes, &yes));
}

static bool reaped(const char *reaper)
{
    return answer(gateways_reaped(store, "g1", reaper, on_yes, &yes));
}

static char listed[256];

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void on_list(void *arg, bool ok, const char *const *ids, size_t count)
{
    const char *sorted[8];

    (void)arg;
    ck_assert(ok);
    ck_assert_uint_le(count, 8);
    listed[0] = '\0';
    for (size_t i = 0; i < count; i++)
        sorted[i] = ids[i];
    qsort(sorted, count, sizeof(sorted[0]), by_text);
    for (size_t i = 0; i < count; i++)
        (void)snprintf(listed + strlen(listed), sizeof(listed) - strlen(listed), "%s ", sorted[i]);
    answers++;
}

static const char *list(void)
{
    ck_assert_int_eq(gateways_list(store, on_list, NULL), 0);
    run_until_answers(answers + 1);
    return listed;
}

static struct {
    enum reap_state state;
    char cursor[32];
    size_t count;
    char last[64]; /* entry, as "player connection" */
} step;

static void on_step(void *arg, bool ok, const struct reap_step *s)
{
    (void)arg;
    ck_assert(ok);
    step.state = s->state;
    step.count = s->count;
    (void)snprintf(step.cursor, sizeof(step.cursor), "%s", s->cursor);
    if (s->count > 0)
        (void)snprintf(step.last, sizeof(step.last), "%s %s", s->entries[s->count - 1].player,
                       s->entries[s->count - 1].connection);
    answers++;
}

static enum reap_state reap(const char *reaper, int64_t lock_ms, const char *cursor)
{
    ck_assert_int_eq(gateways_reap(store, "g1", reaper, lock_ms, cursor, on_step, NULL), 0);
    run_until_answers(answers + 1);
    return step.state;
}

START_TEST(the_set_of_gateways)
{
    ck_assert_str_eq(list(), "");
    ck_assert(answer(gateways_enlist(store, "g2", on_yes, &yes)));
    ck_assert(answer(gateways_enlist(store, "g1", on_yes, &yes)));
    ck_assert(!answer(gateways_enlist(store, "g1", on_yes, &yes)));
    ck_assert_str_eq(list(), "g1 g2 ");
    ck_assert(answer(gateways_delist(store, "g2", on_yes, &yes)));
    ck_assert(!answer(gateways_delist(store, "g2", on_yes, &yes)));
    ck_assert_str_eq(list(), "g1 ");
}
END_TEST

START_TEST(a_heartbeat_ends_with_its_lease)
{
    ck_assert(!alive("g1"));
    ck_assert(beat("g1", LEASE_MS)); /* there was none */
    ck_assert(alive("g1"));
    ck_assert(!beat("g1", LEASE_MS));
    ck_assert(!beat("g1", 1));
    while (alive("g1"))
        continue;
    ck_assert(beat("g1", LEASE_MS)); /* missed */
}
END_TEST

START_TEST(index_entries_go_by_compare)
{
    ck_assert(!hold("alice", "c1"));
    ck_assert(hold("alice", "c2"));
    ck_assert(!drop("alice", "c1"));
    ck_assert(!drop("bob", "c2"));
    ck_assert(drop("alice", "c2"));
    ck_assert(!drop("alice", "c2"));
}
END_TEST

START_TEST(one_reaper_at_a_time)
{
    (void)hold("alice", "c1");
    ck_assert_int_eq(reap("r1", LOCK_MS, "0"), REAP_MINE);
    ck_assert_uint_eq(step.count, 1);
    ck_assert_str_eq(step.last, "alice c1");
    ck_assert_str_eq(step.cursor, "0");
    ck_assert_int_eq(reap("r2", LOCK_MS, "0"), REAP_BUSY);
    ck_assert_int_eq(reap("r1", LOCK_MS, "0"), REAP_MINE); /* renewed */
    ck_assert(!reaped("r2"));                              /* neither empty, nor is the lock r2's */
    ck_assert_int_eq(reap("r2", LOCK_MS, "0"), REAP_BUSY);
    ck_assert(!reaped("r1")); /* gives the lock back */
    ck_assert_int_eq(reap("r2", LOCK_MS, "0"), REAP_MINE);
    ck_assert(drop("alice", "c1"));
    ck_assert(reaped("r2"));
    ck_assert_int_eq(reap("r1", LOCK_MS, "0"), REAP_MINE);
    ck_assert_uint_eq(step.count, 0);
}
END_TEST

START_TEST(the_lock_of_a_dead_reaper_runs_out)
{
    ck_assert_int_eq(reap("r1", 1, "0"), REAP_MINE);
    while (reap("r2", LOCK_MS, "0") == REAP_BUSY)
        continue;
    ck_assert_int_eq(reap("r1", LOCK_MS, "0"), REAP_BUSY);
}
END_TEST

START_TEST(who_lives_is_not_reaped_and_learns_of_it)
{
    (void)hold("alice", "c1");
    ck_assert_int_eq(reap("r1", LOCK_MS, "0"), REAP_MINE);
    ck_assert(beat("g1", LEASE_MS));
    ck_assert(beat("g1", LEASE_MS)); /* and again, as long as the lock is there */
    ck_assert_int_eq(reap("r1", LOCK_MS, "0"), REAP_ALIVE);
    ck_assert_uint_eq(step.count, 0);
    ck_assert(!reaped("r1"));
    ck_assert(!beat("g1", LEASE_MS));
}
END_TEST

START_TEST(a_large_index_is_read_in_steps)
{
    enum { PLAYERS = 2000 };
    char player[16];
    size_t seen = 0;
    int steps = 0;

    for (int n = 0; n < PLAYERS; n++) {
        (void)snprintf(player, sizeof(player), "p%d", n);
        ck_assert_int_eq(gateways_hold(store, "g1", player, "c", NULL, NULL), 0);
        if (n % 500 == 0)
            (void)alive("g1");
    }
    (void)snprintf(step.cursor, sizeof(step.cursor), "0");
    do {
        char cursor[32];

        memcpy(cursor, step.cursor, sizeof(cursor));
        ck_assert_int_eq(reap("r1", LOCK_MS, cursor), REAP_MINE);
        seen += step.count;
        steps++;
    } while (strcmp(step.cursor, "0") != 0);
    ck_assert_uint_ge(seen, PLAYERS);
    ck_assert_int_gt(steps, 10);
}
END_TEST

static void on_lost(void *arg, bool ok, bool is)
{
    (void)arg;
    ck_assert(!ok && !is);
    answers++;
}

static void on_list_lost(void *arg, bool ok, const char *const *ids, size_t count)
{
    (void)arg;
    (void)ids;
    ck_assert(!ok && count == 0);
    answers++;
}

static void on_step_lost(void *arg, bool ok, const struct reap_step *s)
{
    (void)arg;
    ck_assert(!ok);
    ck_assert_ptr_null(s);
    answers++;
}

START_TEST(a_lost_redis_is_not_ok)
{
    ck_assert_int_eq(kill(server.pid, SIGSTOP), 0);
    ck_assert_int_eq(gateways_beat(store, "g1", "name", LEASE_MS, on_lost, NULL), 0);
    ck_assert_int_eq(gateways_alive(store, "g1", on_lost, NULL), 0);
    ck_assert_int_eq(gateways_list(store, on_list_lost, NULL), 0);
    ck_assert_int_eq(gateways_reap(store, "g1", "r1", LOCK_MS, "0", on_step_lost, NULL), 0);
    redis_server_kill(&server);
    run_until_answers(answers + 4);
    ck_assert_int_eq(gateways_beat(store, "g1", "name", LEASE_MS, on_lost, NULL), ERR_UNAVAILABLE);
    ck_assert_int_eq(gateways_list(store, on_list_lost, NULL), ERR_UNAVAILABLE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("gateways");
    TCase *c = tcase_create("redis");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    suite_add_tcase(s, c);
    tcase_add_test(c, the_set_of_gateways);
    tcase_add_test(c, a_heartbeat_ends_with_its_lease);
    tcase_add_test(c, index_entries_go_by_compare);
    tcase_add_test(c, one_reaper_at_a_time);
    tcase_add_test(c, the_lock_of_a_dead_reaper_runs_out);
    tcase_add_test(c, who_lives_is_not_reaped_and_learns_of_it);
    tcase_add_test(c, a_large_index_is_read_in_steps);
    tcase_add_test(c, a_lost_redis_is_not_ok);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
