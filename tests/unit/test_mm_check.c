/* Rules to verdicts: every type, at its border and just beyond it. */
#include <check.h>
#include <math.h>

#include "mm_scene.h"

#define ATTRIBUTES                                                                                                     \
    "'ruleLanguageVersion':'1.0','playerAttributes':[{'name':'skill','type':'number','default':10},"                   \
    "{'name':'mode','type':'string','default':'any'},{'name':'roles','type':'string_list','default':[]},"              \
    "{'name':'blocked','type':'string_list','default':[]}]"
#define TEAMS           "'teams':[{'name':'red','minPlayers':1,'maxPlayers':4},{'name':'blue','minPlayers':0,'maxPlayers':4}]"
#define RULES(...)      "{" ATTRIBUTES "," TEAMS ",'rules':[" __VA_ARGS__ "]}"
#define RULE(NAME, ...) "{'name':'" NAME "'," __VA_ARGS__ "}"
#define ONE(...)        RULES(RULE("R", __VA_ARGS__))

#define SKILLS "teams[*].players.attributes[skill]"
#define ROLES  "flatten(teams[*].players.attributes[roles])"

#define DISTANCE(M, R, MORE) ONE("'type':'distance','measurements':['" M "'],'referenceValue':'" R "'," MORE)
#define SPREAD               DISTANCE("max(flatten(" SKILLS "))", "min(flatten(" SKILLS "))", "'maxDistance':5")
#define FAIR                 DISTANCE("avg(" SKILLS ")", "avg(flatten(" SKILLS "))", "'maxDistance':5")
#define COMPARE(M, OP, R)    ONE("'type':'comparison','measurements':['" M "'],'operation':'" OP "','referenceValue':" R)
#define ACROSS(M, OP)        ONE("'type':'comparison','measurements':['" M "'],'operation':'" OP "'")
#define COLLECT(M, OP, MORE) ONE("'type':'collection','measurements':['" M "'],'operation':'" OP "'" MORE)
#define BATCH(A, MORE)       ONE("'type':'batchDistance','batchAttribute':'" A "'" MORE)
#define LATENCY(MORE)        ONE("'type':'latency'," MORE)
#define LOGIC(STATEMENT)                                                                                               \
    RULES(RULE(                                                                                                        \
        "A",                                                                                                           \
        "'type':'comparison','measurements':['count(teams[red].players)'],'operation':'>=',"                           \
        "'referenceValue':2") "," RULE("B",                                                                            \
                                       "'type':'comparison','measurements':['count(teams[blue].players)'],'operation'" \
                                       ":'>=',"                                                                        \
                                       "'referenceValue':2") "," RULE("R", "'type':'compound','statement':'" STATEMENT \
                                                                           "'"))
#define DUEL(A, B)  "{'red':[[{'skill':" #A "}]],'blue':[[{'skill':" #B "}]]}"
#define SIZES(A, B) "{'red':[" A "],'blue':[" B "]}"
#define SOLO        "[{}]"

