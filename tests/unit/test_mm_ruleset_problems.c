/* mm_ruleset: what is refused and what is noted: where, and by which words. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "buf.h"
#include "err.h"
#include "ruleset_docs.h"

#define RED "\"teams\":[{\"name\":\"red\",\"minPlayers\":1,\"maxPlayers\":2"

struct row {
    const char *text, *path, *says;
};

static const struct row refused[] = {
    /* the document */
    {"", "$", "byte 0: a value is expected"},
    {"[]", "$", "must be an object, is array"},
    {"null", "$", "must be an object, is null"},
    {"{\n\"a\": 1, // x\n}", "$", "line 2, byte 10: a string in double quotes is expected"},
    {DOC(TEAMS ",\"expansions\":[{\"target\":\"a\",\"steps\":[],\"target\":\"b\",\"steps\":[]}]"), "$",
     "byte 169: key \"target\" stands twice in one object"},
    {"{" TEAMS "}", "$", "member \"ruleLanguageVersion\" is missing"},
    {"{\"ruleLanguageVersion\":1.0," TEAMS "}", "$.ruleLanguageVersion", "must be a string of 1 to 1024 bytes, is 1.0"},
    {"{\"ruleLanguageVersion\":\"1.1\"," TEAMS "}", "$.ruleLanguageVersion", "must be 1.0, is \"1.1\""},
    {DOC(TEAMS ",\"name\":7"), "$.name", "must be a string of 0 to 65535 bytes, is 7"},
    {DOC(TEAMS ",\"rule\":7"), "$",
     "unknown member \"rule\"; known are name, ruleLanguageVersion, playerAttributes, algorithm, teams, rules, "
     "expansions"},
    /* attributes */
    {DOC(TEAMS ",\"playerAttributes\":{}"), "$.playerAttributes", "must be an array of 0 to 100 elements, is {}"},
    {DOC(TEAMS ",\"playerAttributes\":[7]"), "$.playerAttributes[0]", "must be an object, is int"},
    {DOC(TEAMS ",\"playerAttributes\":[{\"type\":\"number\"}]"), "$.playerAttributes[0]", "member \"name\" is missing"},
    {DOC(TEAMS ",\"playerAttributes\":[{\"name\":\"a\"}]"), "$.playerAttributes[0]", "member \"type\" is missing"},
    {DOC(TEAMS ",\"playerAttributes\":[{\"name\":\"a\",\"type\":\"int\"}]"), "$.playerAttributes[0].type",
     "must be string, number, string_list or string_number_map, is \"int\""},
    {DOC(TEAMS ",\"playerAttributes\":[{\"name\":\"a\",\"type\":\"number\",\"min\":1}]"), "$.playerAttributes[0]",
     "unknown member \"min\"; known are name, type, default"},
    {DOC(TEAMS ",\"playerAttributes\":[{\"name\":\"a\",\"type\":\"number\"},{\"name\":\"a\",\"type\":\"string\"}]"),
     "$.playerAttributes[1].name", "\"a\" is another attribute's name"},
    {DOC(TEAMS ",\"playerAttributes\":[{\"name\":\"a\",\"type\":\"number\",\"default\":\"1\"}]"),
     "$.playerAttributes[0].default", "must be a finite number, is string"},
    {DOC(TEAMS ",\"playerAttributes\":[{\"name\":\"a\",\"type\":\"string\",\"default\":null}]"),
     "$.playerAttributes[0].default", "must be a string, is null"},
    {DOC(TEAMS ",\"playerAttributes\":[{\"name\":\"a\",\"type\":\"string_list\",\"default\":[1]}]"),
     "$.playerAttributes[0].default[0]", "must be a string, is int"},
    {DOC(TEAMS ",\"playerAttributes\":[{\"name\":\"a\",\"type\":\"string_number_map\",\"default\":{\"k\":\"v\"}}]"),
     "$.playerAttributes[0].default.k", "must be a finite number, is string"},
    /* teams */
    {DOC("\"name\":\"\""), "$", "member \"teams\" is missing"},
    {DOC("\"teams\":[]"), "$.teams", "must be an array of 1 to 200 elements, is []"},
    {DOC("\"teams\":[\"red\"]"), "$.teams[0]", "must be an object, is string"},
    {DOC("\"teams\":[{\"minPlayers\":1,\"maxPlayers\":1}]"), "$.teams[0]", "member \"name\" is missing"},
    {DOC("\"teams\":[{\"name\":\"red\",\"maxPlayers\":1}]"), "$.teams[0]", "member \"minPlayers\" is missing"},
    {DOC("\"teams\":[" TEAM("red", -1, 2) "]"), "$.teams[0].minPlayers", "must be an integer from 0 to 200, is -1"},
    {DOC("\"teams\":[" TEAM("red", 0, 0) "]"), "$.teams[0].maxPlayers", "must be an integer from 1 to 200, is 0"},
    {DOC("\"teams\":[" TEAM("red", 1, 1.5) "]"), "$.teams[0].maxPlayers", "must be an integer from 1 to 200, is 1.5"},
    {DOC("\"teams\":[" TEAM("red", 3, 2) "]"), "$.teams[0]",
     "from 0 s on, team \"red\" has minPlayers 3, more than maxPlayers 2"},
    {DOC("\"teams\":[" TEAM("red", 1, 2) "," TEAM("red", 1, 2) "]"), "$.teams[1].name",
     "\"red\" is another team's name"},
    {DOC("\"teams\":[" TEAM("red_2", 1, 2) ",{\"name\":\"red\",\"minPlayers\":1,\"maxPlayers\":1,\"quantity\":2}]"),
     "$.teams[1].name", "\"red_2\" is another team's name"},
    {DOC(RED ",\"quantity\":0}]"), "$.teams[0].quantity", "must be an integer from 1 to 200, is 0"},
    {DOC(RED ",\"size\":0}]"), "$.teams[0]",
     "unknown member \"size\"; known are name, minPlayers, maxPlayers, quantity"},
    {DOC("\"teams\":[{\"name\":\"red\",\"minPlayers\":1,\"maxPlayers\":1,\"quantity\":150},{\"name\":\"b\","
         "\"minPlayers\":1,\"maxPlayers\":1,\"quantity\":51}],"
         "\"playerAttributes\":[{\"name\":\"skill\",\"type\":\"number\"}],\"algorithm\":{" BALANCED "}"),
     "$.teams[1].quantity", "makes more than 200 teams"},
    {DOC("\"teams\":[" TEAM("red", 1, 41) "]"), "$.teams",
     "from 0 s on, a match has up to 41 players; more than 40 need $.algorithm.strategy balanced"},
    {DOC(ATTRIBUTES "\"teams\":[" TEAM("red", 1, 101) "," TEAM("blue", 1, 100) "],\"algorithm\":{" BALANCED "}"),
     "$.teams", "from 0 s on, a match has up to 201 players; 200 are allowed"},
    /* algorithm */
    {DOC(TEAMS ",\"algorithm\":null"), "$.algorithm", "must be an object, is null"},
    {ALGORITHM("\"seed\":1"), "$.algorithm",
     "unknown member \"seed\"; known are strategy, batchingPreference, sortByAttributes, balancedAttribute, "
     "expansionAgeSelection, backfillPriority"},
    {ALGORITHM("\"strategy\":\"fast\""), "$.algorithm.strategy", "must be exhaustiveSearch or balanced, is \"fast\""},
    {ALGORITHM("\"strategy\":\"balanced\""), "$.algorithm",
     "member \"balancedAttribute\" is missing: strategy is balanced"},
    {ALGORITHM("\"strategy\":\"balanced\",\"balancedAttribute\":\"map\""), "$.algorithm.balancedAttribute",
     "must name an attribute of type number, and \"map\" is a string"},
    {ALGORITHM("\"strategy\":\"balanced\",\"balancedAttribute\":\"rank\""), "$.algorithm.balancedAttribute",
     "attribute \"rank\" is not declared in playerAttributes"},
    {ALGORITHM(BALANCED ",\"batchingPreference\":\"sorted\""), "$.algorithm.batchingPreference",
     "must be largestPopulation or fastestRegion, is \"sorted\""},
    {ALGORITHM("\"batchingPreference\":\"fastestRegion\""), "$.algorithm.batchingPreference",
     "must be random or sorted, is \"fastestRegion\""},
    {ALGORITHM("\"batchingPreference\":\"sorted\""), "$.algorithm",
     "member \"sortByAttributes\" is missing: batchingPreference is sorted"},
    {ALGORITHM("\"batchingPreference\":\"sorted\",\"sortByAttributes\":[]"), "$.algorithm.sortByAttributes",
     "must be an array of 1 to 10 elements, is []"},
    {ALGORITHM("\"batchingPreference\":\"sorted\",\"sortByAttributes\":[\"map\",\"tags\"]"),
     "$.algorithm.sortByAttributes[1]",
     "must name an attribute of type string or number, and \"tags\" is a string_list"},
    {ALGORITHM("\"batchingPreference\":\"sorted\",\"sortByAttributes\":[7]"), "$.algorithm.sortByAttributes[0]",
     "must be a string that is not empty, is int"},
    {ALGORITHM(BALANCED ",\"backfillPriority\":\"high\""), "$.algorithm.backfillPriority",
     "is for strategy exhaustiveSearch only"},
    {ALGORITHM("\"backfillPriority\":\"first\""), "$.algorithm.backfillPriority",
     "must be normal, low or high, is \"first\""},
    {ALGORITHM("\"expansionAgeSelection\":\"average\""), "$.algorithm.expansionAgeSelection",
     "must be newest or oldest, is \"average\""},
    /* rules */
    {DOC(TEAMS ",\"rules\":{}"), "$.rules", "must be an array of 0 to 100 elements, is {}"},
    {RULES("7"), "$.rules[0]", "must be an object, is int"},
    {RULES("{\"type\":\"latency\",\"maxLatency\":1}"), "$.rules[0]", "member \"name\" is missing"},
    {RULES("{\"name\":\"R\"}"), "$.rules[0]", "member \"type\" is missing"},
    {ONE("reference", ""), "$.rules[0].type",
     "must be comparison, distance, batchDistance, collection, latency, compound, absoluteSort or distanceSort, is "
     "\"reference\""},
    {RULES(SAME "," SAME), "$.rules[1].name", "\"Same\" is another rule's name"},
    {ONE("latency", ",\"maxLatency\":1,\"description\":7"), "$.rules[0].description", "must be a string"},
    {ONE("latency", ",\"maxLatency\":1,\"minLatency\":7"), "$.rules[0]",
     "unknown member \"minLatency\"; known are name, description, type, maxLatency, maxDistance, distanceReference, "
     "partyAggregation"},
    {ONE("latency", ",\"maxLatency\":1,\"partyAggregation\":\"union\""), "$.rules[0].partyAggregation",
     "must be avg, min or max, is \"union\""},
    {ONE("collection", M(TAGS) OP("intersection") ",\"minCount\":1,\"partyAggregation\":\"avg\""),
     "$.rules[0].partyAggregation", "must be union or intersection, is \"avg\""},
    /* measurements */
    {ONE("comparison", OP("=")), "$.rules[0]", "member \"measurements\" is missing"},
    {ONE("comparison", ",\"measurements\":[]" OP("=")), "$.rules[0].measurements",
     "must be an array of 1 to 100 elements, is []"},
    {ONE("comparison", ",\"measurements\":[7]" OP("=")), "$.rules[0].measurements[0]",
     "must be a string that is not empty, is int"},
    {ONE("comparison", ",\"measurements\":\"5\"" OP("=")), "$.rules[0].measurements",
     "teams[...] or a function is expected, at character 1 of \"5\""},
    {ONE("comparison", M("teams[red].players") OP("=")), "$.rules[0].measurements[0]",
     "a comparison rule measures numbers or strings, and this is a list of players"},
    {ONE("comparison", ",\"measurements\":[\"" SKILLS "\",\"" MAPS "\"]" OP("=")), "$.rules[0].measurements[1]",
     "is a list of strings, and the first measurement is a list of numbers: a rule measures one or the other"},
    {ONE("distance", M("avg(" MAPS ")") REF("1") ",\"maxDistance\":1"), "$.rules[0].measurements[0]",
     "avg takes a list of numbers, and flatten(teams[*].players.attributes[map]) is a list of strings, at character 5"},
    {ONE("distance", M(MAPS) REF("1") ",\"maxDistance\":1"), "$.rules[0].measurements[0]",
     "a distance rule measures numbers, and this is a list of strings"},
    {ONE("collection", M(SKILLS) OP("intersection") ",\"minCount\":1"), "$.rules[0].measurements[0]",
     "a collection rule measures a list of strings, or a list of such lists, and this is a list of numbers"},
    {ONE("collection", M("teams[*].players.attributes[tags]") OP("intersection") ",\"minCount\":1"),
     "$.rules[0].measurements[0]",
     "a collection rule measures a list of strings, or a list of such lists, and this is a list of lists of lists of "
     "strings"},
    /* comparison */
    {ONE("comparison", M(SKILLS) REF("5")), "$.rules[0]", "member \"operation\" is missing"},
    {ONE("comparison", M(SKILLS) REF("5") OP("==")), "$.rules[0].operation",
     "must be <, <=, =, !=, >= or >, is \"==\""},
    {ONE("comparison", M(SKILLS) OP("<")), "$.rules[0].operation",
     "must be = or != without a referenceValue, is \"<\""},
    {ONE("comparison", M(MAPS) REF("\"a\"") OP(">")), "$.rules[0].operation",
     "must be = or != between strings, is \">\""},
    {ONE("comparison", M(SKILLS) REF("\"high\"") OP("=")), "$.rules[0].referenceValue",
     "must be a number to suit what is measured, is a string \"high\""},
    {ONE("comparison", M(MAPS) REF("5") OP("=")), "$.rules[0].referenceValue",
     "must be a string to suit what is measured, is a number"},
    {ONE("comparison", M(SKILLS) REF("\"" SKILLS "\"") OP("=")), "$.rules[0].referenceValue",
     "must be a number to suit what is measured, is a list of numbers"},
    {ONE("comparison", M(SKILLS) REF("\"max(skill)\"") OP("=")), "$.rules[0].referenceValue",
     "teams[...] or a function is expected, at character 5 of \"max(skill)\""},
    {ONE("comparison", M(SKILLS) REF("null") OP("=")), "$.rules[0].referenceValue",
     "must be a number, an expression, a string or an array of strings, is null"},
    {ONE("comparison", M(MAPS) REF("[\"a\"]") OP("=")), "$.rules[0].referenceValue",
     "must be a string to suit what is measured, is a list of strings"},
    /* distance */
    {ONE("distance", M(SKILLS) ",\"maxDistance\":1"), "$.rules[0]", "member \"referenceValue\" is missing"},
    {ONE("distance", M(SKILLS) REF("1")), "$.rules[0]", "member \"maxDistance\" or \"minDistance\" is missing"},
    {ONE("distance", M(SKILLS) REF("1") ",\"maxDistance\":-1"), "$.rules[0].maxDistance",
     "must be a number, 0 or more, is -1"},
    {ONE("distance", M(SKILLS) REF("1") ",\"maxDistance\":\"1\""), "$.rules[0].maxDistance",
     "must be a number, 0 or more, is \"1\""},
    {ONE("distance", M(SKILLS) REF("1") ",\"maxDistance\":null"), "$.rules[0].maxDistance",
     "must be a number, 0 or more, is null"},
    /* batchDistance */
    {ONE("batchDistance", ",\"maxDistance\":1"), "$.rules[0]", "member \"batchAttribute\" is missing"},
    {ONE("batchDistance", ",\"batchAttribute\":\"skill\""), "$.rules[0]",
     "member \"maxDistance\" is missing: \"skill\" is a number"},
    {ONE("batchDistance", ",\"batchAttribute\":\"tags\""), "$.rules[0].batchAttribute",
     "must name an attribute of type string or number, and \"tags\" is a string_list"},
    {ONE("batchDistance", ",\"batchAttribute\":\"rank\""), "$.rules[0].batchAttribute",
     "attribute \"rank\" is not declared in playerAttributes"},
    {ONE("batchDistance", ",\"batchAttribute\":\"skill\",\"maxDistance\":\"near\""), "$.rules[0].maxDistance",
     "must be a number, 0 or more, is \"near\""},
    {ONE("batchDistance", ",\"batchAttribute\":\"skill\",\"maxDistance\":\"\""), "$.rules[0].maxDistance",
     "must be a number, 0 or more, is \"\""},
    /* collection */
    {ONE("collection", M(TAGS) ",\"minCount\":1"), "$.rules[0]", "member \"operation\" is missing"},
    {ONE("collection", M(TAGS) OP("union") ",\"minCount\":1"), "$.rules[0].operation",
     "must be intersection, contains or reference_intersection_count, is \"union\""},
    {ONE("collection", M(TAGS) OP("intersection") REF("\"a\"") ",\"minCount\":1"), "$.rules[0].referenceValue",
     "must not be there: intersection compares the lists among themselves"},
    {ONE("collection", M(TAGS) OP("contains")), "$.rules[0]", "member \"referenceValue\" is missing"},
    {ONE("collection", M(TAGS) OP("contains") REF("5")), "$.rules[0].referenceValue",
     "must be a string to suit what is measured, is a number"},
    {ONE("collection", M(TAGS) OP("contains") REF("[\"a\"]")), "$.rules[0].referenceValue",
     "must be a string to suit what is measured, is a list of strings"},
    {ONE("collection", M(TAGS) OP("reference_intersection_count") REF("\"a\"") ",\"minCount\":1"),
     "$.rules[0].referenceValue", "must be a list of strings to suit what is measured, is a string \"a\""},
    {ONE("collection", M(TAGS) OP("reference_intersection_count") REF("[\"a\",7]") ",\"minCount\":1"),
     "$.rules[0].referenceValue", "must be an array of strings only; element 1 is int"},
    {ONE("collection", M(TAGS) OP("contains") REF("\"a\"") ",\"minCount\":1.5"), "$.rules[0].minCount",
     "must be an integer, 0 or more, is 1.5"},
    /* latency */
    {ONE("latency", ""), "$.rules[0]", "member \"maxLatency\" or \"maxDistance\" is missing"},
    {ONE("latency", ",\"maxLatency\":-1"), "$.rules[0].maxLatency", "must be an integer, 0 or more, is -1"},
    {ONE("latency", ",\"maxDistance\":1,\"distanceReference\":5"), "$.rules[0].distanceReference", "must be a string"},
    {ONE("latency", ",\"maxDistance\":1,\"distanceReference\":\"max\""), "$.rules[0].distanceReference",
     "must be min or avg, is \"max\""},
    /* sorts */
    {ONE("absoluteSort", ""), "$.rules[0]", "member \"sortAttribute\" is missing"},
    {ONE("absoluteSort", ",\"sortAttribute\":\"map\""), "$.rules[0].sortAttribute",
     "must name an attribute of type number or string_number_map, and \"map\" is a string"},
    {ONE("distanceSort", ",\"sortAttribute\":\"prefs\""), "$.rules[0]",
     "member \"mapKey\" is missing: \"prefs\" is a string_number_map"},
    {ONE("distanceSort", ",\"sortAttribute\":\"skill\",\"mapKey\":\"maxValue\""), "$.rules[0].mapKey",
     "is for attributes of type string_number_map, and \"skill\" is a number"},
    {ONE("distanceSort", ",\"sortAttribute\":\"skill\",\"sortDirection\":\"up\""), "$.rules[0].sortDirection",
     "must be ascending or descending, is \"up\""},
    /* compound */
    {ONE("compound", ""), "$.rules[0]", "member \"statement\" is missing"},
    {COMPOUND(""), "$.rules[4].statement", "a rule's name is expected at \"\""},
    {COMPOUND("and(Near,)"), "$.rules[4].statement", "a rule's name is expected at \")\""},
    {COMPOUND("and(Near,Same"), "$.rules[4].statement", "',' or ')' is expected at \"\""},
    {COMPOUND("and(Near,Same))"), "$.rules[4].statement", "something follows the statement: \")\""},
    {COMPOUND("nand(Near,Same)"), "$.rules[4].statement", "\"nand\" is no operator; there is and, or, not and xor"},
    {COMPOUND("and(Near)"), "$.rules[4].statement", "and takes two arguments or more, has 1"},
    {COMPOUND("not(Near,Same)"), "$.rules[4].statement", "not takes one argument, has 2"},
    {COMPOUND("or(Near,Far)"), "$.rules[4].statement", "no rule before this one is named \"Far\""},
    {COMPOUND("or(Near,C)"), "$.rules[4].statement", "no rule before this one is named \"C\""},
    {COMPOUND("or(Near,Batch)"), "$.rules[4].statement",
     "\"Batch\" is a batchDistance rule, which cannot be part of a compound"},
    {COMPOUND("or(Near,Sort)"), "$.rules[4].statement",
     "\"Sort\" is a distanceSort rule, which cannot be part of a compound"},
    {COMPOUND("not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(not(Near)))))))))))))))))"),
     "$.rules[4].statement", "more than 16 operators inside each other"},
    /* expansions */
    {EXPANSIONS("7"), "$.expansions[0]", "must be an object, is int"},
    {EXPANSIONS("{\"steps\":[" STEP(1, "1") "]}"), "$.expansions[0]", "member \"target\" is missing"},
    {EXPANSIONS("{\"target\":\"rules[Near].maxDistance\"}"), "$.expansions[0]", "member \"steps\" is missing"},
    {EXPANSIONS(EXPANSION("rules[Near].maxDistance", "")), "$.expansions[0].steps",
     "must be an array of 1 to 100 elements, is []"},
    {EXPANSIONS(EXPANSION("Near.maxDistance", STEP(1, "1"))), "$.expansions[0].target",
     "must be rules[NAME].PROPERTY, teams[NAME].minPlayers or teams[NAME].maxPlayers, is \"Near.maxDistance\""},
    {EXPANSIONS(EXPANSION("rules[Near]", STEP(1, "1"))), "$.expansions[0].target", "must be rules[NAME].PROPERTY"},
    {EXPANSIONS(EXPANSION("]rules[.maxDistance", STEP(1, "1"))), "$.expansions[0].target", "must be rules[NAME]."},
    {EXPANSIONS(EXPANSION("algorithm[x].strategy", STEP(1, "1"))), "$.expansions[0].target", "must be rules[NAME]."},
    {EXPANSIONS(EXPANSION("rules[Far].maxDistance", STEP(1, "1"))), "$.expansions[0].target",
     "there is no rule \"Far\""},
    {EXPANSIONS(EXPANSION("rules[].maxDistance", STEP(1, "1"))), "$.expansions[0].target", "there is no rule \"\""},
    {EXPANSIONS(EXPANSION("rules[Near].maxCount", STEP(1, "1"))), "$.expansions[0].target",
     "of this rule, maxDistance, minDistance or referenceValue can be expanded, not \"maxCount\""},
    {EXPANSIONS(EXPANSION("rules[Same].referenceValue", STEP(1, "1"))), "$.expansions[0].target",
     "\"Same\" has nothing that can be expanded: it is a comparison rule"},
    {RULES(NEAR ",{\"name\":\"C\",\"type\":\"compound\",\"statement\":\"not(Near)\"}],\"expansions\":[" EXPANSION(
         "rules[C].statement", STEP(1, "\"Near\""))),
     "$.expansions[0].target", "\"C\" has nothing that can be expanded: it is a compound rule"},
    {EXPANSIONS(EXPANSION("teams[green].minPlayers", STEP(1, "1"))), "$.expansions[0].target",
     "there is no team \"green\""},
    {EXPANSIONS(EXPANSION("teams[red,].minPlayers", STEP(1, "1"))), "$.expansions[0].target", "there is no team \"\""},
    {EXPANSIONS(EXPANSION("teams[red].quantity", STEP(1, "1"))), "$.expansions[0].target",
     "of a team, minPlayers and maxPlayers can be expanded, not \"quantity\""},
    {EXPANSIONS(EXPANSION("teams[red].maxPlayers", STEP(1, "3")) "," EXPANSION("teams[*].maxPlayers", STEP(2, "4"))),
     "$.expansions[1].target", "another expansion has this target already"},
    {EXPANSIONS(
         EXPANSION("rules[Near].maxDistance", STEP(1, "3")) "," EXPANSION("rules[Near].maxDistance", STEP(2, "4"))),
     "$.expansions[1].target", "another expansion has this target already"},
    {EXPANSIONS(EXPANSION("rules[Near].maxDistance", "7")), "$.expansions[0].steps[0]", "must be an object, is int"},
    {EXPANSIONS(EXPANSION("rules[Near].maxDistance", STEP(0, "1"))), "$.expansions[0].steps[0].waitTimeSeconds",
     "must be an integer from 1 to 43200, is 0"},
    {EXPANSIONS(EXPANSION("rules[Near].maxDistance", STEP(5, "11") "," STEP(5, "12"))),
     "$.expansions[0].steps[1].waitTimeSeconds", "must be more than the step before, which is 5, is 5"},
    {EXPANSIONS(EXPANSION("rules[Near].maxDistance", "{\"waitTimeSeconds\":1}")), "$.expansions[0].steps[0]",
     "member \"value\" is missing"},
    {EXPANSIONS(EXPANSION("rules[Near].maxDistance", "{\"waitTimeSeconds\":1,\"value\":1,\"x\":1}")),
     "$.expansions[0].steps[0]", "unknown member \"x\"; known are waitTimeSeconds, value"},
    {EXPANSIONS(EXPANSION("rules[Near].maxDistance", STEP(1, "\"20\""))), "$.expansions[0].steps[0].value",
     "must be a number, 0 or more, is \"20\""},
    {EXPANSIONS(EXPANSION("rules[Near].referenceValue", STEP(1, "\"high\""))), "$.expansions[0].steps[0].value",
     "must be a number to suit what is measured, is a string \"high\""},
    {EXPANSIONS(EXPANSION("teams[red].maxPlayers", STEP(1, "0"))), "$.expansions[0].steps[0].value",
     "must be an integer from 1 to 200, is 0"},
    {EXPANSIONS(EXPANSION("teams[red].minPlayers", STEP(1, "2") "," STEP(9, "3"))), "$.expansions[0].steps[1]",
     "from 9 s on, team \"red\" has minPlayers 3, more than maxPlayers 2"},
    {EXPANSIONS(EXPANSION("teams[red].maxPlayers", STEP(7, "39"))), "$.expansions[0].steps[0]",
     "from 7 s on, a match has up to 41 players; more than 40 need $.algorithm.strategy balanced"},
};

