#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "topics.h"

/* The keys and hashes of Kafka's own test of murmur2, by toPositive(hash) % partitions. */
static const struct {
    const char *key;
    enum topic_id topic;
    int32_t partition;
} key_cases[] = {
    {"anything", TOPIC_ALERTS, 0},
    {"21", TOPIC_EVENTS, 0},
    {"foobar", TOPIC_EVENTS, 6},
    {"a-little-bit-long-string", TOPIC_QUEUE, 8},
    {"a-little-bit-longer-string", TOPIC_OUTBOX, 3},
    {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", TOPIC_OUTBOX, 13},
    {"abc", TOPIC_METRICS, 3},
    {"", TOPIC_EVENTS, 9},
};

START_TEST(key_picks_the_partition_that_java_picks)
{
    const char *key = key_cases[_i].key;

    ck_assert_int_eq(topic_partition(key_cases[_i].topic, key, (uint32_t)strlen(key)), key_cases[_i].partition);
}
END_TEST

START_TEST(table_is_whole)
{
    const struct topic_def *def = &topic_defs[_i];

    ck_assert_int_eq(strncmp(def->name, "game-", 5), 0);
    ck_assert_int_ge(def->partitions, 1);
    ck_assert_int_le(def->partitions, 64); /* readers and groups keep a bit a partition */
    ck_assert(def->retention_ms > 0 || def->retention_ms == -1);
    ck_assert_int_ge(def->max_message_bytes, 1048576);
    for (int i = 0; i < _i; i++)
        ck_assert_str_ne(def->name, topic_defs[i].name);
}
END_TEST

START_TEST(journal_is_never_deleted_by_age)
{
    ck_assert_int_eq(topic_defs[TOPIC_JOURNAL].retention_ms, -1);
    ck_assert_int_eq(topic_defs[TOPIC_JOURNAL].partitions, topic_defs[TOPIC_QUEUE].partitions);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("topics");
    TCase *tc = tcase_create("topics");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tc, key_picks_the_partition_that_java_picks, 0, sizeof(key_cases) / sizeof(key_cases[0]));
    tcase_add_loop_test(tc, table_is_whole, 0, TOPIC_COUNT);
    tcase_add_test(tc, journal_is_never_deleted_by_age);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
