/* Our partitions of game-events: what is committed under which generation, and when one goes back (PROTOCOLS P5). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "partitions.h"

#define OLD   "aaaaaaaaaaaaaaaa"
#define NEW   "bbbbbbbbbbbbbbbb"
#define NEWER "cccccccccccccccc"

static struct partitions *ps;
static char calls[1024]; /* what was asked for, since the last time */

#define NOTE(...) ((void)snprintf(calls + strlen(calls), sizeof(calls) - strlen(calls), __VA_ARGS__))

static void on_commit(void *arg, int32_t number, int64_t offset, const char *metadata)
{
    (void)arg;
    NOTE("commit:%d/%d(%s) ", (int)number, (int)offset, metadata);
}

static void on_rewind(void *arg, int32_t number)
{
    (void)arg;
    NOTE("rewind:%d ", (int)number);
}

static void on_drop(void *arg, struct partition *p)
{
    (void)arg;
    NOTE("drop:%d ", (int)p->number);
}

static void setup(void)
{
    calls[0] = '\0';
    ps = partitions_new(&(struct partitions_conf){.commit = on_commit, .rewind = on_rewind, .drop = on_drop});
}

static void teardown(void)
{
    partitions_free(&ps);
}

static void expect(const char *wanted)
{
    ck_assert_str_eq(calls, wanted);
    calls[0] = '\0';
}

/* One record of an event, read and finished. */
static void handle(int32_t number, int64_t offset, int64_t seq)
{
    struct event_id id = {.incarnation = 1, .epoch = 1, .seq = seq, .partition = 3};
    struct partition *p = partitions_find(ps, number);

    ck_assert_ptr_nonnull(p);
    (void)window_accept(p->window, &id);
    window_finish(p->window, window_take(p->window, offset, &id));
}

START_TEST(commits_name_the_generation)
{
    partitions_generation(ps, NEW);
    partitions_assign(ps, 2, 10, "generation:" NEW " 1-3-1-7-0");
    expect("");
    handle(2, 10, 8);
    partitions_commit(ps);
    expect("commit:2/11(generation:" NEW " 1-3-1-8-0) ");
    partitions_commit(ps);
    expect("");
    handle(2, 11, 9);
    partitions_revoke(ps, 2);
    expect("commit:2/12(generation:" NEW " 1-3-1-9-0) drop:2 ");
    ck_assert_ptr_null(partitions_find(ps, 2));
    partitions_revoke(ps, 2);
    expect("");
}
END_TEST

START_TEST(nothing_is_decided_before_the_generation_is_known)
{
    partitions_assign(ps, 0, 10, "generation:" OLD " ");
    partitions_assign(ps, 1, 20, "generation:" NEW " ");
    partitions_assign(ps, 2, 30, "1-3-1-7-0");
    ck_assert(!partitions_known(ps));
    expect("");
    partitions_generation(ps, NEW);
    ck_assert(partitions_known(ps));
    expect("drop:0 rewind:0 commit:2/30(generation:" NEW " 1-3-1-7-0) ");
}
END_TEST

START_TEST(a_first_start_ever_has_nothing_to_go_back_for)
{
    partitions_generation(ps, NEW);
    partitions_assign(ps, 4, -1, "");
    expect("");
    handle(4, 0, 1);
    partitions_commit(ps);
    expect("commit:4/1(generation:" NEW " 1-3-1-1-0) ");
}
END_TEST

START_TEST(what_older_versions_committed_counts)
{
    struct event_id seen = {.incarnation = 1, .epoch = 1, .seq = 7, .partition = 3};

    partitions_generation(ps, NEW);
    partitions_assign(ps, 4, 50, "1-3-1-7-0");
    expect("commit:4/50(generation:" NEW " 1-3-1-7-0) ");
    ck_assert(!window_accept(partitions_find(ps, 4)->window, &seen));
}
END_TEST

/* As bus_group_rewind does it: revoked, and assigned at the earlier place without metadata. */
START_TEST(going_back_begins_a_new_window)
{
    struct event_id seen = {.incarnation = 1, .epoch = 1, .seq = 7, .partition = 3};

    partitions_generation(ps, NEW);
    partitions_assign(ps, 4, 50, "generation:" OLD " 1-3-1-7-0");
    expect("drop:4 rewind:4 ");
    ck_assert_ptr_null(partitions_find(ps, 4)); /* what still comes of the old place is not taken */
    partitions_commit(ps);
    partitions_revoke(ps, 4);
    expect(""); /* nothing of the old window, and it was dropped before */
    partitions_assign(ps, 4, 20, "");
    expect("commit:4/20(generation:" NEW " ) "); /* whoever comes after us goes on from here */
    ck_assert(window_accept(partitions_find(ps, 4)->window, &seen));
}
END_TEST