static const struct row noted[] = {
    {ALGORITHM("\"sortByAttributes\":[\"map\"]"), "$.algorithm.sortByAttributes",
     "has no effect: only batchingPreference sorted reads it"},
    {ALGORITHM("\"balancedAttribute\":\"skill\""), "$.algorithm.balancedAttribute",
     "has no effect: only strategy balanced reads it"},
    {ONE("batchDistance", ",\"batchAttribute\":\"map\",\"maxDistance\":1"), "$.rules[0].maxDistance",
     "has no effect: \"map\" is a string, which must be equal"},
    {ONE("collection", M(TAGS) OP("intersection")), "$.rules[0]",
     "has neither minCount nor maxCount: it always passes"},
    {EXPANSIONS(EXPANSION("rules[Near].maxDistance", STEP(1, "10") "," STEP(2, "10"))), "$.expansions[0]",
     "changes nothing: each step's value is the one in force before it"},
    {ONE("distance", M(SKILLS) REF("1") ",\"maxDistance\":1,\"minDistance\":2.5"), "$.rules[0]",
     "from 0 s on, nothing passes: minDistance 2.5 is more than maxDistance 1"},
    {ONE("collection", M(TAGS) OP("contains") REF("\"a\"") ",\"minCount\":2,\"maxCount\":1"), "$.rules[0]",
     "from 0 s on, nothing passes: minCount 2 is more than maxCount 1"},
    {EXPANSIONS(EXPANSION("rules[Near].minDistance", STEP(1, "11"))), "$.expansions[0].steps[0]",
     "from 1 s on, nothing passes: minDistance 11 is more than maxDistance 10"},
    {ONE("latency", ",\"maxLatency\":0"), "$.rules[0]", "from 0 s on, nothing passes: maxLatency is 0"},
    {LARGE(",\"rules\":[" NEAR "]"), "$.rules[0]",
     "has no effect: in a match of more than 40 players, only latency and batchDistance rules have"},
    {LARGE(",\"rules\":[" RULE("latency", ",\"maxLatency\":9,\"maxDistance\":9") "]"), "$.rules[0]",
     "maxDistance has no effect: in a match of more than 40 players, only maxLatency has"},
};

