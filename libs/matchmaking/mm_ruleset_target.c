#include "mm_ruleset_target.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

static const char *const size_names[] = {
    [MM_CHANGE_MIN_PLAYERS] = "minPlayers", [MM_CHANGE_MAX_PLAYERS] = "maxPlayers"};

size_t mm_target_objects(const struct mm_ruleset *r, const struct mm_target *t)
{
    return t->kind <= MM_CHANGE_MAX_PLAYERS ? r->family_count : r->rule_count;
}

static bool refuse_target(const struct mm_node *n, const char *target)
{
    mm_node_problem(n, "target",
                    "must be rules[NAME].PROPERTY, teams[NAME].minPlayers or teams[NAME].maxPlayers, "
                    "is \"%.*s\"",
                    mm_shown(target, strlen(target)), target);
    return false;
}

/* A name between the brackets, without white space around it; the caller frees it. *at moves to the next one. */
static char *next_name(const char **at, const char *stop, bool list)
{
    const char *start = *at, *end = list ? memchr(start, ',', (size_t)(stop - start)) : NULL;

    if (end == NULL)
        end = stop;
    *at = end == stop ? NULL : end + 1;
    start += strspn(start, " \t\r\n");
    while (end > start && strchr(" \t\r\n", end[-1]) != NULL)
        end--;
    return mem_strndup(start, end > start ? (size_t)(end - start) : 0);
}

static bool choose_team(struct mm_reader *rd, const struct mm_node *n, const char *name, struct mm_target *t)
{
    bool found = false;

    for (size_t i = 0; i < rd->r->family_count; i++) {
        if (strcmp(name, "*") != 0 && strcmp(name, rd->r->families[i].name) != 0)
            continue;
        t->chosen[i] = found = true;
    }
    if (!found && !rd->teams_broken)
        mm_node_problem(n, "target", "there is no team \"%.*s\"", mm_shown(name, strlen(name)), name);
    return found;
}

static bool choose_teams(struct mm_reader *rd, const struct mm_node *n, struct mm_target *t)
{
    const char *at = t->names;
    bool all = true;

    for (size_t i = 0; i < sizeof(size_names) / sizeof(size_names[0]); i++) {
        if (strcmp(t->property, size_names[i]) == 0)
            t->kind = (enum mm_change_kind)i;
    }
    if (strcmp(t->property, size_names[t->kind]) != 0) {
        mm_node_problem(n, "target", "of a team, minPlayers and maxPlayers can be expanded, not \"%.*s\"",
                        mm_shown(t->property, strlen(t->property)), t->property);
        return false;
    }
    t->chosen = mem_alloc(rd->r->family_count);
    while (at != NULL) {
        char *name = next_name(&at, t->stop, true);

        all = choose_team(rd, n, name, t) && all;
        free(name);
    }
    return all;
}

/* "maxDistance, minDistance or referenceValue" */
static const char *may_words(unsigned may, char out[MM_PATH_SIZE])
{
    const char *words[MM_LIMITS + 1];
    size_t count = 0;

    for (size_t i = 0; i < MM_LIMITS; i++) {
        if ((may & 1u << i) != 0)
            words[count++] = mm_limit_names[i];
    }
    if ((may & MM_MAY_REFERENCE) != 0)
        words[count++] = "referenceValue";
    return mm_words(out, words, count);
}

/* The property as a bit of mm_rule_may; 0: none. */
static unsigned find_property(const char *property)
{
    for (unsigned i = 0; i < MM_LIMITS; i++) {
        if (strcmp(property, mm_limit_names[i]) == 0)
            return 1u << i;
    }
    return strcmp(property, "referenceValue") == 0 ? MM_MAY_REFERENCE : 0;
}

static bool choose_property(const struct mm_ruleset *r, const struct mm_node *n, const struct mm_rule *rule,
                            struct mm_target *t)
{
    unsigned may = mm_rule_may(r, rule), bit = find_property(t->property);
    char list[MM_PATH_SIZE];

    if (may == 0) {
        mm_node_problem(n, "target", "\"%.*s\" has nothing that can be expanded: it is a %s rule",
                        mm_shown(rule->name, strlen(rule->name)), rule->name, mm_rule_type_names[rule->type]);
        return false;
    }
    if ((may & bit) == 0) {
        mm_node_problem(n, "target", "of this rule, %s can be expanded, not \"%.*s\"", may_words(may, list),
                        mm_shown(t->property, strlen(t->property)), t->property);
        return false;
    }
    t->kind = bit == MM_MAY_REFERENCE ? MM_CHANGE_REFERENCE : MM_CHANGE_LIMIT;
    while (t->kind == MM_CHANGE_LIMIT && bit != 1u << t->limit)
        t->limit++;
    return true;
}

static bool choose_rule(struct mm_reader *rd, const struct mm_node *n, struct mm_target *t)
{
    const char *at = t->names;
    char *name = next_name(&at, t->stop, false);
    int found = name[0] == '\0' ? MM_NEVER : mm_ruleset_rule(rd->r, name);

    if (found == MM_NEVER && !rd->rules_broken)
        mm_node_problem(n, "target", "there is no rule \"%.*s\"", mm_shown(name, strlen(name)), name);
    free(name);
    if (found == MM_NEVER || rd->r->rules[found].type == MM_RULE_TYPES)
        return false;
    t->kind = MM_CHANGE_LIMIT;
    t->chosen = mem_alloc(rd->r->rule_count);
    t->chosen[found] = true;
    return choose_property(rd->r, n, &rd->r->rules[found], t);
}

bool mm_target_read(struct mm_reader *rd, const struct mm_node *n, struct mm_target *t)
{
    const char *text = NULL, *open;
    size_t word;

    if (!mm_node_text(n, "target", &text))
        return false;
    open = strchr(text, '[');
    t->stop = strrchr(text, ']');
    if (open == NULL || t->stop == NULL || t->stop < open || t->stop[1] != '.')
        return refuse_target(n, text);
    t->names = open + 1;
    t->property = t->stop + 2;
    word = strcspn(text, " [");
    if (strncmp(text, "rules", word) == 0 && word == strlen("rules"))
        return choose_rule(rd, n, t);
    if (strncmp(text, "teams", word) == 0 && word >= strlen("team"))
        return choose_teams(rd, n, t);
    return refuse_target(n, text);
}
