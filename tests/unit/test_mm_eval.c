/* Expressions to values: every source, every function, parties, and what has no value. */
#include <check.h>

#include "mm_scene.h"
#include "mm_scratch.h"

#define RULES                                                                                                          \
    "{'ruleLanguageVersion':'1.0',"                                                                                    \
    "'playerAttributes':[{'name':'skill','type':'number','default':10},"                                               \
    "{'name':'unused','type':'number'},"                                                                               \
    "{'name':'mode','type':'string','default':'any'},"                                                                 \
    "{'name':'roles','type':'string_list','default':[]},"                                                              \
    "{'name':'maps','type':'string_number_map','default':{}}],"                                                        \
    "'teams':[{'name':'red','minPlayers':0,'maxPlayers':8},{'name':'blue','minPlayers':0,'maxPlayers':8},"             \
    "{'name':'side','minPlayers':0,'maxPlayers':2,'quantity':2}],"                                                     \
    "'rules':[{'name':'A','type':'comparison','operation':'=','measurements':['flatten(teams[*].players."              \
    "attributes[skill])','flatten(teams[*].players.attributes[maps][ice])']},"                                         \
    "{'name':'B','type':'comparison','operation':'=','measurements':['flatten(teams[*].players.attributes[mode])',"    \
    "'flatten(flatten(teams[*].players.attributes[roles]))']}]}"

/* Two tickets in red, of which one is a party; one in blue. */
#define LINEUP                                                                                                         \
    "{'red':[[{'id':'a','skill':1,'mode':'ffa','roles':['tank','medic'],'maps':{'ice':5,'sea':1}}],"                   \
    "[{'id':'b','skill':3,'roles':['medic','spy','medic'],'maps':{'ice':1}},{'id':'c','skill':8,'roles':['medic']}]]," \
    "'blue':[[{'id':'d','skill':4,'mode':'duel','maps':{'sea':7}}]]}"

#define SKILL "teams[*].players.attributes[skill]"
#define ROLES "teams[*].players.attributes[roles]"

static const struct {
    const char *expr;
    enum mm_aggregation party;
    const char *value;
} cases[] = {
    /* sources */
    {"teams[*].players[playerId]", MM_PARTY_AVG, "[['a','b','c'],['d'],[],[]]"},
    {"teams[red].players.attributes[mode]", MM_PARTY_AVG, "['ffa','any','any']"},
    {"teams[red].players.attributes[skill]", MM_PARTY_UNION, "[1,5.5]"},
    {"teams[red,blue].players.attributes[roles]", MM_PARTY_AVG, "[[['medic','tank'],['medic','spy']],[[]]]"},

    {"teams[*].players.attributes[maps][sea]", MM_PARTY_AVG, "[[1],[7],[],[]]"},
    /* parties: one value for b and c */
    {"teams[red].players.attributes[skill]", MM_PARTY_AVG, "[1,5.5]"},
    {"teams[red].players.attributes[skill]", MM_PARTY_MIN, "[1,3]"},
    {"teams[red].players.attributes[skill]", MM_PARTY_MAX, "[1,8]"},
    {"teams[red].players.attributes[maps][ice]", MM_PARTY_AVG, "[5,1]"},
    {"teams[red].players.attributes[roles]", MM_PARTY_UNION, "[['medic','tank'],['medic','spy']]"},
    {"teams[red].players.attributes[roles]", MM_PARTY_INTERSECTION, "[['medic','tank'],['medic']]"},
    {"count(teams[red].players)", MM_PARTY_AVG, "3"},
    /* functions; on a list of lists they work on each */
    {"min(teams[red].players.attributes[skill])", MM_PARTY_MIN, "1"},
    {"max(teams[red].players.attributes[skill])", MM_PARTY_MAX, "8"},
    {"avg(teams[red].players.attributes[skill])", MM_PARTY_MAX, "4.5"},
    {"sum(teams[red].players.attributes[skill])", MM_PARTY_MAX, "9"},
    {"median(teams[red,blue].players.attributes[skill])", MM_PARTY_MIN, "[2,4]"},
    {"median(flatten(" SKILL "))", MM_PARTY_AVG, "4"},
    {"stddev(flatten(teams[red,blue].players.attributes[skill]))", MM_PARTY_AVG, "1.8708286933869707"},

    {"count(" SKILL ")", MM_PARTY_AVG, "[2,1,0,0]"},
    {"count(teams[*])", MM_PARTY_AVG, "4"},
    {"count(teams[side])", MM_PARTY_AVG, "2"},
    {"count(teams[blue,red].players)", MM_PARTY_AVG, "[3,1]"},
    {"count(flatten(teams[*].players))", MM_PARTY_AVG, "4"},
    {"avg(" SKILL ")", MM_PARTY_AVG, "[3.25,4]"},
    {"max(avg(" SKILL "))", MM_PARTY_AVG, "4"},
    {"sum(count(teams[*].players))", MM_PARTY_AVG, "4"},
    {"count(avg(" SKILL "))", MM_PARTY_AVG, "2"},
    /* flatten takes exactly one level away, the outermost */
    {"flatten(" SKILL ")", MM_PARTY_MIN, "[1,3,4]"},
    {"flatten(" ROLES ")", MM_PARTY_AVG, "[['medic','tank'],['medic','spy'],[]]"},
    {"flatten(flatten(" ROLES "))", MM_PARTY_INTERSECTION, "['medic','tank','medic']"},
    {"flatten(teams[red].players.attributes[roles])", MM_PARTY_UNION, "['medic','tank','medic','spy']"},
    /* strings in every list; of a deeper list, in each part */
    {"set_intersection(teams[red].players.attributes[roles])", MM_PARTY_AVG, "['medic']"},
    {"set_intersection(flatten(" ROLES "))", MM_PARTY_AVG, "[]"},
    {"set_intersection(" ROLES ")", MM_PARTY_AVG, "[['medic'],[]]"},
    {"set_intersection(set_intersection(" ROLES "))", MM_PARTY_AVG, "[]"},
    {"count(set_intersection(" ROLES "))", MM_PARTY_AVG, "[1,0]"},
    {"set_intersection(teams[red,blue].players.attributes[mode])", MM_PARTY_AVG, "[]"},
    {"count(" ROLES ")", MM_PARTY_AVG, "[[2,2],[0],[],[]]"},
    {"max(count(" ROLES "))", MM_PARTY_AVG, "[2,0]"},
    /* nobody: no value, except how many there are */
    {"avg(teams[side_1].players.attributes[skill])", MM_PARTY_AVG, "null"},
    {"max(avg(teams[side].players.attributes[skill]))", MM_PARTY_AVG, "null"},
    {"sum(teams[side_1].players.attributes[skill])", MM_PARTY_AVG, "null"},
    {"count(teams[side_1].players)", MM_PARTY_AVG, "0"},
    {"set_intersection(teams[side_1].players.attributes[roles])", MM_PARTY_AVG, "null"},
    {"count(set_intersection(teams[side_1].players.attributes[roles]))", MM_PARTY_AVG, "null"},
    {"flatten(teams[side].players.attributes[skill])", MM_PARTY_AVG, "[]"},
};