static const struct mm_problem *find_problem(bool note, const char *path)
{
    for (size_t i = 0; i < problems.count; i++) {
        if (problems.list[i].note == note && strcmp(problems.list[i].path, path) == 0)
            return &problems.list[i];
    }
    return NULL;
}

/* Exactly one problem: this one. */
static void assert_problem(const struct row *row, bool note)
{
    const struct mm_problem *p = find_problem(note, row->path);
    char line[1024] = "nothing";

    if (problems.count > 0)
        (void)snprintf(line, sizeof(line), "%s: %s", problems.list[0].path, problems.list[0].text);
    ck_assert_msg(p != NULL && strncmp(p->text, row->says, strlen(row->says)) == 0, "%s\nwanted %s: %s\nfound  %s",
                  row->text, row->path, row->says, line);
    ck_assert_msg(problems.count == 1, "%s\n%s\n%s: %s", row->text, line, problems.list[1].path, problems.list[1].text);
}

START_TEST(refuses)
{
    struct mm_ruleset *r = NULL;

    ck_assert_msg(parse(&r, refused[_i].text) == ERR_INVALID, "%s\nwanted %s", refused[_i].text, refused[_i].says);
    ck_assert_ptr_null(r);
    assert_problem(&refused[_i], false);
}
END_TEST

