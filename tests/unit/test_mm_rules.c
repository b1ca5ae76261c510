/* mm_rules: which rule sets are taken, what they compile to, and by which words the others are refused. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "mm_rules.h"

static char error[MM_ERROR_SIZE];

#define HEAD "{\"ruleLanguageVersion\":\"1.0\","
#define ATTRIBUTES                                                                                                     \
    "\"playerAttributes\":[{\"name\":\"skill\",\"type\":\"number\",\"default\":1500},{\"name\":\"role\",\"type\":"     \
    "\"string\"}],"
#define TEAM(name) "{\"name\":\"" name "\",\"minPlayers\":1,\"maxPlayers\":1}"
#define TEAMS      "\"teams\":[" TEAM("red") "," TEAM("blue") "]"
#define MAX_OF(a)  "max(flatten(teams[*].players.attributes[" a "]))"
#define MIN_OF(a)  "min(flatten(teams[*].players.attributes[" a "]))"
#define RULE(measured, reference, rest)                                                                                \
    ",\"rules\":[{\"name\":\"Close\",\"type\":\"distance\",\"measurements\":" measured                                 \
    ",\"referenceValue\":\"" reference "\"" rest "}]"
#define CLOSE                    RULE("[\"" MAX_OF("skill") "\"]", MIN_OF("skill"), ",\"maxDistance\":50")
#define EXPANSION(target, steps) ",\"expansions\":[{\"target\":\"" target "\",\"steps\":[" steps "]}]"
#define STEP(wait, value)        "{\"waitTimeSeconds\":" #wait ",\"value\":" #value "}"
#define DUEL                     HEAD ATTRIBUTES TEAMS CLOSE
#define WIDEN(steps)             DUEL EXPANSION("rules[Close].maxDistance", steps) "}"

static int parse(struct mm_rules **r, const char *text)
{
    return mm_rules_parse(r, "duel", text, strlen(text), error);
}

static struct mm_rules *must_parse(const char *text)
{
    struct mm_rules *r = NULL;

    ck_assert_msg(parse(&r, text) == 0, "%s", error);
    return r;
}

static const struct {
    const char *text;
    double window;          /* at first, in attribute units */
    const char *red, *blue; /* the teams */
} accepted[] = {
    {HEAD TEAMS "}", (double)INFINITY, "red", "blue"},
    {HEAD TEAMS ",\"rules\":[],\"expansions\":[],\"name\":\"\"}", (double)INFINITY, "red", "blue"},
    {HEAD "\"teams\":[{\"name\":\"p\",\"minPlayers\":1,\"maxPlayers\":1,\"quantity\":2}]}", (double)INFINITY, "p_1",
     "p_2"},
    {DUEL "}", 50, "red", "blue"},
    {HEAD ATTRIBUTES TEAMS RULE("\"" MAX_OF("skill") "\"", MIN_OF("skill"), ",\"maxDistance\":0") "}", 0, "red",
     "blue"},
    {HEAD ATTRIBUTES TEAMS RULE("[\" max ( flatten( teams[ * ].players\\n.attributes[ skill ]))\"]", MIN_OF("skill"),
                                ",\"maxDistance\":50,\"description\":\"x\"") "}",
     50, "red", "blue"},
    {HEAD ATTRIBUTES TEAMS RULE("[\"avg(teams[*].players.attributes[skill])\"]",
                                "avg(flatten(teams[*].players.attributes[skill]))", ",\"maxDistance\":50") "}",
     100, "red", "blue"},
    {HEAD "\"playerAttributes\":[{\"name\":\"my skill\",\"type\":\"number\"}]," TEAMS RULE(
         "[\"" MAX_OF("my skill") "\"]", MIN_OF(" my skill"), ",\"maxDistance\":1.5") "}",
     1.5, "red", "blue"},
    {HEAD "\"algorithm\":{\"strategy\":\"exhaustiveSearch\",\"batchingPreference\":\"random\","
          "\"expansionAgeSelection\":\"newest\"}," TEAMS "}",
     (double)INFINITY, "red", "blue"},
    {HEAD "\"algorithm\":{}," TEAMS "}", (double)INFINITY, "red", "blue"},
};

