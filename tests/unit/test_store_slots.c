/* test_store_slots.c - what libs/store knows of a cluster without asking it: slots, the table of who serves them,
 * redirections. */
#include <check.h>
#include <string.h>

#include "store.h"
#include "store_map.h"
#include "store_redirect.h"

/* clang-format off */
static const struct {
    const char *key;
    unsigned slot;
} slot_cases[] = {
    {"123456789", 12739}, /* the specification's */
    {"", 0},
    {"foo", 12182},
    {"a{foo}b", 12182},
    {"{foo}", 12182},
    {"{foo", 13308}, /* no tag: the brace is never closed */
    {"foo{}{bar}", 8363}, /* no tag: it is empty */
    {"foo{{bar}}zap", 4015}, /* the tag is "{bar" */
    {"foo{bar}{zap}", 5061}, /* the first tag counts */
    {"}foo{bar}", 5061},
};
/* clang-format on */

START_TEST(slots_of_keys)
{
    const char *key = slot_cases[_i].key;

    ck_assert_msg(store_slot(key, strlen(key)) == slot_cases[_i].slot, "%s: %u", key, store_slot(key, strlen(key)));
}
END_TEST

START_TEST(a_key_may_have_a_nul)
{
    ck_assert_uint_eq(store_slot("a\0{foo}", 7), 12182);
    ck_assert_uint_ne(store_slot("a\0b", 3), store_slot("a", 1));
}
END_TEST

/* ---- the table -------------------------------------------------------------------------------------------------- */

START_TEST(who_serves_a_slot)
{
    static struct store_map map;
    int a, b;

    ck_assert_uint_eq(store_map_run(&map, 0), STORE_SLOTS - 1);
    ck_assert(store_map_give(&map, 0, 99, &a));
    ck_assert(store_map_give(&map, 50, 50, &b));
    ck_assert(store_map_give(&map, STORE_SLOTS - 1, STORE_SLOTS - 1, &b));
    ck_assert_ptr_eq(map.owners[49], &a);
    ck_assert_ptr_eq(map.owners[50], &b);
    ck_assert_ptr_null(map.owners[100]);
    ck_assert_uint_eq(store_map_run(&map, 0), 49);
    ck_assert_uint_eq(store_map_run(&map, 50), 50);
    ck_assert_uint_eq(store_map_run(&map, 51), 99);
    ck_assert_uint_eq(store_map_run(&map, 100), STORE_SLOTS - 2);
    ck_assert_uint_eq(store_map_run(&map, STORE_SLOTS - 1), STORE_SLOTS - 1);
}
END_TEST

static const int64_t no_slots[][2] = {{-1, 5}, {5, 4}, {0, STORE_SLOTS}, {STORE_SLOTS, STORE_SLOTS}};

START_TEST(ranges_that_are_none)
{
    static struct store_map map, before;
    int a;

    ck_assert(!store_map_give(&map, no_slots[_i][0], no_slots[_i][1], &a));
    ck_assert_int_eq(memcmp(&map, &before, sizeof(map)), 0);
}
END_TEST

/* ---- redirections ----------------------------------------------------------------------------------------------- */

/* clang-format off */
static const struct { /* NOLINT(clang-analyzer-optin.performance.Padding): in the order of the text */
    const char *error;
    enum store_redirect_kind kind;
    const char *host;
    int port;
} redirect_cases[] = {
    {"MOVED 3999 127.0.0.1:6381", REDIRECT_MOVED, "127.0.0.1", 6381},
    {"ASK 3999 10.0.0.1:7", REDIRECT_ASK, "10.0.0.1", 7},
    {"MOVED 3999 ::1:6381", REDIRECT_MOVED, "::1", 6381},
    {"MOVED 3999 :6381", REDIRECT_MOVED, "192.0.2.1", 6381}, /* the same host */
    {"TRYAGAIN Multiple keys request during rehashing of slot", REDIRECT_AGAIN, "", 0},
    {"CLUSTERDOWN Hash slot not served", REDIRECT_AGAIN, "", 0},
    {"CLUSTERDOWN The cluster is down", REDIRECT_NONE, "", 0},
    {"CROSSSLOT Keys in request don't hash to the same slot", REDIRECT_NONE, "", 0},
    {"MOVED 3999 redis-1:6381", REDIRECT_NONE, "", 0}, /* names are not looked up */
    {"MOVED 3999 127.0.0.1:", REDIRECT_NONE, "", 0},
    {"MOVED 3999 127.0.0.1:99999", REDIRECT_NONE, "", 0},
    {"MOVED 3999 127.0.0.1:6381x", REDIRECT_NONE, "", 0},
    {"MOVED 3999", REDIRECT_NONE, "", 0},
    {"MOVED ", REDIRECT_NONE, "", 0},
    {"MOVEDX", REDIRECT_NONE, "", 0},
    {"", REDIRECT_NONE, "", 0},
    {NULL, REDIRECT_NONE, "", 0},
};
/* clang-format on */

START_TEST(redirections_are_read)
{
    const struct store_address from = {"192.0.2.1", 1};
    struct store_redirect r = store_redirect_parse(redirect_cases[_i].error, &from);

    ck_assert_int_eq(r.kind, redirect_cases[_i].kind);
    if (r.kind != REDIRECT_MOVED && r.kind != REDIRECT_ASK)
        return;
    ck_assert_str_eq(r.to.host, redirect_cases[_i].host);
    ck_assert_int_eq(r.to.port, redirect_cases[_i].port);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *s = suite_create("store_slots");
    TCase *c = tcase_create("all");
    SRunner *runner = srunner_create(s);
    int failed;

    suite_add_tcase(s, c);
    tcase_add_loop_test(c, slots_of_keys, 0, COUNT(slot_cases));
    tcase_add_test(c, a_key_may_have_a_nul);
    tcase_add_test(c, who_serves_a_slot);
    tcase_add_loop_test(c, ranges_that_are_none, 0, COUNT(no_slots));
    tcase_add_loop_test(c, redirections_are_read, 0, COUNT(redirect_cases));
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
