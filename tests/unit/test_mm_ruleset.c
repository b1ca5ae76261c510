/* mm_ruleset: which rule sets are taken, and what they are resolved to. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "ruleset_docs.h"

/* ---- what is taken ---------------------------------------------------------------------------------------------- */

static const char *const accepted[] = {
    DOC(TEAMS),
    DOC(TEAMS ",\"name\":\"\",\"playerAttributes\":[],\"rules\":[],\"expansions\":[],\"algorithm\":{}"),
    DOC("\"teams\":[" TEAM("a", 0, 40) "]"),
    LARGE(),
    ALGORITHM("\"strategy\":\"exhaustiveSearch\",\"batchingPreference\":\"random\",\"expansionAgeSelection\":"
              "\"oldest\",\"backfillPriority\":\"high\""),
    ALGORITHM("\"batchingPreference\":\"sorted\",\"sortByAttributes\":[\"map\",\"skill\"]"),
    ALGORITHM(BALANCED ",\"batchingPreference\":\"fastestRegion\""),
    ONE("comparison", M(SKILLS) REF("5") OP(">=") ",\"partyAggregation\":\"min\",\"description\":\"\""),
    ONE("comparison", M(SKILLS) REF("\"5\"") OP("<")),
    ONE("comparison", M(MAPS) REF("\"5\"") OP("=")),
    ONE("comparison", M(MAPS) REF("\"ice\"") OP("!=")),
    ONE("comparison", ",\"measurements\":\"" SKILLS "\"" REF("\"avg(" SKILLS ")\"") OP("=")),
    ONE("comparison", ",\"measurements\":[\"" SKILLS "\",\"count(teams[red].players)\"]" OP("!=")),
    ONE("comparison", M("teams[red].players[playerId]") OP("!=")),
    ONE("distance", M("avg(teams[*].players.attributes[skill])") REF("\"avg(" SKILLS ")\"") ",\"minDistance\":0"),
    ONE("distance", M(SKILLS) REF("0") ",\"minDistance\":5,\"maxDistance\":5"),
    ONE("batchDistance", ",\"batchAttribute\":\"skill\",\"maxDistance\":\"500\",\"partyAggregation\":\"max\""),
    ONE("batchDistance", ",\"batchAttribute\":\"map\""),
    ONE("collection", M(TAGS) OP("intersection") ",\"minCount\":1"),
    ONE("collection", M(TAGS) OP("contains") REF("\"medic\"")),
    ONE("collection", M(MAPS) OP("contains") REF("\"10\"") ",\"maxCount\":3,\"partyAggregation\":\"intersection\""),
    ONE("collection", M(TAGS) OP("reference_intersection_count") REF("[\"a\",\"b\"]") ",\"maxCount\":0"),
    ONE("latency", ",\"maxLatency\":100"),
    ONE("latency", ",\"maxDistance\":10,\"distanceReference\":\"avg\""),
    ONE("absoluteSort", ",\"sortAttribute\":\"skill\",\"sortDirection\":\"descending\""),
    ONE("distanceSort", ",\"sortAttribute\":\"prefs\",\"mapKey\":\"minValue\",\"partyAggregation\":\"avg\""),
    COMPOUND("not(Same)"),
    COMPOUND(" or ( and(Near,Same) , xor(Near, Same, not( Near )) ) "),
    RULES(NEAR ",{\"name\":\"C\",\"type\":\"compound\",\"statement\":\"Near\"},{\"name\":\"D\",\"type\":\"compound\","
               "\"statement\":\"not(C)\"}"),
    EXPANSIONS(EXPANSION("rules[Near].maxDistance", STEP(1, "20") "," STEP(43200, "30.5"))),
    EXPANSIONS(EXPANSION("rules[Near].minDistance", STEP(1, "5"))),
    EXPANSIONS(EXPANSION("rules[Near].referenceValue", STEP(1, "\"avg(" SKILLS ")\""))),
    EXPANSIONS(EXPANSION("teams[red, blue].maxPlayers", STEP(1, "5"))),
    EXPANSIONS(EXPANSION("teams[red].minPlayers", STEP(1, "2")) "," EXPANSION("teams[blue].minPlayers", STEP(1, "0"))),
};

