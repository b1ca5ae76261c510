/* mm_catalog: matchmaking.json and the rule sets it names. Run from the top of the source tree. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "mem.h"
#include "mm_catalog.h"
#include "mm_rules.h"

#define PARTITIONS 12
#define ANYBODY                                                                                                        \
    "{\"ruleLanguageVersion\":\"1.0\",\"teams\":[{\"name\":\"p\",\"minPlayers\":1,\"maxPlayers\":1,\"quantity\":2}]}"

static char error[MM_ERROR_SIZE];
static int loads;

/* Knows the rule sets "good" and "bad". */
static char *load(void *arg, const char *name, size_t *len, char why[MM_ERROR_SIZE])
{
    const char *text = strcmp(name, "bad") == 0 ? "{}" : ANYBODY;

    (void)arg;
    loads++;
    if (strcmp(name, "good") != 0 && strcmp(name, "bad") != 0) {
        (void)snprintf(why, MM_ERROR_SIZE, "there is none");
        return NULL;
    }
    *len = strlen(text);
    return mem_strdup(text);
}

static int parse(struct mm_catalog **c, const char *text)
{
    return mm_catalog_parse(c, text, strlen(text), PARTITIONS, load, NULL, error);
}

#define LIST(entries) "{\"MatchmakingConfigurations\":[" entries "]}"
#define ENTRY(name, rules, partition, timeout, rest)                                                                   \
    "{\"Name\":\"" name "\",\"RuleSetName\":\"" rules "\",\"Partition\":" partition                                    \
    ",\"RequestTimeoutSeconds\":" timeout rest "}"

START_TEST(takes_configurations)
{
    struct mm_catalog *c = NULL;
    const struct mm_configuration *found;

    loads = 0;
    ck_assert_msg(
        parse(&c,
              LIST(ENTRY("default", "good", "0", "1", ",\"AcceptanceRequired\":false,\"Description\":\"x\"") "," ENTRY(
                  "Other-1.b", "good", "11", "43200", ""))) == 0,
        "%s", error);
    ck_assert_uint_eq(c->count, 2);
    ck_assert_uint_eq(c->rule_set_count, 1);
    ck_assert_int_eq(loads, 1);
    found = mm_catalog_find(c, "Other-1.b");
    ck_assert_ptr_nonnull(found);
    ck_assert_int_eq(found->partition, 11);
    ck_assert_int_eq(found->request_timeout_ms, 43200000);
    ck_assert_ptr_eq(found->rules, c->configurations[0].rules);
    ck_assert_str_eq(found->rules->name, "good");
    ck_assert_ptr_null(mm_catalog_find(c, "other-1.b"));
    mm_catalog_free(&c);
    mm_catalog_free(&c);
}
END_TEST

