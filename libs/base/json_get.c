/* Reading members of parsed values; each fault is named by its place. */
#include <inttypes.h>
#include <json-c/linkhash.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "json.h"
#include "utf8.h"

#define EXCERPT_SIZE 48 /* how much of a wrong value an error shows, with the NUL */

int json_fail(char error[JSON_ERROR_SIZE], const char *path, const char *format, ...)
{
    va_list args;
    int len;

    if (error == NULL)
        return ERR_INVALID;
    len = snprintf(error, JSON_ERROR_SIZE, "%s: ", path);
    if (len < JSON_ERROR_SIZE) {
        va_start(args, format);
        (void)vsnprintf(error + len, JSON_ERROR_SIZE - (size_t)len, format, args);
        va_end(args);
    }
    error[utf8_prefix(error, strlen(error))] = '\0'; /* the cut may have split a character */
    return ERR_INVALID;
}

/* The value as JSON for an error text, shortened. */
static const char *excerpt(json_object *value, char out[EXCERPT_SIZE])
{
    size_t len;
    const char *text = json_text(value, &len);

    if (len < EXCERPT_SIZE)
        memcpy(out, text, len + 1);
    else
        (void)snprintf(out, EXCERPT_SIZE, "%.*s...", (int)utf8_prefix(text, EXCERPT_SIZE - sizeof("...")), text);
    return out;
}

/* `must`: "must be ..."; ", is VALUE" is added. */
static int member_fail(json_object *value, const char *path, const char *key, const char *must, char *error)
{
    char is[EXCERPT_SIZE];
    struct buf place = {0};

    buf_printf(&place, "%s.%s", path, key);
    (void)json_fail(error, place.data, "%s, is %s", must, excerpt(value, is));
    buf_free(&place);
    return ERR_INVALID;
}

enum need { OPTIONAL, REQUIRED };
enum { ABSENT, PRESENT };

/* ABSENT (only when OPTIONAL), PRESENT and *value, or ERR_INVALID. */
static int member_find(json_object *o, const char *path, const char *key, enum need need, json_object **value,
                       char *error)
{
    char is[EXCERPT_SIZE];

    *value = NULL;
    if (!json_object_is_type(o, json_type_object))
        return json_fail(error, path, "must be an object, is %s", excerpt(o, is));
    if (json_object_object_get_ex(o, key, value))
        return PRESENT;
    return need == OPTIONAL ? ABSENT : json_fail(error, path, "member \"%s\" is missing", key);
}

static int get_str(json_object *o, const char *path, const char *key, enum need need, size_t min, size_t max,
                   const char **out, char *error)
{
    char must[80];
    json_object *value;
    int rc = member_find(o, path, key, need, &value, error);

    if (rc != PRESENT)
        return rc;
    if (json_object_is_type(value, json_type_string)) {
        size_t len = (size_t)json_object_get_string_len(value);

        if (len >= min && len <= max) {
            *out = json_object_get_string(value);
            return 0;
        }
    }
    (void)snprintf(must, sizeof(must), "must be a string of %zu to %zu bytes", min, max);
    return member_fail(value, path, key, must, error);
}

int json_get_str(json_object *o, const char *path, const char *key, size_t min, size_t max, const char **out,
                 char *error)
{
    return get_str(o, path, key, REQUIRED, min, max, out, error);
}

int json_get_str_opt(json_object *o, const char *path, const char *key, size_t min, size_t max, const char **out,
                     char *error)
{
    return get_str(o, path, key, OPTIONAL, min, max, out, error);
}

/* 7, and also 7.0: JSON Schema calls both an integer. */
static bool is_integer(json_object *value, int64_t *out)
{
    double number = json_object_get_double(value);

    if (json_object_is_type(value, json_type_int)) {
        *out = json_object_get_int64(value);
        return true;
    }
    if (!json_object_is_type(value, json_type_double) || number != trunc(number) || fabs(number) > 9007199254740992.0)
        return false;
    *out = (int64_t)number;
    return true;
}

