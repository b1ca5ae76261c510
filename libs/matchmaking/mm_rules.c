#include "mm_rules.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "mem.h"
#include "mm_attributes.h"
#include "mm_distance.h"
#include "mm_shape.h"

#define TEXT_MAX_BYTES  65535 /* FlexMatch's limit for a rule set */
#define LABEL_MAX_BYTES 1024
#define ATTRIBUTES_MAX  100
#define TEAMS_MAX       2

static const char *const type_names[] = {
    [MM_ATTRIBUTE_STRING] = "string",
    [MM_ATTRIBUTE_NUMBER] = "number",
    [MM_ATTRIBUTE_STRING_LIST] = "string_list",
    [MM_ATTRIBUTE_STRING_NUMBER_MAP] = "string_number_map",
};

#define TYPES (sizeof(type_names) / sizeof(type_names[0]))

/* A member of this engine's only possible value so far. */
static int only_text(json_object *o, const char *path, const char *key, const char *only, char *error)
{
    const char *text = only;
    char at[MM_PATH_SIZE];
    int rc = json_get_str_opt(o, path, key, 0, LABEL_MAX_BYTES, &text, error);

    if (rc != 0 || strcmp(text, only) == 0)
        return rc;
    return json_fail(error, mm_path(at, "%s.%s", path, key), "\"%s\" is not supported yet; \"%s\" is", text, only);
}

static int only_one(json_object *o, const char *path, const char *key, char *error)
{
    char at[MM_PATH_SIZE];
    int64_t n;
    int rc = json_get_int(o, path, key, 0, 200, &n, error);

    if (rc != 0 || n == 1)
        return rc;
    return json_fail(error, mm_path(at, "%s.%s", path, key), "%d is not supported yet; 1 is", (int)n);
}

static int get_type(enum mm_attribute_type *out, json_object *o, const char *path, char *error)
{
    const char *name = "";
    char at[MM_PATH_SIZE];
    int rc = json_get_str(o, path, "type", 1, LABEL_MAX_BYTES, &name, error);

    if (rc != 0)
        return rc;
    for (size_t i = 0; i < TYPES; i++) {
        if (strcmp(name, type_names[i]) == 0) {
            *out = (enum mm_attribute_type)i;
            return 0;
        }
    }
    return json_fail(error, mm_path(at, "%s.type", path),
                     "must be string, number, string_list or string_number_map, is \"%s\"", name);
}

static int get_default(struct mm_attribute *a, json_object *o, const char *path, char *error)
{
    json_object *value;
    char at[MM_PATH_SIZE];

    if (!json_object_object_get_ex(o, "default", &value))
        return 0;
    a->has_default = true;
    if (a->type == MM_ATTRIBUTE_NUMBER)
        a->default_number = json_object_get_double(value);
    return mm_attribute_check_value(a->type, value, mm_path(at, "%s.default", path), error);
}

static int parse_attribute(struct mm_rules *r, json_object *o, char *error)
{
    static const char *const members[] = {"name", "type", "default", NULL};
    struct mm_attribute *a = &r->attributes[r->attribute_count];
    char path[MM_PATH_SIZE];
    int rc = mm_shape_object(o, mm_path(path, "$.playerAttributes[%zu]", r->attribute_count), members, error);

    if (rc == 0)
        rc = json_get_str(o, path, "name", 1, LABEL_MAX_BYTES, &a->name, error);
    if (rc == 0 && mm_rules_attribute(r, a->name) != NULL)
        rc = json_fail(error, path, "attribute \"%s\" is declared twice", a->name);
    if (rc == 0)
        rc = get_type(&a->type, o, path, error);
    if (rc == 0)
        rc = get_default(a, o, path, error);
    r->attribute_count += rc == 0;
    return rc;
}

static int parse_attributes(struct mm_rules *r, char *error)
{
    json_object *list = NULL;
    int rc = mm_shape_array_opt(r->root, "$", "playerAttributes", ATTRIBUTES_MAX, &list, error);
    size_t n = list != NULL ? json_object_array_length(list) : 0;

    r->attributes = mem_alloc(n * sizeof(*r->attributes));
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = parse_attribute(r, json_object_array_get_idx(list, i), error);
    return rc;
}

/* Names the next team, "red", or each of several alike, "red_1". */
static int add_team(struct mm_rules *r, size_t *count, const char *name, int64_t number, char *error)
{
    struct buf full = {0};

    if (*count == TEAMS_MAX)
        return json_fail(error, "$.teams", "more than %d teams are not supported yet", TEAMS_MAX);
    buf_str(&full, name);
    if (number > 0)
        buf_printf(&full, "_%d", (int)number);
    r->team_names[*count] = buf_take(&full);
    *count += 1;
    if (*count == 2 && strcmp(r->team_names[0], r->team_names[1]) == 0)
        return json_fail(error, "$.teams", "two teams are named \"%s\"", name);
    return 0;
}

