/* expansions: which number each step changes, of what, to what. */
#include <stdlib.h>

#include "mem.h"
#include "mm_ruleset_reader.h"
#include "mm_ruleset_target.h"

#define EXPANSIONS_MAX 1000
#define STEPS_MAX      100

struct expansions {
    struct mm_reader *rd;
    /* What has been a target: a mask of 1 << enum mm_change_kind of each family, and of mm_rule_may's of each rule. */
    unsigned *families, *rules;
};

/* No two expansions may change the same number: which would be in force? */
static bool claim(struct expansions *x, const struct mm_node *n, const struct mm_target *t)
{
    bool team = t->kind <= MM_CHANGE_MAX_PLAYERS, free_yet = true;
    unsigned *claims = team ? x->families : x->rules;
    unsigned bit = team ? 1u << t->kind : t->kind == MM_CHANGE_REFERENCE ? MM_MAY_REFERENCE : 1u << t->limit;

    for (size_t i = 0; i < mm_target_objects(x->rd->r, t); i++) {
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

static void add_changes(struct mm_reader *rd, const struct mm_target *t, struct mm_change c)
{
    for (c.index = 0; c.index < mm_target_objects(rd->r, t); c.index++) {
        if (!t->chosen[c.index])
            continue;
        rd->changes = mem_realloc(rd->changes, rd->change_count + 1, sizeof(*rd->changes));
        rd->changes[rd->change_count++] = c;
    }
}

static size_t first_chosen(const struct mm_target *t)
{
    size_t i = 0;

    while (!t->chosen[i])
        i++;
    return i;
}

/* *wait_s: the step before's. */
static void read_step(struct mm_reader *rd, const struct mm_node *n, const struct mm_target *t, struct mm_change c,
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
static json_object *value_before(const struct mm_reader *rd, const struct mm_target *t, size_t i)
{
    const char *list = t->kind <= MM_CHANGE_MAX_PLAYERS ? "teams" : "rules";
    struct mm_node n = mm_node_element(&rd->root, list, i);

    return mm_node_get(&n, t->property);
}

static void note_no_change(const struct mm_reader *rd, const struct mm_node *n, const struct mm_target *t, size_t steps)
{
    bool changes = false;

    for (size_t i = 0; i < mm_target_objects(rd->r, t); i++) {
        json_object *before = t->chosen[i] ? value_before(rd, t, i) : NULL;

        for (size_t s = 0; s < steps && t->chosen[i]; s++) {
            struct mm_node step = mm_node_element(n, "steps", s);

            changes = changes || !json_object_equal(before, mm_node_get(&step, "value"));
        }
    }
    if (!changes)
        mm_node_note(n, NULL, "changes nothing: each step's value is the one in force before it");
}

static void read_steps(struct mm_reader *rd, const struct mm_node *n, const struct mm_target *t, size_t expansion)
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
    struct mm_target t = {0};

    if (!mm_node_is_object(n))
        return;
    (void)mm_node_only(n, members, NULL);
    if (!mm_target_read(x->rd, n, &t) || !claim(x, n, &t)) {
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
