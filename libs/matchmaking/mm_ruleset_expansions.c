/* expansions: which number each step changes, of what, to what. */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "mm_ruleset_reader.h"

#define EXPANSIONS_MAX 1000
#define STEPS_MAX      100

static const char *const size_names[] = {
    [MM_CHANGE_MIN_PLAYERS] = "minPlayers", [MM_CHANGE_MAX_PLAYERS] = "maxPlayers"};

struct target {
    enum mm_change_kind kind;
    enum mm_limit limit;
    const char *property;     /* points into the document */
    bool *chosen;             /* owned: which families, or which rule */
    const char *names, *stop; /* between the brackets */
};

struct expansions {
    struct mm_reader *rd;
    /* What has been a target: a mask of 1 << enum mm_change_kind of each family, and of mm_rule_may's of each rule. */
    unsigned *families, *rules;
};

/* ---- targets ---------------------------------------------------------------------------------------------------- */

static size_t object_count(const struct mm_ruleset *r, const struct target *t)
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

static bool choose_team(struct mm_reader *rd, const struct mm_node *n, const char *name, struct target *t)
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

static bool choose_teams(struct mm_reader *rd, const struct mm_node *n, struct target *t)
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
                            struct target *t)
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

static bool choose_rule(struct mm_reader *rd, const struct mm_node *n, struct target *t)
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

static bool read_target(struct mm_reader *rd, const struct mm_node *n, struct target *t)
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

/* No two expansions may change the same number: which would be in force? */
static bool claim(struct expansions *x, const struct mm_node *n, const struct target *t)
{
    bool team = t->kind <= MM_CHANGE_MAX_PLAYERS, free_yet = true;
    unsigned *claims = team ? x->families : x->rules;
    unsigned bit = team ? 1u << t->kind : t->kind == MM_CHANGE_REFERENCE ? MM_MAY_REFERENCE : 1u << t->limit;

    for (size_t i = 0; i < object_count(x->rd->r, t); i++) {
        free_yet = free_yet && !(t->chosen[i] && (claims[i] & bit) != 0);
        claims[i] |= t->chosen[i] ? bit : 0;
    }
    if (!free_yet)
        mm_node_problem(n, "target", "another expansion has this target already");
    return free_yet;
}

/* ---- steps ------------------------------------------------------------------------------------------------------ */

static bool read_value(struct mm_reader *rd, const struct mm_node *n, size_t rule, struct mm_change *c)
{
    json_object *value = mm_node_get(n, "value");
    int64_t players = 0;

    if (!mm_node_has(n, "value")) {
        mm_node_problem(n, NULL, "member \"value\" is missing");
        return false;
    }
    if (c->kind == MM_CHANGE_REFERENCE)
        return mm_read_reference(rd, &rd->r->rules[rule], n, "value", value, &c->reference);
    if (c->kind == MM_CHANGE_LIMIT)
        return mm_read_limit(&rd->r->rules[rule], n, "value", c->limit, value, &c->number);
    if (!mm_node_int(n, "value", c->kind == MM_CHANGE_MAX_PLAYERS, MM_MATCH_PLAYERS_MAX, &players))
        return false;
    c->number = (double)players;
    return true;
}

static void add_changes(struct mm_reader *rd, const struct target *t, struct mm_change c)
{
    for (c.index = 0; c.index < object_count(rd->r, t); c.index++) {
        if (!t->chosen[c.index])
            continue;
        rd->changes = mem_realloc(rd->changes, rd->change_count + 1, sizeof(*rd->changes));
        rd->changes[rd->change_count++] = c;
    }
}

static size_t first_chosen(const struct target *t)
{
    size_t i = 0;

    while (!t->chosen[i])
        i++;
    return i;
}

/* *wait_s: the step before's. */
static void read_step(struct mm_reader *rd, const struct mm_node *n, const struct target *t, struct mm_change c,
                      int64_t *wait_s)
{
    static const char *const members[] = {"waitTimeSeconds", "value", NULL};
    int64_t before = *wait_s;

    if (!mm_node_is_object(n))
        return;
    (void)mm_node_only(n, members, NULL);
    if (mm_node_int(n, "waitTimeSeconds", 1, MM_SECONDS_MAX, wait_s) && *wait_s <= before)
        mm_node_problem(n, "waitTimeSeconds", "must be more than the step before, which is %d, is %d", (int)before,
                        (int)*wait_s);
    c.wait_ms = *wait_s * 1000;
    if (t->chosen != NULL && read_value(rd, n, first_chosen(t), &c))
        add_changes(rd, t, c);
}

/* What the document gives the target without expansions. */
static json_object *value_before(const struct mm_reader *rd, const struct target *t, size_t i)
{
    const char *list = t->kind <= MM_CHANGE_MAX_PLAYERS ? "teams" : "rules";
    struct mm_node n = mm_node_element(&rd->root, list, i);

    return mm_node_get(&n, t->property);
}

static void note_no_change(const struct mm_reader *rd, const struct mm_node *n, const struct target *t, size_t steps)
{
    bool changes = false;

    for (size_t i = 0; i < object_count(rd->r, t); i++) {
        json_object *before = t->chosen[i] ? value_before(rd, t, i) : NULL;

        for (size_t s = 0; s < steps && t->chosen[i]; s++) {
            struct mm_node step = mm_node_element(n, "steps", s);

            changes = changes || !json_object_equal(before, mm_node_get(&step, "value"));
        }
    }
    if (!changes)
        mm_node_note(n, NULL, "changes nothing: each step's value is the one in force before it");
}

static void read_steps(struct mm_reader *rd, const struct mm_node *n, const struct target *t, size_t expansion)
{
    struct mm_change c = {.kind = t->kind, .limit = t->limit, .expansion = expansion};
    size_t count = mm_node_list(n, "steps", 1, STEPS_MAX), errors = rd->root.problems->errors;
    int64_t wait_s = 0;

    for (size_t i = 0; i < count; i++) {
        struct mm_node step = mm_node_element(n, "steps", i);

        c.step = i;
        read_step(rd, &step, t, c, &wait_s);
    }
    if (t->chosen != NULL && count > 0 && rd->root.problems->errors == errors)
        note_no_change(rd, n, t, count);
}

static void read_expansion(struct expansions *x, const struct mm_node *n, size_t i)
{
    static const char *const members[] = {"target", "steps", NULL};
    struct target t = {0};

    if (!mm_node_is_object(n))
        return;
    (void)mm_node_only(n, members, NULL);
    if (!read_target(x->rd, n, &t) || !claim(x, n, &t)) {
        free(t.chosen);
        t.chosen = NULL; /* the steps' values are not judged then */
    }
    read_steps(x->rd, n, &t, i);
    free(t.chosen);
}

void mm_read_expansions(struct mm_reader *rd)
{
    size_t n = mm_node_list_opt(&rd->root, "expansions", EXPANSIONS_MAX);
    struct expansions x = {.rd = rd};

    x.families = mem_alloc(rd->r->family_count * sizeof(*x.families));
    x.rules = mem_alloc(rd->r->rule_count * sizeof(*x.rules));
    for (size_t i = 0; i < n; i++) {
        struct mm_node at = mm_node_element(&rd->root, "expansions", i);

        read_expansion(&x, &at, i);
    }
    free(x.families);
    free(x.rules);
}
