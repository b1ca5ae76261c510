/* mm_search, as pools and the matches that come of them. */
#include "mm_field.h"

#define SKILL            "'playerAttributes':[{'name':'skill','type':'number','default':10}]"
#define ONE              "'ruleLanguageVersion':'1.0'"
#define ALL              "teams[*].players.attributes[skill]"
#define DUEL             "'teams':[{'name':'red','minPlayers':1,'maxPlayers':1},{'name':'blue','minPlayers':1,'maxPlayers':1}]"
#define T(id, skill)     "{'players':[{'id':'" id "','skill':" #skill "}]}"
#define AT(s, id, skill) "{'at':" #s ",'players':[{'id':'" id "','skill':" #skill "}]}"
#define P2(a, b, skill)  "{'players':[{'id':'" a "','skill':" #skill "},{'id':'" b "','skill':" #skill "}]}"

static const char within_5[] = "{" ONE "," SKILL "," DUEL ",'rules':[{'name':'r','type':'distance','measurements':"
                               "['max(flatten(" ALL "))'],'referenceValue':'min(flatten(" ALL "))','maxDistance':5}],"
                               "'expansions':[{'target':'rules[r].maxDistance','steps':[{'waitTimeSeconds':10,"
                               "'value':20}]}]}";
static const char average_5[] = "{" ONE "," SKILL "," DUEL ",'rules':[{'name':'r','type':'distance','measurements':"
                                "['avg(" ALL ")'],'referenceValue':'avg(flatten(" ALL "))','maxDistance':5}]}";
static const char two_on_two[] = "{" ONE "," SKILL ",'teams':[{'name':'side','minPlayers':2,'maxPlayers':2,"
                                 "'quantity':2}]}";
static const char fair_two[] = "{" ONE "," SKILL ",'teams':[{'name':'side','minPlayers':2,'maxPlayers':2,"
                               "'quantity':2}],'rules':[{'name':'fair','type':'distance','measurements':['avg(" ALL
                               ")'],'referenceValue':'avg(flatten(" ALL "))','maxDistance':1}]}";
static const char shrinking[] = "{" ONE ",'teams':[{'name':'all','minPlayers':4,'maxPlayers':4}],'expansions':["
                                "{'target':'teams[all].minPlayers','steps':[{'waitTimeSeconds':30,'value':3},"
                                "{'waitTimeSeconds':40,'value':2},{'waitTimeSeconds':45,'value':1}]}]}";
static const char shrinking_oldest[] =
    "{" ONE ",'algorithm':{'expansionAgeSelection':'oldest'},'teams':[{'name':'all','minPlayers':4,'maxPlayers':4}],"
    "'expansions':[{'target':'teams[all].minPlayers','steps':[{'waitTimeSeconds':30,'value':3},"
    "{'waitTimeSeconds':40,'value':2},{'waitTimeSeconds':45,'value':1}]}]}";
static const char growing[] = "{" ONE "," SKILL ",'teams':[{'name':'all','minPlayers':4,'maxPlayers':6}],'expansions':"
                              "[{'target':'teams[all].minPlayers','steps':[{'waitTimeSeconds':5,'value':2}]}],"
                              "'rules':[{'name':'r','type':'batchDistance','batchAttribute':'skill','maxDistance':5}]}";
static const char equal_sizes[] =
    "{" ONE "," SKILL ",'teams':[{'name':'red','minPlayers':4,'maxPlayers':4},{'name':'blue','minPlayers':4,"
    "'maxPlayers':4}],'expansions':[{'target':'teams[red,blue].minPlayers','steps':[{'waitTimeSeconds':5,'value':1}]}],"
    "'rules':[{'name':'e','type':'comparison','measurements':['count(teams[red].players)'],'referenceValue':"
    "'count(teams[blue].players)','operation':'='}]}";
static const char modes[] = "{" ONE ",'playerAttributes':[{'name':'mode','type':'string'}]," DUEL
                            ",'rules':[{'name':'m','type':'comparison','measurements':['flatten(teams[*].players."
                            "attributes[mode])'],'operation':'='}]}";
