/* mm_plan: what the form of each rule gives the search, and what it leaves to be checked. */
#include <check.h>
#include <math.h>

#include "mm_plan.h"
#include "mm_scene.h"

#define ALL "teams[*].players.attributes[skill]"
#define HEAD                                                                                                           \
    "{'ruleLanguageVersion':'1.0','playerAttributes':[{'name':'skill','type':'number','default':10},{'name':'mode',"   \
    "'type':'string','default':'x'}],"
#define ONES       "'teams':[{'name':'red','minPlayers':1,'maxPlayers':1},{'name':'blue','minPlayers':1,'maxPlayers':1}],"
#define FIVES      "'teams':[{'name':'red','minPlayers':5,'maxPlayers':5},{'name':'blue','minPlayers':5,'maxPlayers':5}],"
#define RULE(text) "'rules':[{'name':'r'," text "}]"
#define DISTANCE(measured, reference, rest)                                                                            \
    RULE("'type':'distance','measurements':['" measured "'],'referenceValue':'" reference "','maxDistance':50" rest)
#define EXPANDED ",'expansions':[{'target':'rules[r].maxDistance','steps':[{'waitTimeSeconds':5,'value':100}]}]"

/* left: e, l or i for each rule that is checked early, late, or implied. window: in the last phase; -1: not bounded. */
static const struct {
    const char *rules, *left;
    size_t equals;
    double window;
} cases[] = {
    /* a bound that says it all */
    {HEAD ONES DISTANCE("max(flatten(" ALL "))", "min(flatten(" ALL "))", "") "}", "i", 0, 50},
    {HEAD ONES DISTANCE("max(flatten(" ALL "))", "min(flatten(" ALL "))", "") EXPANDED "}", "i", 0, 100},
    {HEAD FIVES DISTANCE("flatten(" ALL ")", "max(flatten(" ALL "))", "") "}", "i", 0, 50},
    {HEAD FIVES RULE("'type':'batchDistance','batchAttribute':'skill','maxDistance':7") "}", "i", 0, 7},

    /* one that leaves something to check */
    {HEAD ONES DISTANCE("max(flatten(" ALL "))", "min(flatten(" ALL "))", ",'minDistance':1") "}", "l", 0, 50},
    {HEAD ONES DISTANCE("avg(" ALL ")", "avg(flatten(" ALL "))", "") "}", "l", 0, 100},
    {HEAD FIVES DISTANCE("flatten(" ALL ")", "avg(flatten(" ALL "))", "") "}", "l", 0, 100},
    {HEAD FIVES DISTANCE("max(flatten(" ALL "))", "avg(flatten(" ALL "))", "") "}", "l", 0, 500},

    /* what bounds no two players */
    {HEAD FIVES DISTANCE("avg(" ALL ")", "avg(flatten(" ALL "))", "") "}", "l", 0, -1},
    {HEAD FIVES DISTANCE("max(avg(" ALL "))", "min(avg(" ALL "))", "") "}", "l", 0, -1},
    {HEAD FIVES DISTANCE("max(flatten(" ALL "))", "20", "") "}", "l", 0, -1},

    /* what must be equal */
    {HEAD FIVES RULE("'type':'batchDistance','batchAttribute':'mode'") "}", "", 1, -1},
    {HEAD FIVES RULE(
         "'type':'comparison','operation':'=','measurements':['flatten(teams[*].players.attributes[mode])']") "}",
     "", 1, -1},
    {HEAD FIVES RULE("'type':'comparison','operation':'!=','measurements':['flatten(teams[*].players.attributes[mode])'"
                     "]") "}",
     "e", 0, -1},

    /* locations */
    {HEAD ONES RULE("'type':'latency','maxLatency':50") "}", "i", 0, -1},

    {HEAD ONES "'rules':[]}", "", 0, -1},
};

static size_t count_of(const char *left, char what)
{
    size_t count = 0;

    for (; *left != '\0'; left++)
        count += *left == what;
    return count;
}