START_TEST(accepts)
{
    struct mm_rules *r = must_parse(accepted[_i].text);

    ck_assert_str_eq(r->name, "duel");
    ck_assert_double_eq(mm_rules_window(r, 0), accepted[_i].window);
    ck_assert_int_eq(r->distance_attribute >= 0, isfinite(accepted[_i].window));
    ck_assert_str_eq(r->team_names[0], accepted[_i].red);
    ck_assert_str_eq(r->team_names[1], accepted[_i].blue);
    mm_rules_free(&r);
    ck_assert_ptr_null(r);
    mm_rules_free(&r);
}
END_TEST

START_TEST(attributes)
{
    struct mm_rules *r = must_parse(
        HEAD
        "\"playerAttributes\":[{\"name\":\"n\",\"type\":\"number\",\"default\":-1.5},{\"name\":\"s\",\"type\":"
        "\"string\",\"default\":\"x\"},{\"name\":\"l\",\"type\":\"string_list\",\"default\":[\"a\"]},{\"name\":\"m\","
        "\"type\":\"string_number_map\",\"default\":{\"k\":1}},{\"name\":\"bare\",\"type\":\"number\"}]," TEAMS "}");

    ck_assert_uint_eq(r->attribute_count, 5);
    ck_assert(r->attributes[0].has_default && r->attributes[3].has_default && !r->attributes[4].has_default);
    ck_assert_double_eq(r->attributes[0].default_number, -1.5);
    ck_assert_int_eq(r->attributes[2].type, MM_ATTRIBUTE_STRING_LIST);
    ck_assert_ptr_eq(mm_rules_attribute(r, "m"), &r->attributes[3]);
    ck_assert_ptr_null(mm_rules_attribute(r, "x"));
    mm_rules_free(&r);
}
END_TEST

static const struct {
    int64_t wait_ms;
    double window;
    int64_t next_ms;
} windows[] = {
    {-5, 50, 2000},    {0, 50, 2000},         {1999, 50, 2000},           {2000, 100, 5000},
    {4999, 100, 5000}, {5000, 30, INT64_MAX}, {INT64_MAX, 30, INT64_MAX},
};

START_TEST(window_widens)
{
    struct mm_rules *r = must_parse(WIDEN(STEP(2, 100) "," STEP(5, 30)));

    ck_assert_double_eq(mm_rules_window(r, windows[_i].wait_ms), windows[_i].window);
    ck_assert_int_eq(mm_rules_next_step(r, windows[_i].wait_ms), windows[_i].next_ms);
    mm_rules_free(&r);
}
END_TEST

START_TEST(no_rule_no_steps)
{
    struct mm_rules *r = must_parse(HEAD TEAMS "}");

    ck_assert_int_eq(mm_rules_next_step(r, 0), INT64_MAX);
    ck_assert_int_eq(r->distance_attribute, -1);
    mm_rules_free(&r);
}
END_TEST

