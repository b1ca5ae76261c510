/* mm_catalog: matchmaking.json and the rule sets it names. Run from the top of the source tree. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "mem.h"
#include "mm_catalog.h"
#include "mm_ruleset.h"

#define PARTITIONS 12
#define TWO        "\"teams\":[{\"name\":\"p\",\"minPlayers\":1,\"maxPlayers\":1,\"quantity\":2}]"
#define ANYBODY    "{\"ruleLanguageVersion\":\"1.0\"," TWO "}"
#define ALONE                                                                                                          \
    "{\"ruleLanguageVersion\":\"1.0\"," TWO ",\"expansions\":[{\"target\":\"teams[p].minPlayers\",\"steps\":[{"        \
    "\"waitTimeSeconds\":30,\"value\":0}]}]}"

static char error[MM_ERROR_SIZE];
static int loads;

static const struct {
    const char *name, *text;
} rule_sets[] = {{"good", ANYBODY}, {"bad", "{}"}, {"slow", ALONE}};

static char *load(void *arg, const char *name, size_t *len, char why[MM_ERROR_SIZE])
{
    (void)arg;
    loads++;
    for (size_t i = 0; i < sizeof(rule_sets) / sizeof(rule_sets[0]); i++) {
        if (strcmp(name, rule_sets[i].name) == 0) {
            *len = strlen(rule_sets[i].text);
            return mem_strdup(rule_sets[i].text);
        }
    }
    (void)snprintf(why, MM_ERROR_SIZE, "there is none");
    return NULL;
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

START_TEST(takes_all_that_a_configuration_may_say)
{
    struct mm_catalog *c = NULL;

    ck_assert_msg(
        parse(&c, LIST(ENTRY(
                      "asks", "good", "0", "1",
                      ",\"AcceptanceRequired\":true,\"AcceptanceTimeoutSeconds\":600,"
                      "\"AdditionalPlayerCount\":2,\"CustomEventData\":\"summer\","
                      "\"GameProperties\":[{\"Key\":\"map\",\"Value\":\"dunes\"}]") "," ENTRY("plain", "good", "0", "1",
                                                                                              ",\"AcceptanceTimeoutSeco"
                                                                                              "nds\":7"))) == 0,
        "%s", error);
    ck_assert_int_eq(c->configurations[0].acceptance_timeout_ms, 600000);
    ck_assert_uint_eq(c->configurations[0].additional_players, 2);
    ck_assert_str_eq(c->configurations[0].custom_event_data, "summer");
    ck_assert_uint_eq(json_object_array_length(c->configurations[0].game_properties), 1);
    ck_assert_int_eq(c->configurations[1].acceptance_timeout_ms, 0);
    ck_assert_uint_eq(c->configurations[1].additional_players, 0);
    ck_assert_str_eq(c->configurations[1].custom_event_data, "");
    ck_assert_ptr_null(c->configurations[1].game_properties);
    mm_catalog_free(&c);
}
END_TEST

static json_object *properties(size_t count, size_t key_bytes, size_t value_bytes)
{
    json_object *list = json_object_new_array();

    for (size_t i = 0; i < count; i++) {
        json_object *o = json_object_new_object();
        char text[128];

        memset(text, 'x', sizeof(text));
        json_object_object_add(o, "Key", json_object_new_string_len(text, (int)key_bytes));
        json_object_object_add(o, "Value", json_object_new_string_len(text, (int)value_bytes));
        json_object_array_add(list, o);
    }
    return list;
}

static const struct {
    size_t count, key_bytes, value_bytes, event_bytes;
    bool fits;
} sizes[] = {
    {16, 32, 96, 256, true},  {17, 32, 96, 256, false}, {16, 33, 96, 256, false},
    {16, 32, 97, 256, false}, {16, 32, 96, 257, false},
};

START_TEST(limits_of_what_is_passed_on)
{
    json_object *list = properties(sizes[_i].count, sizes[_i].key_bytes, sizes[_i].value_bytes);
    struct buf text = {0};
    struct mm_catalog *c = NULL;

    buf_str(&text, "{\"MatchmakingConfigurations\":[{\"Name\":\"a\",\"RuleSetName\":\"good\",\"Partition\":0,"
                   "\"RequestTimeoutSeconds\":1,\"CustomEventData\":\"");
    for (size_t i = 0; i < sizes[_i].event_bytes; i++)
        buf_str(&text, "x");
    buf_printf(&text, "\",\"GameProperties\":%s}]}", json_object_to_json_string(list));
    ck_assert_msg((parse(&c, text.data) == 0) == sizes[_i].fits, "%s", error);
    mm_catalog_free(&c);
    json_object_put(list);
    buf_free(&text);
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
     "$.MatchmakingConfigurations[0].AcceptanceTimeoutSeconds: must be an integer from 1 to 600 when "
     "AcceptanceRequired "
     "is true, is missing"},
    {LIST(ENTRY("a", "good", "0", "1", ",\"AcceptanceRequired\":true,\"AcceptanceTimeoutSeconds\":601")),
     "$.MatchmakingConfigurations[0].AcceptanceTimeoutSeconds: must be an integer from 1 to 600, is 601"},
    {LIST(ENTRY("a", "good", "0", "1", ",\"AcceptanceTimeoutSeconds\":0")),
     "$.MatchmakingConfigurations[0].AcceptanceTimeoutSeconds: must be an integer from 1 to 600, is 0"},
    {LIST(ENTRY("a", "good", "0", "1", ",\"AdditionalPlayerCount\":-1")),
     "$.MatchmakingConfigurations[0].AdditionalPlayerCount: must be an integer from 0 to 199, is -1"},
    {LIST(ENTRY("a", "good", "0", "1", ",\"CustomEventData\":7")), "$.MatchmakingConfigurations[0].CustomEventData"},
    {LIST(ENTRY("a", "good", "0", "1", ",\"GameProperties\":{}")), "$.MatchmakingConfigurations[0].GameProperties"},
    {LIST(ENTRY("a", "good", "0", "1", ",\"GameProperties\":[{\"Key\":\"k\"}]")),
     "$.MatchmakingConfigurations[0].GameProperties[0]: member \"Value\" is missing"},
    {LIST(ENTRY("a", "good", "0", "1", ",\"GameProperties\":[{\"Key\":\"\",\"Value\":\"\"}]")),
     "$.MatchmakingConfigurations[0].GameProperties[0].Key"},
    {LIST(ENTRY("a", "good", "0", "1", ",\"GameProperties\":[{\"Key\":\"k\",\"Value\":\"\",\"x\":1}]")),
     "$.MatchmakingConfigurations[0].GameProperties[0]: unknown member \"x\""},
    {LIST(ENTRY("a", "good", "0", "1", ",\"AcceptanceRequired\":\"no\"")),
     "$.MatchmakingConfigurations[0].AcceptanceRequired"},
    {LIST(ENTRY("a", "good", "0", "1", ",\"BackfillMode\":\"MANUAL\"")),
     "$.MatchmakingConfigurations[0]: unknown member \"BackfillMode\""},
    {LIST(ENTRY("a", "none", "0", "1", "")),
     "$.MatchmakingConfigurations[0].RuleSetName: rule set \"none\": there is none"},
    {LIST(ENTRY("a", "good", "0", "1", "") "," ENTRY("b", "bad", "1", "1", "")),
     "rule set \"bad\": $: member \"ruleLanguageVersion\" is missing (and 1 more)"},
    {LIST(ENTRY("a", "slow", "0", "30", "") "," ENTRY("b", "slow", "0", "29", "")),
     "$.MatchmakingConfigurations[1].RequestTimeoutSeconds: must be at least 30, the last step of rule set \"slow\", "
     "is "
     "29"},
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
    ck_assert_str_eq(found->rules->teams[0].name, "red");
    ck_assert_double_eq(found->rules->phases[0].rules[0].limits[MM_MAX_DISTANCE], 50);
    ck_assert_double_eq(mm_ruleset_phase(found->rules, 15000)->rules[0].limits[MM_MAX_DISTANCE], 3000);
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
    (void)snprintf(says, sizeof(says), "%s: cannot be read: %s", file, strerror(ENOENT));
    ck_assert_int_eq(mm_catalog_load(&c, file, PARTITIONS, error), ERR_INVALID);
    ck_assert_str_eq(error, says);
    write_file(file, LIST(ENTRY("a", "b", "0", "1", "")));
    (void)snprintf(says, sizeof(says), "rule set \"b\": %s/rulesets/b.json: cannot be read", folder);
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
    tcase_add_test(tc, takes_all_that_a_configuration_may_say);
    tcase_add_loop_test(tc, limits_of_what_is_passed_on, 0, ROWS(sizes));
    tcase_add_loop_test(tc, refuses, 0, ROWS(refused));
    tcase_add_test(tc, loads_what_is_deployed);
    tcase_add_test(tc, faults_of_files_name_the_file);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
