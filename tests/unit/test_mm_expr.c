/* mm_expr: which expressions are taken, what their types are, and by which words the others are refused. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "mm_ruleset.h"

static struct mm_ruleset *rules;

static void setup(void)
{
    static const char text[] =
        "{\"ruleLanguageVersion\":\"1.0\",\"playerAttributes\":[{\"name\":\"skill\",\"type\":\"number\"},{\"name\":"
        "\"my role\",\"type\":\"string\"},{\"name\":\"tags\",\"type\":\"string_list\"},{\"name\":\"prefs\",\"type\":"
        "\"string_number_map\"}],\"teams\":[{\"name\":\"red\",\"minPlayers\":1,\"maxPlayers\":2},{\"name\":\"blue\","
        "\"minPlayers\":1,\"maxPlayers\":2},{\"name\":\"trio\",\"minPlayers\":1,\"maxPlayers\":2,\"quantity\":3}]}";
    struct mm_problems problems = {0};

    ck_assert_int_eq(mm_ruleset_parse(&rules, "r", text, strlen(text), &problems), 0);
    mm_problems_free(&problems);
}

static void teardown(void)
{
    mm_ruleset_free(&rules);
}

#define SKILL(teams) "teams[" teams "].players.attributes[skill]"

static const struct {
    const char *text;
    enum mm_source source;
    const char *teams;     /* their numbers, in order; "*" before them: grouped */
    const char *functions; /* innermost first */
    const char *type;
} accepted[] = {
    {"teams[red]", MM_SOURCE_TEAMS, "0", "", "a team"},
    {"teams[*]", MM_SOURCE_TEAMS, "*01234", "", "a list of teams"},
    {"teams[blue,red]", MM_SOURCE_TEAMS, "*01", "", "a list of teams"},
    {"teams[trio]", MM_SOURCE_TEAMS, "*234", "", "a list of teams"},
    {"teams[trio_2]", MM_SOURCE_TEAMS, "3", "", "a team"},
    {"team[red]", MM_SOURCE_TEAMS, "0", "", "a team"},
    {"teams[red].players", MM_SOURCE_PLAYERS, "0", "", "a list of players"},
    {"teams[*].players", MM_SOURCE_PLAYERS, "*01234", "", "a list of lists of players"},
    {"teams[red].players[playerId]", MM_SOURCE_PLAYER_IDS, "0", "", "a list of strings"},
    {"teams[red].players[PLAYERID]", MM_SOURCE_PLAYER_IDS, "0", "", "a list of strings"},
    {"teams[*].players[playerid]", MM_SOURCE_PLAYER_IDS, "*01234", "", "a list of lists of strings"},
    {SKILL("red"), MM_SOURCE_ATTRIBUTE, "0", "", "a list of numbers"},
    {SKILL("*"), MM_SOURCE_ATTRIBUTE, "*01234", "", "a list of lists of numbers"},
    {"teams[red].players.attributes[my role]", MM_SOURCE_ATTRIBUTE, "0", "", "a list of strings"},
    {"teams[red].players.attributes[tags]", MM_SOURCE_ATTRIBUTE, "0", "", "a list of lists of strings"},
    {"teams[*].players.attributes[tags]", MM_SOURCE_ATTRIBUTE, "*01234", "", "a list of lists of lists of strings"},
    {"teams[red].players.attributes[prefs]", MM_SOURCE_ATTRIBUTE, "0", "", "a list of maps of numbers"},
    {"teams[red].players.attributes[prefs][ice map]", MM_SOURCE_ATTRIBUTE, "0", "", "a list of numbers"},
    {"min(" SKILL("red") ")", MM_SOURCE_ATTRIBUTE, "0", "min", "a number"},
    {"median(" SKILL("red") ")", MM_SOURCE_ATTRIBUTE, "0", "median", "a number"},
    {"stddev(" SKILL("red") ")", MM_SOURCE_ATTRIBUTE, "0", "stddev", "a number"},
    {"sum(" SKILL("*") ")", MM_SOURCE_ATTRIBUTE, "*01234", "sum", "a list of numbers"},
    {"max(avg(" SKILL("*") "))", MM_SOURCE_ATTRIBUTE, "*01234", "avg max", "a number"},
    {"avg(flatten(" SKILL("*") "))", MM_SOURCE_ATTRIBUTE, "*01234", "flatten avg", "a number"},
    {"count(teams[*].players)", MM_SOURCE_PLAYERS, "*01234", "count", "a list of numbers"},
    {"count(teams[*])", MM_SOURCE_TEAMS, "*01234", "count", "a number"},
    {"count (teams[red].players)", MM_SOURCE_PLAYERS, "0", "count", "a number"},
    {"flatten(teams[*].players.attributes[tags])", MM_SOURCE_ATTRIBUTE, "*01234", "flatten",
     "a list of lists of strings"},
    {"flatten(flatten(teams[*].players.attributes[tags]))", MM_SOURCE_ATTRIBUTE, "*01234", "flatten flatten",
     "a list of strings"},
    {"set_intersection(teams[red].players.attributes[tags])", MM_SOURCE_ATTRIBUTE, "0", "set_intersection",
     "a list of strings"},
    {"set_intersection(teams[*].players.attributes[tags])", MM_SOURCE_ATTRIBUTE, "*01234", "set_intersection",
     "a list of lists of strings"},
    {"max(min(count(teams[*].players.attributes[tags])))", MM_SOURCE_ATTRIBUTE, "*01234", "count min max", "a number"},
    {"\tmax ( avg(teams [ * ]\n. players . attributes [ skill ] ) ) ", MM_SOURCE_ATTRIBUTE, "*01234", "avg max",
     "a number"},
    {"teams[ red , blue ] . players [ playerId ]", MM_SOURCE_PLAYER_IDS, "*01", "", "a list of lists of strings"},
};