START_TEST(accepts)
{
    struct mm_ruleset *r = must_parse(accepted[_i]);

    ck_assert_msg(problems.count == 0, "%s: %s", problems.list[0].path, problems.list[0].text);
    mm_ruleset_free(&r);
    ck_assert_ptr_null(r);
    mm_ruleset_free(&r);
}
END_TEST

START_TEST(resolves_names_and_teams)
{
    struct mm_ruleset *r = must_parse(DOC("\"name\":\"label\"," ATTRIBUTES "\"teams\":[" TEAM(
        "red", 1, 2) ",{\"name\":\"pack\",\"minPlayers\":2,\"maxPlayers\":3,\"quantity\":3}],"
                     "\"rules\":[{\"name\":\"B\",\"type\":\"batchDistance\",\"batchAttribute\":\"map\"}]"));

    ck_assert_str_eq(r->name, "r");
    ck_assert_str_eq(r->label, "label");
    ck_assert_int_eq(mm_ruleset_attribute(r, "tags"), 2);
    ck_assert_int_eq(mm_ruleset_attribute(r, "x"), MM_NEVER);
    ck_assert_int_eq(mm_ruleset_rule(r, "B"), 0);
    ck_assert_int_eq(mm_ruleset_rule(r, "x"), MM_NEVER);
    ck_assert(!r->attributes[0].used && r->attributes[1].used && !r->attributes[2].used);
    ck_assert_uint_eq(r->family_count, 2);
    ck_assert_uint_eq(r->team_count, 4);
    ck_assert_str_eq(r->teams[0].name, "red");
    ck_assert_str_eq(r->teams[3].name, "pack_3");
    ck_assert_uint_eq(r->families[1].first, 1);
    ck_assert_uint_eq(r->families[1].quantity, 3);
    ck_assert_uint_eq(r->phases[0].min_players, 7);
    ck_assert_uint_eq(r->phases[0].max_players, 11);
    ck_assert(!r->large);
    mm_ruleset_free(&r);
}
END_TEST

START_TEST(defaults)
{
    struct mm_ruleset *r = must_parse(
        DOC("\"playerAttributes\":[{\"name\":\"n\",\"type\":\"number\",\"default\":-1.5},{\"name\":\"l\",\"type\":"
            "\"string_list\",\"default\":[]},{\"name\":\"bare\",\"type\":\"string\"}]," TEAMS));

    ck_assert_double_eq(json_object_get_double(r->attributes[0].fallback), -1.5);
    ck_assert_int_eq(r->attributes[1].type, MM_ATTRIBUTE_STRING_LIST);
    ck_assert_ptr_nonnull(r->attributes[1].fallback);
    ck_assert_ptr_null(r->attributes[2].fallback);
    ck_assert_int_eq(r->algorithm.strategy, MM_EXHAUSTIVE_SEARCH);
    ck_assert_int_eq(r->algorithm.batching, MM_BATCH_RANDOM);
    ck_assert_int_eq(r->algorithm.balanced_attribute, MM_NEVER);
    ck_assert_int_eq(r->algorithm.backfill, MM_BACKFILL_NORMAL);
    ck_assert(!r->algorithm.age_of_oldest);
    mm_ruleset_free(&r);
}
END_TEST

START_TEST(resolves_the_algorithm)
{
    struct mm_ruleset *r = must_parse(ALGORITHM(BALANCED));

    ck_assert_int_eq(r->algorithm.strategy, MM_BALANCED);
    ck_assert_int_eq(r->algorithm.batching, MM_BATCH_LARGEST_POPULATION);
    ck_assert_int_eq(r->algorithm.balanced_attribute, 0);
    ck_assert(r->attributes[0].used);
    mm_ruleset_free(&r);
    r = must_parse(ALGORITHM("\"batchingPreference\":\"sorted\",\"sortByAttributes\":[\"map\",\"skill\"],"
                             "\"backfillPriority\":\"low\",\"expansionAgeSelection\":\"oldest\""));
    ck_assert_int_eq(r->algorithm.batching, MM_BATCH_SORTED);
    ck_assert_uint_eq(r->algorithm.sort_count, 2);
    ck_assert_uint_eq(r->algorithm.sort_attributes[0], 1);
    ck_assert_uint_eq(r->algorithm.sort_attributes[1], 0);
    ck_assert_int_eq(r->algorithm.backfill, MM_BACKFILL_LOW);
    ck_assert(r->algorithm.age_of_oldest);
    mm_ruleset_free(&r);
}
END_TEST