static const struct {
    const char *rules, *lineup;
    bool passed;
    double found, allowed; /* NAN: nothing measured */
} cases[] = {
    /* distance */
    {SPREAD, DUEL(10, 15), true, 5, 5},
    {SPREAD, DUEL(10, 16), false, 6, 5},
    {SPREAD, "{}", true, NAN, 0},
    {FAIR, DUEL(10, 20), true, 5, 5},
    {FAIR, DUEL(10, 21), false, 5.5, 5},
    {FAIR, "{'red':[[{'skill':1},{'skill':3}],[{'skill':8}]],'blue':[[{'skill':8}]]}", true, 2, 5}, /* 5, 8: 6 */
    {DISTANCE("flatten(" SKILLS ")", "10", "'maxDistance':3,'minDistance':1"), DUEL(11, 13), true, 1, 1},
    {DISTANCE("flatten(" SKILLS ")", "10", "'maxDistance':3,'minDistance':1"), DUEL(12, 10), false, 0, 1},
    {DISTANCE("flatten(" SKILLS ")", "10", "'maxDistance':3,'minDistance':1"), DUEL(14, 12), false, 4, 3},
    {DISTANCE(SKILLS, "10", "'maxDistance':3"), DUEL(13, 6), false, 4, 3}, /* lists of lists too */
    {DISTANCE("avg(teams[red].players.attributes[skill])", "avg(teams[blue].players.attributes[skill])",
              "'minDistance':2"),
     "{'red':[[{'skill':1}]]}", true, NAN, 0},
    /* comparison with a reference */
    {COMPARE("flatten(" SKILLS ")", "<", "11"), DUEL(9, 10), true, 10, 11},
    {COMPARE("flatten(" SKILLS ")", "<", "10"), DUEL(9, 10), false, 10, 10},
    {COMPARE("flatten(" SKILLS ")", "<=", "10"), DUEL(9, 10), true, 10, 10},
    {COMPARE("flatten(" SKILLS ")", ">=", "9"), DUEL(9, 10), true, 9, 9},
    {COMPARE("flatten(" SKILLS ")", ">", "9"), DUEL(9, 10), false, 9, 9},
    {COMPARE("flatten(" SKILLS ")", "=", "9"), DUEL(9, 10), false, 10, 9},
    {COMPARE("flatten(" SKILLS ")", "!=", "9"), DUEL(9, 10), false, 9, 9},
    {COMPARE("flatten(" SKILLS ")", "!=", "8"), DUEL(9, 10), true, 9, 8},
    {COMPARE("count(teams[red].players)", "=", "'count(teams[blue].players)'"), SIZES(SOLO, SOLO), true, 1, 1},
    {COMPARE("count(teams[red].players)", "=", "'count(teams[blue].players)'"), SIZES(SOLO, ""), false, 1, 0},
    {COMPARE("flatten(teams[*].players.attributes[mode])", "=", "'any'"), SIZES(SOLO, SOLO), true, NAN, 0},
    {COMPARE("flatten(teams[*].players.attributes[mode])", "!=", "'any'"), SIZES(SOLO, SOLO), false, NAN, 0},
    {COMPARE("flatten(" ROLES ")", "!=", "'spy'"), SIZES("[{'roles':['medic','spy']}]", ""), false, NAN, 0},
    {COMPARE("teams[red].players.attributes[roles]", "=", "'spy'"), SIZES("[{'roles':['spy']}]", ""), true, NAN, 0},
    /* across */
    {ACROSS("flatten(" SKILLS ")", "="), DUEL(4, 4), true, NAN, 0},
    {ACROSS("flatten(" SKILLS ")", "="), DUEL(4, 5), false, NAN, 0},
    {ACROSS("flatten(" SKILLS ")", "!="), DUEL(4, 5), true, NAN, 0},
    {ACROSS("flatten(" SKILLS ")", "!="), "{'red':[[{'skill':1}],[{'skill':2}],[{'skill':1}]]}", false, NAN, 0},
    {ACROSS("flatten(teams[*].players.attributes[mode])", "="), SIZES("[{'mode':'x'}]", SOLO), false, NAN, 0},
    {ACROSS("flatten(teams[*].players.attributes[mode])", "!="), SIZES("[{'mode':'x'}]", SOLO), true, NAN, 0},
    {ACROSS("flatten(teams[*].players.attributes[mode])", "!="), SIZES("[{},{}]", ""), false, NAN, 0},
    {ACROSS("count(teams[*].players)", "="), SIZES(SOLO, SOLO), true, NAN, 0},
    /* collection */
    {COLLECT(ROLES, "intersection", ",'minCount':1"), SIZES("[{'roles':['a','b']}]", "[{'roles':['b','c']}]"), true, 1,
     1},
    {COLLECT(ROLES, "intersection", ",'minCount':1"), SIZES("[{'roles':['a']}]", "[{'roles':['c']}]"), false, 0, 1},
    {COLLECT(ROLES, "intersection", ",'minCount':1"), "{}", true, NAN, 0},
    {COLLECT(ROLES, "contains", ",'referenceValue':'spy','maxCount':1"), SIZES("[{'roles':['spy']}]", SOLO), true, 1,
     1},
    {COLLECT(ROLES, "contains", ",'referenceValue':'spy','maxCount':1"),
     SIZES("[{'roles':['spy']}]", "[{'roles':['spy','x']}]"), false, 2, 1},
    {COLLECT(ROLES, "contains", ",'referenceValue':'spy','maxCount':1"), /* a party has one list */
     SIZES("[{'roles':['spy']},{'roles':['spy']}]", ""), true, 1, 1},
    {COLLECT(ROLES, "contains", ",'referenceValue':'spy'"), SIZES(SOLO, SOLO), false, 0, 1},
    {COLLECT("flatten(" ROLES ")", "contains", ",'referenceValue':'spy','minCount':2"),
     SIZES("[{'roles':['spy']}]", "[{'roles':['spy','x']}]"), true, 2, 2},
    {COLLECT("flatten(teams[*].players.attributes[mode])", "contains", ",'referenceValue':'any','maxCount':1"),
     SIZES(SOLO, SOLO), false, 2, 1},
    {COLLECT(ROLES, "reference_intersection_count", ",'referenceValue':['a','b','c'],'minCount':1,'maxCount':2"),
     SIZES("[{'roles':['a','b']}]", "[{'roles':['c','x']}]"), true, 2, 2},
    {COLLECT(ROLES, "reference_intersection_count", ",'referenceValue':['a','b','c'],'minCount':1,'maxCount':2"),
     SIZES("[{'roles':['a','b','c']}]", "[{'roles':['c']}]"), false, 3, 2},
    {COLLECT(ROLES, "reference_intersection_count", ",'referenceValue':['a','b','c'],'minCount':1,'maxCount':2"),
     SIZES("[{'roles':['a']}]", "[{'roles':[]}]"), false, 0, 1},
    {COLLECT("flatten(teams[*].players.attributes[blocked])", "reference_intersection_count",
             ",'referenceValue':'flatten(teams[*].players[playerId])','maxCount':0"),
     SIZES("[{'id':'a','blocked':['x','y']}]", "[{'id':'b'}]"), true, 0, 0},
    {COLLECT("flatten(teams[*].players.attributes[blocked])", "reference_intersection_count",
             ",'referenceValue':'flatten(teams[*].players[playerId])','maxCount':0"),
     SIZES("[{'id':'a'}]", "[{'id':'b','blocked':['x','a']}]"), false, 1, 0},
    /* batchDistance; a party is one value */
    {BATCH("skill", ",'maxDistance':5"), DUEL(1, 6), true, 5, 5},
    {BATCH("skill", ",'maxDistance':5"), DUEL(1, 7), false, 6, 5},
    {BATCH("skill", ",'maxDistance':5"), SIZES("[{'skill':0},{'skill':6}]", "[{'skill':8}]"), true, 5, 5},
    {BATCH("skill", ",'maxDistance':5,'partyAggregation':'min'"), SIZES("[{'skill':0},{'skill':6}]", "[{'skill':8}]"),
     false, 8, 5},
    {BATCH("mode", ""), SIZES(SOLO, SOLO), true, NAN, 0},
    {BATCH("mode", ""), SIZES(SOLO, "[{'mode':'x'}]"), false, NAN, 0},
    {BATCH("mode", ""), "{}", true, NAN, 0},
    /* latency */
    {LATENCY("'maxLatency':50"), SIZES("[{'latency':{'eu':50,'us':9}}]", "[{'latency':{'eu':40}}]"), true, 50, 50},
    {LATENCY("'maxLatency':50"), SIZES("[{'latency':{'eu':51,'us':9}}]", "[{'latency':{'eu':40}}]"), false, 51, 50},
    {LATENCY("'maxLatency':50"), SIZES("[{'latency':{'eu':60,'us':70}}]", "[{'latency':{'us':4,'eu':4}}]"), false, 60,
     50},
    {LATENCY("'maxLatency':50"), SIZES("[{'latency':{'us':9}}]", "[{'latency':{'eu':40}}]"), false, NAN, 0},
    {LATENCY("'maxLatency':50"), SIZES("[{'latency':{'eu':60}},{'latency':{'eu':40}}]", ""), true, 50, 50},
    {LATENCY("'maxLatency':50,'partyAggregation':'max'"), SIZES("[{'latency':{'eu':60}},{'latency':{'eu':40}}]", ""),
     false, 60, 50},
    {LATENCY("'maxDistance':10,'distanceReference':'min'"), SIZES("[{'latency':{'eu':60}}]", "[{'latency':{'eu':50}}]"),
     true, 10, 10},
    {LATENCY("'maxDistance':10,'distanceReference':'min'"), SIZES("[{'latency':{'eu':61}}]", "[{'latency':{'eu':50}}]"),
     false, 11, 10},
    {LATENCY("'maxDistance':10,'distanceReference':'avg'"), SIZES("[{'latency':{'eu':70}}]", "[{'latency':{'eu':50}}]"),
     true, 10, 10},
    {LATENCY("'maxDistance':10,'distanceReference':'avg'"), SIZES("[{'latency':{'eu':71}}]", "[{'latency':{'eu':50}}]"),
     false, 10.5, 10},
    {LATENCY("'maxLatency':50"), "{}", true, NAN, 0},
    {LATENCY("'maxLatency':50"), SIZES("[{'latency':{'eu':5}},{'latency':{'us':5}}]", ""), false, NAN, 0},
    /* compound: A is two or more in red, B in blue */
    {LOGIC("and(A, B)"), SIZES("[{},{}]", "[{},{}]"), true, NAN, 0},
    {LOGIC("and(A, B)"), SIZES("[{},{}]", "[{}]"), false, NAN, 0},
    {LOGIC("or(A, B)"), SIZES("[{}]", "[{},{}]"), true, NAN, 0},
    {LOGIC("or(A, B)"), SIZES("[{}]", "[{}]"), false, NAN, 0},
    {LOGIC("xor(A, B)"), SIZES("[{},{}]", "[{},{}]"), false, NAN, 0},
    {LOGIC("xor(A, B)"), SIZES("[{},{}]", "[{}]"), true, NAN, 0},
    {LOGIC("not(A)"), SIZES("[{},{}]", "[{},{}]"), false, NAN, 0},
    {LOGIC("not(A)"), SIZES("[{}]", "[{},{}]"), true, NAN, 0},
    {LOGIC("and(A, not(B))"), SIZES("[{},{}]", "[{}]"), true, NAN, 0},
    /* sorts never refuse */
    {ONE("'type':'absoluteSort','sortDirection':'ascending','sortAttribute':'skill'"), DUEL(1, 99), true, NAN, 0},
};