static const struct {
    const char *text, *says; /* after `rule set "duel": ` */
} refused[] = {
    {"", ""},
    {"[]", "$: must be an object, is array"},
    {"{}", "$: member \"ruleLanguageVersion\" is missing"},
    {"{\"ruleLanguageVersion\":\"2.0\"}", "$.ruleLanguageVersion: must be \"1.0\", is \"2.0\""},
    {HEAD TEAMS ",\"acceptanceRequired\":true}",
     "$: unknown member \"acceptanceRequired\"; known are name, ruleLanguageVersion"},
    {HEAD "\"algorithm\":{\"strategy\":\"balanced\"}," TEAMS "}",
     "$.algorithm.strategy: \"balanced\" is not supported yet; \"exhaustiveSearch\" is"},
    {HEAD "\"algorithm\":{\"batchingPreference\":\"sorted\"}," TEAMS "}",
     "$.algorithm.batchingPreference: \"sorted\" is not"},
    {HEAD "\"algorithm\":{\"expansionAgeSelection\":\"oldest\"}," TEAMS "}",
     "$.algorithm.expansionAgeSelection: \"oldest\" is not"},
    {HEAD "\"algorithm\":{\"balancedAttribute\":\"skill\"}," TEAMS "}",
     "$.algorithm: unknown member \"balancedAttribute\""},
    {HEAD "\"algorithm\":7," TEAMS "}", "$.algorithm: must be an object"},
    {HEAD "\"playerAttributes\":{}," TEAMS "}", "$.playerAttributes: must be an array"},
    {HEAD "\"playerAttributes\":[7]," TEAMS "}", "$.playerAttributes[0]: must be an object"},
    {HEAD "\"playerAttributes\":[{\"name\":\"a\",\"type\":\"int\"}]," TEAMS "}",
     "$.playerAttributes[0].type: must be string, number, string_list or string_number_map, is \"int\""},
    {HEAD "\"playerAttributes\":[{\"name\":\"a\",\"type\":\"number\",\"default\":\"1\"}]," TEAMS "}",
     "$.playerAttributes[0].default: must be a finite number, is string"},
    {HEAD "\"playerAttributes\":[{\"name\":\"a\",\"type\":\"number\"},{\"name\":\"a\",\"type\":\"string\"}]," TEAMS "}",
     "$.playerAttributes[1]: attribute \"a\" is declared twice"},
    {HEAD "\"teams\":[]}", "$.teams: must be an array of 1 to"},
    {HEAD "\"teams\":[" TEAM("red") "]}", "$.teams: 1 team is not supported yet; 2 are"},
    {HEAD "\"teams\":[" TEAM("a") "," TEAM("b") "," TEAM("c") "]}", "$.teams: more than 2 teams are not supported yet"},
    {HEAD "\"teams\":[" TEAM("a") "," TEAM("a") "]}", "$.teams: two teams are named \"a\""},
    {HEAD "\"teams\":[{\"name\":\"a\",\"minPlayers\":1,\"maxPlayers\":1,\"quantity\":3}]}",
     "$.teams: more than 2 teams"},
    {HEAD "\"teams\":[" TEAM("a") ",{\"name\":\"b\",\"minPlayers\":1,\"maxPlayers\":5}]}",
     "$.teams[1].maxPlayers: 5 is not supported yet; 1 is"},
    {HEAD "\"teams\":[{\"name\":\"b\",\"minPlayers\":0,\"maxPlayers\":1}]}",
     "$.teams[0].minPlayers: 0 is not supported yet; 1 is"},
    {HEAD "\"teams\":[{\"minPlayers\":1,\"maxPlayers\":1}]}", "$.teams[0]: member \"name\" is missing"},
    {HEAD TEAMS ",\"rules\":[{\"name\":\"r\",\"type\":\"collection\"}]}",
     "$.rules[0].type: \"collection\" is not supported yet; \"distance\" is"},
    {HEAD TEAMS ",\"rules\":[{\"name\":\"r\"}]}", "$.rules[0]: member \"type\" is missing"},
    {HEAD TEAMS ",\"rules\":[7]}", "$.rules[0]: must be an object"},
    {HEAD TEAMS ",\"rules\":[{\"type\":\"distance\"},{\"type\":\"latency\"}]}",
     "$.rules[1].type: \"latency\" is not supported yet"},
    {HEAD TEAMS ",\"rules\":[{\"type\":\"distance\"},{\"type\":\"distance\"}]}",
     "$.rules: 2 rules are not supported yet; one is"},
    {HEAD ATTRIBUTES TEAMS RULE("[\"a\",\"b\"]", "c", ",\"maxDistance\":1") "}",
     "$.rules[0].measurements: must be an array of 1 to 1"},
    {HEAD ATTRIBUTES TEAMS RULE("[7]", "c", ",\"maxDistance\":1") "}",
     "$.rules[0].measurements[0]: must be a string, is int"},
    {HEAD ATTRIBUTES TEAMS RULE("[\"" MAX_OF("skill") "\"]", MAX_OF("skill"), ",\"maxDistance\":1") "}",
     "$.rules[0].measurements: not supported yet; max(flatten(teams[*].players.attributes[%])) against min("},
    {HEAD ATTRIBUTES TEAMS RULE("[\"" MAX_OF("skill") "\"]", MIN_OF("rank"), ",\"maxDistance\":1") "}",
     "$.rules[0].measurements: not supported yet"},
    {HEAD ATTRIBUTES TEAMS RULE("[\"" MAX_OF("rank") "\"]", MIN_OF("rank"), ",\"maxDistance\":1") "}",
     "$.rules[0].measurements: attribute \"rank\" must be declared in $.playerAttributes as a number"},
    {HEAD ATTRIBUTES TEAMS RULE("[\"" MAX_OF("role") "\"]", MIN_OF("role"), ",\"maxDistance\":1") "}",
     "$.rules[0].measurements: attribute \"role\" must be declared"},
    {HEAD ATTRIBUTES TEAMS RULE("[\"" MAX_OF("") "\"]", MIN_OF(""), ",\"maxDistance\":1") "}",
     "$.rules[0].measurements: not supported yet"},
    {HEAD ATTRIBUTES TEAMS RULE("[\"" MAX_OF("skill") "\"]", MIN_OF("skill"), "") "}",
     "$.rules[0]: member \"maxDistance\" is missing"},
    {HEAD ATTRIBUTES TEAMS RULE("[\"" MAX_OF("skill") "\"]", MIN_OF("skill"), ",\"maxDistance\":-1") "}",
     "$.rules[0].maxDistance: must be 0 or more, is -1"},
    {HEAD ATTRIBUTES TEAMS RULE("[\"" MAX_OF("skill") "\"]", MIN_OF("skill"),
                                ",\"maxDistance\":1,\"minDistance\":1") "}",
     "$.rules[0]: unknown member \"minDistance\""},
    {HEAD TEAMS EXPANSION("rules[Close].maxDistance", STEP(2, 100)) "}",
     "$.expansions[0].target: \"rules[Close].maxDistance\" is not supported yet"},
    {DUEL EXPANSION("teams[red].minPlayers", STEP(2, 100)) "}",
     "$.expansions[0].target: \"teams[red].minPlayers\" is not supported yet; \"rules[Close].maxDistance\" is"},
    {DUEL ",\"expansions\":[{},{}]}", "$.expansions: 2 expansions are not supported yet; one is"},
    {WIDEN(""), "$.expansions[0].steps: must be an array of 1"},
    {WIDEN(STEP(0, 100)), "$.expansions[0].steps[0].waitTimeSeconds: must be an integer from 1 to 43200"},
    {WIDEN(STEP(5, 100) "," STEP(5, 200)),
     "$.expansions[0].steps[1].waitTimeSeconds: must be more than the step before, is 5"},
    {WIDEN(STEP(5, -1)), "$.expansions[0].steps[0].value: must be 0 or more, is -1"},
    {WIDEN(STEP(5, "1")), "$.expansions[0].steps[0].value: must be a number"},
    {WIDEN("{\"waitTimeSeconds\":1}"), "$.expansions[0].steps[0]: member \"value\" is missing"},
};

