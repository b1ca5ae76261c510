#include "mm_attributes.h"

#include <json-c/linkhash.h>
#include <math.h>
#include <string.h>

#include "err.h"
#include "mm_command.h"
#include "mm_shape.h"

#define NAME_MAX_BYTES     1024
#define STRING_MAX_CHARS   100
#define LIST_MAX           100
#define MAP_MAX            10
#define LOCATIONS_MAX      32
#define LOCATION_MAX_BYTES 100
#define LATENCY_MAX_MS     100000

typedef int check_fn(json_object *value, const char *path, char *error);

static size_t utf8_chars(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0u) != 0x80u; /* all but continuation bytes */
    return n;
}

static int not_a(const char *wanted, json_object *value, const char *path, char *error)
{
    return json_fail(error, path, "must be %s, is %s", wanted, mm_shape_type(value));
}

static bool is_number(json_object *value)
{
    return json_object_is_type(value, json_type_int) ||
           (json_object_is_type(value, json_type_double) && isfinite(json_object_get_double(value)));
}

static int check_string(json_object *value, const char *path, char *error)
{
    size_t chars;

    if (!json_object_is_type(value, json_type_string))
        return not_a("a string", value, path, error);
    chars = utf8_chars(json_object_get_string(value));
    if (chars < 1 || chars > STRING_MAX_CHARS)
        return json_fail(error, path, "must have 1 to %d characters, has %zu", STRING_MAX_CHARS, chars);
    return 0;
}

static int check_number(json_object *value, const char *path, char *error)
{
    return is_number(value) ? 0 : not_a("a finite number", value, path, error);
}

static int check_list(json_object *value, const char *path, char *error)
{
    char at[MM_PATH_SIZE];
    size_t n;
    int rc = 0;

    if (!json_object_is_type(value, json_type_array))
        return not_a("a list of strings", value, path, error);
    n = json_object_array_length(value);
    if (n > LIST_MAX)
        return json_fail(error, path, "must have at most %d strings, has %zu", LIST_MAX, n);
    for (size_t i = 0; i < n && rc == 0; i++) {
        mm_path(at, "%s[%zu]", path, i);
        rc = check_string(json_object_array_get_idx(value, i), at, error);
    }
    return rc;
}

static int check_map(json_object *value, const char *path, char *error)
{
    char at[MM_PATH_SIZE];
    int rc = 0;

    if (!json_object_is_type(value, json_type_object))
        return not_a("an object of numbers", value, path, error);
    if (json_object_object_length(value) > MAP_MAX)
        return json_fail(error, path, "must have at most %d entries, has %d", MAP_MAX,
                         json_object_object_length(value));
    json_object_object_foreach(value, key, number)
    {
        size_t chars = utf8_chars(key);

        if (chars < 1 || chars > STRING_MAX_CHARS)
            return json_fail(error, path, "must have keys of 1 to %d characters, has one of %zu", STRING_MAX_CHARS,
                             chars);
        mm_path(at, "%s.%s", path, key);
        rc = check_number(number, at, error);
        if (rc != 0)
            return rc;
    }
    return 0;
}

