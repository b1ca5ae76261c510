#include "sim_cell.h"

#include <string.h>

#include "err.h"
#include "numbers.h"

#define NUMBER_TEXT_SIZE 64
#define KEY_TEXT_SIZE    512 /* more than the longest key in UTF-8 */

static json_object *read_string(const char *cell)
{
    return json_object_new_string(cell);
}

static bool number_within(const char *text, size_t len, double *out)
{
    char copy[NUMBER_TEXT_SIZE];

    if (len >= sizeof(copy))
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return number_parse(copy, out);
}

static json_object *read_number(const char *cell)
{
    double value;

    return number_within(cell, strlen(cell), &value) ? json_object_new_double(value) : NULL;
}

static json_object *read_list(const char *cell)
{
    json_object *list = json_object_new_array();

    for (;; cell++) {
        size_t len = strcspn(cell, ";");

        json_object_array_add(list, json_object_new_string_len(cell, (int)len));
        cell += len;
        if (*cell == '\0')
            return list;
    }
}

static json_object *read_map(const char *cell)
{
    json_object *map = json_object_new_object();
    char key[KEY_TEXT_SIZE];

    for (;; cell++) {
        size_t len = strcspn(cell, ";"), key_len = strcspn(cell, "=;");
        double value;

        if (cell[key_len] != '=' || key_len >= sizeof(key) ||
            !number_within(cell + key_len + 1, len - key_len - 1, &value)) {
            json_object_put(map);
            return NULL;
        }
        memcpy(key, cell, key_len);
        key[key_len] = '\0';
        json_object_object_add(map, key, json_object_new_double(value));
        cell += len;
        if (*cell == '\0')
            return map;
    }
}

static const struct {
    json_object *(*read)(const char *cell); /* NULL: it is none */
    const char *must;
} types[] = {
    [MM_ATTRIBUTE_STRING] = {read_string, "must be a string"},
    [MM_ATTRIBUTE_NUMBER] = {read_number, "must be a number from -1e9 to 1e9"},
    [MM_ATTRIBUTE_STRING_LIST] = {read_list, "must be a;b;c"},
    [MM_ATTRIBUTE_STRING_NUMBER_MAP] = {read_map, "must be key=number;key=number"},
};

int sim_cell_read(json_object **out, enum mm_attribute_type type, const char *cell, const char *where,
                  char error[SIM_ERROR_SIZE])
{
    json_object *value = types[type].read(cell);

    if (value == NULL)
        return json_fail(error, where, "%s, is \"%.40s\"", types[type].must, cell);
    if (mm_attribute_check_value(type, value, where, error) != 0) {
        json_object_put(value);
        return ERR_INVALID;
    }
    *out = value;
    return 0;
}
