#include "mm_distance.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "mem.h"
#include "mm_shape.h"

#define EXPRESSION_MAX_BYTES 2048
#define STEPS_MAX            1000
#define WAIT_MAX_S           43200 /* FlexMatch's longest request time-out */

/*
 * What may be measured against what, without white space; the attribute's name stands at the '%'. Both give the
 * distance of two players a and b: in teams of one, each team's average is its player's value.
 */
static const struct form {
    const char *measurement, *reference;
    double scale; /* |a - b| * scale is the distance */
} forms[] = {
    {"max(flatten(teams[*].players.attributes[%]))", "min(flatten(teams[*].players.attributes[%]))", 1.0},
    {"avg(teams[*].players.attributes[%])", "avg(flatten(teams[*].players.attributes[%]))", 0.5},
};

#define FORMS (sizeof(forms) / sizeof(forms[0]))

/* Drops white space, but not inside a name: "attributes[ player skill ]" gives "attributes[player skill]". */
static char *squeeze(const char *text)
{
    struct buf out = {0};
    bool in_name = false;

    buf_str(&out, "");
    for (const char *p = text; *p != '\0'; p++) {
        const char *next = p + strspn(p, " \t\r\n");

        if (next != p && !(in_name && out.data[out.len - 1] != '[' && *next != ']' && *next != '\0')) {
            p = next - 1;
            continue;
        }
        in_name = *p == '[' || (in_name && *p != ']');
        buf_append(&out, p, 1);
    }
    return buf_take(&out);
}

/* The name at the template's '%', which the caller frees; NULL: text is not of this form. */
static char *match_form(const char *text, const char *form)
{
    const char *hole = strchr(form, '%');
    size_t before = (size_t)(hole - form), after = strlen(hole + 1), len = strlen(text);

    if (len <= before + after || strncmp(text, form, before) != 0 || strcmp(text + len - after, hole + 1) != 0)
        return NULL;
    return mem_strndup(text + before, len - before - after);
}

/* The attribute that both expressions read, or NULL. */
static char *match_forms(const struct form *form, const char *measurement, const char *reference)
{
    char *name = match_form(measurement, form->measurement);
    char *other = match_form(reference, form->reference);

    if (name != NULL && (other == NULL || strcmp(name, other) != 0)) {
        free(name);
        name = NULL;
    }
    free(other);
    return name;
}

static int use_attribute(struct mm_rules *r, const char *name, const char *path, char *error)
{
    const struct mm_attribute *a = mm_rules_attribute(r, name);

    if (a == NULL || a->type != MM_ATTRIBUTE_NUMBER)
        return json_fail(error, path, "attribute \"%s\" must be declared in $.playerAttributes as a number", name);
    r->distance_attribute = (int)(a - r->attributes);
    return 0;
}

static int compile(struct mm_rules *r, const char *measurement, const char *reference, const char *path, char *error)
{
    char *m = squeeze(measurement), *ref = squeeze(reference), *name = NULL;
    int rc;

    for (size_t i = 0; i < FORMS && name == NULL; i++) {
        name = match_forms(&forms[i], m, ref);
        r->scale = forms[i].scale;
    }
    if (name != NULL)
        rc = use_attribute(r, name, path, error);
    else
        rc = json_fail(error, path, "not supported yet; %s against %s or %s against %s is", forms[0].measurement,
                       forms[0].reference, forms[1].measurement, forms[1].reference);
    free(m);
    free(ref);
    free(name);
    return rc;
}

/* An array of one string, or the string itself: FlexMatch's own examples have both. */
static int get_measurement(json_object *rule, const char *path, const char **out, char *error)
{
    json_object *list = NULL, *first;
    char at[MM_PATH_SIZE];
    int rc;

    if (json_object_object_get_ex(rule, "measurements", &first) && json_object_is_type(first, json_type_string))
        return json_get_str(rule, path, "measurements", 1, EXPRESSION_MAX_BYTES, out, error);
    rc = json_get_array(rule, path, "measurements", 1, 1, &list, error);
    if (rc != 0)
        return rc;
    first = json_object_array_get_idx(list, 0);
    if (!json_object_is_type(first, json_type_string))
        return json_fail(error, mm_path(at, "%s.measurements[0]", path), "must be a string, is %s",
                         mm_shape_type(first));
    *out = json_object_get_string(first);
    return 0;
}

static int get_window(json_object *o, const char *path, const char *key, double *out, char *error)
{
    char at[MM_PATH_SIZE];
    int rc = json_get_num(o, path, key, out, error);

    if (rc != 0 || *out >= 0)
        return rc;
    return json_fail(error, mm_path(at, "%s.%s", path, key), "must be 0 or more, is %g", *out);
}

static void add_step(struct mm_rules *r, int64_t wait_ms, double window)
{
    r->steps = mem_realloc(r->steps, r->step_count + 1, sizeof(*r->steps));
    r->steps[r->step_count++] = (struct mm_step){wait_ms, window};
}

static int check_rule_type(json_object *rule, const char *path, char *error)
{
    const char *type = NULL;
    char at[MM_PATH_SIZE];
    int rc = json_get_str(rule, path, "type", 1, EXPRESSION_MAX_BYTES, &type, error);

    if (rc != 0 || strcmp(type, "distance") == 0)
        return rc;
    return json_fail(error, mm_path(at, "%s.type", path), "\"%s\" is not supported yet; \"distance\" is", type);
}

