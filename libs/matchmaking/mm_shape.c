#include "mm_shape.h"

#include <json-c/json_util.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "id.h"
#include "utf8.h"

#define SHOWN_MAX_BYTES 60

const char *mm_path(char out[MM_PATH_SIZE], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(out, MM_PATH_SIZE, format, args);
    va_end(args);
    return out;
}

int mm_shown(const char *text, size_t len)
{
    return (int)utf8_prefix(text, len < SHOWN_MAX_BYTES ? len : SHOWN_MAX_BYTES);
}

const char *mm_shape_type(json_object *o)
{
    return json_type_to_name(json_object_get_type(o));
}

int mm_shape_object(json_object *o, const char *path, const char *const *allowed, char *error)
{
    if (!json_object_is_type(o, json_type_object))
        return json_fail(error, path, "must be an object, is %s", mm_shape_type(o));
    return allowed == NULL ? 0 : json_only(o, path, allowed, error);
}

int mm_shape_array_opt(json_object *o, const char *path, const char *key, size_t max, json_object **out, char *error)
{
    return json_object_object_get_ex(o, key, NULL) ? json_get_array(o, path, key, 0, max, out, error) : 0;
}

int mm_shape_name(json_object *o, const char *path, const char *key, const char **out, char *error)
{
    int rc = json_get_str(o, path, key, 1, ID_TICKET_MAX, out, error);
    char at[MM_PATH_SIZE];

    if (rc != 0 || id_ticket_valid(*out, strlen(*out)))
        return rc;
    mm_path(at, "%s.%s", path, key);
    return json_fail(error, at, "must be letters, digits, '-' and '.' only, is \"%s\"", *out);
}

int mm_shape_player(json_object *o, const char *path, const char *key, const char **out, char *error)
{
    int rc = json_get_str(o, path, key, 1, ID_PLAYER_MAX, out, error);
    char at[MM_PATH_SIZE];

    if (rc != 0 || id_player_valid(*out, strlen(*out)))
        return rc;
    mm_path(at, "%s.%s", path, key);
    return json_fail(error, at, "must be printable ASCII without spaces, quotes, backslashes and braces");
}

static int not_one_of(const char *text, const char *path, const char *const *names, int count, char *error)
{
    struct buf all = {0};
    int rc;

    for (int i = 0; i < count; i++)
        buf_printf(&all, "%s%s", i == 0 ? "" : i == count - 1 ? " or " : ", ", names[i]);
    rc = json_fail(error, path, "must be %s, is \"%.100s\"", all.data, text != NULL ? text : "");
    buf_free(&all);
    return rc;
}

int mm_shape_choice(const char *text, const char *path, const char *const *names, int count, int *out, char *error)
{
    for (int i = 0; text != NULL && i < count; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = i;
            return 0;
        }
    }
    return not_one_of(text, path, names, count, error);
}
