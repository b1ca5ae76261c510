/* mm_rule_failure_lasts: what it says of the usual forms, and that a failure said to last never heals, over random
 * rules. */
#include <check.h>

#include "mm_scene.h"

#define FORMS   400 /* random rules a seed */
#define SEEDS   20
#define TICKETS 7

#define HEAD                                                                                                           \
    "{'ruleLanguageVersion':'1.0','playerAttributes':[{'name':'skill','type':'number','default':1},{'name':'level','"  \
    "type':'number','default':1},"                                                                                     \
    "{'name':'mode','type':'string','default':'a'},{'name':'roles','type':'string_list','default':[]},"                \
    "{'name':'maps','type':'string_number_map','default':{}}],'teams':[{'name':'red','minPlayers':0,'maxPlayers':9},"  \
    "{'name':'side','minPlayers':0,'maxPlayers':9,'quantity':2},{'name':'solo','minPlayers':0,'maxPlayers':1}],'"      \
    "rules':["
#define TAIL "]}"

#define SKILLS "teams[*].players.attributes[skill]"
#define ROLES  "flatten(teams[*].players.attributes[roles])"
#define IDS    "flatten(teams[*].players[playerId])"

#define DISTANCE(M, R, MORE) "'type':'distance','measurements':['" M "'],'referenceValue':'" R "'," MORE
#define COMPARE(M, OP, R)    "'type':'comparison','measurements':['" M "'],'operation':'" OP "','referenceValue':" R
#define ACROSS(M, OP)        "'type':'comparison','measurements':['" M "'],'operation':'" OP "'"
#define COLLECT(M, OP, MORE) "'type':'collection','measurements':['" M "'],'operation':'" OP "'," MORE

static const struct {
    const char *rule;
    bool lasts;
} forms[] = {
    {DISTANCE("max(flatten(" SKILLS "))", "min(flatten(" SKILLS "))", "'maxDistance':5"), true},
    {DISTANCE("min(flatten(" SKILLS "))", "max(flatten(" SKILLS "))", "'maxDistance':5"), true},
    {DISTANCE("flatten(" SKILLS ")", "min(flatten(" SKILLS "))", "'maxDistance':5"), true},
    {DISTANCE("max(teams[red].players.attributes[skill])", "min(min(" SKILLS "))", "'maxDistance':5"), true},
    {DISTANCE("flatten(" SKILLS ")", "10", "'maxDistance':5,'minDistance':1"), true},
    {DISTANCE("max(flatten(" SKILLS "))", "min(flatten(" SKILLS "))", "'maxDistance':5,'minDistance':1"), false},
    {DISTANCE("max(flatten(" SKILLS "))", "min(teams[red].players.attributes[skill])", "'maxDistance':5"), false},
    {DISTANCE("avg(" SKILLS ")", "avg(flatten(" SKILLS "))", "'maxDistance':5"), false},
    {DISTANCE("max(count(teams[*].players))", "min(count(teams[*].players))", "'maxDistance':1"), false},
    {COMPARE("count(teams[red].players)", "=", "'count(teams[side_1].players)'"), false},
    {COMPARE("count(teams[red].players)", "<=", "3"), true},
    {COMPARE("count(teams[red].players)", ">=", "3"), false},
    {COMPARE("flatten(" SKILLS ")", "=", "1"), true},
    {COMPARE("flatten(teams[*].players.attributes[mode])", "!=", "'a'"), true},
    {COMPARE("max(flatten(" SKILLS "))", "<=", "3"), true},
    {COMPARE("max(flatten(" SKILLS "))", ">=", "3"), false},
    {COMPARE("avg(teams[red].players.attributes[skill])", ">=", "'max(teams[side_1].players.attributes[skill])'"),
     false},
    {COMPARE("avg(teams[solo].players.attributes[skill])", ">=", "'max(teams[red].players.attributes[skill])'"), true},
    {COMPARE("avg(teams[solo].players.attributes[skill])", "<=", "'max(teams[red].players.attributes[skill])'"), false},
    {COMPARE("count(teams[solo].players)", ">=", "1"), false},
    {COMPARE("max(count(set_intersection(teams[*].players.attributes[roles])))", ">=", "1"), false}, /* a team more */
    {COMPARE("min(count(set_intersection(teams[*].players.attributes[roles])))", ">=", "1"), true},
    {ACROSS("flatten(" SKILLS ")", "="), true},
    {ACROSS("flatten(" SKILLS ")", "!="), true},
    {ACROSS("avg(" SKILLS ")", "="), false},
    {COLLECT(ROLES, "intersection", "'minCount':1"), true},
    {COLLECT(ROLES, "intersection", "'maxCount':1"), false},
    {COLLECT(ROLES, "contains", "'referenceValue':'a','maxCount':2"), true},
    {COLLECT(ROLES, "contains", "'referenceValue':'a','minCount':2"), false},
    {COLLECT(ROLES, "reference_intersection_count", "'referenceValue':'" IDS "','maxCount':0"), true},
    {COLLECT(ROLES, "reference_intersection_count", "'referenceValue':'set_intersection(" ROLES ")','minCount':1"),
     true},
    {COLLECT(ROLES, "reference_intersection_count", "'referenceValue':['a','b'],'minCount':1,'maxCount':1"), true},
    {"'type':'batchDistance','batchAttribute':'skill','maxDistance':2", true},
    {"'type':'batchDistance','batchAttribute':'mode'", true},
    {"'type':'latency','maxLatency':50", true},
    {"'type':'latency','maxDistance':5,'distanceReference':'min'", true},
    {"'type':'latency','maxLatency':50,'maxDistance':5,'distanceReference':'avg'", false},
};

