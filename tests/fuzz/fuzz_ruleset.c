/* A rule set. What is taken is whole: names found, phases in order, sizes that can be played, references of use. */
#include <math.h>

#include "fuzz.h"
#include "json.h"
#include "mm_ruleset.h"

static void check_problems(const struct mm_problems *p, bool refused)
{
    char line[300];

    ASSERT(refused == (p->errors > 0));
    ASSERT(p->count <= MM_PROBLEMS_MAX);
    for (size_t i = 0; i < p->count; i++) {
        ASSERT(json_utf8_valid(p->list[i].path, strlen(p->list[i].path)));
        ASSERT(json_utf8_valid(p->list[i].text, strlen(p->list[i].text)));
        ASSERT(p->list[i].path[0] == '$' && p->list[i].text[0] != '\0');
    }
    mm_problems_line(p, line, sizeof(line));
    ASSERT((line[0] != '\0') == refused && json_utf8_valid(line, strlen(line)));
}

static void check_logic(const struct mm_ruleset *r, size_t rule, const struct mm_logic *l)
{
    if (l->op == MM_LOGIC_RULE)
        ASSERT(l->rule < rule && !r->rules[l->rule].enforced);
    else
        ASSERT(l->argument_count > (l->op != MM_LOGIC_NOT));
    for (size_t i = 0; i < l->argument_count; i++)
        check_logic(r, rule, &l->arguments[i]);
}

static void check_rule(const struct mm_ruleset *r, size_t i)
{
    const struct mm_rule *rule = &r->rules[i];

    ASSERT(rule->type < MM_RULE_TYPES && rule->name[0] != '\0');
    ASSERT(mm_ruleset_rule(r, rule->name) == (int)i);
    ASSERT((rule->type == MM_RULE_COMPOUND) == (rule->statement != NULL));
    ASSERT((rule->type <= MM_RULE_DISTANCE || rule->type == MM_RULE_COLLECTION) == (rule->measurement_count > 0));
    if (rule->type == MM_RULE_BATCH_DISTANCE || rule->type >= MM_RULE_ABSOLUTE_SORT)
        ASSERT(rule->attribute < r->attribute_count && r->attributes[rule->attribute].used);
    if (rule->statement != NULL)
        check_logic(r, i, rule->statement);
}

static void check_phase(const struct mm_ruleset *r, const struct mm_phase *p)
{
    size_t min = 0, max = 0;

    for (size_t i = 0; i < r->team_count; i++) {
        struct mm_size size = mm_phase_size(r, p, i);

        ASSERT(size.min <= size.max && size.max > 0);
        min += size.min;
        max += size.max;
    }
    ASSERT(min == p->min_players && max == p->max_players);
    ASSERT(max <= (r->algorithm.strategy == MM_BALANCED ? MM_MATCH_PLAYERS_MAX : MM_SMALL_MATCH_MAX));
    for (size_t i = 0; i < r->rule_count; i++) {
        for (size_t limit = 0; limit < MM_LIMITS; limit++)
            ASSERT(isnan(p->rules[i].limits[limit]) || p->rules[i].limits[limit] >= 0);
    }
}

static void check_phases(const struct mm_ruleset *r)
{
    ASSERT(r->phase_count > 0 && r->phases[0].wait_ms == 0);
    for (size_t i = 0; i < r->phase_count; i++) {
        const struct mm_phase *p = &r->phases[i];

        check_phase(r, p);
        ASSERT(mm_ruleset_phase(r, p->wait_ms) == p);
        ASSERT(i == 0 || (p->wait_ms > p[-1].wait_ms && mm_ruleset_phase(r, p->wait_ms - 1) == p - 1));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mm_problems problems = {0};
    struct mm_ruleset *r = NULL;
    int rc = mm_ruleset_parse(&r, "fuzz", (const char *)data, size, &problems);

    check_problems(&problems, rc != 0);
    if (rc == 0) {
        for (size_t i = 0; i < r->rule_count; i++)
            check_rule(r, i);
        check_phases(r);
    }
    mm_ruleset_free(&r);
    mm_problems_free(&problems);
    return 0;
}