START_TEST(redis_comes_back_empty)
{
    struct event_id id = {.incarnation = 1, .epoch = 1, .seq = 9, .partition = 3};

    partitions_generation(ps, OLD);
    partitions_assign(ps, 4, 50, "generation:" OLD " ");
    partitions_assign(ps, 5, 60, "generation:" OLD " ");
    handle(4, 50, 8);
    (void)window_take(partitions_find(ps, 4)->window, 51, &id);
    partitions_generation(ps, NEW);
    expect("commit:4/51(generation:" OLD " 1-3-1-8-0) drop:4 rewind:4 drop:5 rewind:5 ");
    partitions_revoke(ps, 4);
    partitions_revoke(ps, 5);
    expect("");
}
END_TEST

START_TEST(twice_empty_while_going_back)
{
    partitions_generation(ps, OLD);
    partitions_assign(ps, 4, 50, "generation:" OLD " ");
    partitions_generation(ps, NEW);
    expect("drop:4 rewind:4 ");
    partitions_generation(ps, NEWER); /* the place it goes back to is early enough */
    expect("");
    partitions_revoke(ps, 4);
    partitions_assign(ps, 4, 20, "");
    expect("commit:4/20(generation:" NEWER " ) ");
    partitions_generation(ps, NEW);
    expect("drop:4 rewind:4 ");
}
END_TEST

START_TEST(lost_while_going_back)
{
    partitions_generation(ps, NEW);
    partitions_assign(ps, 4, 50, "generation:" OLD " ");
    expect("drop:4 rewind:4 ");
    partitions_revoke(ps, 4); /* the group gave it to another one, and gives it back */
    partitions_assign(ps, 4, 50, "generation:" OLD " ");
    expect("drop:4 rewind:4 ");
    partitions_revoke(ps, 4);
    partitions_assign(ps, 4, 60, "generation:" NEW " "); /* the other one went back, and on */
    expect("");
}
END_TEST

START_TEST(what_was_finished_before_is_known)
{
    struct event_id id = {.incarnation = 1, .epoch = 1, .seq = 9, .partition = 3};

    partitions_generation(ps, OLD);
    partitions_assign(ps, 4, 50, "generation:" OLD " ");
    ck_assert(!partition_again(partitions_find(ps, 4), 50));
    handle(4, 50, 8);
    (void)window_take(partitions_find(ps, 4)->window, 51, &id);
    partitions_generation(ps, NEW);
    partitions_revoke(ps, 4);
    partitions_assign(ps, 4, 20, "");
    ck_assert(partition_again(partitions_find(ps, 4), 20)); /* committed before */
    ck_assert(partition_again(partitions_find(ps, 4), 50));
    ck_assert(!partition_again(partitions_find(ps, 4), 51));
    handle(4, 20, 1);
    partitions_commit(ps);
    ck_assert(partition_again(partitions_find(ps, 4), 50));
}
END_TEST

START_TEST(they_are_counted)
{
    struct event_id id = {.incarnation = 1, .epoch = 1, .seq = 1, .partition = 3};

    partitions_generation(ps, NEW);
    ck_assert_uint_eq(partitions_count(ps), 0);
    partitions_assign(ps, 4, 50, "");
    partitions_assign(ps, 63, 50, "");
    ck_assert_uint_eq(partitions_count(ps), 2);
    ck_assert_uint_eq(partitions_ahead(ps), 0);
    (void)window_take(partitions_find(ps, 63)->window, 50, &id);
    handle(63, 51, 2);
    handle(63, 52, 3);
    handle(4, 50, 4);
    ck_assert_uint_eq(partitions_ahead(ps), 2);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("notifier_partitions");
    TCase *c = tcase_create("all");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, commits_name_the_generation);
    tcase_add_test(c, nothing_is_decided_before_the_generation_is_known);
    tcase_add_test(c, a_first_start_ever_has_nothing_to_go_back_for);
    tcase_add_test(c, what_older_versions_committed_counts);
    tcase_add_test(c, going_back_begins_a_new_window);
    tcase_add_test(c, redis_comes_back_empty);
    tcase_add_test(c, twice_empty_while_going_back);
    tcase_add_test(c, lost_while_going_back);
    tcase_add_test(c, what_was_finished_before_is_known);
    tcase_add_test(c, they_are_counted);
    suite_add_tcase(s, c);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