START_TEST(resolves_rules)
{
    struct mm_ruleset *r = must_parse(
        RULES(RULE("comparison", M(MAPS) REF("\"5\"") OP("=")) ",{\"name\":\"D\",\"type\":\"distance\"" M(SKILLS)
                  REF("\"5\"") ",\"maxDistance\":7,\"partyAggregation\":\"max\"},{\"name\":\"L\",\"type\":\"latency\","
                               "\"maxDistance\":10,\"distanceReference\":\"avg\"},{\"name\":\"S\",\"type\":"
                               "\"absoluteSort\",\"sortAttribute\":\"prefs\",\"mapKey\":\"maxValue\","
                               "\"sortDirection\":\"descending\"},{\"name\":\"A\",\"type\":\"comparison\"" M(SKILLS)
                                   OP("!=") "},{\"name\":\"C\",\"type\":\"collection\"" M(TAGS) OP("contains")
                                       REF("\"medic\"") "}"));
    const struct mm_force *force = r->phases[0].rules;

    ck_assert_str_eq(force[0].reference->string, "5");
    ck_assert_int_eq(force[0].reference->source, MM_SOURCE_STRING);
    ck_assert(!r->rules[0].across && r->rules[0].comparison == MM_EQ && r->rules[0].enforced);
    ck_assert_int_eq(force[1].reference->source, MM_SOURCE_NUMBER);
    ck_assert_double_eq(force[1].reference->number, 5);
    ck_assert_double_eq(force[1].limits[MM_MAX_DISTANCE], 7);
    ck_assert(isnan(force[1].limits[MM_MIN_DISTANCE]));
    ck_assert_int_eq(r->rules[1].party, MM_PARTY_MAX);
    for (size_t i = 0; i < r->attribute_count; i++)
        ck_assert(r->attributes[i].used);
    ck_assert(r->rules[2].distance_to_avg && isnan(force[2].limits[MM_MAX_LATENCY]));
    ck_assert(r->rules[3].has_map_key && r->rules[3].max_key && r->rules[3].descending && !r->rules[3].enforced);
    ck_assert_int_eq(r->rules[3].attribute, 3);
    ck_assert(r->rules[4].across && r->rules[4].comparison == MM_NE);
    ck_assert_ptr_null(force[4].reference);
    ck_assert_int_eq(r->rules[4].party, MM_PARTY_AVG);
    ck_assert_int_eq(r->rules[5].party, MM_PARTY_UNION);
    ck_assert_int_eq(r->rules[5].collection, MM_CONTAINS);
    mm_ruleset_free(&r);
}
END_TEST

/* A rule that a compound names is not enforced by itself. */
START_TEST(resolves_a_compound)
{
    struct mm_ruleset *r = must_parse(COMPOUND("or(and(Near, Same), not(Near))"));
    const struct mm_logic *l = r->rules[4].statement;

    ck_assert(!r->rules[0].enforced && !r->rules[1].enforced && r->rules[2].enforced && r->rules[4].enforced);
    ck_assert_int_eq(l->op, MM_LOGIC_OR);
    ck_assert_uint_eq(l->argument_count, 2);
    ck_assert_int_eq(l->arguments[0].op, MM_LOGIC_AND);
    ck_assert_uint_eq(l->arguments[0].arguments[1].rule, 1);
    ck_assert_int_eq(l->arguments[1].op, MM_LOGIC_NOT);
    ck_assert_int_eq(l->arguments[1].arguments[0].op, MM_LOGIC_RULE);
    mm_ruleset_free(&r);
}
END_TEST

