/* How long players waited lately. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "redis_server.h"
#include "waits.h"

#define MINUTE INT64_C(60000)

START_TEST(the_mean_follows_each_configuration)
{
    struct waits *w = waits_new();

    ck_assert_double_eq(waits_mean_ms(w, "a"), -1);
    waits_observe(w, "a", 1000);
    ck_assert_double_eq(waits_mean_ms(w, "a"), 1000);
    waits_observe(w, "a", 2000);
    ck_assert_double_eq_tol(waits_mean_ms(w, "a"), 1100, 1e-9);
    waits_observe(w, "b", 5);
    ck_assert_double_eq(waits_mean_ms(w, "b"), 5);
    for (int i = 0; i < 200; i++)
        waits_observe(w, "a", 3000);
    ck_assert_double_eq_tol(waits_mean_ms(w, "a"), 3000, 1);
    waits_free(&w);
    ck_assert_ptr_null(w);
    waits_free(&w);
}
END_TEST

static bool answered, found;

static void on_answer(void *arg, const struct store_reply *reply)
{
    (void)arg;
    ck_assert_ptr_nonnull(reply);
    found = store_reply_str(reply, NULL) != NULL;
    answered = true;
}

/* Whether Redis knows the mean of "a"; forgets it. */
static bool is_told(uv_loop_t *loop, struct store *s)
{
    const char *const argv[] = {"GETDEL", "wait:{a}"};

    answered = false;
    ck_assert_int_eq(store_command(s, on_answer, NULL, 2, argv, NULL), 0);
    while (!answered)
        uv_run(loop, UV_RUN_ONCE);
    return found;
}

/* clang-format off */
static const struct {
    int64_t at_ms; /* after the first writing */
    bool moved, told;
} writings[] = {
    {500, true, false}, /* at most once a second */
    {1000, false, true},
    {5000, false, false},
    {11000, false, true}, /* again, though nothing moved: Redis may have lost it */
    {12000, true, true},
    {59 * MINUTE, false, true},
    {61 * MINUTE, false, false}, /* old news */
    {62 * MINUTE, true, true},
};
/* clang-format on */

START_TEST(redis_is_told_again)
{
    uv_loop_t loop;
    struct redis_server server;
    struct store *store;
    struct waits *w = waits_new();
    char url[64];

    ck_assert_int_eq(uv_loop_init(&loop), 0);
    redis_server_prepare(&server);
    redis_server_start(&server, NULL, NULL);
    (void)snprintf(url, sizeof(url), "redis://127.0.0.1:%u", server.port);
    ck_assert_int_eq(store_open(&store, &loop, &(struct store_conf){.url = url, .timeout_ms = 5000, .pending_max = 10}),
                     0);
    while (!store_ready(store))
        uv_run(&loop, UV_RUN_ONCE);
    waits_observe(w, "a", 1000);
    waits_write(w, store, MINUTE);
    ck_assert(is_told(&loop, store));
    for (size_t i = 0; i < sizeof(writings) / sizeof(writings[0]); i++) {
        if (writings[i].moved)
            waits_observe(w, "a", 1000000 * (int64_t)(i + 1));
        waits_write(w, store, MINUTE + writings[i].at_ms);
        ck_assert_msg(is_told(&loop, store) == writings[i].told, "at %d", (int)writings[i].at_ms);
    }
    waits_free(&w);
    store_close(&store);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    redis_server_remove(&server);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("matchmaker_waits");
    TCase *c = tcase_create("all");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_test(c, the_mean_follows_each_configuration);
    tcase_add_test(c, redis_is_told_again);
    suite_add_tcase(s, c);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
