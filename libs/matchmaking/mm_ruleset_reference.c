/* What a rule measures and what with: its measurements and its referenceValue, and whether they suit each other. */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "mm_ruleset_reader.h"

#define MEASUREMENTS_MAX 100

/* ---- expressions ------------------------------------------------------------------------------------------------ */

static struct mm_expr *parse_expr(struct mm_reader *rd, const struct mm_node *n, const char *key, const char *text,
                                  bool literal_ok)
{
    struct mm_expr *e = NULL;
    char error[MM_EXPR_ERROR_SIZE];

    if (rd->teams_broken || rd->attributes_broken)
        return NULL; /* its names may be among those that could not be read */
    if (mm_expr_parse(&e, rd->r, text, literal_ok, error) != 0)
        mm_node_problem(n, key, "%s", error);
    else if (e->source == MM_SOURCE_ATTRIBUTE)
        rd->r->attributes[e->attribute].used = true;
    return e;
}

/* ---- measurements ----------------------------------------------------------------------------------------------- */

static const struct {
    unsigned elements; /* 1 << enum mm_element */
    int min_depth, max_depth;
    const char *must;
} measured[MM_RULE_TYPES] = {
    [MM_RULE_COMPARISON] = {1u << MM_ELEMENT_NUMBER | 1u << MM_ELEMENT_STRING, 0, 3, "numbers or strings"},
    [MM_RULE_DISTANCE] = {1u << MM_ELEMENT_NUMBER, 0, 3, "numbers"},
    [MM_RULE_COLLECTION] = {1u << MM_ELEMENT_STRING, 1, 2, "a list of strings, or a list of such lists"},
};

static bool suits(const struct mm_node *n, const char *key, const struct mm_rule *rule, const struct mm_expr *e)
{
    char is[MM_EXPR_TYPE_SIZE], first[MM_EXPR_TYPE_SIZE];

    mm_expr_type(e->element, e->depth, is);
    if ((measured[rule->type].elements & 1u << e->element) == 0 || e->depth < measured[rule->type].min_depth ||
        e->depth > measured[rule->type].max_depth) {
        mm_node_problem(n, key, "a %s rule measures %s, and this is %s", mm_rule_type_names[rule->type],
                        measured[rule->type].must, is);
        return false;
    }
    if (rule->measurement_count > 0 && e->element != rule->measurements[0]->element) {
        mm_node_problem(n, key, "is %s, and the first measurement is %s: a rule measures one or the other", is,
                        mm_expr_type(rule->measurements[0]->element, rule->measurements[0]->depth, first));
        return false;
    }
    return true;
}

static bool read_measurement(struct mm_reader *rd, const struct mm_node *n, const char *key, const char *text,
                             struct mm_rule *rule)
{
    struct mm_expr *e = parse_expr(rd, n, key, text, false);

    if (e == NULL)
        return false;
    if (!suits(n, key, rule, e)) {
        mm_expr_free(&e);
        return false;
    }
    rule->measurements[rule->measurement_count++] = e;
    return true;
}

bool mm_read_measurements(struct mm_reader *rd, const struct mm_node *n, struct mm_rule *rule)
{
    json_object *value = mm_node_get(n, "measurements");
    bool bare = json_object_is_type(value, json_type_string), all = true;
    size_t count = bare ? 1 : mm_node_list(n, "measurements", 1, MEASUREMENTS_MAX);
    char at[MM_PATH_SIZE];
    const char *text = NULL;

    rule->measurements = mem_alloc(count * sizeof(*rule->measurements));
    if (bare)
        return read_measurement(rd, n, "measurements", json_object_get_string(value), rule);
    for (size_t i = 0; i < count; i++)
        all = mm_node_string(n, "measurements", i, at, &text) && read_measurement(rd, n, at, text, rule) && all;
    return all && count > 0;
}

/* ---- referenceValue --------------------------------------------------------------------------------------------- */

struct type {
    enum mm_element element;
    int depth;
};

static struct type wanted_reference(const struct mm_rule *rule)
{
    if (rule->type == MM_RULE_COLLECTION)
        return (struct type){MM_ELEMENT_STRING, rule->collection == MM_REFERENCE_INTERSECTION_COUNT};
    return (struct type){rule->measurements[0]->element, 0};
}

static struct mm_expr *read_strings(const struct mm_node *n, const char *key, json_object *list)
{
    size_t count = json_object_array_length(list), i = 0;
    const char **strings = mem_alloc(count * sizeof(*strings));
    struct mm_expr *e = NULL;

    for (; i < count && json_object_is_type(json_object_array_get_idx(list, i), json_type_string); i++)
        strings[i] = json_object_get_string(json_object_array_get_idx(list, i));
    if (i == count)
        e = mm_expr_strings(strings, count);
    else
        mm_node_problem(n, key, "must be an array of strings only; element %zu is %s", i,
                        mm_shape_type(json_object_array_get_idx(list, i)));
    free(strings);
    return e;
}

static struct mm_expr *read_value(struct mm_reader *rd, const struct mm_node *n, const char *key, json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_int:
    case json_type_double:
        return mm_expr_number(json_object_get_double(value));
    case json_type_string:
        return parse_expr(rd, n, key, json_object_get_string(value), true);
    case json_type_array:
        return read_strings(n, key, value);
    default:
        mm_node_problem(n, key, "must be a number, an expression, a string or an array of strings, is %s",
                        mm_shape_type(value));
        return NULL;
    }
}

static bool reference_suits(const struct mm_node *n, const char *key, const struct mm_rule *rule, struct mm_expr *e)
{
    struct type wanted = wanted_reference(rule);
    char is[MM_EXPR_TYPE_SIZE], must[MM_EXPR_TYPE_SIZE];
    bool literal = e->source == MM_SOURCE_STRING;

    if (e->source == MM_SOURCE_NUMBER && e->string != NULL && wanted.element == MM_ELEMENT_STRING) {
        e->source = MM_SOURCE_STRING; /* "10" among strings is one */
        e->element = MM_ELEMENT_STRING;
    }
    if (e->element == wanted.element && e->depth == wanted.depth)
        return true;
    mm_node_problem(n, key, "must be %s to suit what is measured, is %s%s%.*s%s",
                    mm_expr_type(wanted.element, wanted.depth, must), mm_expr_type(e->element, e->depth, is),
                    literal ? " \"" : "", literal ? mm_shown(e->string, strlen(e->string)) : 0,
                    literal ? e->string : "", literal ? "\"" : "");
    return false;
}

bool mm_read_reference(struct mm_reader *rd, const struct mm_rule *rule, const struct mm_node *n, const char *key,
                       json_object *value, const struct mm_expr **out)
{
    struct mm_ruleset *r = rd->r;
    struct mm_expr *e = read_value(rd, n, key, value);

    if (e == NULL)
        return false;
    r->references = mem_realloc(r->references, r->reference_count + 1, sizeof(*r->references));
    r->references[r->reference_count++] = e;
    *out = e;
    return rule->measurement_count == 0 || reference_suits(n, key, rule, e);
}