/* ---- phases ----------------------------------------------------------------------------------------------------- */

/* FlexMatch's worked example of expansions: 4 players, after 30 s 3, after 40 s 2, after 45 s 1. */
START_TEST(phases_by_age)
{
    static const struct {
        int64_t age_ms;
        uint16_t min;
    } rows[] = {{0, 4},     {29999, 4}, {30000, 3}, {35000, 3},     {39999, 3}, {40000, 2},
                {44999, 2}, {45000, 1}, {55000, 1}, {INT64_MAX, 1}, {-5, 4}};
    struct mm_ruleset *r = must_parse(DOC("\"teams\":[" TEAM("players", 4, 4) "],\"expansions\":[" EXPANSION(
        "teams[players].minPlayers", STEP(30, "3") "," STEP(40, "2") "," STEP(45, "1")) "]"));

    ck_assert_uint_eq(r->phase_count, 4);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct mm_phase *p = mm_ruleset_phase(r, rows[i].age_ms);

        ck_assert_uint_eq(mm_phase_size(r, p, 0).min, rows[i].min);
        ck_assert_uint_eq(p->min_players, rows[i].min);
        ck_assert_uint_eq(p->max_players, 4);
    }
    mm_ruleset_free(&r);
}
END_TEST

/* Steps of several expansions, some at the same age: a phase holds all that is in force. */
START_TEST(phases_of_several_expansions)
{
    struct mm_ruleset *r =
        must_parse(EXPANSIONS(EXPANSION("rules[Near].maxDistance", STEP(10, "20") "," STEP(20, "40")) "," EXPANSION(
            "teams[red,blue].maxPlayers", STEP(10, "4") "," STEP(15, "5")) "," EXPANSION("rules[Near].referenceValue",
                                                                                         STEP(20, "9"))));
    static const struct {
        int64_t wait_ms;
        double distance, reference;
        size_t max;
    } rows[] = {{0, 10, 5, 4}, {10000, 20, 5, 8}, {15000, 20, 5, 10}, {20000, 40, 9, 10}};

    ck_assert_uint_eq(r->phase_count, 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(r->phases[i].wait_ms, rows[i].wait_ms);
        ck_assert_double_eq(r->phases[i].rules[0].limits[MM_MAX_DISTANCE], rows[i].distance);
        ck_assert_double_eq(r->phases[i].rules[0].reference->number, rows[i].reference);
        ck_assert_uint_eq(r->phases[i].max_players, rows[i].max);
    }
    mm_ruleset_free(&r);
}
END_TEST

/* An expansion may make the match large: then the rules of large matches hold from the beginning. */
START_TEST(large_in_a_later_phase)
{
    struct mm_ruleset *r =
        must_parse(DOC(ATTRIBUTES TEAMS ",\"algorithm\":{" BALANCED "},\"rules\":[" NEAR
                                        ",{\"name\":\"L\",\"type\":\"latency\",\"maxLatency\":50,\"maxDistance\":9}],"
                                        "\"expansions\":[" EXPANSION("teams[red].maxPlayers", STEP(9, "40")) "]"));

    ck_assert(r->large && !r->rules[0].enforced && r->rules[1].enforced);
    ck_assert(isnan(r->phases[0].rules[1].limits[MM_MAX_DISTANCE]));
    ck_assert(isnan(r->phases[1].rules[1].limits[MM_MAX_DISTANCE]));
    ck_assert_double_eq(r->phases[1].rules[1].limits[MM_MAX_LATENCY], 50);
    mm_ruleset_free(&r);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *s = suite_create("mm_ruleset");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_loop_test(tc, accepts, 0, ROWS(accepted));
    tcase_add_test(tc, resolves_names_and_teams);
    tcase_add_test(tc, defaults);
    tcase_add_test(tc, resolves_the_algorithm);
    tcase_add_test(tc, resolves_rules);
    tcase_add_test(tc, resolves_a_compound);
    tcase_add_test(tc, phases_by_age);
    tcase_add_test(tc, phases_of_several_expansions);
    tcase_add_test(tc, large_in_a_later_phase);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