static const char roles[] =
    "{" ONE "," SKILL ",'teams':[{'name':'hunters','minPlayers':2,'maxPlayers':2},{'name':'monster','minPlayers':1,"
    "'maxPlayers':1}],'rules':[{'name':'strong','type':'comparison','measurements':['teams[monster].players.attributes["
    "skill]'],'referenceValue':50,'operation':'>='}]}";
/* The first one alone would take another place than the second one alone. */
static const char two_latencies[] =
    "{" ONE "," DUEL ",'rules':[{'name':'near','type':'latency','partyAggregation':'min','maxDistance':20},"
    "{'name':'quick','type':'latency','maxLatency':80}]}";
static const char latency[] = "{" ONE "," DUEL ",'rules':[{'name':'l','type':'latency','maxLatency':50}],'expansions':["
                              "{'target':'rules[l].maxLatency','steps':[{'waitTimeSeconds':10,'value':100}]}]}";
static const char nearest_first[] = "{" ONE "," SKILL "," DUEL ",'rules':[{'name':'s','type':'distanceSort',"
                                    "'sortAttribute':'skill','sortDirection':'ascending'}]}";
static const char strongest_first[] = "{" ONE "," SKILL "," DUEL ",'rules':[{'name':'s','type':'absoluteSort',"
                                      "'sortAttribute':'skill','sortDirection':'descending'}]}";
static const char team_of_three[] = "{" ONE ",'teams':[{'name':'all','minPlayers':3,'maxPlayers':3}]}";
static const char backfill_first[] = "{" ONE ",'algorithm':{'backfillPriority':'high'},'teams':[{'name':'all',"
                                     "'minPlayers':2,'maxPlayers':3}]}";
static const char backfill_last[] = "{" ONE ",'algorithm':{'backfillPriority':'low'},'teams':[{'name':'all',"
                                    "'minPlayers':2,'maxPlayers':3}]}";
static const char large[] = "{" ONE "," SKILL ",'algorithm':{'strategy':'balanced','balancedAttribute':'skill',"
                            "'batchingPreference':'largestPopulation'},'teams':[{'name':'side','minPlayers':2,"
                            "'maxPlayers':25,'quantity':2}],'rules':[{'name':'r','type':'batchDistance',"
                            "'batchAttribute':'skill','maxDistance':5}]}";