static const struct {
    const char *text, *says;
} refused[] = {
    {"[]", "$: must be an object, is array"},
    {"{}", "$: member \"MatchmakingConfigurations\" is missing"},
    {"{\"MatchmakingConfigurations\":[],\"x\":1}", "$: unknown member \"x\""},
    {LIST(""), "$.MatchmakingConfigurations: must be an array of 1"},
    {LIST("7"), "$.MatchmakingConfigurations[0]: must be an object, is int"},
    {LIST("{}"), "$.MatchmakingConfigurations[0]: member \"Name\" is missing"},
    {LIST(ENTRY("a b", "good", "0", "1", "")), "$.MatchmakingConfigurations[0].Name: must be letters, digits"},
    {LIST(ENTRY("", "good", "0", "1", "")), "$.MatchmakingConfigurations[0].Name"},
    {LIST(ENTRY("a", "../x", "0", "1", "")), "$.MatchmakingConfigurations[0].RuleSetName: must be letters, digits"},
    {LIST(ENTRY("a", "good", "0", "1", "") "," ENTRY("a", "good", "1", "1", "")),
     "$.MatchmakingConfigurations[1].Name: \"a\" is another configuration's name"},
    {LIST(ENTRY("a", "good", "12", "1", "")),
     "$.MatchmakingConfigurations[0].Partition: must be an integer from 0 to 11, is 12"},
    {LIST(ENTRY("a", "good", "-1", "1", "")), "$.MatchmakingConfigurations[0].Partition"},
    {LIST(ENTRY("a", "good", "0", "0", "")),
     "$.MatchmakingConfigurations[0].RequestTimeoutSeconds: must be an integer from 1 to 43200, is 0"},
    {LIST(ENTRY("a", "good", "0", "43201", "")), "$.MatchmakingConfigurations[0].RequestTimeoutSeconds"},
    {LIST(ENTRY("a", "good", "0", "1", ",\"AcceptanceRequired\":true")),
     "$.MatchmakingConfigurations[0].AcceptanceRequired: true is not supported yet; false is"},
    {LIST(ENTRY("a", "good", "0", "1", ",\"AcceptanceRequired\":\"no\"")),
     "$.MatchmakingConfigurations[0].AcceptanceRequired"},
    {LIST(ENTRY("a", "good", "0", "1", ",\"BackfillMode\":\"MANUAL\"")),
     "$.MatchmakingConfigurations[0]: unknown member \"BackfillMode\""},
    {LIST(ENTRY("a", "none", "0", "1", "")),
     "$.MatchmakingConfigurations[0].RuleSetName: rule set \"none\": there is none"},
    {LIST(ENTRY("a", "good", "0", "1", "") "," ENTRY("b", "bad", "1", "1", "")),
     "rule set \"bad\": $: member \"ruleLanguageVersion\" is missing"},
};

START_TEST(refuses)
{
    struct mm_catalog *c = NULL;

    ck_assert_int_eq(parse(&c, refused[_i].text), ERR_INVALID);
    ck_assert_ptr_null(c);
    ck_assert_msg(strncmp(error, refused[_i].says, strlen(refused[_i].says)) == 0, "%s", error);
}
END_TEST

START_TEST(loads_what_is_deployed)
{
    struct mm_catalog *c = NULL;
    const struct mm_configuration *found;

    ck_assert_msg(mm_catalog_load(&c, "deploy/config/matchmaking.json", PARTITIONS, error) == 0, "%s", error);
    found = mm_catalog_find(c, "default");
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found->rules->team_names[0], "red");
    ck_assert_double_eq(mm_rules_window(found->rules, 0), 50);
    ck_assert_double_eq(mm_rules_window(found->rules, 15000), 3000);
    mm_catalog_free(&c);
}
END_TEST

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
}

START_TEST(faults_of_files_name_the_file)
{
    char folder[] = "/tmp/test_mm_catalog.XXXXXX", file[64], says[128];
    struct mm_catalog *c = NULL;

    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(file, sizeof(file), "%s/mm.json", folder);
    (void)snprintf(says, sizeof(says), "cannot read %s: %s", file, strerror(ENOENT));
    ck_assert_int_eq(mm_catalog_load(&c, file, PARTITIONS, error), ERR_INVALID);
    ck_assert_str_eq(error, says);
    write_file(file, LIST(ENTRY("a", "b", "0", "1", "")));
    (void)snprintf(says, sizeof(says), "rule set \"b\": cannot read %s/rulesets/b.json", folder);
    ck_assert_int_eq(mm_catalog_load(&c, file, PARTITIONS, error), ERR_INVALID);
    ck_assert_int_eq(strncmp(error, file, strlen(file)), 0);
    ck_assert_msg(strstr(error, says) != NULL, "%s", error);
    ck_assert_int_eq(unlink(file), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *s = suite_create("mm_catalog");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_test(tc, takes_configurations);
    tcase_add_loop_test(tc, refuses, 0, ROWS(refused));
    tcase_add_test(tc, loads_what_is_deployed);
    tcase_add_test(tc, faults_of_files_name_the_file);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
