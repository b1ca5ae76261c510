#include "columns.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "err.h"

void columns_add(struct columns *c, const char *cell)
{
    buf_append(&c->cells, cell, strlen(cell) + 1);
    c->count++;
}

void columns_addf(struct columns *c, const char *format, ...)
{
    char cell[256];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(cell, sizeof(cell), format, args);
    va_end(args);
    columns_add(c, cell);
}

/* What stands in a terminal's line for it: the characters, not the bytes. */
static size_t width_of(const char *cell)
{
    size_t n = 0;

    for (; *cell != '\0'; cell++)
        n += ((unsigned char)*cell & 0xc0) != 0x80;
    return n;
}

void columns_write(struct columns *c, size_t width, struct buf *out)
{
    size_t widths[COLUMNS_MAX] = {0};
    const char *cell = c->cells.data;

    ASSERT(width > 0 && width <= COLUMNS_MAX && c->count % width == 0);
    for (size_t i = 0; i < c->count; i++, cell += strlen(cell) + 1) {
        if (width_of(cell) > widths[i % width])
            widths[i % width] = width_of(cell);
    }
    cell = c->cells.data;
    for (size_t i = 0; i < c->count; i++, cell += strlen(cell) + 1) {
        bool last = (i + 1) % width == 0;

        buf_printf(out, "%s%*s", cell, last ? 0 : (int)(widths[i % width] - width_of(cell)) + 2, "");
        buf_str(out, last ? "\n" : "");
    }
    buf_free(&c->cells);
    *c = (struct columns){0};
}