START_TEST(knows_the_usual_forms)
{
    struct buf text = {0};
    struct scene s;

    buf_printf(&text, HEAD "{'name':'R',%s}" TAIL, forms[_i].rule);
    scene_open(&s, text.data);
    ck_assert_msg(mm_rule_failure_lasts(s.rules, 0) == forms[_i].lasts, "%s", forms[_i].rule);
    scene_close(&s);
    buf_free(&text);
}
END_TEST

static const struct {
    const char *statement;
    bool lasts;
} statements[] = {
    {"and(L, L2)", true},  {"or(L, L2)", true}, {"or(L, N)", false},         {"and(L, N)", false},
    {"xor(L, L2)", false}, {"not(L)", false},   {"or(and(L, L2), L)", true},
};

START_TEST(derives_compounds)
{
    struct buf text = {0};
    struct scene s;

    buf_printf(&text,
               HEAD "{'name':'L'," COMPARE("count(teams[red].players)", "<=", "3") "},{'name':'L2'," ACROSS(
                   "flatten(" SKILLS ")", "=") "},{'name':'N'," COMPARE("count(teams[red].players)",
                                                                        ">=", "3") "},{'name':'R','type':'compound',"
                                                                                   "'statement':'%s'}" TAIL,
               statements[_i].statement);
    scene_open(&s, text.data);
    ck_assert_msg(mm_rule_failure_lasts(s.rules, 3) == statements[_i].lasts, "%s", statements[_i].statement);
    scene_close(&s);
    buf_free(&text);
}
END_TEST

/* ---- random rules ----------------------------------------------------------------------------------------------- */

static uint64_t state;

static size_t roll(size_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)((state >> 33) % below);
}

#define PICK(list) ((list)[roll(sizeof(list) / sizeof((list)[0]))])

static const char *const functions[] = {"min",    "max",   "avg",     "median",  "sum",
                                        "stddev", "count", "flatten", "flatten", "set_intersection"};
static const char *const sources[] = {"teams[*].players.attributes[skill]",
                                      "teams[red].players.attributes[skill]",
                                      "teams[side].players.attributes[skill]",
                                      "teams[solo].players.attributes[skill]",
                                      "teams[solo].players.attributes[maps][x]",
                                      "teams[red].players.attributes[maps][x]",
                                      "teams[*].players.attributes[maps][x]",
                                      "teams[*].players",
                                      "teams[red].players",
                                      "teams[*].players.attributes[roles]",
                                      "teams[side_2].players.attributes[roles]",
                                      "teams[*].players[playerId]",
                                      "teams[red,side_1].players.attributes[mode]"};

/* Often one number of everybody, for these are what rules bound most. */
static void put_expression(struct buf *out)
{
    static const char *const extremes[] = {"min", "max", "avg"};
    static const char *const numbers[] = {"*].players.attributes[skill]", "*].players.attributes[level]",
                                          "red,side_1].players.attributes[skill]", "*].players.attributes[maps][x]"};
    size_t depth = roll(4);

    if (roll(3) == 0) {
        buf_printf(out, "%s(flatten(teams[%s))", PICK(extremes), PICK(numbers));
        return;
    }
    for (size_t i = 0; i < depth; i++)
        buf_printf(out, "%s(", PICK(functions));
    buf_str(out, PICK(sources));
    for (size_t i = 0; i < depth; i++)
        buf_str(out, ")");
}

static void put_reference(struct buf *out, bool number)
{
    buf_str(out, "'referenceValue':");
    if (roll(3) == 0 && number)
        buf_printf(out, "%zu", roll(4));
    else if (roll(3) == 0 && !number)
        buf_str(out, roll(2) == 0 ? "['a','b']" : "'a'");
    else {
        buf_str(out, "'");
        put_expression(out);
        buf_str(out, "'");
    }
}

