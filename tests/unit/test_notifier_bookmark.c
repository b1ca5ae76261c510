/* What is committed with an offset, as text and back. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bookmark.h"
#include "err.h"

#define GENERATION   "0123456789abcdef"
#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static const struct event_id first = {.incarnation = 7, .epoch = 2, .seq = 3, .partition = 1, .index = 4};

/* clang-format off */
static const struct {
    const char *generation;
    bool seen;
    const char *text;
} good[] = {
    {"", false, ""},
    {"", true, "7-1-2-3-4"}, /* as older versions wrote it */
    {GENERATION, false, "generation:" GENERATION " "},
    {GENERATION, true, "generation:" GENERATION " 7-1-2-3-4"},
};
/* clang-format on */

START_TEST(what_is_written_is_read)
{
    struct bookmark b = {0}, read;
    char text[BOOKMARK_SIZE];

    memcpy(b.generation, good[_i].generation, strlen(good[_i].generation) + 1);
    if (good[_i].seen)
        ck_assert(event_seen_accept(&b.seen, &first));
    ck_assert_str_eq(bookmark_format(&b, text), good[_i].text);
    ck_assert_int_eq(bookmark_parse(&read, good[_i].text), 0);
    ck_assert_str_eq(read.generation, b.generation);
    ck_assert_int_eq(read.seen.greatest[1].seq, good[_i].seen ? 3 : 0);
}
END_TEST

static const char *const bad[] = {
    "generation:",
    "generation:" GENERATION,
    "generation:" GENERATION "0 7-1-2-3-4",
    "generation:0123 7-1-2-3-4",
    "generation:" GENERATION " 7-1",
    "7-1-2-3-4 generation:" GENERATION " ",
    "by hand",
};

START_TEST(what_cannot_be_read_is_empty)
{
    struct bookmark b, empty = {0};

    memset(&b, 1, sizeof(b));
    ck_assert_int_eq(bookmark_parse(&b, bad[_i]), ERR_INVALID);
    ck_assert_str_eq(b.generation, "");
    ck_assert_int_eq(memcmp(&b.seen, &empty.seen, sizeof(b.seen)), 0);
}
END_TEST

START_TEST(the_greatest_fits)
{
    struct bookmark b = {.generation = GENERATION}, read;
    char text[BOOKMARK_SIZE];

    for (int32_t i = 0; i < EVENT_PARTITIONS_MAX; i++)
        ck_assert(event_seen_accept(&b.seen, &(struct event_id){.incarnation = 9007199254740991,
                                                                .epoch = 9007199254740991,
                                                                .seq = 9007199254740991,
                                                                .partition = i,
                                                                .index = INT32_MAX}));
    ck_assert_int_eq(bookmark_parse(&read, bookmark_format(&b, text)), 0);
    ck_assert_int_eq(read.seen.greatest[EVENT_PARTITIONS_MAX - 1].index, INT32_MAX);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("notifier_bookmark");
    TCase *c = tcase_create("all");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_loop_test(c, what_is_written_is_read, 0, COUNT(good));
    tcase_add_loop_test(c, what_cannot_be_read_is_empty, 0, COUNT(bad));
    tcase_add_test(c, the_greatest_fits);
    suite_add_tcase(s, c);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