START_TEST(refuses)
{
    static const char prefix[] = "rule set \"duel\": ";
    struct mm_rules *r = NULL;

    ck_assert_int_eq(parse(&r, refused[_i].text), ERR_INVALID);
    ck_assert_ptr_null(r);
    ck_assert_msg(strncmp(error, prefix, strlen(prefix)) == 0, "%s", error);
    ck_assert_msg(strncmp(error + strlen(prefix), refused[_i].says, strlen(refused[_i].says)) == 0, "%s", error);
}
END_TEST

START_TEST(refuses_more_than_64k)
{
    struct mm_rules *r = NULL;
    struct buf text = {0};

    buf_str(&text, DUEL "}");
    while (text.len < 65535)
        buf_str(&text, " ");
    ck_assert_int_eq(mm_rules_parse(&r, "duel", text.data, text.len, error), 0);
    mm_rules_free(&r);
    buf_str(&text, " ");
    ck_assert_int_eq(mm_rules_parse(&r, "duel", text.data, text.len, error), ERR_INVALID);
    ck_assert_str_eq(error, "rule set \"duel\": $: must have at most 65535 bytes, has 65536");
    buf_free(&text);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *s = suite_create("mm_rules");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_loop_test(tc, accepts, 0, ROWS(accepted));
    tcase_add_test(tc, attributes);
    tcase_add_loop_test(tc, window_widens, 0, ROWS(windows));
    tcase_add_test(tc, no_rule_no_steps);
    tcase_add_loop_test(tc, refuses, 0, ROWS(refused));
    tcase_add_test(tc, refuses_more_than_64k);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