static void put_rule(struct buf *out)
{
    static const char *const operations[] = {"<", "<=", "=", "!=", ">", ">="};
    static const char *const collections[] = {"intersection", "contains", "reference_intersection_count"};
    static const char *const parties[] = {"", ",'partyAggregation':'min'", ",'partyAggregation':'max'"};
    static const char *const limits[] = {"'maxDistance':1", "'minDistance':1", "'maxDistance':2,'minDistance':1"};
    static const char *const counts[] = {"'maxCount':1", "'minCount':1", "'maxCount':2,'minCount':1"};
    size_t type = roll(4);

    buf_str(out, "{'name':'R','measurements':['");
    put_expression(out);
    buf_str(out, "'],");
    if (type == 0)
        buf_printf(out, "'type':'comparison','operation':'%s'%s}", roll(2) == 0 ? "=" : "!=", PICK(parties));
    else if (type == 1)
        buf_printf(out, "'type':'comparison','operation':'%s'%s,", PICK(operations), PICK(parties));
    else if (type == 2)
        buf_printf(out, "'type':'distance',%s%s,", PICK(limits), PICK(parties));
    else {
        size_t which = roll(3);

        buf_printf(out, "'type':'collection','operation':'%s',%s%s", collections[which], PICK(counts),
                   which == 0 ? "}" : ",");
        if (which == 0)
            return;
    }
    if (type > 0) {
        put_reference(out, type < 3);
        buf_str(out, "}");
    }
}

/* NULL: the language does not know such a rule. */
static struct mm_ruleset *random_rules(struct buf *text)
{
    struct mm_problems problems = {0};
    struct mm_ruleset *r = NULL;

    buf_clear(text);
    buf_str(text, HEAD);
    put_rule(text);
    buf_str(text, TAIL);
    for (char *c = text->data; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    (void)mm_ruleset_parse(&r, "random", text->data, text->len, &problems);
    mm_problems_free(&problems);
    return r;
}

/* solo: somebody is in that team, and nobody else goes there. */
static void put_ticket(struct buf *out, bool *solo)
{
    static const char *const roles[] = {"[]", "['a']", "['a','b']", "['b','c']", "['p0','p2']"};
    static const char *const maps[] = {"{}", "{'x':1}", "{'x':3}", "{'y':2}"};
    static const char *const teams[] = {"red", "side_1", "side_2"};
    bool alone = !*solo && roll(3) == 0;
    size_t players = alone ? 1 : 1 + roll(2);

    *solo = *solo || alone;
    buf_clear(out);
    buf_printf(out, "{'%s':[[", alone ? "solo" : PICK(teams));
    for (size_t i = 0; i < players; i++)
        buf_printf(out, "%s{'skill':%d,'level':%d,'mode':'%c','roles':%s,'maps':%s}", i > 0 ? "," : "",
                   (int)roll(6) - 2, (int)roll(4), (char)('a' + roll(2)), PICK(roles), PICK(maps));
    buf_str(out, "]]}");
}

/* Seats tickets one by one; how many failures lasted. */
static size_t watch(struct scene *s, const char *rule)
{
    bool failed = false, solo = false;
    struct buf ticket = {0};
    size_t lasted = 0;

    for (int i = 0; i < TICKETS; i++) {
        bool passed;

        put_ticket(&ticket, &solo);
        scene_seat(s, ticket.data);
        passed = mm_check_rule(s->rules, 0, &s->rules->phases[0], s->lineup, s->scratch).passed;
        if (failed && passed)
            ck_abort_msg("a failure that lasts has healed with %s: %s", ticket.data, rule);
        lasted += failed;
        failed = !passed;
    }
    buf_free(&ticket);
    return lasted;
}

/* _i: the seed. */
START_TEST(never_heals)
{
    size_t lasting = 0, lasted = 0;
    struct buf text = {0};

    state = (uint64_t)_i;
    for (int form = 0; form < FORMS;) {
        struct scene s = {.rules = random_rules(&text)};

        if (s.rules == NULL)
            continue;
        form++;
        s.scratch = mm_scratch_new();
        s.lineup = mm_lineup_new(s.rules);
        for (int round = 0; round < 4 && mm_rule_failure_lasts(s.rules, 0); round++) {
            lasting++;
            lasted += watch(&s, text.data);
            scene_clear(&s);
        }
        scene_close(&s);
    }
    buf_free(&text);
    ck_assert_uint_gt(lasting, FORMS / 2); /* of 4 * FORMS rounds: else there is nothing here to see */
    ck_assert_uint_gt(lasted, lasting);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mm_lasts");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_loop_test(tc, knows_the_usual_forms, 0, sizeof(forms) / sizeof(forms[0]));
    tcase_add_loop_test(tc, derives_compounds, 0, sizeof(statements) / sizeof(statements[0]));
    tcase_add_loop_test(tc, never_heals, 1, SEEDS);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
