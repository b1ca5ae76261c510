#include "mm_ruleset.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"
#include "mm_ruleset_reader.h"

static void read_head(struct mm_reader *rd)
{
    static const char *const members[] = {
        "name", "ruleLanguageVersion", "playerAttributes", "algorithm", "teams", "rules", "expansions", NULL};
    static const char *const versions[] = {"1.0"};
    int version;

    rd->r->label = "";
    (void)mm_node_only(&rd->root, members, NULL);
    (void)mm_node_text_opt(&rd->root, "name", &rd->r->label);
    (void)mm_node_word(&rd->root, "ruleLanguageVersion", versions, 1, &version);
}

static void number_slots(struct mm_ruleset *r)
{
    for (size_t i = 0; i < r->attribute_count; i++) {
        if (r->attributes[i].used)
            r->attributes[i].slot = (uint16_t)r->slot_count++;
    }
}

static void read_parts(struct mm_reader *rd)
{
    static void (*const parts[])(struct mm_reader *) = {
        read_head,     mm_read_attributes, mm_read_algorithm, mm_read_teams,
        mm_read_rules, mm_read_expansions, mm_resolve_phases,
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        parts[i](rd);
    number_slots(rd->r);
    free(rd->changes);
}

static bool read_json(struct mm_ruleset *r, const char *text, size_t len, struct mm_problems *problems)
{
    char error[JSON_ERROR_SIZE];

    if (len > MM_TEXT_MAX_BYTES)
        mm_problem(problems, "$", "must have at most %d bytes, has %zu", MM_TEXT_MAX_BYTES, len);
    else if (json_parse(text, len, &r->root, error) != 0)
        mm_problem(problems, "$", "%s", error);
    else
        return true;
    return false;
}

int mm_ruleset_parse(struct mm_ruleset **out, const char *name, const char *text, size_t len,
                     struct mm_problems *problems)
{
    struct mm_ruleset *r = MEM_NEW(struct mm_ruleset);
    struct mm_reader rd = {.r = r};
    size_t before = problems->errors;

    r->name = mem_strdup(name);
    r->phases = MEM_NEW(struct mm_phase);
    r->phase_count = 1;
    if (read_json(r, text, len, problems)) {
        rd.root = (struct mm_node){.o = r->root, .problems = problems, .path = "$"};
        if (mm_node_is_object(&rd.root))
            read_parts(&rd);
    }
    if (problems->errors > before) {
        mm_ruleset_free(&r);
        return ERR_INVALID;
    }
    *out = r;
    return 0;
}

static void free_rule(struct mm_rule *rule)
{
    for (size_t i = 0; i < rule->measurement_count; i++)
        mm_expr_free(&rule->measurements[i]);
    free(rule->measurements);
    mm_compound_free(&rule->statement);
}

static void free_parts(struct mm_ruleset *r)
{
    for (size_t i = 0; i < r->team_count; i++)
        free(r->teams[i].name);
    for (size_t i = 0; i < r->rule_count; i++)
        free_rule(&r->rules[i]);
    for (size_t i = 0; i < r->phase_count; i++) {
        free(r->phases[i].rules);
        free(r->phases[i].families);
    }
    for (size_t i = 0; i < r->reference_count; i++)
        mm_expr_free(&r->references[i]);
}

void mm_ruleset_free(struct mm_ruleset **r)
{
    if (*r == NULL)
        return;
    free_parts(*r);
    free((*r)->attributes);
    free((*r)->families);
    free((*r)->teams);
    free((*r)->rules);
    free((*r)->phases);
    free((*r)->references);
    free((*r)->algorithm.sort_attributes);
    free((*r)->name);
    json_object_put((*r)->root);
    free(*r);
    *r = NULL;
}

int mm_ruleset_attribute(const struct mm_ruleset *r, const char *name)
{
    for (size_t i = 0; i < r->attribute_count; i++) {
        if (strcmp(r->attributes[i].name, name) == 0)
            return (int)i;
    }
    return MM_NEVER;
}

int mm_ruleset_rule(const struct mm_ruleset *r, const char *name)
{
    for (size_t i = 0; i < r->rule_count; i++) {
        if (strcmp(r->rules[i].name, name) == 0)
            return (int)i;
    }
    return MM_NEVER;
}

const struct mm_phase *mm_ruleset_phase(const struct mm_ruleset *r, int64_t age_ms)
{
    size_t low = 0, high = r->phase_count; /* the phase is in [low, high) */

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (r->phases[middle].wait_ms <= age_ms)
            low = middle;
        else
            high = middle;
    }
    return &r->phases[low];
}
