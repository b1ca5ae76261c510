#include "mm_catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "file.h"
#include "mem.h"
#include "mm_ruleset.h"
#include "mm_shape.h"

#define FILE_MAX_BYTES           (16 << 20)
#define CONFIGURATIONS_MAX       1000
#define DESCRIPTION_MAX_BYTES    1024
#define REQUEST_TIMEOUT_MAX_S    43200 /* FlexMatch's limits */
#define ACCEPTANCE_TIMEOUT_MAX_S 600
#define ADDITIONAL_PLAYERS_MAX   199
#define EVENT_DATA_MAX_BYTES     256
#define PROPERTIES_MAX           16
#define PROPERTY_KEY_MAX_BYTES   32
#define PROPERTY_VALUE_MAX_BYTES 96

struct reader { /* what a parse carries along */
    struct mm_catalog *catalog;
    int32_t partitions;
    mm_load_fn *load;
    void *load_arg;
    char *error; /* MM_ERROR_SIZE */
};

static const struct mm_ruleset *find_rules(const struct mm_catalog *c, const char *name)
{
    for (size_t i = 0; i < c->rule_set_count; i++) {
        if (strcmp(c->rule_sets[i]->name, name) == 0)
            return c->rule_sets[i];
    }
    return NULL;
}

static int load_rules(struct reader *r, const char *name, const char *path)
{
    struct mm_catalog *c = r->catalog;
    char why[MM_ERROR_SIZE] = "";
    char at[MM_PATH_SIZE];
    size_t len = 0;
    char *text = r->load(r->load_arg, name, &len, why);
    struct mm_problems problems = {0};
    int rc;

    if (text == NULL)
        return json_fail(r->error, mm_path(at, "%s.RuleSetName", path), "rule set \"%s\": %s", name, why);
    rc = mm_ruleset_parse(&c->rule_sets[c->rule_set_count], name, text, len, &problems);
    c->rule_set_count += rc == 0;
    if (rc != 0) {
        mm_problems_line(&problems, why, sizeof(why));
        (void)snprintf(r->error, MM_ERROR_SIZE, "rule set \"%.128s\": %.350s", name, why);
    }
    mm_problems_free(&problems);
    free(text);
    return rc;
}

/* An expansion that would come when the tickets are gone is a mistake in one of the two. */
static int check_last_step(struct reader *r, const struct mm_configuration *c, const char *path)
{
    int64_t last_ms = c->rules->phases[c->rules->phase_count - 1].wait_ms;
    char at[MM_PATH_SIZE];

    if (last_ms <= c->request_timeout_ms)
        return 0;
    return json_fail(r->error, mm_path(at, "%s.RequestTimeoutSeconds", path),
                     "must be at least %d, the last step of rule set \"%s\", is %d", (int)(last_ms / 1000),
                     c->rule_set_name, (int)(c->request_timeout_ms / 1000));
}

/* One rule set may serve several configurations. */
static int use_rules(struct reader *r, struct mm_configuration *c, const char *path)
{
    int rc = 0;

    if (find_rules(r->catalog, c->rule_set_name) == NULL)
        rc = load_rules(r, c->rule_set_name, path);
    c->rules = find_rules(r->catalog, c->rule_set_name);
    return rc != 0 ? rc : check_last_step(r, c, path);
}

/* The time-out is checked also where it is not needed: it is there to be needed one day. */
static int parse_acceptance(struct reader *r, struct mm_configuration *c, json_object *o, const char *path)
{
    bool required = false;
    int64_t timeout_s = 0;
    char at[MM_PATH_SIZE];
    int rc = json_get_bool_opt(o, path, "AcceptanceRequired", &required, r->error);

    if (rc == 0)
        rc = json_get_int_opt(o, path, "AcceptanceTimeoutSeconds", 1, ACCEPTANCE_TIMEOUT_MAX_S, &timeout_s, r->error);
    if (rc == 0 && required && timeout_s == 0)
        rc = json_fail(r->error, mm_path(at, "%s.AcceptanceTimeoutSeconds", path),
                       "must be an integer from 1 to %d when AcceptanceRequired is true, is missing",
                       ACCEPTANCE_TIMEOUT_MAX_S);
    c->acceptance_timeout_ms = required ? timeout_s * 1000 : 0;
    return rc;
}

static int check_game_property(struct reader *r, json_object *o, const char *path)
{
    static const char *const members[] = {"Key", "Value", NULL};
    const char *text;
    int rc = mm_shape_object(o, path, members, r->error);

    if (rc == 0)
        rc = json_get_str(o, path, "Key", 1, PROPERTY_KEY_MAX_BYTES, &text, r->error);
    return rc != 0 ? rc : json_get_str(o, path, "Value", 0, PROPERTY_VALUE_MAX_BYTES, &text, r->error);
}

/* What is passed on. */
static int parse_data(struct reader *r, struct mm_configuration *c, json_object *o, const char *path)
{
    const char *note;
    char at[MM_PATH_SIZE];
    int rc = json_get_str_opt(o, path, "Description", 0, DESCRIPTION_MAX_BYTES, &note, r->error);

    c->custom_event_data = "";
    if (rc == 0)
        rc = json_get_str_opt(o, path, "CustomEventData", 0, EVENT_DATA_MAX_BYTES, &c->custom_event_data, r->error);
    if (rc == 0)
        rc = mm_shape_array_opt(o, path, "GameProperties", PROPERTIES_MAX, &c->game_properties, r->error);
    for (size_t i = 0; rc == 0 && c->game_properties != NULL && i < json_object_array_length(c->game_properties); i++)
        rc = check_game_property(r, json_object_array_get_idx(c->game_properties, i),
                                 mm_path(at, "%s.GameProperties[%zu]", path, i));
    return rc;
}

