/*
 * columns.h - rows of text, aligned. Pure.
 */
#ifndef GSMCTL_COLUMNS_H
#define GSMCTL_COLUMNS_H

#include <stddef.h>

#include "buf.h"

#define COLUMNS_MAX 12

struct columns {      /* {0} is empty */
    struct buf cells; /* each with its NUL */
    size_t count;
};

void columns_add(struct columns *c, const char *cell); /* copied */
void columns_addf(struct columns *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* All that was added, as rows of `width` cells (1..COLUMNS_MAX), two spaces between them; frees it. */
void columns_write(struct columns *c, size_t width, struct buf *out);

#endif
