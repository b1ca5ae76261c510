/* test_generation.c - is this the Redis we knew? On a redis-server of the test's own. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generation.h"
#include "generation_keys.h"
#include "redis_server.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static uv_loop_t loop;
static struct redis_server server;
static struct store *store;
static struct generation *generation;
static bool close_in_call;

static struct {
    int count;
    bool first;
    char value[GENERATION_SIZE];
} told;

static void on_new(void *arg, const char *value, bool first)
{
    ck_assert_ptr_eq(arg, &told);
    ck_assert_uint_eq(strlen(value), GENERATION_SIZE - 1);
    ck_assert_uint_eq(strspn(value, "0123456789abcdef"), GENERATION_SIZE - 1);
    told.count++;
    told.first = first;
    (void)snprintf(told.value, sizeof(told.value), "%s", value);
    if (close_in_call)
        generation_close(&generation);
}

/* Check ends the test when it lasts too long. */
#define RUN_UNTIL(condition)                                                                                           \
    do {                                                                                                               \
        while (!(condition))                                                                                           \
            uv_run(&loop, UV_RUN_ONCE);                                                                                \
    } while (0)

static void set_up(void)
{
    static char url[64];
    struct store_conf conf = {.url = url, .timeout_ms = 500, .pending_max = 10};

    ck_assert_int_eq(uv_loop_init(&loop), 0);
    redis_server_prepare(&server);
    redis_server_start(&server, NULL, NULL);
    (void)snprintf(url, sizeof(url), "redis://127.0.0.1:%u", server.port);
    ck_assert_int_eq(store_open(&store, &loop, &conf), 0);
    generation = generation_open(&loop, store, on_new, &told);
    ck_assert_str_eq(generation_now(generation), "");
    ck_assert_int_eq(generation_contact_ms(generation), -1);
}

static void set_up_known(void)
{
    set_up();
    RUN_UNTIL(generation_contact_ms(generation) > 0); /* a second poll was answered */
    ck_assert_int_eq(told.count, 1);
}

static void tear_down(void)
{
    generation_close(&generation);
    ck_assert_ptr_null(generation);
    generation_close(&generation); /* NULL is fine */
    store_close(&store);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    redis_server_remove(&server);
}

static void command(const char *a, const char *b, const char *c, const char *d)
{
    const char *argv[] = {a, b, c, d};
    int argc = b == NULL ? 1 : c == NULL ? 2 : d == NULL ? 3 : 4;

    ck_assert_int_eq(store_command(store, NULL, NULL, argc, argv, NULL), 0);
}

START_TEST(the_first_is_written_and_all_agree)
{
    struct generation *other;

    RUN_UNTIL(told.count == 1);
    ck_assert(told.first);
    ck_assert_str_eq(generation_now(generation), told.value);
    ck_assert_int_eq(generation_contact_ms(generation), 0);
    other = generation_open(&loop, store, on_new, &told);
    RUN_UNTIL(told.count == 2);
    ck_assert(told.first);
    ck_assert_str_eq(generation_now(other), generation_now(generation));
    generation_close(&other);
}
END_TEST

START_TEST(contact_grows_in_an_unchanged_redis)
{
    RUN_UNTIL(generation_contact_ms(generation) >= 3 * (int64_t)GENERATION_POLL_MS);
    ck_assert_int_eq(told.count, 1);
}
END_TEST

START_TEST(a_redis_that_comes_back_empty_is_new)
{
    char before[GENERATION_SIZE];

    (void)snprintf(before, sizeof(before), "%s", generation_now(generation));
    redis_server_kill(&server);
    RUN_UNTIL(generation_contact_ms(generation) < 0);
    ck_assert_str_eq(generation_now(generation), before);
    redis_server_start(&server, NULL, NULL);
    RUN_UNTIL(told.count == 2);
    ck_assert(!told.first);
    ck_assert_str_ne(generation_now(generation), before);
    ck_assert_int_eq(generation_contact_ms(generation), 0);
}
END_TEST

START_TEST(a_redis_that_was_only_silent_is_the_same_but_contact_begins_anew)
{
    ck_assert_int_eq(kill(server.pid, SIGSTOP), 0);
    RUN_UNTIL(generation_contact_ms(generation) < 0);
    ck_assert_int_eq(kill(server.pid, SIGCONT), 0);
    RUN_UNTIL(generation_contact_ms(generation) >= 0);
    ck_assert_int_eq(generation_contact_ms(generation), 0);
    ck_assert_int_eq(told.count, 1);
}
END_TEST