START_TEST(notes)
{
    struct mm_ruleset *r = must_parse(noted[_i].text);

    ck_assert_uint_eq(problems.errors, 0);
    assert_problem(&noted[_i], true);
    mm_ruleset_free(&r);
}
END_TEST

/* One mistake is one problem, and none hides another. */
START_TEST(finds_all)
{
    static const char *const paths[] = {
        "$",          "$.ruleLanguageVersion", "$.playerAttributes[0].default", "$.teams[0].minPlayers",
        "$.rules[0]", "$.rules[1].type",       "$.rules[2].measurements[1]",    "$.rules[2].operation",
        "$.rules[2]", "$.expansions[0].target"};
    struct mm_ruleset *r = NULL;
    char line[256];

    ck_assert_int_eq(
        parse(&r, "{\"version\":1,\"ruleLanguageVersion\":\"2.0\",\"playerAttributes\":[{\"name\":\"skill\",\"type\":"
                  "\"number\",\"default\":\"x\"}],\"teams\":[{\"name\":\"red\",\"minPlayers\":-1,\"maxPlayers\":2}],"
                  "\"rules\":[{\"name\":\"a\",\"type\":\"latency\"},{\"name\":\"b\",\"type\":\"sort\"},{\"name\":\"c\","
                  "\"type\":\"comparison\",\"measurements\":[\"" SKILLS "\",\"max(" MAPS ")\"],\"operation\":\"==\","
                  "\"x\":1}],\"expansions\":[{\"target\":\"rules[d].maxDistance\",\"steps\":[" STEP(1, "2") "]}]}"),
        ERR_INVALID);
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        ck_assert_msg(find_problem(false, paths[i]) != NULL, "%s", paths[i]);
    ck_assert_uint_eq(problems.count, sizeof(paths) / sizeof(paths[0]));
    mm_problems_line(&problems, line, sizeof(line));
    ck_assert_str_eq(line, "$: unknown member \"version\"; known are name, ruleLanguageVersion, playerAttributes, "
                           "algorithm, teams, rules, expansions (and 9 more)");
}
END_TEST