static void assert_parses(struct mm_expr **e, const char *text, bool literal_ok)
{
    char error[MM_EXPR_ERROR_SIZE] = "";

    ck_assert_msg(mm_expr_parse(e, rules, text, literal_ok, error) == 0, "%s: %s", text, error);
}

static void assert_teams(const struct mm_expr *e, const char *teams)
{
    char is[16] = "";
    size_t len = 0;

    if (e->grouped)
        is[len++] = '*';
    for (size_t i = 0; i < e->team_count; i++)
        is[len++] = (char)('0' + e->teams[i]);
    ck_assert_str_eq(is, teams);
}

static void assert_functions(const struct mm_expr *e, const char *functions)
{
    struct buf is = {0};

    buf_str(&is, "");
    for (size_t i = 0; i < e->function_count; i++)
        buf_printf(&is, "%s%s", i > 0 ? " " : "", mm_function_names[e->functions[i]]);
    ck_assert_str_eq(is.data, functions);
    buf_free(&is);
}

START_TEST(accepts)
{
    struct mm_expr *e = NULL;
    char type[MM_EXPR_TYPE_SIZE];

    assert_parses(&e, accepted[_i].text, _i % 2 == 0);
    ck_assert_int_eq(e->source, accepted[_i].source);
    assert_teams(e, accepted[_i].teams);
    assert_functions(e, accepted[_i].functions);
    ck_assert_str_eq(mm_expr_type(e->element, e->depth, type), accepted[_i].type);
    ck_assert(!mm_expr_is_constant(e));
    mm_expr_free(&e);
    ck_assert_ptr_null(e);
    mm_expr_free(&e);
}
END_TEST

START_TEST(names_what_it_reads)
{
    struct mm_expr *e = NULL;

    assert_parses(&e, "sum(teams[trio_1].players.attributes[ prefs ][ ice map ])", false);
    ck_assert_uint_eq(e->attribute, 3);
    ck_assert_str_eq(e->map_key, "ice map");
    mm_expr_free(&e);
}
END_TEST

