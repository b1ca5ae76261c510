#include "mm_expr.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"
#include "mm_expr_parser.h"
#include "mm_node.h"

const char *const mm_function_names[MM_FUNCTIONS] = {
    [MM_MIN] = "min",       [MM_MAX] = "max",         [MM_AVG] = "avg",
    [MM_MEDIAN] = "median", [MM_SUM] = "sum",         [MM_COUNT] = "count",
    [MM_STDDEV] = "stddev", [MM_FLATTEN] = "flatten", [MM_SET_INTERSECTION] = "set_intersection",
};

static int find_function(struct mm_expr_word w)
{
    for (int i = 0; i < MM_FUNCTIONS; i++) {
        if (mm_expr_word_is(w, mm_function_names[i]))
            return i;
    }
    return MM_NEVER;
}

static bool is_teams(struct mm_expr_word w)
{
    return mm_expr_word_is(w, "teams") || mm_expr_word_is(w, "team");
}

/* ---- types ------------------------------------------------------------------------------------------------------ */

const char *mm_expr_type(enum mm_element element, int depth, char out[MM_EXPR_TYPE_SIZE])
{
    static const char *const names[][2] = {
        [MM_ELEMENT_NUMBER] = {"number", "numbers"},
        [MM_ELEMENT_STRING] = {"string", "strings"},
        [MM_ELEMENT_TEAM] = {"team", "teams"},
        [MM_ELEMENT_PLAYER] = {"player", "players"},
        [MM_ELEMENT_MAP] = {"map of numbers", "maps of numbers"},
    };
    size_t len = (size_t)snprintf(out, MM_EXPR_TYPE_SIZE, depth > 0 ? "a list of " : "a ");

    for (int i = 1; i < depth && len < MM_EXPR_TYPE_SIZE; i++)
        len += (size_t)snprintf(out + len, MM_EXPR_TYPE_SIZE - len, "lists of ");
    if (len < MM_EXPR_TYPE_SIZE)
        (void)snprintf(out + len, MM_EXPR_TYPE_SIZE - len, "%s", names[element][depth > 0]);
    return out;
}

/* Each takes one level of list away. */
static const struct signature {
    int depth; /* of the argument, at least */
    bool any;  /* any element, else `element` */
    enum mm_element element;
    const char *takes;
} signatures[MM_FUNCTIONS] = {
    [MM_MIN] = {1, false, MM_ELEMENT_NUMBER, "a list of numbers"},
    [MM_MAX] = {1, false, MM_ELEMENT_NUMBER, "a list of numbers"},
    [MM_AVG] = {1, false, MM_ELEMENT_NUMBER, "a list of numbers"},
    [MM_MEDIAN] = {1, false, MM_ELEMENT_NUMBER, "a list of numbers"},
    [MM_SUM] = {1, false, MM_ELEMENT_NUMBER, "a list of numbers"},
    [MM_STDDEV] = {1, false, MM_ELEMENT_NUMBER, "a list of numbers"},
    [MM_COUNT] = {1, true, MM_ELEMENT_NUMBER, "a list"},
    [MM_FLATTEN] = {2, true, MM_ELEMENT_NUMBER, "a list of lists"},
    [MM_SET_INTERSECTION] = {2, false, MM_ELEMENT_STRING, "a list of lists of strings"},
};