static size_t rule_named_r(const struct mm_ruleset *r)
{
    return (size_t)mm_ruleset_rule(r, "R");
}

START_TEST(judges)
{
    struct scene s;
    struct mm_verdict v;
    int failed;

    scene_open(&s, cases[_i].rules);
    scene_seat(&s, cases[_i].lineup);
    v = mm_check_rule(s.rules, rule_named_r(s.rules), &s.rules->phases[0], s.lineup, s.scratch);
    ck_assert_msg(v.passed == cases[_i].passed, "%s %s", cases[_i].rules, cases[_i].lineup);
    ck_assert_msg(v.measured == !isnan(cases[_i].found), "%s %s", cases[_i].rules, cases[_i].lineup);
    if (v.measured) {
        ck_assert_double_eq(v.found, cases[_i].found);
        ck_assert_double_eq(v.allowed, cases[_i].allowed);
    }
    if (s.lineup->teams[0].count > 0) { /* red needs one */
        ck_assert(mm_check_match(s.rules, &s.rules->phases[0], s.lineup, s.scratch, &failed) == v.passed);
        ck_assert(v.passed || failed == (int)rule_named_r(s.rules));
    }
    scene_close(&s);
}
END_TEST

/* Sizes, phases, and which rule it was. */
START_TEST(judges_the_match)
{
    struct scene s;
    int failed;

    scene_open(
        &s,
        "{" ATTRIBUTES "," TEAMS ",'rules':[" RULE("A", "'type':'batchDistance','batchAttribute':'mode'") "," RULE(
            "B", "'type':'batchDistance','batchAttribute':'skill','maxDistance':5") "],'expansions':["
                                                                                    "{'target':'rules[B].maxDistance','"
                                                                                    "steps':[{'waitTimeSeconds':5,'"
                                                                                    "value':50}]},"
                                                                                    "{'target':'teams[red].maxPlayers',"
                                                                                    "'steps':[{'waitTimeSeconds':10,'"
                                                                                    "value':1}]}]}");
    ck_assert_uint_eq(s.rules->phase_count, 3);
    ck_assert(!mm_check_match(s.rules, &s.rules->phases[0], s.lineup, s.scratch, &failed));
    ck_assert_int_eq(failed, MM_NEVER);
    scene_seat(&s, "{'red':[[{'skill':1},{'skill':1}]],'blue':[[{'skill':50}]]}");
    ck_assert(!mm_check_match(s.rules, &s.rules->phases[0], s.lineup, s.scratch, &failed));
    ck_assert_int_eq(failed, 1);
    ck_assert(mm_check_match(s.rules, &s.rules->phases[1], s.lineup, s.scratch, &failed));
    ck_assert(!mm_check_match(s.rules, &s.rules->phases[2], s.lineup, s.scratch, &failed));
    ck_assert_int_eq(failed, MM_NEVER);
    scene_close(&s);
}
END_TEST

