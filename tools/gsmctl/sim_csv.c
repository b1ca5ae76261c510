#include "sim_csv.h"

#include <string.h>

/* Ends a quoted cell that begins after its quote; NULL: it has no end. Doubled quotes become one. */
static char *unquote(char *at)
{
    char *to = at;

    for (; *at != '\0'; *to++ = *at++) {
        if (*at != '"')
            continue;
        at++;
        if (*at != '"') {
            *to = '\0';
            return at;
        }
    }
    return NULL;
}

const char *sim_csv_split(char *line, const char *cells[SIM_CSV_COLUMNS_MAX], size_t *count)
{
    char *at = line, end;

    *count = 0;
    do {
        bool quoted = *at == '"';

        if (*count == SIM_CSV_COLUMNS_MAX)
            return "has more than 64 columns";
        cells[(*count)++] = quoted ? at + 1 : at;
        at = quoted ? unquote(at + 1) : at + strcspn(at, ",\"");
        if (at == NULL)
            return "a quoted cell has no end on its line";
        end = *at;
        if (end != ',' && end != '\0')
            return "a quote may only begin or end a cell, and is doubled inside one";
        *at++ = '\0';
    } while (end == ',');
    return NULL;
}

char *sim_csv_line(char **text)
{
    char *line = *text, *end = line + strcspn(line, "\n");

    if (*line == '\0')
        return NULL;
    *text = *end == '\0' ? end : end + 1;
    if (end > line && end[-1] == '\r')
        end--;
    *end = '\0';
    return line;
}

void sim_csv_append(struct buf *out, const char *cell)
{
    if (cell[strcspn(cell, ",\"\r\n")] == '\0') {
        buf_str(out, cell);
        return;
    }
    buf_str(out, "\"");
    for (; *cell != '\0'; cell++)
        buf_printf(out, *cell == '"' ? "\"%c" : "%c", *cell);
    buf_str(out, "\"");
}