static int get_int(json_object *o, const char *path, const char *key, enum need need, int64_t min, int64_t max,
                   int64_t *out, char *error)
{
    char must[96];
    json_object *value;
    int64_t number;
    int rc = member_find(o, path, key, need, &value, error);

    if (rc != PRESENT)
        return rc;
    if (is_integer(value, &number) && number >= min && number <= max) {
        *out = number;
        return 0;
    }
    (void)snprintf(must, sizeof(must), "must be an integer from %" PRId64 " to %" PRId64, min, max);
    return member_fail(value, path, key, must, error);
}

int json_get_int(json_object *o, const char *path, const char *key, int64_t min, int64_t max, int64_t *out, char *error)
{
    return get_int(o, path, key, REQUIRED, min, max, out, error);
}

int json_get_int_opt(json_object *o, const char *path, const char *key, int64_t min, int64_t max, int64_t *out,
                     char *error)
{
    return get_int(o, path, key, OPTIONAL, min, max, out, error);
}

int json_get_num(json_object *o, const char *path, const char *key, double *out, char *error)
{
    json_object *value;
    int rc = member_find(o, path, key, REQUIRED, &value, error);

    if (rc != PRESENT)
        return rc;
    if (!json_object_is_type(value, json_type_int) && !json_object_is_type(value, json_type_double))
        return member_fail(value, path, key, "must be a number", error);
    *out = json_object_get_double(value);
    return 0;
}

static int bool_read(json_object *value, const char *path, const char *key, bool *out, char *error)
{
    if (!json_object_is_type(value, json_type_boolean))
        return member_fail(value, path, key, "must be true or false", error);
    *out = json_object_get_boolean(value);
    return 0;
}

int json_get_bool(json_object *o, const char *path, const char *key, bool *out, char *error)
{
    json_object *value;
    int rc = member_find(o, path, key, REQUIRED, &value, error);

    return rc != PRESENT ? rc : bool_read(value, path, key, out, error);
}

int json_get_bool_opt(json_object *o, const char *path, const char *key, bool *out, char *error)
{
    json_object *value;
    int rc = member_find(o, path, key, OPTIONAL, &value, error);

    return rc != PRESENT ? rc : bool_read(value, path, key, out, error);
}

int json_get_array(json_object *o, const char *path, const char *key, size_t min, size_t max, json_object **out,
                   char *error)
{
    char must[80];
    json_object *value;
    int rc = member_find(o, path, key, REQUIRED, &value, error);

    if (rc != PRESENT)
        return rc;
    if (json_object_is_type(value, json_type_array)) {
        size_t len = json_object_array_length(value);

        if (len >= min && len <= max) {
            *out = value;
            return 0;
        }
    }
    (void)snprintf(must, sizeof(must), "must be an array of %zu to %zu elements", min, max);
    return member_fail(value, path, key, must, error);
}

int json_get_object_opt(json_object *o, const char *path, const char *key, json_object **out, char *error)
{
    json_object *value;
    int rc = member_find(o, path, key, OPTIONAL, &value, error);

    if (rc != PRESENT)
        return rc;
    if (!json_object_is_type(value, json_type_object))
        return member_fail(value, path, key, "must be an object", error);
    *out = value;
    return 0;
}

static bool is_listed(const char *name, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (strcmp(name, *list) == 0)
            return true;
    }
    return false;
}

static int json_only_fail(const char *path, const char *name, const char *const *allowed, char *error)
{
    struct buf list = {0};

    for (; *allowed != NULL; allowed++)
        buf_printf(&list, "%s%s", list.len == 0 ? "" : ", ", *allowed);
    (void)json_fail(error, path, "unknown member \"%.*s\"; known are %s", EXCERPT_SIZE, name, list.data);
    buf_free(&list);
    return ERR_INVALID;
}

int json_only(json_object *o, const char *path, const char *const *allowed, char *error)
{
    json_object_object_foreach(o, name, value)
    {
        (void)value;
        if (!is_listed(name, allowed))
            return json_only_fail(path, name, allowed, error);
    }
    return 0;
}