/* Two latency rules, each of which has a location, but not the same one. */
START_TEST(latency_rules_share_a_location)
{
    struct scene s;
    int failed;

    scene_open(&s, RULES(RULE("A", "'type':'latency','maxLatency':50") "," RULE(
                       "B", "'type':'latency','maxDistance':5,'distanceReference':'min'")));
    scene_seat(&s,
               "{'red':[[{'latency':{'eu':40,'us':90,'sa':50}}]],'blue':[[{'latency':{'eu':20,'us':91,'sa':45}}]]}");
    ck_assert_uint_eq(mm_check_latency(s.rules, &s.rules->phases[0], s.lineup), 1u << 2);
    ck_assert(mm_check_match(s.rules, &s.rules->phases[0], s.lineup, s.scratch, &failed));
    scene_seat(&s, "{'red':[[{'latency':{'eu':20,'us':91,'sa':51}}]]}");
    ck_assert_uint_eq(mm_check_latency(s.rules, &s.rules->phases[0], s.lineup), 0);
    for (size_t i = 0; i < 2; i++)
        ck_assert(mm_check_rule(s.rules, i, &s.rules->phases[0], s.lineup, s.scratch).passed);
    ck_assert(!mm_check_match(s.rules, &s.rules->phases[0], s.lineup, s.scratch, &failed));
    ck_assert_int_eq(failed, 1);
    scene_close(&s);
}
END_TEST

