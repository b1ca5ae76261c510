#include "ratings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"

#define RATING_MAX 1000000

/* A line with its newline, or the last one without. */
static int parse_line(const char *line, int *rating)
{
    char *end;
    long value = strtol(line, &end, 10);

    if (end == line || (*end != '\n' && *end != '\0') || labs(value) > RATING_MAX)
        return ERR_INVALID;
    *rating = (int)value;
    return 0;
}

static int read_lines(struct ratings *out, FILE *file, const char *path, char *error, size_t error_size)
{
    char line[64];
    size_t cap = 0;

    while (fgets(line, sizeof(line), file) != NULL) {
        if (out->count == cap) {
            cap = cap == 0 ? 1024 : cap * 2;
            out->list = mem_realloc(out->list, cap, sizeof(*out->list));
        }
        if (parse_line(line, &out->list[out->count]) != 0) {
            snprintf(error, error_size, "ratings: %s:%zu: must be an integer", path, out->count + 1);
            return ERR_INVALID;
        }
        out->count++;
    }
    if (out->count > 0)
        return 0;
    snprintf(error, error_size, "ratings: %s: has no line", path);
    return ERR_INVALID;
}

int ratings_load(struct ratings *out, const char *path, char *error, size_t error_size)
{
    FILE *file = fopen(path, "re");
    int rc;

    *out = (struct ratings){0};
    if (file == NULL) {
        snprintf(error, error_size, "ratings: %s: %s", path, strerror(errno));
        return ERR_INVALID;
    }
    rc = read_lines(out, file, path, error, error_size);
    fclose(file);
    if (rc != 0)
        ratings_free(out);
    return rc;
}

void ratings_free(struct ratings *r)
{
    free(r->list);
    *r = (struct ratings){0};
}