static const struct {
    const char *text;
    enum mm_source source;
    const char *string;
    double number;
} literals[] = {
    {"medic", MM_SOURCE_STRING, "medic", 0},
    {"", MM_SOURCE_STRING, "", 0},
    {"\"medic\"", MM_SOURCE_STRING, "medic", 0},
    {"'two words'", MM_SOURCE_STRING, "two words", 0},
    {"'", MM_SOURCE_STRING, "'", 0},
    {"'10'", MM_SOURCE_STRING, "10", 0},
    {"teams", MM_SOURCE_STRING, "teams", 0},
    {"minimum(5)", MM_SOURCE_STRING, "minimum(5)", 0},
    {"medic (field)", MM_SOURCE_STRING, "medic (field)", 0},
    {"nan", MM_SOURCE_STRING, "nan", 0},
    {"0x10", MM_SOURCE_STRING, "0x10", 0},
    {" 5", MM_SOURCE_STRING, " 5", 0},
    {"5", MM_SOURCE_NUMBER, "5", 5},
    {"-1.5e2", MM_SOURCE_NUMBER, "-1.5e2", -150},
};

START_TEST(literal)
{
    struct mm_expr *e = NULL;

    assert_parses(&e, literals[_i].text, true);
    ck_assert_int_eq(e->source, literals[_i].source);
    ck_assert_str_eq(e->string, literals[_i].string);
    ck_assert_double_eq(e->number, literals[_i].number);
    ck_assert_int_eq(e->depth, 0);
    ck_assert(mm_expr_is_constant(e));
    mm_expr_free(&e);
}
END_TEST

START_TEST(array_of_strings_is_sorted_and_each_once)
{
    static const char *const strings[] = {"tank", "medic", "tank", "archer"};
    struct mm_expr *e = mm_expr_strings(strings, 4);

    ck_assert_uint_eq(e->string_count, 3);
    ck_assert_str_eq(e->strings[0], "archer");
    ck_assert_str_eq(e->strings[1], "medic");
    ck_assert_str_eq(e->strings[2], "tank");
    ck_assert_int_eq(e->depth, 1);
    mm_expr_free(&e);
    e = mm_expr_strings(NULL, 0);
    ck_assert_uint_eq(e->string_count, 0);
    mm_expr_free(&e);
}
END_TEST

#define SEVEN "count(count(count(count(count(count(count("