static void ck_value(struct scene *s, const char *text, enum mm_aggregation party, const char *wanted)
{
    char error[MM_EXPR_ERROR_SIZE];
    struct mm_expr *e = NULL;
    struct buf out = {0};
    struct mm_value v;
    char *found;

    if (mm_expr_parse(&e, s->rules, text, false, error) != 0)
        ck_abort_msg("%s", error);
    mm_scratch_reset(s->scratch);
    v = mm_eval(e, party, s->lineup, s->scratch);
    put_value(&out, &v);
    found = buf_take(&out);
    for (char *c = found; *c != '\0'; c++)
        if (*c == '"')
            *c = '\'';
    if (strcmp(found, wanted) != 0)
        ck_abort_msg("%s is %s, not %s", text, found, wanted);
    free(found);
    mm_expr_free(&e);
}

START_TEST(has_its_value)
{
    struct scene s;

    scene_open(&s, RULES);
    scene_seat(&s, LINEUP);
    ck_value(&s, cases[_i].expr, cases[_i].party, cases[_i].value);
    scene_close(&s);
}
END_TEST

/* What is unseated leaves no trace, in whatever order teams were filled. */
START_TEST(follows_the_seats)
{
    struct scene s;

    scene_open(&s, RULES);
    scene_seat(&s, "{'blue':[[{'skill':1}]],'red':[[{'skill':2},{'skill':4}],[{'skill':7}]]}");
    ck_value(&s, SKILL, MM_PARTY_AVG, "[[3,7],[1],[],[]]");
    mm_lineup_unseat(s.lineup);
    ck_value(&s, SKILL, MM_PARTY_AVG, "[[3],[1],[],[]]");
    mm_lineup_unseat(s.lineup);
    ck_value(&s, SKILL, MM_PARTY_AVG, "[[],[1],[],[]]");
    mm_lineup_seat(s.lineup, s.facts[2], NULL, scene_team(&s, "side_2"));
    ck_value(&s, SKILL, MM_PARTY_AVG, "[[],[1],[],[7]]");
    mm_lineup_unseat(s.lineup);
    mm_lineup_unseat(s.lineup);
    ck_value(&s, SKILL, MM_PARTY_AVG, "[[],[],[],[]]");
    scene_close(&s);
}
END_TEST

/* Once an evaluation has had its memory, the next has it in one piece: nothing is allocated any more. */
START_TEST(scratch_stays_in_one_piece)
{
    struct mm_scratch *s = mm_scratch_new();
    const struct mm_chunk *chunk;

    for (size_t i = 0; i < 100; i++)
        memset(mm_scratch_take(s, 100, 8), 1, 800);
    ck_assert_ptr_nonnull(s->chunk->older);
    mm_scratch_reset(s);
    chunk = s->chunk;
    ck_assert_ptr_null(chunk->older);
    for (size_t i = 0; i < 100; i++)
        memset(mm_scratch_take(s, 100, 8), 1, 800);
    ck_assert_ptr_eq(s->chunk, chunk);
    mm_scratch_free(&s);
    ck_assert_ptr_null(s);
    mm_scratch_free(&s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mm_eval");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_loop_test(tc, has_its_value, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tc, follows_the_seats);
    tcase_add_test(tc, scratch_stays_in_one_piece);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
