#include "sim_rules.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "file.h"
#include "mem.h"
#include "mm_ruleset.h"

static char *label_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    size_t len = strlen(name), end = sizeof(".json") - 1;

    return mem_strndup(name, len > end && strcmp(name + len - end, ".json") == 0 ? len - end : len);
}

static char *give_text(void *arg, const char *name, size_t *len, char error[MM_ERROR_SIZE])
{
    const char *text = arg;

    (void)name;
    error[0] = '\0'; /* nothing can be wrong */
    *len = strlen(text);
    return mem_strdup(text);
}

/* As in a configuration: a step that comes when the tickets are gone is a mistake in one of the two. */
static int check_last_step(const struct sim_rules *r, int64_t timeout_s, char error[SIM_ERROR_SIZE])
{
    int64_t last_s = r->ruleset->phases[r->ruleset->phase_count - 1].wait_ms / 1000;

    if (last_s <= timeout_s)
        return 0;
    (void)snprintf(error, SIM_ERROR_SIZE, "%.400s: --timeout must be at least %lld, the last step, is %lld", r->path,
                   (long long)last_s, (long long)timeout_s);
    return ERR_INVALID;
}

static int make_catalog(struct sim_rules *r, int64_t timeout_s, char error[SIM_ERROR_SIZE])
{
    char why[MM_ERROR_SIZE];
    struct buf list = {0};
    int rc;

    buf_printf(&list,
               "{\"MatchmakingConfigurations\":[{\"Name\":\"%s\",\"RuleSetName\":\"rules\",\"Partition\":0,"
               "\"RequestTimeoutSeconds\":%lld,\"AcceptanceRequired\":false}]}",
               SIM_CONFIGURATION_NAME, (long long)timeout_s);
    rc = mm_catalog_parse(&r->catalog, list.data, list.len, 1, give_text, r->text, why);
    if (rc != 0)
        (void)snprintf(error, SIM_ERROR_SIZE, "%.400s: %s", r->path, why);
    buf_free(&list);
    return rc;
}

static void read_attributes(struct sim_rules *r, const struct mm_ruleset *rules)
{
    r->attribute_count = rules->attribute_count;
    r->attributes = mem_alloc(r->attribute_count * sizeof(*r->attributes));
    for (size_t i = 0; i < r->attribute_count; i++) {
        const struct mm_attribute *a = &rules->attributes[i];
        bool number = a->type == MM_ATTRIBUTE_NUMBER && a->fallback != NULL;

        r->attributes[i] =
            (struct sim_attribute){.name = a->name,
                                   .type = a->type,
                                   .used = a->used,
                                   .fallback = number ? json_object_get_double(a->fallback) : (double)NAN};
    }
}

static int parse(struct sim_rules *r, char error[SIM_ERROR_SIZE])
{
    struct mm_problems problems = {0};
    char why[SIM_ERROR_SIZE / 2];
    int rc = mm_ruleset_parse(&r->ruleset, "rules", r->text, strlen(r->text), &problems);

    if (rc == 0)
        read_attributes(r, r->ruleset);
    mm_problems_line(&problems, why, sizeof(why));
    if (rc != 0)
        (void)snprintf(error, SIM_ERROR_SIZE, "%.400s: %s%s", r->path, why,
                       problems.errors > 1 ? "; gsmctl rules check tells all" : "");
    mm_problems_free(&problems);
    return rc;
}

int sim_rules_load(struct sim_rules *out, const char *path, int64_t timeout_s, char error[SIM_ERROR_SIZE])
{
    size_t len;
    int rc = ERR_INVALID;

    *out = (struct sim_rules){.path = path};
    out->text = file_read(path, SIM_RULES_MAX_BYTES, &len, error, SIM_ERROR_SIZE);
    if (out->text != NULL)
        rc = parse(out, error);
    if (rc == 0)
        rc = check_last_step(out, timeout_s, error);
    if (rc == 0)
        rc = make_catalog(out, timeout_s, error);
    if (rc != 0) {
        sim_rules_free(out);
        return rc;
    }
    out->label = label_of(path);
    return 0;
}

void sim_rules_free(struct sim_rules *r)
{
    mm_catalog_free(&r->catalog);
    mm_ruleset_free(&r->ruleset);
    free(r->attributes);
    free(r->label);
    free(r->text);
    *r = (struct sim_rules){0};
}

const struct sim_attribute *sim_rules_find(const struct sim_rules *r, const char *name)
{
    for (size_t i = 0; i < r->attribute_count; i++) {
        if (strcmp(r->attributes[i].name, name) == 0)
            return &r->attributes[i];
    }
    return NULL;
}

const struct sim_attribute *sim_rules_first_number(const struct sim_rules *r)
{
    for (size_t i = 0; i < r->attribute_count; i++) {
        if (r->attributes[i].type == MM_ATTRIBUTE_NUMBER)
            return &r->attributes[i];
    }
    return NULL;
}