/* Players of a backfill ticket sit in their own teams, and need no latency. */
START_TEST(backfill_sits_where_it_is)
{
    json_object *players = scene_json("[{},{}]");
    const char *code;
    struct scene s;

    scene_open(&s, LATENCY("'maxLatency':50"));
    s.facts[s.count++] = scene_ticket(&s, players, "blue", &code);
    ck_assert_ptr_null(code);
    mm_lineup_seat(s.lineup, s.facts[0], NULL, 0);
    ck_assert_uint_eq(s.lineup->teams[0].count, 0);
    ck_assert_uint_eq(s.lineup->teams[1].count, 2);
    ck_assert_uint_eq(mm_check_latency(s.rules, &s.rules->phases[0], s.lineup), UINT64_MAX);
    scene_seat(&s, "{'red':[[{'latency':{'eu':60,'us':50}}]]}");
    ck_assert_uint_eq(mm_check_latency(s.rules, &s.rules->phases[0], s.lineup), 1u << 1);
    json_object_put(players);
    scene_close(&s);
}
END_TEST

START_TEST(ages_by_the_newest_or_the_oldest)
{
    static const int64_t since_ms[] = {1000, 3000, 2000};
    struct scene s;

    scene_open(&s, RULES(""));
    scene_seat(&s, "{'red':[[{}],[{}]],'blue':[[{}]]}");
    mm_lineup_clear(s.lineup);
    for (size_t i = 0; i < 3 && i < s.count; i++)
        s.facts[i]->since_ms = since_ms[i];
    ck_assert_int_eq(mm_lineup_age_ms(s.lineup, 5000), 0); /* nobody */
    for (size_t i = 0; i < 3; i++)
        mm_lineup_seat(s.lineup, s.facts[i], NULL, 0);
    ck_assert_int_eq(mm_lineup_age_ms(s.lineup, 5000), 2000);
    ck_assert_int_eq(mm_lineup_age_ms(s.lineup, 2500), 0);
    s.rules->algorithm.age_of_oldest = true;
    ck_assert_int_eq(mm_lineup_age_ms(s.lineup, 5000), 4000);
    s.rules->algorithm.age_of_oldest = false;
    mm_lineup_unseat(s.lineup);
    mm_lineup_unseat(s.lineup);
    ck_assert_int_eq(mm_lineup_age_ms(s.lineup, 5000), 4000);
    scene_close(&s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mm_check");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_loop_test(tc, judges, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tc, judges_the_match);
    tcase_add_test(tc, latency_rules_share_a_location);
    tcase_add_test(tc, backfill_sits_where_it_is);
    tcase_add_test(tc, ages_by_the_newest_or_the_oldest);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