/* What becomes of the key while the connection stands: all of it is a new Redis to us. */
static const struct {
    const char *command[4];
} loss_cases[] = {
    {{"FLUSHALL", NULL, NULL, NULL}},
    {{"DEL", "generation", NULL, NULL}},
    {{"SET", "generation", "0123456789abcdef", NULL}},
    {{"SET", "generation", "somebody's", NULL}},
    {{"SET", "generation", "", NULL}},
};

START_TEST(another_value_is_new)
{
    const char *const *c = loss_cases[_i].command;

    command(c[0], c[1], c[2], c[3]);
    RUN_UNTIL(told.count == 2);
    ck_assert(!told.first);
    ck_assert_str_eq(generation_now(generation), told.value);
    ck_assert_int_eq(generation_contact_ms(generation), 0);
}
END_TEST

START_TEST(an_error_breaks_the_contact)
{
    command("DEL", "generation", NULL, NULL);
    command("LPUSH", "generation", "x", NULL);
    RUN_UNTIL(generation_contact_ms(generation) < 0);
    ck_assert_int_eq(told.count, 1);
    command("DEL", "generation", NULL, NULL);
    RUN_UNTIL(told.count == 2);
}
END_TEST

START_TEST(who_stood_still_has_no_contact)
{
    (void)usleep((GENERATION_GAP_MS + 100) * 1000);
    RUN_UNTIL(generation_contact_ms(generation) == 0);
    ck_assert_int_eq(told.count, 1);
}
END_TEST

START_TEST(closes_inside_its_call_back)
{
    close_in_call = true;
    RUN_UNTIL(told.count == 1);
    ck_assert_ptr_null(generation);
}
END_TEST

START_TEST(closes_with_a_poll_on_its_way)
{
    ck_assert_int_eq(kill(server.pid, SIGSTOP), 0);
    RUN_UNTIL(store_pending(store) > 0);
    generation_close(&generation);
    (void)uv_run(&loop, UV_RUN_ONCE);
    ck_assert_uint_gt(store_pending(store), 0);
}
END_TEST

/* ---- its keys in a cluster --------------------------------------------------------------------------------------- */

START_TEST(every_run_of_slots_has_a_key)
{
    static char keys[GENERATION_KEYS][GENERATION_KEY_SIZE];
    int last = -1;

    ck_assert_uint_eq(generation_keys(true, keys), GENERATION_KEYS);
    for (size_t i = 0; i < GENERATION_KEYS; i++) {
        int slot = (int)store_slot(keys[i], strlen(keys[i]));

        ck_assert_int_gt(slot, last);
        ck_assert_int_le(slot - last, GENERATION_RUN);
        last = slot;
    }
    ck_assert_int_le(STORE_SLOTS - last, GENERATION_RUN);
}
END_TEST

START_TEST(a_single_server_has_one_key)
{
    static char keys[GENERATION_KEYS][GENERATION_KEY_SIZE];

    ck_assert_uint_eq(generation_keys(false, keys), 1);
    ck_assert_str_eq(keys[0], "generation");
}
END_TEST

static TCase *add_case(Suite *s, const char *name, SFun start)
{
    TCase *c = tcase_create(name);

    tcase_add_checked_fixture(c, start, tear_down);
    tcase_set_timeout(c, 60);
    suite_add_tcase(s, c);
    return c;
}

int main(void)
{
    Suite *s = suite_create("generation");
    TCase *unknown = add_case(s, "unknown", set_up), *known = add_case(s, "known", set_up_known);
    TCase *keys = tcase_create("keys");
    SRunner *runner = srunner_create(s);
    int failed;

    suite_add_tcase(s, keys);
    tcase_add_test(keys, every_run_of_slots_has_a_key);
    tcase_add_test(keys, a_single_server_has_one_key);
    tcase_add_test(unknown, the_first_is_written_and_all_agree);
    tcase_add_test(unknown, closes_inside_its_call_back);
    tcase_add_test(known, contact_grows_in_an_unchanged_redis);
    tcase_add_test(known, a_redis_that_comes_back_empty_is_new);
    tcase_add_test(known, a_redis_that_was_only_silent_is_the_same_but_contact_begins_anew);
    tcase_add_loop_test(known, another_value_is_new, 0, COUNT(loss_cases));
    tcase_add_test(known, an_error_breaks_the_contact);
    tcase_add_test(known, who_stood_still_has_no_contact);
    tcase_add_test(known, closes_with_a_poll_on_its_way);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
