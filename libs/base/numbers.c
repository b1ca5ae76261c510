#include "numbers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "file.h"
#include "mem.h"

#define FILE_MAX_BYTES ((size_t)1 << 30)

bool number_parse(const char *text, double *out)
{
    char *end;
    double value = strtod(text, &end);

    /* strtod would take white space, hexadecimal, inf and nan */
    if (end == text || *end != '\0' || text[strspn(text, "0123456789+-.eE")] != '\0' || !(fabs(value) <= NUMBER_MAX))
        return false;
    *out = value;
    return true;
}

static void add(struct numbers *n, size_t *cap, double value)
{
    if (n->count == *cap) {
        *cap = *cap == 0 ? 1024 : *cap * 2;
        n->list = mem_realloc(n->list, *cap, sizeof(*n->list));
    }
    n->list[n->count++] = value;
}

/* text is taken apart. */
static int read_lines(struct numbers *out, char *text, const char *path, char *error, size_t error_size)
{
    size_t cap = 0;

    for (char *line = text; *line != '\0';) {
        char *end = strchr(line, '\n'), *next = end != NULL ? end + 1 : line + strlen(line);
        double value;

        if (end != NULL)
            *(end > line && end[-1] == '\r' ? end - 1 : end) = '\0';
        if (!number_parse(line, &value)) {
            (void)snprintf(error, error_size, "%s:%zu: must be a number from -1e9 to 1e9, is \"%.40s\"", path,
                           out->count + 1, line);
            return ERR_INVALID;
        }
        add(out, &cap, value);
        line = next;
    }
    if (out->count > 0)
        return 0;
    (void)snprintf(error, error_size, "%s: has no line; one number a line is needed", path);
    return ERR_INVALID;
}

int numbers_load(struct numbers *out, const char *path, char *error, size_t error_size)
{
    size_t len;
    char *text = file_read(path, FILE_MAX_BYTES, &len, error, error_size);
    int rc;

    *out = (struct numbers){0};
    if (text == NULL)
        return ERR_INVALID;
    rc = read_lines(out, text, path, error, error_size);
    free(text);
    if (rc != 0)
        numbers_free(out);
    return rc;
}

void numbers_free(struct numbers *n)
{
    free(n->list);
    *n = (struct numbers){0};
}
