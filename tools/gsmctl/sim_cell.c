#include "sim_cell.h"

#include <string.h>

#include "err.h"
#include "numbers.h"

#define NUMBER_TEXT_SIZE 64
#define VALUE_SHOWN_MAX  40

static bool write_string(struct buf *out, const char *text, size_t len)
{
    buf_json_str(out, text, len);
    return true;
}

static bool write_number(struct buf *out, const char *text, size_t len)
{
    char copy[NUMBER_TEXT_SIZE];
    double value;

    if (len >= sizeof(copy))
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (!number_parse(copy, &value))
        return false;
    buf_json_num(out, value);
    return true;
}

/* key=number */
static bool write_pair(struct buf *out, const char *text, size_t len)
{
    const char *sign = memchr(text, '=', len);

    if (sign == NULL)
        return false;
    write_string(out, text, (size_t)(sign - text));
    buf_str(out, ":");
    return write_number(out, sign + 1, len - (size_t)(sign + 1 - text));
}

/* What is between semicolons, one after the other. */
static bool write_each(struct buf *out, const char *brackets, const char *cell,
                       bool (*write)(struct buf *out, const char *text, size_t len))
{
    buf_append(out, &brackets[0], 1);
    for (;; cell++, buf_str(out, ",")) {
        size_t len = strcspn(cell, ";");

        if (!write(out, cell, len))
            return false;
        cell += len;
        if (*cell == '\0')
            break;
    }
    buf_append(out, &brackets[1], 1);
    return true;
}

static bool write_one_string(struct buf *out, const char *cell)
{
    return write_string(out, cell, strlen(cell));
}

static bool write_one_number(struct buf *out, const char *cell)
{
    return write_number(out, cell, strlen(cell));
}

static bool write_list(struct buf *out, const char *cell)
{
    return write_each(out, "[]", cell, write_string);
}

static bool write_map(struct buf *out, const char *cell)
{
    return write_each(out, "{}", cell, write_pair);
}

static const struct {
    bool (*write)(struct buf *out, const char *cell);
    const char *must;
} types[] = {
    [MM_ATTRIBUTE_STRING] = {write_one_string, "must be a string"},
    [MM_ATTRIBUTE_NUMBER] = {write_one_number, "must be a number from -1e9 to 1e9"},
    [MM_ATTRIBUTE_STRING_LIST] = {write_list, "must be a;b;c"},
    [MM_ATTRIBUTE_STRING_NUMBER_MAP] = {write_map, "must be key=number;key=number"},
};

bool sim_cell_write(struct buf *out, enum mm_attribute_type type, const char *cell)
{
    return types[type].write(out, cell);
}

int sim_cell_check(enum mm_attribute_type type, const char *cell, const char *where, char error[SIM_ERROR_SIZE])
{
    json_object *value = NULL;
    struct buf text = {0};
    int rc;

    if (!sim_cell_write(&text, type, cell))
        rc = json_fail(error, where, "%s, is \"%.*s\"", types[type].must, VALUE_SHOWN_MAX, cell);
    else if (json_parse(text.data, text.len, &value, NULL) != 0)
        rc = json_fail(error, where, "%s, each key once", types[type].must);
    else
        rc = mm_attribute_check_value(type, value, where, error);
    json_object_put(value);
    buf_free(&text);
    return rc;
}
