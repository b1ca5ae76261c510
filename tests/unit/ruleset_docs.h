/* Rule sets for the tests of mm_ruleset, put together from pieces. */
#ifndef UNIT_RULESET_DOCS_H
#define UNIT_RULESET_DOCS_H

#include <check.h>
#include <string.h>

#include "mm_ruleset.h"

static struct mm_problems problems;

static inline void teardown(void)
{
    mm_problems_free(&problems);
}

static inline int parse(struct mm_ruleset **r, const char *text)
{
    mm_problems_free(&problems);
    return mm_ruleset_parse(r, "r", text, strlen(text), &problems);
}

static inline struct mm_ruleset *must_parse(const char *text)
{
    struct mm_ruleset *r = NULL;
    char line[1024];

    (void)parse(&r, text);
    mm_problems_line(&problems, line, sizeof(line));
    ck_assert_msg(r != NULL, "%s\n%s", text, line);
    return r;
}

#define DOC(...) "{\"ruleLanguageVersion\":\"1.0\"," __VA_ARGS__ "}"
#define ATTRIBUTES                                                                                                     \
    "\"playerAttributes\":[{\"name\":\"skill\",\"type\":\"number\"},{\"name\":\"map\",\"type\":\"string\"},{\"name\":" \
    "\"tags\",\"type\":\"string_list\"},{\"name\":\"prefs\",\"type\":\"string_number_map\"}],"
#define TEAM(name, min, max) "{\"name\":\"" name "\",\"minPlayers\":" #min ",\"maxPlayers\":" #max "}"
#define TEAMS                "\"teams\":[" TEAM("red", 1, 2) "," TEAM("blue", 1, 2) "]"
#define BIG                  "\"teams\":[" TEAM("red", 20, 30) "," TEAM("blue", 20, 30) "]"
#define RULES(...)           DOC(ATTRIBUTES TEAMS ",\"rules\":[" __VA_ARGS__ "]")
#define RULE(type, rest)     "{\"name\":\"R\",\"type\":\"" type "\"" rest "}"
#define ONE(type, rest)      RULES(RULE(type, rest))
#define SKILLS               "flatten(teams[*].players.attributes[skill])"
#define MAPS                 "flatten(teams[*].players.attributes[map])"
#define TAGS                 "flatten(teams[*].players.attributes[tags])"
#define M(expr)              ",\"measurements\":[\"" expr "\"]"
#define REF(value)           ",\"referenceValue\":" value
#define OP(op)               ",\"operation\":\"" op "\""
#define NEAR                 "{\"name\":\"Near\",\"type\":\"distance\"" M(SKILLS) REF("5") ",\"maxDistance\":10}"
#define SAME                 "{\"name\":\"Same\",\"type\":\"comparison\"" M(MAPS) OP("=") "}"
#define BATCH                "{\"name\":\"Batch\",\"type\":\"batchDistance\",\"batchAttribute\":\"map\"}"
#define SORT                 "{\"name\":\"Sort\",\"type\":\"distanceSort\",\"sortAttribute\":\"skill\"}"
#define COMPOUND(statement)                                                                                            \
    RULES(NEAR "," SAME "," BATCH "," SORT ",{\"name\":\"C\",\"type\":\"compound\",\"statement\":\"" statement "\"}")
#define STEP(wait, value)        "{\"waitTimeSeconds\":" #wait ",\"value\":" value "}"
#define EXPANSION(target, steps) "{\"target\":\"" target "\",\"steps\":[" steps "]}"
#define EXPANSIONS(...)          DOC(ATTRIBUTES TEAMS ",\"rules\":[" NEAR "," SAME "],\"expansions\":[" __VA_ARGS__ "]")
#define ALGORITHM(rest)          DOC(ATTRIBUTES TEAMS ",\"algorithm\":{" rest "}")
#define BALANCED                 "\"strategy\":\"balanced\",\"balancedAttribute\":\"skill\""
#define LARGE(...)               DOC(ATTRIBUTES BIG ",\"algorithm\":{" BALANCED "}" __VA_ARGS__)

#endif
