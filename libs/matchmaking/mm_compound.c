/* statement of a compound rule: or(and(A, B), not(C)). */
#include "mm_ruleset_reader.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define STATEMENT_DEPTH_MAX 16
#define STATEMENT_NODES_MAX 1000 /* with those of the compounds it names, and of those these name */

struct statement {
    struct mm_reader *rd;
    const struct mm_node *n;
    const char *text, *at;
    size_t nodes;
};

static const struct {
    const char *name;
    size_t min, max; /* arguments */
    const char *takes;
} operators[] = {
    [MM_LOGIC_AND] = {"and", 2, SIZE_MAX, "two arguments or more"},
    [MM_LOGIC_OR] = {"or", 2, SIZE_MAX, "two arguments or more"},
    [MM_LOGIC_NOT] = {"not", 1, 1, "one argument"},
    [MM_LOGIC_XOR] = {"xor", 2, SIZE_MAX, "two arguments or more"},
};

#define FAIL(s, ...) (mm_node_problem((s)->n, "statement", __VA_ARGS__), false)

static bool parse_term(struct statement *s, struct mm_logic *out, int depth);

static char next(struct statement *s)
{
    s->at += strspn(s->at, " \t\r\n");
    return *s->at;
}

static int find_operator(const char *word, size_t len)
{
    for (size_t i = MM_LOGIC_AND; i <= MM_LOGIC_XOR; i++) {
        if (strlen(operators[i].name) == len && strncmp(operators[i].name, word, len) == 0)
            return (int)i;
    }
    return MM_NEVER;
}

static bool add_nodes(struct statement *s, size_t count)
{
    s->nodes += count;
    return s->nodes <= STATEMENT_NODES_MAX ||
           FAIL(s, "must have at most %d parts, with those of the compounds it names", STATEMENT_NODES_MAX);
}

static size_t count_nodes(const struct mm_ruleset *r, const struct mm_logic *l)
{
    size_t n = 1;

    if (l == NULL)
        return 0;
    if (l->op == MM_LOGIC_RULE)
        return n + count_nodes(r, r->rules[l->rule].statement);
    for (size_t i = 0; i < l->argument_count; i++)
        n += count_nodes(r, &l->arguments[i]);
    return n;
}

/* Whether a compound may name this rule. */
static bool may_name(struct statement *s, const char *name, int found)
{
    static const bool allowed[MM_RULE_TYPES] = {
        [MM_RULE_COMPARISON] = true, [MM_RULE_DISTANCE] = true, [MM_RULE_COLLECTION] = true,
        [MM_RULE_LATENCY] = true,    [MM_RULE_COMPOUND] = true,
    };
    enum mm_rule_type type;

    if (found == MM_NEVER)
        return s->rd->rules_broken ? false : FAIL(s, "no rule before this one is named \"%s\"", name);
    type = s->rd->r->rules[found].type;
    if (type != MM_RULE_TYPES && !allowed[type])
        return FAIL(s, "\"%s\" is a %s rule, which cannot be part of a compound", name, mm_rule_type_names[type]);
    return true;
}

static bool parse_rule_name(struct statement *s, struct mm_logic *out, const char *word, size_t len)
{
    char *name = mem_strndup(word, len);
    int found = mm_ruleset_rule(s->rd->r, name);
    bool ok = len > 0 ? may_name(s, name, found)
                      : FAIL(s, "a rule's name is expected at \"%.*s\"", mm_shown(word, strlen(word)), word);

    free(name);
    if (!ok)
        return false;
    *out = (struct mm_logic){.op = MM_LOGIC_RULE, .rule = (size_t)found};
    s->rd->r->rules[found].enforced = false;
    return add_nodes(s, 1 + count_nodes(s->rd->r, s->rd->r->rules[found].statement));
}

static bool parse_arguments(struct statement *s, struct mm_logic *out, int depth)
{
    bool ok;

    do {
        s->at++;
        out->arguments = mem_realloc(out->arguments, out->argument_count + 1, sizeof(*out->arguments));
        out->arguments[out->argument_count] = (struct mm_logic){0};
        ok = parse_term(s, &out->arguments[out->argument_count++], depth + 1);
    } while (ok && next(s) == ',');
    if (!ok)
        return false;
    if (next(s) != ')')
        return FAIL(s, "',' or ')' is expected at \"%.*s\"", mm_shown(s->at, strlen(s->at)), s->at);
    s->at++;
    return true;
}

static bool parse_operator(struct statement *s, struct mm_logic *out, const char *word, size_t len, int depth)
{
    int op = find_operator(word, len);

    if (op == MM_NEVER)
        return FAIL(s, "\"%.*s\" is no operator; there is and, or, not and xor", mm_shown(word, len), word);
    if (depth == STATEMENT_DEPTH_MAX)
        return FAIL(s, "more than %d operators inside each other", STATEMENT_DEPTH_MAX);
    out->op = (enum mm_logic_op)op;
    if (!add_nodes(s, 1) || !parse_arguments(s, out, depth))
        return false;
    if (out->argument_count < operators[op].min || out->argument_count > operators[op].max)
        return FAIL(s, "%s takes %s, has %zu", operators[op].name, operators[op].takes, out->argument_count);
    return true;
}

static bool parse_term(struct statement *s, struct mm_logic *out, int depth)
{
    const char *word;
    size_t len;

    (void)next(s);
    word = s->at;
    s->at += strcspn(s->at, "(),");
    len = (size_t)(s->at - word);
    while (len > 0 && isspace((unsigned char)word[len - 1]))
        len--;
    return *s->at == '(' ? parse_operator(s, out, word, len, depth) : parse_rule_name(s, out, word, len);
}

struct mm_logic *mm_compound_parse(struct mm_reader *rd, const struct mm_node *n)
{
    struct statement s = {.rd = rd, .n = n};
    struct mm_logic *root;
    bool ok;

    if (!mm_node_text(n, "statement", &s.text))
        return NULL;
    root = MEM_NEW(struct mm_logic);
    s.at = s.text;
    ok = parse_term(&s, root, 0);
    if (ok && next(&s) != '\0')
        ok = FAIL(&s, "something follows the statement: \"%.*s\"", mm_shown(s.at, strlen(s.at)), s.at);
    if (!ok)
        mm_compound_free(&root);
    return root;
}

static void free_arguments(struct mm_logic *l)
{
    for (size_t i = 0; i < l->argument_count; i++)
        free_arguments(&l->arguments[i]);
    free(l->arguments);
}

void mm_compound_free(struct mm_logic **l)
{
    if (*l == NULL)
        return;
    free_arguments(*l);
    free(*l);
    *l = NULL;
}