/* Indexed by enum mm_attribute_type. */
static const struct kind {
    const char *key;
    check_fn *check;
} kinds[] = {
    [MM_ATTRIBUTE_STRING] = {"S", check_string},
    [MM_ATTRIBUTE_NUMBER] = {"N", check_number},
    [MM_ATTRIBUTE_STRING_LIST] = {"SL", check_list},
    [MM_ATTRIBUTE_STRING_NUMBER_MAP] = {"SDM", check_map},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *mm_attribute_key(enum mm_attribute_type type)
{
    return kinds[type].key;
}

int mm_attribute_check_value(enum mm_attribute_type type, json_object *value, const char *path, char *error)
{
    return kinds[type].check(value, path, error);
}

static int check_names(json_object *attributes, const char *path, char *error)
{
    int count = json_object_object_length(attributes);

    if (count > MM_ATTRIBUTES_MAX)
        return json_fail(error, path, "must have at most %d attributes, has %d", MM_ATTRIBUTES_MAX, count);
    json_object_object_foreach(attributes, name, value)
    {
        (void)value;
        if (name[0] == '\0' || strlen(name) > NAME_MAX_BYTES)
            return json_fail(error, path, "must have attribute names of 1 to %d bytes", NAME_MAX_BYTES);
    }
    return 0;
}

static int check_tagged(json_object *tagged, const char *path, char *error)
{
    char at[MM_PATH_SIZE];

    if (!json_object_is_type(tagged, json_type_object) || json_object_object_length(tagged) != 1)
        return json_fail(error, path, "must be an object with one of S, N, SL, SDM");
    for (size_t i = 0; i < KINDS; i++) {
        json_object *value;

        if (!json_object_object_get_ex(tagged, kinds[i].key, &value))
            continue;
        mm_path(at, "%s.%s", path, kinds[i].key);
        return kinds[i].check(value, at, error);
    }
    return json_fail(error, path, "must be an object with one of S, N, SL, SDM");
}

int mm_attributes_check(json_object *attributes, const char *path, char *error)
{
    char at[MM_PATH_SIZE];
    int rc = mm_shape_object(attributes, path, NULL, error);

    if (rc == 0)
        rc = check_names(attributes, path, error);
    if (rc != 0)
        return rc;
    json_object_object_foreach(attributes, name, tagged)
    {
        mm_path(at, "%s.%s", path, name);
        rc = check_tagged(tagged, at, error);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static const struct kind *kind_of_plain(json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_string:
        return &kinds[MM_ATTRIBUTE_STRING];
    case json_type_int:
    case json_type_double:
        return &kinds[MM_ATTRIBUTE_NUMBER];
    case json_type_array:
        return &kinds[MM_ATTRIBUTE_STRING_LIST];
    case json_type_object:
        return &kinds[MM_ATTRIBUTE_STRING_NUMBER_MAP];
    default:
        return NULL;
    }
}

static int tag_plain(json_object *out, const char *name, json_object *value, const char *path, char *error)
{
    const struct kind *kind = kind_of_plain(value);
    char at[MM_PATH_SIZE];
    json_object *tagged;
    int rc;

    mm_path(at, "%s.%s", path, name);
    if (kind == NULL)
        return not_a("a string, a number, a list of strings or an object of numbers", value, at, error);
    rc = kind->check(value, at, error);
    if (rc != 0)
        return rc;
    tagged = json_object_new_object();
    json_object_object_add(tagged, kind->key, json_object_get(value));
    json_object_object_add(out, name, tagged);
    return 0;
}

int mm_attributes_from_plain(json_object *plain, const char *path, json_object **out, char error[MM_ERROR_SIZE])
{
    json_object *made;
    int rc = mm_shape_object(plain, path, NULL, error);

    if (rc == 0)
        rc = check_names(plain, path, error);
    if (rc != 0)
        return rc;
    made = json_object_new_object();
    json_object_object_foreach(plain, name, value)
    {
        rc = tag_plain(made, name, value, path, error);
        if (rc != 0) {
            json_object_put(made);
            return rc;
        }
    }
    *out = made;
    return 0;
}

int mm_latency_check(json_object *latency_ms, const char *path, char error[MM_ERROR_SIZE])
{
    int rc = mm_shape_object(latency_ms, path, NULL, error);
    int64_t ms;

    if (rc != 0)
        return rc;
    if (json_object_object_length(latency_ms) > LOCATIONS_MAX)
        return json_fail(error, path, "must have at most %d locations, has %d", LOCATIONS_MAX,
                         json_object_object_length(latency_ms));
    json_object_object_foreach(latency_ms, location, value)
    {
        (void)value;
        if (location[0] == '\0' || strlen(location) > LOCATION_MAX_BYTES)
            return json_fail(error, path, "must have location names of 1 to %d bytes", LOCATION_MAX_BYTES);
        rc = json_get_int(latency_ms, path, location, 1, LATENCY_MAX_MS, &ms, error);
        if (rc != 0)
            return rc;
    }
    return 0;
}
