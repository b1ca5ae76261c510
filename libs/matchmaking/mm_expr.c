#include "mm_expr.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "err.h"
#include "mem.h"
#include "mm_node.h"
#include "mm_ruleset.h"

const char *const mm_function_names[MM_FUNCTIONS] = {
    [MM_MIN] = "min",       [MM_MAX] = "max",         [MM_AVG] = "avg",
    [MM_MEDIAN] = "median", [MM_SUM] = "sum",         [MM_COUNT] = "count",
    [MM_STDDEV] = "stddev", [MM_FLATTEN] = "flatten", [MM_SET_INTERSECTION] = "set_intersection",
};

struct parser {
    const struct mm_ruleset *rules;
    const char *text, *at;
    struct mm_expr *expr;
    const char
        *arguments[MM_EXPR_FUNCTIONS_MAX]; /* where they begin; outermost function first, until they are turned */
    char *error;
};

struct word { /* a name in the text, without the white space around it */
    const char *start;
    size_t len;
};

/* at: what the sentence is about. */
static int fail(const struct parser *p, const char *at, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int fail(const struct parser *p, const char *at, const char *format, ...)
{
    size_t character = 1, len;
    va_list args;

    for (const char *c = p->text; c < at; c++)
        character += ((unsigned char)*c & 0xc0u) != 0x80u;
    va_start(args, format);
    (void)vsnprintf(p->error, MM_EXPR_ERROR_SIZE, format, args);
    va_end(args);
    len = strlen(p->error);
    (void)snprintf(p->error + len, MM_EXPR_ERROR_SIZE - len, ", at character %zu of \"%.*s\"", character,
                   mm_shown(p->text, strlen(p->text)), p->text);
    return ERR_INVALID;
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* Takes the character when it is next. */
static bool accept(struct parser *p, char c)
{
    p->at = skip_space(p->at);
    if (*p->at != c)
        return false;
    p->at++;
    return true;
}

static int expect(struct parser *p, char c)
{
    if (accept(p, c))
        return 0;
    return *p->at == '\0' ? fail(p, p->at, "'%c' is expected where the text ends", c)
                          : fail(p, p->at, "'%c' is expected, not '%.*s'", c, mm_shown(p->at, strlen(p->at)), p->at);
}

/* A keyword or a function's name; may be empty. */
static struct word next_identifier(const char *at)
{
    struct word w = {.start = skip_space(at)};

    while (isalnum((unsigned char)w.start[w.len]) || w.start[w.len] == '_')
        w.len++;
    return w;
}

static bool word_is(struct word w, const char *name)
{
    return strlen(name) == w.len && strncmp(w.start, name, w.len) == 0;
}

/* A name between brackets, up to one of `ends`. */
static struct word take_name(struct parser *p, const char *ends)
{
    struct word w = {.start = skip_space(p->at)};

    w.len = strcspn(w.start, ends);
    p->at = w.start + w.len;
    while (w.len > 0 && isspace((unsigned char)w.start[w.len - 1]))
        w.len--;
    return w;
}

/* The word in the expression's own copy of the text. */
static const char *keep(const struct parser *p, struct word w)
{
    char *copy = p->expr->words + (w.start - p->text);

    copy[w.len] = '\0';
    return copy;
}

static int find_function(struct word w)
{
    for (int i = 0; i < MM_FUNCTIONS; i++) {
        if (word_is(w, mm_function_names[i]))
            return i;
    }
    return MM_NEVER;
}

static bool is_teams(struct word w)
{
    return word_is(w, "teams") || word_is(w, "team");
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
static int apply(struct parser *p, enum mm_function f, struct word argument)
{
    const struct signature *s = &signatures[f];
    struct mm_expr *e = p->expr;
    char is[MM_EXPR_TYPE_SIZE];

    if (e->depth < s->depth || (!s->any && e->element != s->element))
        return fail(p, argument.start, "%s takes %s, and %.*s is %s", mm_function_names[f], s->takes,
                    mm_shown(argument.start, argument.len), argument.start, mm_expr_type(e->element, e->depth, is));
    e->depth--;
    if (f == MM_COUNT)
        e->element = MM_ELEMENT_NUMBER;
    return 0;
}

/* ---- teams[...].players... -------------------------------------------------------------------------------------- */

static int fail_no_team(const struct parser *p, struct word w)
{
    const char *names[MM_MATCH_PLAYERS_MAX];
    char list[MM_PATH_SIZE];

    for (size_t i = 0; i < p->rules->family_count; i++)
        names[i] = p->rules->families[i].name;
    mm_words(list, names, p->rules->family_count);
    return fail(p, w.start, "there is no team \"%.*s\"; there is %.*s", mm_shown(w.start, w.len), w.start,
                mm_shown(list, strlen(list)), list);
}

/* An entry of `teams`, which is all of its concrete teams, or one of these. */
static int select_team(struct parser *p, struct word w, bool *chosen)
{
    const struct mm_ruleset *r = p->rules;
    bool found = false, again = false;

    for (size_t i = 0; i < r->team_count; i++) {
        if (!word_is(w, r->teams[i].name) && !word_is(w, r->families[r->teams[i].family].name))
            continue;
        again = again || chosen[i];
        chosen[i] = found = true;
    }
    if (again)
        return fail(p, w.start, "team \"%.*s\" stands twice", mm_shown(w.start, w.len), w.start);
    return found ? 0 : fail_no_team(p, w);
}

/* Keeps which teams; several entries, or one that is several teams, give a list with one element a team. */
static void keep_teams(struct mm_expr *e, const bool *chosen, size_t count)
{
    e->teams = mem_alloc(count * sizeof(*e->teams));
    for (size_t i = 0; i < count; i++) {
        if (chosen[i])
            e->teams[e->team_count++] = (uint16_t)i;
    }
    e->grouped = e->grouped || e->team_count > 1;
    e->source = MM_SOURCE_TEAMS;
    e->element = MM_ELEMENT_TEAM;
    e->depth = e->grouped;
}

static int parse_selector(struct parser *p)
{
    size_t count = p->rules->team_count;
    bool *chosen = mem_alloc(count);
    int rc = 0;

    do {
        struct word w = take_name(p, ",]");

        if (word_is(w, "*") && !p->expr->grouped && *p->at == ']')
            memset(chosen, 1, count);
        else
            rc = select_team(p, w, chosen);
        p->expr->grouped = p->expr->grouped || word_is(w, "*") || *p->at == ',';
    } while (rc == 0 && accept(p, ','));
    if (rc == 0)
        rc = expect(p, ']');
    keep_teams(p->expr, chosen, count);
    free(chosen);
    return rc;
}

static int parse_map_key(struct parser *p)
{
    struct word w;

    if (p->expr->element != MM_ELEMENT_MAP || !accept(p, '['))
        return 0;
    w = take_name(p, "]");
    if (w.len == 0)
        return fail(p, w.start, "a key of the map is expected");
    p->expr->map_key = keep(p, w);
    p->expr->element = MM_ELEMENT_NUMBER;
    return expect(p, ']');
}

static int parse_attribute(struct parser *p)
{
    static const struct {
        enum mm_element element;
        int depth;
    } values[] = {
        [MM_ATTRIBUTE_STRING] = {MM_ELEMENT_STRING, 0},
        [MM_ATTRIBUTE_NUMBER] = {MM_ELEMENT_NUMBER, 0},
        [MM_ATTRIBUTE_STRING_LIST] = {MM_ELEMENT_STRING, 1},
        [MM_ATTRIBUTE_STRING_NUMBER_MAP] = {MM_ELEMENT_MAP, 0},
    };
    struct mm_expr *e = p->expr;
    struct word w;
    int found, rc = expect(p, '[');

    if (rc != 0)
        return rc;
    w = take_name(p, "]");
    found = mm_ruleset_attribute(p->rules, keep(p, w));
    if (found == MM_NEVER)
        return fail(p, w.start, "attribute \"%.*s\" is not declared in playerAttributes", mm_shown(w.start, w.len),
                    w.start);
    e->source = MM_SOURCE_ATTRIBUTE;
    e->attribute = (size_t)found;
    e->element = values[p->rules->attributes[found].type].element;
    e->depth += values[p->rules->attributes[found].type].depth;
    rc = expect(p, ']');
    return rc != 0 ? rc : parse_map_key(p);
}

static int parse_player_ids(struct parser *p)
{
    struct word w = take_name(p, "]");

    if (w.len != strlen("playerId") || strncasecmp(w.start, "playerId", w.len) != 0)
        return fail(p, w.start, "playerId is expected, not \"%.*s\"", mm_shown(w.start, w.len), w.start);
    p->expr->source = MM_SOURCE_PLAYER_IDS;
    p->expr->element = MM_ELEMENT_STRING;
    return expect(p, ']');
}

/* What follows a '.': the keyword that must be there. */
static int expect_keyword(struct parser *p, const char *keyword)
{
    struct word w = next_identifier(p->at);

    if (!word_is(w, keyword))
        return fail(p, w.start, "%s is expected, not \"%.*s\"", keyword, mm_shown(w.start, strlen(w.start)), w.start);
    p->at = w.start + w.len;
    return 0;
}

/* Behind "teams". */
static int parse_path(struct parser *p)
{
    int rc = expect(p, '[');

    if (rc == 0)
        rc = parse_selector(p);
    if (rc != 0 || !accept(p, '.'))
        return rc;
    rc = expect_keyword(p, "players");
    if (rc != 0)
        return rc;
    p->expr->source = MM_SOURCE_PLAYERS;
    p->expr->element = MM_ELEMENT_PLAYER;
    p->expr->depth++;
    if (accept(p, '['))
        return parse_player_ids(p);
    if (!accept(p, '.'))
        return 0;
    rc = expect_keyword(p, "attributes");
    return rc != 0 ? rc : parse_attribute(p);
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

/* Text that may be meant as an expression, though perhaps a wrong one. */
static bool is_expression(const char *text)
{
    struct word w = next_identifier(text);
    char next = *skip_space(w.start + w.len);

    if (next == '[')
        return is_teams(w);
    return next == '(' && (find_function(w) != MM_NEVER || strstr(text, "teams[") != NULL);
}

static int parse_function(struct parser *p, struct word w)
{
    struct mm_expr *e = p->expr;
    int f = find_function(w);
    char list[MM_PATH_SIZE];

    if (f == MM_NEVER)
        return fail(p, w.start, "\"%.*s\" is no function; there is %s", mm_shown(w.start, w.len), w.start,
                    mm_words(list, mm_function_names, MM_FUNCTIONS));
    if (e->function_count == MM_EXPR_FUNCTIONS_MAX)
        return fail(p, w.start, "more than %d functions around each other", MM_EXPR_FUNCTIONS_MAX);
    e->functions[e->function_count] = (enum mm_function)f;
    p->arguments[e->function_count++] = p->at;
    return 0;
}

/* Reads functions from the outside in, the path, and closes them from the inside out. */
static int parse_chain(struct parser *p)
{
    struct mm_expr *e = p->expr;
    struct word w = next_identifier(p->at);
    int rc = 0;

    for (; rc == 0 && *skip_space(w.start + w.len) == '('; w = next_identifier(p->at)) {
        p->at = skip_space(w.start + w.len) + 1;
        rc = parse_function(p, w);
    }
    if (rc != 0)
        return rc;
    if (!is_teams(w))
        return fail(p, w.start, "teams[...] or a function is expected");
    p->at = w.start + w.len;
    rc = parse_path(p);
    for (size_t i = e->function_count; rc == 0 && i-- > 0;) {
        const char *start = skip_space(p->arguments[i]), *end = p->at;

        rc = expect(p, ')');
        if (rc == 0)
            rc = apply(p, e->functions[i], (struct word){start, (size_t)(end - start)});
    }
    if (rc == 0 && *skip_space(p->at) != '\0')
        rc = fail(p, skip_space(p->at), "something follows the expression");
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

static void parse_literal(struct parser *p)
{
    struct mm_expr *e = p->expr;
    struct word w = {p->text, strlen(p->text)};
    bool quoted = w.len >= 2 && (w.start[0] == '"' || w.start[0] == '\'') && w.start[w.len - 1] == w.start[0];

    e->source = read_number(p->text, &e->number) ? MM_SOURCE_NUMBER : MM_SOURCE_STRING;
    e->element = e->source == MM_SOURCE_NUMBER ? MM_ELEMENT_NUMBER : MM_ELEMENT_STRING;
    e->string = keep(p, quoted ? (struct word){w.start + 1, w.len - 2} : w);
}

int mm_expr_parse(struct mm_expr **out, const struct mm_ruleset *r, const char *text, bool literal_ok,
                  char error[MM_EXPR_ERROR_SIZE])
{
    size_t len = strlen(text);
    struct mm_expr *e = mem_alloc(sizeof(*e) + len + 1);
    struct parser p = {.rules = r, .text = text, .at = text, .expr = e};
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