static int parse_team(struct mm_rules *r, size_t *count, json_object *o, const char *path, char *error)
{
    static const char *const members[] = {"name", "minPlayers", "maxPlayers", "quantity", NULL};
    const char *name = NULL;
    int64_t quantity = 1;
    int rc = mm_shape_object(o, path, members, error);

    if (rc == 0)
        rc = json_get_str(o, path, "name", 1, LABEL_MAX_BYTES, &name, error);
    if (rc == 0)
        rc = only_one(o, path, "minPlayers", error);
    if (rc == 0)
        rc = only_one(o, path, "maxPlayers", error);
    if (rc == 0)
        rc = json_get_int_opt(o, path, "quantity", 1, 200, &quantity, error);
    for (int64_t i = 1; rc == 0 && i <= quantity; i++)
        rc = add_team(r, count, name, quantity > 1 ? i : 0, error);
    return rc;
}

static int parse_teams(struct mm_rules *r, char *error)
{
    json_object *list = NULL;
    char path[MM_PATH_SIZE];
    size_t count = 0;
    int rc = json_get_array(r->root, "$", "teams", 1, 200, &list, error);

    for (size_t i = 0; rc == 0 && i < json_object_array_length(list); i++)
        rc = parse_team(r, &count, json_object_array_get_idx(list, i), mm_path(path, "$.teams[%zu]", i), error);
    if (rc == 0 && count != TEAMS_MAX)
        rc = json_fail(error, "$.teams", "1 team is not supported yet; 2 are, or one with quantity 2");
    return rc;
}

static int parse_algorithm(struct mm_rules *r, char *error)
{
    static const char *const members[] = {"strategy", "batchingPreference", "expansionAgeSelection", NULL};
    json_object *o = NULL;
    int rc = json_get_object_opt(r->root, "$", "algorithm", &o, error);

    if (rc != 0 || o == NULL)
        return rc;
    rc = json_only(o, "$.algorithm", members, error);
    if (rc == 0)
        rc = only_text(o, "$.algorithm", "strategy", "exhaustiveSearch", error);
    if (rc == 0)
        rc = only_text(o, "$.algorithm", "batchingPreference", "random", error);
    return rc != 0 ? rc : only_text(o, "$.algorithm", "expansionAgeSelection", "newest", error);
}

static int parse_head(struct mm_rules *r, char *error)
{
    static const char *const members[] = {
        "name", "ruleLanguageVersion", "playerAttributes", "algorithm", "teams", "rules", "expansions", NULL};
    const char *label, *version = NULL;
    int rc = mm_shape_object(r->root, "$", members, error);

    if (rc == 0)
        rc = json_get_str_opt(r->root, "$", "name", 0, LABEL_MAX_BYTES, &label, error);
    if (rc == 0)
        rc = json_get_str(r->root, "$", "ruleLanguageVersion", 1, LABEL_MAX_BYTES, &version, error);
    if (rc == 0 && strcmp(version, "1.0") != 0)
        rc = json_fail(error, "$.ruleLanguageVersion", "must be \"1.0\", is \"%s\"", version);
    return rc;
}

static int parse(struct mm_rules *r, const char *text, size_t len, char *error)
{
    static int (*const parts[])(struct mm_rules *, char *) = {parse_head, parse_algorithm, parse_attributes,
                                                              parse_teams, mm_distance_parse};
    int rc;

    if (len > TEXT_MAX_BYTES)
        return json_fail(error, "$", "must have at most %d bytes, has %zu", TEXT_MAX_BYTES, len);
    rc = json_parse(text, len, &r->root, error);
    for (size_t i = 0; rc == 0 && i < sizeof(parts) / sizeof(parts[0]); i++)
        rc = parts[i](r, error);
    return rc;
}

int mm_rules_parse(struct mm_rules **out, const char *name, const char *text, size_t len, char error[MM_ERROR_SIZE])
{
    struct mm_rules *r = MEM_NEW(struct mm_rules);
    char why[JSON_ERROR_SIZE];
    int rc;

    r->name = mem_strdup(name);
    r->distance_attribute = -1;
    r->scale = 1;
    rc = parse(r, text, len, why);
    if (rc == 0) {
        *out = r;
        return 0;
    }
    (void)snprintf(error, MM_ERROR_SIZE, "rule set \"%.128s\": %s", name, why);
    mm_rules_free(&r);
    return rc;
}

void mm_rules_free(struct mm_rules **r)
{
    if (*r == NULL)
        return;
    json_object_put((*r)->root);
    free((*r)->name);
    free((*r)->attributes);
    for (size_t i = 0; i < TEAMS_MAX; i++)
        free((*r)->team_names[i]);
    free((*r)->steps);
    free(*r);
    *r = NULL;
}

const struct mm_attribute *mm_rules_attribute(const struct mm_rules *r, const char *name)
{
    for (size_t i = 0; i < r->attribute_count; i++) {
        if (strcmp(r->attributes[i].name, name) == 0)
            return &r->attributes[i];
    }
    return NULL;
}

/* The step in force. */
static size_t step_at(const struct mm_rules *r, int64_t wait_ms)
{
    size_t i = r->step_count;

    while (i > 1 && r->steps[i - 1].wait_ms > wait_ms)
        i--;
    return i - 1;
}

double mm_rules_window(const struct mm_rules *r, int64_t wait_ms)
{
    return r->step_count == 0 ? (double)INFINITY : r->steps[step_at(r, wait_ms)].window / r->scale;
}

int64_t mm_rules_next_step(const struct mm_rules *r, int64_t wait_ms)
{
    size_t next = r->step_count == 0 ? 0 : step_at(r, wait_ms) + 1;

    return next < r->step_count ? r->steps[next].wait_ms : INT64_MAX;
}