START_TEST(keeps_the_first_hundred_problems)
{
    struct buf text = {0};
    struct mm_ruleset *r = NULL;

    buf_str(&text, "{\"ruleLanguageVersion\":\"1.0\"," TEAMS ",\"expansions\":[");
    for (int i = 0; i < 150; i++)
        buf_str(&text, i == 0 ? "7" : ",7");
    buf_str(&text, "]}");
    ck_assert_int_eq(parse(&r, text.data), ERR_INVALID);
    ck_assert_uint_eq(problems.count, MM_PROBLEMS_MAX);
    ck_assert_uint_eq(problems.errors, 150);
    buf_free(&text);
}
END_TEST

/* Compounds that name compounds twice over would double in size with each. */
START_TEST(limits_the_parts_of_a_compound)
{
    struct mm_ruleset *r = NULL;

    for (int names = 999; names <= 1000; names++) {
        struct buf text = {0};

        buf_str(&text, "{\"ruleLanguageVersion\":\"1.0\"," ATTRIBUTES TEAMS ",\"rules\":[" NEAR
                       ",{\"name\":\"C\",\"type\":\"compound\",\"statement\":\"or(Near");
        for (int i = 1; i < names; i++)
            buf_str(&text, ",Near");
        buf_str(&text, ")\"}]}");
        ck_assert_int_eq(parse(&r, text.data), names == 999 ? 0 : ERR_INVALID);
        mm_ruleset_free(&r);
        buf_free(&text);
    }
    ck_assert_str_eq(problems.list[0].text, "must have at most 1000 parts, with those of the compounds it names");
}
END_TEST