START_TEST(of_each_form)
{
    struct mm_ruleset *r = scene_rules(cases[_i].rules);
    struct mm_plan *p = mm_plan_new(r);

    ck_assert_uint_eq(p->equal_count, cases[_i].equals);
    ck_assert_uint_eq(p->early_count, count_of(cases[_i].left, 'e'));
    ck_assert_uint_eq(p->late_count, count_of(cases[_i].left, 'l'));
    ck_assert_uint_eq(p->implied_count, count_of(cases[_i].left, 'i'));
    ck_assert_uint_eq(p->bound_count, cases[_i].window >= 0);
    if (cases[_i].window >= 0)
        ck_assert_double_eq_tol(mm_plan_window(p, &r->phases[r->phase_count - 1], 0), cases[_i].window, 1e-6);
    mm_plan_free(&p);
    mm_ruleset_free(&r);
}
END_TEST

START_TEST(teams_are_alike_unless_a_rule_names_one)
{
    static const struct {
        const char *rules;
        size_t second; /* the team that the second one is like */
    } teams[] = {
        {HEAD FIVES "'rules':[]}", 0},
        {HEAD FIVES DISTANCE("avg(" ALL ")", "avg(flatten(" ALL "))", "") "}", 0},
        {HEAD FIVES RULE("'type':'comparison','operation':'=','measurements':['count(teams[red].players)'],"
                         "'referenceValue':'count(teams[blue].players)'") "}",
         1},
        {HEAD "'teams':[{'name':'red','minPlayers':5,'maxPlayers':5},{'name':'blue','minPlayers':4,'maxPlayers':5}]}",
         1},
    };

    for (size_t i = 0; i < sizeof(teams) / sizeof(teams[0]); i++) {
        struct mm_ruleset *r = scene_rules(teams[i].rules);
        struct mm_plan *p = mm_plan_new(r);

        ck_assert_uint_eq(p->alike[0], 0);
        ck_assert_uint_eq(p->alike[1], teams[i].second);
        mm_plan_free(&p);
        mm_ruleset_free(&r);
    }
}
END_TEST

START_TEST(phases_begin_when_they_do)
{
    struct mm_ruleset *r =
        scene_rules(HEAD ONES DISTANCE("max(flatten(" ALL "))", "min(flatten(" ALL "))", "") EXPANDED "}");
    struct mm_plan *p = mm_plan_new(r);

    ck_assert_int_eq(mm_plan_next_phase_ms(p, 0), 5000);
    ck_assert_int_eq(mm_plan_next_phase_ms(p, 4999), 5000);
    ck_assert_int_eq(mm_plan_next_phase_ms(p, 5000), INT64_MAX);
    mm_plan_free(&p);
    mm_ruleset_free(&r);
}
END_TEST

/* A ticket's own players: one value of a party, one a team of a backfill, no match when they must be equal and are
 * not. */
START_TEST(of_tickets)
{
    struct scene s;
    struct mm_plan *p;
    const char *code;
    struct buf key = {0};
    json_object *party = scene_json("[{'skill':10,'mode':'x'},{'skill':30,'mode':'x'}]");
    json_object *mixed = scene_json("[{'skill':10,'mode':'x'},{'skill':30,'mode':'y'}]");
    struct mm_facts *a, *b;

    scene_open(&s, HEAD FIVES "'rules':[{'name':'r','type':'batchDistance','batchAttribute':'skill','maxDistance':7},"
                              "{'name':'m','type':'batchDistance','batchAttribute':'mode'}]}");
    p = mm_plan_new(s.rules);
    a = scene_ticket(&s, party, NULL, &code);
    b = scene_ticket(&s, mixed, NULL, &code);
    ck_assert_double_eq(mm_plan_spread(&p->bounds[0], a).low, 20);
    ck_assert(mm_plan_partition(p, a, &key));
    ck_assert_uint_eq(key.len, 2);
    ck_assert(!mm_plan_partition(p, b, &key));
    ck_assert_uint_eq(mm_plan_locations(p, NULL, a), UINT64_MAX);
    buf_free(&key);
    free(a);
    free(b);
    json_object_put(party);
    json_object_put(mixed);
    mm_plan_free(&p);
    scene_close(&s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mm_plan");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_loop_test(tc, of_each_form, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tc, teams_are_alike_unless_a_rule_names_one);
    tcase_add_test(tc, phases_begin_when_they_do);
    tcase_add_test(tc, of_tickets);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