static int parse_names(struct reader *r, struct mm_configuration *c, json_object *o, const char *path)
{
    char at[MM_PATH_SIZE];
    int rc = mm_shape_name(o, path, "Name", &c->name, r->error);

    if (rc == 0 && mm_catalog_find(r->catalog, c->name) != NULL)
        rc = json_fail(r->error, mm_path(at, "%s.Name", path), "\"%s\" is another configuration's name", c->name);
    return rc != 0 ? rc : mm_shape_name(o, path, "RuleSetName", &c->rule_set_name, r->error);
}

static int parse_numbers(struct reader *r, struct mm_configuration *c, json_object *o, const char *path)
{
    int64_t partition = 0, timeout_s = 0, additional = 0;
    int rc = json_get_int(o, path, "Partition", 0, r->partitions - 1, &partition, r->error);

    if (rc == 0)
        rc = json_get_int(o, path, "RequestTimeoutSeconds", 1, REQUEST_TIMEOUT_MAX_S, &timeout_s, r->error);
    if (rc == 0)
        rc = json_get_int_opt(o, path, "AdditionalPlayerCount", 0, ADDITIONAL_PLAYERS_MAX, &additional, r->error);
    c->partition = (int32_t)partition;
    c->additional_players = (size_t)additional;
    c->request_timeout_ms = timeout_s * 1000;
    return rc;
}

static int parse_configuration(struct reader *r, json_object *o, const char *path)
{
    static const char *const members[] = {"Name",
                                          "RuleSetName",
                                          "Partition",
                                          "RequestTimeoutSeconds",
                                          "AcceptanceRequired",
                                          "AcceptanceTimeoutSeconds",
                                          "AdditionalPlayerCount",
                                          "CustomEventData",
                                          "GameProperties",
                                          "Description",
                                          NULL};
    struct mm_configuration *c = &r->catalog->configurations[r->catalog->count];
    int rc = mm_shape_object(o, path, members, r->error);

    if (rc == 0)
        rc = parse_names(r, c, o, path);
    if (rc == 0)
        rc = parse_numbers(r, c, o, path);
    if (rc == 0)
        rc = parse_acceptance(r, c, o, path);
    if (rc == 0)
        rc = parse_data(r, c, o, path);
    if (rc == 0)
        rc = use_rules(r, c, path);
    r->catalog->count += rc == 0;
    return rc;
}

static int parse_root(struct reader *r, const char *text, size_t len)
{
    static const char *const members[] = {"MatchmakingConfigurations", NULL};
    struct mm_catalog *c = r->catalog;
    json_object *list = NULL;
    char path[MM_PATH_SIZE];
    size_t n;
    int rc = json_parse(text, len, &c->root, r->error);

    if (rc == 0)
        rc = mm_shape_object(c->root, "$", members, r->error);
    if (rc == 0)
        rc = json_get_array(c->root, "$", members[0], 1, CONFIGURATIONS_MAX, &list, r->error);
    if (rc != 0)
        return rc;
    n = json_object_array_length(list);
    c->configurations = mem_alloc(n * sizeof(*c->configurations));
    c->rule_sets = mem_alloc(n * sizeof(struct mm_ruleset *));
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = parse_configuration(r, json_object_array_get_idx(list, i), mm_path(path, "$.%s[%zu]", members[0], i));
    return rc;
}

int mm_catalog_parse(struct mm_catalog **out, const char *text, size_t len, int32_t partitions, mm_load_fn *load,
                     void *arg, char error[MM_ERROR_SIZE])
{
    struct mm_catalog *c = MEM_NEW(struct mm_catalog);
    struct reader r = {.catalog = c, .partitions = partitions, .load = load, .load_arg = arg};
    int rc;

    r.error = error;
    rc = parse_root(&r, text, len);

    if (rc == 0)
        *out = c;
    else
        mm_catalog_free(&c);
    return rc;
}

static char *load_beside(void *arg, const char *name, size_t *len, char error[MM_ERROR_SIZE])
{
    const char *path = arg, *slash = strrchr(path, '/');
    struct buf file = {0};
    char *text;

    buf_append(&file, path, slash == NULL ? 0 : (size_t)(slash - path) + 1);
    buf_printf(&file, "rulesets/%s.json", name);
    text = file_read(file.data, FILE_MAX_BYTES, len, error, MM_ERROR_SIZE);
    buf_free(&file);
    return text;
}

int mm_catalog_load(struct mm_catalog **out, const char *path, int32_t partitions, char error[MM_ERROR_SIZE])
{
    char *arg = mem_strdup(path), *text, why[MM_ERROR_SIZE];
    size_t len = 0;
    int rc = ERR_INVALID;

    text = file_read(path, FILE_MAX_BYTES, &len, error, MM_ERROR_SIZE);
    if (text != NULL) {
        rc = mm_catalog_parse(out, text, len, partitions, load_beside, arg, why);
        if (rc != 0)
            (void)snprintf(error, MM_ERROR_SIZE, "%.200s: %.*s", path, MM_ERROR_SIZE - 210, why);
    }
    free(text);
    free(arg);
    return rc;
}

const struct mm_configuration *mm_catalog_find(const struct mm_catalog *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++) {
        if (strcmp(c->configurations[i].name, name) == 0)
            return &c->configurations[i];
    }
    return NULL;
}

void mm_catalog_free(struct mm_catalog **c)
{
    if (*c == NULL)
        return;
    for (size_t i = 0; i < (*c)->rule_set_count; i++)
        mm_ruleset_free(&(*c)->rule_sets[i]);
    free((*c)->rule_sets);
    free((*c)->configurations);
    json_object_put((*c)->root);
    free(*c);
    *c = NULL;
}