START_TEST(limits_the_parts_of_compounds_in_compounds)
{
    struct mm_ruleset *r = NULL;
    struct buf text = {0};

    buf_str(&text, "{\"ruleLanguageVersion\":\"1.0\"," ATTRIBUTES TEAMS ",\"rules\":[" NEAR
                   ",{\"name\":\"C0\",\"type\":\"compound\",\"statement\":\"and(Near,Near)\"}");
    for (int i = 1; i < 9; i++) /* 3, 9, 21, ... 765, 1533 */
        buf_printf(&text, ",{\"name\":\"C%d\",\"type\":\"compound\",\"statement\":\"and(C%d,C%d)\"}", i, i - 1, i - 1);
    buf_str(&text, "]}");
    ck_assert_int_eq(parse(&r, text.data), ERR_INVALID);
    ck_assert_uint_eq(problems.count, 1);
    ck_assert_str_eq(problems.list[0].path, "$.rules[9].statement");
    buf_free(&text);
}
END_TEST

START_TEST(refuses_more_than_64k)
{
    struct mm_ruleset *r = NULL;
    struct buf text = {0};

    buf_str(&text, DOC(TEAMS));
    while (text.len < 65535)
        buf_str(&text, " ");
    ck_assert_int_eq(mm_ruleset_parse(&r, "r", text.data, text.len, &problems), 0);
    mm_ruleset_free(&r);
    buf_str(&text, " ");
    ck_assert_int_eq(mm_ruleset_parse(&r, "r", text.data, text.len, &problems), ERR_INVALID);
    ck_assert_str_eq(problems.list[0].text, "must have at most 65535 bytes, has 65536");
    buf_free(&text);
}
END_TEST

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int main(void)
{
    Suite *s = suite_create("mm_ruleset_problems");
    TCase *tc = tcase_create("all");
    SRunner *sr = srunner_create(s);
    int failed;

    suite_add_tcase(s, tc);
    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_loop_test(tc, refuses, 0, ROWS(refused));
    tcase_add_loop_test(tc, notes, 0, ROWS(noted));
    tcase_add_test(tc, finds_all);
    tcase_add_test(tc, keeps_the_first_hundred_problems);
    tcase_add_test(tc, limits_the_parts_of_a_compound);
    tcase_add_test(tc, limits_the_parts_of_compounds_in_compounds);
    tcase_add_test(tc, refuses_more_than_64k);
    srunner_run_all(sr, CK_ENV);
    failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