/* argument: the text between the brackets. */
static int apply(struct mm_expr_parser *p, enum mm_function f, struct mm_expr_word argument)
{
    const struct signature *s = &signatures[f];
    struct mm_expr *e = p->expr;
    char is[MM_EXPR_TYPE_SIZE];

    if (e->depth < s->depth || (!s->any && e->element != s->element))
        return mm_expr_fail(p, argument.start, "%s takes %s, and %.*s is %s", mm_function_names[f], s->takes,
                            mm_shown(argument.start, argument.len), argument.start,
                            mm_expr_type(e->element, e->depth, is));
    e->depth--;
    if (f == MM_COUNT)
        e->element = MM_ELEMENT_NUMBER;
    return 0;
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

/* Text that may be meant as an expression, though perhaps a wrong one. */
static bool is_expression(const char *text)
{
    struct mm_expr_word w = mm_expr_next_identifier(text);
    char next = *mm_expr_skip_space(w.start + w.len);

    if (next == '[')
        return is_teams(w);
    return next == '(' && (find_function(w) != MM_NEVER || strstr(text, "teams[") != NULL);
}

static int parse_function(struct mm_expr_parser *p, struct mm_expr_word w)
{
    struct mm_expr *e = p->expr;
    int f = find_function(w);
    char list[MM_PATH_SIZE];

    if (f == MM_NEVER)
        return mm_expr_fail(p, w.start, "\"%.*s\" is no function; there is %s", mm_shown(w.start, w.len), w.start,
                            mm_words(list, mm_function_names, MM_FUNCTIONS));
    if (e->function_count == MM_EXPR_FUNCTIONS_MAX)
        return mm_expr_fail(p, w.start, "more than %d functions around each other", MM_EXPR_FUNCTIONS_MAX);
    e->functions[e->function_count] = (enum mm_function)f;
    p->arguments[e->function_count++] = p->at;
    return 0;
}

/* Reads functions from the outside in, the path, and closes them from the inside out. */
static int parse_chain(struct mm_expr_parser *p)
{
    struct mm_expr *e = p->expr;
    struct mm_expr_word w = mm_expr_next_identifier(p->at);
    int rc = 0;

    for (; rc == 0 && *mm_expr_skip_space(w.start + w.len) == '('; w = mm_expr_next_identifier(p->at)) {
        p->at = mm_expr_skip_space(w.start + w.len) + 1;
        rc = parse_function(p, w);
    }
    if (rc != 0)
        return rc;
    if (!is_teams(w))
        return mm_expr_fail(p, w.start, "teams[...] or a function is expected");
    p->at = w.start + w.len;
    rc = mm_expr_parse_path(p);
    for (size_t i = e->function_count; rc == 0 && i-- > 0;) {
        const char *start = mm_expr_skip_space(p->arguments[i]), *end = p->at;

        rc = mm_expr_expect(p, ')');
        if (rc == 0)
            rc = apply(p, e->functions[i], (struct mm_expr_word){start, (size_t)(end - start)});
    }
    if (rc == 0 && *mm_expr_skip_space(p->at) != '\0')
        rc = mm_expr_fail(p, mm_expr_skip_space(p->at), "something follows the expression");
    return rc;
}

static void turn_functions(struct mm_expr *e)
{
    for (size_t i = 0, j = e->function_count; i + 1 < j; i++) {
        enum mm_function outer = e->functions[i];

        e->functions[i] = e->functions[--j];
        e->functions[j] = outer;
    }
}

/* A decimal number and nothing else: strtod alone takes "nan", "0x10" and white space. */
static bool read_number(const char *text, double *out)
{
    char *end;

    if (text[0] == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0')
        return false;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*out);
}

static void parse_literal(struct mm_expr_parser *p)
{
    struct mm_expr *e = p->expr;
    struct mm_expr_word w = {p->text, strlen(p->text)};
    bool quoted = w.len >= 2 && (w.start[0] == '"' || w.start[0] == '\'') && w.start[w.len - 1] == w.start[0];

    e->source = read_number(p->text, &e->number) ? MM_SOURCE_NUMBER : MM_SOURCE_STRING;
    e->element = e->source == MM_SOURCE_NUMBER ? MM_ELEMENT_NUMBER : MM_ELEMENT_STRING;
    e->string = mm_expr_keep(p, quoted ? (struct mm_expr_word){w.start + 1, w.len - 2} : w);
}

int mm_expr_parse(struct mm_expr **out, const struct mm_ruleset *r, const char *text, bool literal_ok,
                  char error[MM_EXPR_ERROR_SIZE])
{
    size_t len = strlen(text);
    struct mm_expr *e = mem_alloc(sizeof(*e) + len + 1);
    struct mm_expr_parser p = {.rules = r, .text = text, .at = text, .expr = e};
    int rc = 0;

    p.error = error;
    memcpy(e->words, text, len);
    if (literal_ok && !is_expression(text))
        parse_literal(&p);
    else
        rc = parse_chain(&p);
    turn_functions(e);
    if (rc == 0)
        *out = e;
    else
        mm_expr_free(&e);
    return rc;
}

struct mm_expr *mm_expr_number(double number)
{
    struct mm_expr *e = MEM_NEW(struct mm_expr);

    e->source = MM_SOURCE_NUMBER;
    e->element = MM_ELEMENT_NUMBER;
    e->number = number;
    return e;
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct mm_expr *mm_expr_strings(const char *const *strings, size_t count)
{
    struct mm_expr *e = MEM_NEW(struct mm_expr);
    const char **kept = mem_alloc(count * sizeof(*kept));

    for (size_t i = 0; i < count; i++)
        kept[i] = strings[i];
    qsort(kept, count, sizeof(*kept), compare_strings);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(kept[i], kept[e->string_count - 1]) != 0)
            kept[e->string_count++] = kept[i];
    }
    e->source = MM_SOURCE_STRINGS;
    e->element = MM_ELEMENT_STRING;
    e->depth = 1;
    e->strings = kept;
    return e;
}

void mm_expr_free(struct mm_expr **e)
{
    if (*e == NULL)
        return;
    free((*e)->teams);
    free((*e)->strings);
    free(*e);
    *e = NULL;
}