static const struct {
    const char *text, *says;
} refused[] = {
    {"", "teams[...] or a function is expected, at character 1 of \"\""},
    {"medic", "teams[...] or a function is expected, at character 1 of \"medic\""},
    {"5", "teams[...] or a function is expected, at character 1"},
    {"max(5)", "teams[...] or a function is expected, at character 5 of \"max(5)\""},
    {"max", "teams[...] or a function is expected, at character 1"},
    {"max(", "teams[...] or a function is expected, at character 5"},
    {"average(teams[red])",
     "\"average\" is no function; there is min, max, avg, median, sum, count, stddev, flatten or set_intersection, at "
     "character 1 of \"average(teams[red])\""},
    {"Max(teams[red])", "\"Max\" is no function"},
    {SEVEN "count(count(teams[*])))))))))", "more than 8 functions around each other, at character 49"},
    {"teams", "'[' is expected where the text ends, at character 6"},
    {"teams.red", "'[' is expected, not '.red', at character 6"},
    {"teams[", "there is no team \"\"; there is red, blue or trio, at character 7"},
    {"teams[]", "there is no team \"\""},
    {"teams[green]", "there is no team \"green\"; there is red, blue or trio, at character 7 of \"teams[green]\""},
    {"teams[Red]", "there is no team \"Red\""},
    {"teams[red,]", "there is no team \"\""},
    {"teams[red,red]", "team \"red\" stands twice, at character 11"},
    {"teams[trio,trio_1]", "team \"trio_1\" stands twice"},
    {"teams[*,red]", "there is no team \"*\""},
    {"teams[red,*]", "there is no team \"*\""},
    {"teams[red", "']' is expected where the text ends, at character 10"},
    {"teams[red]players", "something follows the expression, at character 11"},
    {"teams[red].player", "players is expected, not \"player\", at character 12"},
    {"teams[red].", "players is expected, not \"\""},
    {"teams[red].players[id]", "playerId is expected, not \"id\", at character 20"},
    {"teams[red].players[playerId", "']' is expected where the text ends"},
    {"teams[red].players.skill", "attributes is expected, not \"skill\", at character 20"},
    {"teams[red].players.attributes", "'[' is expected where the text ends"},
    {"teams[red].players.attributes[]", "attribute \"\" is not declared in playerAttributes, at character 31"},
    {"teams[red].players.attributes[rank]", "attribute \"rank\" is not declared in playerAttributes, at character 31"},
    {"teams[red].players.attributes[Skill]", "attribute \"Skill\" is not declared"},
    {"teams[red].players.attributes[skill", "']' is expected where the text ends"},
    {"teams[red].players.attributes[skill][a]", "something follows the expression, at character 37"},
    {"teams[red].players.attributes[prefs][]", "a key of the map is expected, at character 38"},
    {"teams[red].players.attributes[prefs][a", "']' is expected where the text ends"},
    {"avg(" SKILL("red"), "')' is expected where the text ends, at character 41"},
    {"avg(" SKILL("red") "))", "something follows the expression, at character 42"},
    {"avg(" SKILL("red") ",5)", "')' is expected, not ',5)', at character 41"},
    {"avg(teams[red].players.attributes[my role])",
     "avg takes a list of numbers, and teams[red].players.attributes[my role] is a list of strings, at character 5 of "
     "\"avg(teams[red].players.attributes[my role])\""},
    {"max( min( " SKILL("red") " ) )",
     "max takes a list of numbers, and min( teams[red].players.attributes[skill] ) is a number, at character 6"},
    {"sum(teams[red].players.attributes[prefs])",
     "sum takes a list of numbers, and teams[red].players.attributes[prefs] is a list of maps of numbers"},
    {"sum(teams[red].players)", "sum takes a list of numbers, and teams[red].players is a list of players"},
    {"count(teams[red])", "count takes a list, and teams[red] is a team"},
    {"flatten(" SKILL("red") ")",
     "flatten takes a list of lists, and teams[red].players.attributes[skill] is a list of"},
    {"set_intersection(teams[*].players.attributes[skill])", "set_intersection takes a list of lists of strings, and "},
    {"set_intersection(teams[red].players[playerId])", "set_intersection takes a list of lists of strings, and "},
    {"m\303\244x(teams[red])", "teams[...] or a function is expected, at character 1 of \"m\303\244x(teams[red])\""},
    {"teams[r\303\244d].pl", "there is no team \"r\303\244d\""},
};

START_TEST(refuses)
{
    struct mm_expr *e = NULL;
    char error[MM_EXPR_ERROR_SIZE];

    ck_assert_msg(mm_expr_parse(&e, rules, refused[_i].text, false, error) == ERR_INVALID, "%s", refused[_i].text);
    ck_assert_ptr_null(e);
    ck_assert_msg(strncmp(error, refused[_i].says, strlen(refused[_i].says)) == 0, "%s\n%s", error, refused[_i].says);
}
END_TEST

/* What may be meant as an expression is not taken for a string. */
START_TEST(wrong_expression_is_no_literal)
{
    static const char *const texts[] = {"max(medic)", "teams[green]", "average(teams[red])", " team [red].x"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct mm_expr *e = NULL;
        char error[MM_EXPR_ERROR_SIZE];

        ck_assert_msg(mm_expr_parse(&e, rules, texts[i], true, error) == ERR_INVALID, "%s", texts[i]);
    }
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *s = suite_create("mm_expr");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, accepts, 0, ROWS(accepted));
    tcase_add_test(tc, names_what_it_reads);
    tcase_add_loop_test(tc, literal, 0, ROWS(literals));
    tcase_add_test(tc, array_of_strings_is_sorted_and_each_once);
    tcase_add_loop_test(tc, refuses, 0, ROWS(refused));
    tcase_add_test(tc, wrong_expression_is_no_literal);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