static int parse_rule(struct mm_rules *r, json_object *rule, const char **name, char *error)
{
    static const char *const members[] = {"name",           "description", "type", "measurements",
                                          "referenceValue", "maxDistance", NULL};
    static const char path[] = "$.rules[0]";
    const char *note, *measurement = "", *reference = "";
    double window = 0;
    int rc = check_rule_type(rule, path, error);

    if (rc == 0)
        rc = json_only(rule, path, members, error);
    if (rc == 0)
        rc = json_get_str(rule, path, "name", 1, EXPRESSION_MAX_BYTES, name, error);
    if (rc == 0)
        rc = json_get_str_opt(rule, path, "description", 0, EXPRESSION_MAX_BYTES, &note, error);
    if (rc == 0)
        rc = get_measurement(rule, path, &measurement, error);
    if (rc == 0)
        rc = json_get_str(rule, path, "referenceValue", 1, EXPRESSION_MAX_BYTES, &reference, error);
    if (rc == 0)
        rc = compile(r, measurement, reference, "$.rules[0].measurements", error);
    if (rc == 0)
        rc = get_window(rule, path, "maxDistance", &window, error);
    if (rc == 0)
        add_step(r, 0, window);
    return rc;
}

/* *name: the rule's, NULL when there is none. */
static int parse_rules(struct mm_rules *r, const char **name, char *error)
{
    json_object *list = NULL;
    size_t n;
    int rc = mm_shape_array_opt(r->root, "$", "rules", 1000, &list, error);

    if (rc != 0 || list == NULL)
        return rc;
    n = json_object_array_length(list);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        char path[MM_PATH_SIZE];

        rc = check_rule_type(json_object_array_get_idx(list, i), mm_path(path, "$.rules[%zu]", i), error);
    }
    if (rc == 0 && n > 1)
        rc = json_fail(error, "$.rules", "%zu rules are not supported yet; one is", n);
    return rc != 0 || n == 0 ? rc : parse_rule(r, json_object_array_get_idx(list, 0), name, error);
}

static int parse_step(struct mm_rules *r, json_object *o, const char *path, char *error)
{
    static const char *const members[] = {"waitTimeSeconds", "value", NULL};
    int64_t wait_s = 0;
    double window = 0;
    char at[MM_PATH_SIZE];
    int rc = mm_shape_object(o, path, members, error);

    if (rc == 0)
        rc = json_get_int(o, path, "waitTimeSeconds", 1, WAIT_MAX_S, &wait_s, error);
    if (rc == 0 && wait_s * 1000 <= r->steps[r->step_count - 1].wait_ms)
        rc = json_fail(error, mm_path(at, "%s.waitTimeSeconds", path), "must be more than the step before, is %d",
                       (int)wait_s);
    if (rc == 0)
        rc = get_window(o, path, "value", &window, error);
    if (rc == 0)
        add_step(r, wait_s * 1000, window);
    return rc;
}

static int check_target(json_object *expansion, const char *rule_name, const char *path, char *error)
{
    const char *target = NULL;
    struct buf wanted = {0};
    char at[MM_PATH_SIZE];
    int rc = json_get_str(expansion, path, "target", 1, EXPRESSION_MAX_BYTES, &target, error);

    if (rc != 0)
        return rc;
    (void)mm_path(at, "%s.target", path);
    if (rule_name == NULL)
        return json_fail(error, at, "\"%s\" is not supported yet; there is no rule to expand", target);
    buf_printf(&wanted, "rules[%s].maxDistance", rule_name);
    if (strcmp(target, wanted.data) != 0)
        rc = json_fail(error, at, "\"%s\" is not supported yet; \"%s\" is", target, wanted.data);
    buf_free(&wanted);
    return rc;
}

static int parse_expansion(struct mm_rules *r, json_object *o, const char *rule_name, char *error)
{
    static const char *const members[] = {"target", "steps", NULL};
    static const char path[] = "$.expansions[0]";
    json_object *steps = NULL;
    char at[MM_PATH_SIZE];
    int rc = mm_shape_object(o, path, members, error);

    if (rc == 0)
        rc = check_target(o, rule_name, path, error);
    if (rc == 0)
        rc = json_get_array(o, path, "steps", 1, STEPS_MAX, &steps, error);
    for (size_t i = 0; rc == 0 && i < json_object_array_length(steps); i++)
        rc = parse_step(r, json_object_array_get_idx(steps, i), mm_path(at, "%s.steps[%zu]", path, i), error);
    return rc;
}

int mm_distance_parse(struct mm_rules *r, char *error)
{
    const char *rule_name = NULL;
    json_object *list = NULL;
    size_t n;
    int rc = parse_rules(r, &rule_name, error);

    if (rc == 0)
        rc = mm_shape_array_opt(r->root, "$", "expansions", STEPS_MAX, &list, error);
    if (rc != 0 || list == NULL)
        return rc;
    n = json_object_array_length(list);
    if (n > 1)
        return json_fail(error, "$.expansions", "%zu expansions are not supported yet; one is", n);
    return n == 0 ? 0 : parse_expansion(r, json_object_array_get_idx(list, 0), rule_name, error);
}