static const struct {
    const char *rules, *tickets, *matches;
} cases[] = {
    /* by age, within the window of the newer one; the older is in the first team */
    {within_5, "[" T("a", 10) "," T("b", 30) "," T("c", 15) "]", "0s red: a, blue: c\n"},
    {within_5, "[" T("a", 10) "," T("b", 14) "," T("c", 12) "]", "0s red: a, blue: b\n"},
    {within_5, "[" T("a", 10) "," AT(1, "b", 16) "]", "11s red: a, blue: b\n"},
    {within_5, "[" T("a", 10) "," AT(1, "b", 31) "]", ""},
    {average_5, "[" T("a", 10) "," T("b", 21) "," T("c", 31) "]", "0s red: b, blue: c\n"},

    /* what must be equal */
    {modes,
     "[{'players':[{'id':'a','mode':'x'}]},{'players':[{'id':'b','mode':'y'}]},{'players':[{'id':'c','mode':'x'}]},"
     "{'players':[{'id':'d','mode':'xy'}]},{'players':[{'id':'e','mode':'y'}]}]",
     "0s red: a, blue: c\n0s red: b, blue: e\n"},

    /* parties stay together */
    {two_on_two, "[" T("a", 1) "," P2("b", "c", 1) "," T("d", 1) "]", "0s side_1: a d, side_2: b c\n"},
    {two_on_two, "[" P2("a", "b", 1) "," P2("c", "d", 1) "," T("e", 1) "]", "0s side_1: a b, side_2: c d\n"},
    {team_of_three, "[" P2("a", "b", 1) "," P2("c", "d", 1) "," P2("e", "f", 1) "]", ""},
    {team_of_three, "[" P2("a", "b", 1) "," P2("c", "d", 1) "," T("e", 1) "]", "0s all: a b e\n"},

    /* of the same players the fair teams; when the oldest four cannot be fair, others */
    {fair_two, "[" T("a", 10) "," T("b", 12) "," T("c", 20) "," T("d", 22) "]", "0s side_1: a d, side_2: b c\n"},
    {fair_two, "[" T("a", 10) "," T("b", 10) "," T("c", 10) "," T("d", 90) "," T("e", 10) "]",
     "0s side_1: a c, side_2: b e\n"},

    /* teams that rules tell apart */
    {roles, "[" T("a", 10) "," T("b", 60) "," T("c", 20) "]", "0s hunters: a c, monster: b\n"},
    {roles, "[" T("a", 60) "," T("b", 70) "," T("c", 80) "]", "0s hunters: a c, monster: b\n"},

    /* the worked example: what counts is the age of the newest, or of the oldest */
    {shrinking, "[" T("p1", 1) "," AT(10, "p2", 1) "]", "45s all: p1\n55s all: p2\n"},
    {shrinking_oldest, "[" T("p1", 1) "," AT(10, "p2", 1) "]", "40s all: p1 p2\n"},
    {shrinking_oldest, "[" T("p1", 1) "," AT(39, "p2", 1) "," AT(39, "p3", 1) "]", "39s all: p1 p2 p3\n"},

    /* as many as there are; more together where one alone breaks a rule */
    {growing, "[" T("a", 1) "," T("b", 9) "," T("c", 2) "]", "5s all: a c\n"},
    {growing, "[" T("a", 1) "," T("b", 2) "," T("c", 3) "]", "5s all: a b\n"},
    {growing, "[" T("a", 1) "," T("b", 2) "," AT(1, "c", 3) "," AT(2, "d", 4) "]", "2s all: a b c d\n"},
    {equal_sizes,
     "[" T("a", 1) "," T("b", 1) "," T("c", 1) "," T("d", 1) "," T("e", 1) "," T("f", 1) "," AT(1, "g", 1) "]",
     "5s red: b, blue: a\n5s red: d, blue: c\n5s red: f, blue: e\n"},

    /* locations */
    {latency,
     "[{'players':[{'id':'a','latency':{'eu':40,'us':200}}]},{'players':[{'id':'b','latency':{'us':30}}]},"
     "{'players':[{'id':'c','latency':{'us':40,'eu':60}}]},{'at':5,'players':[{'id':'d','latency':{'eu':90}}]}]",
     "0s red: b, blue: c\n15s red: a, blue: d\n"},

    {two_latencies,
     "[{'players':[{'id':'a','latency':{'eu':20,'us':90}}]},{'players':[{'id':'b','latency':{'eu':50,'us':90}}]}]", ""},
    {two_latencies,
     "[{'players':[{'id':'a','latency':{'eu':20,'us':80}}]},{'players':[{'id':'b','latency':{'eu':50,'us':70}}]}]",
     "0s red: a, blue: b\n"},

    /* sorts: nearest, strongest, before oldest */
    {nearest_first, "[" T("a", 10) "]", ""},
    {nearest_first, "[" T("a", 10) "," T("b", 20) "]", "0s red: a, blue: b\n"},
    {strongest_first, "[" T("a", 10) "," T("b", 20) "]", "0s red: a, blue: b\n"},

    /* a game that has seats, and who takes them */
    {backfill_first,
     "["
     "{'players':[{'id':'g'}],'team':'all'},"
     "{'players':[{'id':'a'}]}]",
     "0s all: g a\n"},
    {backfill_first, "[{'players':[{'id':'g'}],'team':'all'},{'players':[{'id':'h'}],'team':'all'}]", ""},
    {backfill_last, "[{'players':[{'id':'g'}],'team':'all'}]", ""},

    /* large: the fullest window that the newest is in, not the oldest's neighbours */
    {large, "[" T("a", 1) "," T("b", 2) "," T("c", 12) "," T("d", 8) "," T("e", 9) "," T("f", 6) "," T("g", 7) "]",
     "0s side_1: c g, side_2: d e\n"},
};

START_TEST(makes_these_matches)
{
    struct field f;

    field_open(&f, cases[_i].rules);
    field_add_all(&f, cases[_i].tickets);
    while (field_step(&f))
        ;
    ck_assert_str_eq(f.log.data, cases[_i].matches);
    field_close(&f);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mm_search");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_loop_test(tc, makes_these_matches, 0, sizeof(cases) / sizeof(cases[0]));
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
