/*
 * buf.h - a growing byte buffer, always NUL-terminated after the first append.
 *
 * Ownership  the buffer owns data; buf_take hands it over; buf_free releases it and leaves an empty buffer.
 * `struct buf b = {0}` is an empty buffer.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
    char *data;
    size_t len, cap; /* bytes, without the NUL */
};

void buf_append(struct buf *b, const void *data, size_t len);
void buf_str(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* JSON: a quoted, escaped string (the text must be UTF-8); a number that reads back as the same double. */
void buf_json_str(struct buf *b, const char *text, size_t len);
void buf_json_cstr(struct buf *b, const char *text);
void buf_json_num(struct buf *b, double value); /* must be finite; integers below 2^53 print without a point */

void buf_clear(struct buf *b); /* keeps the memory */
void buf_free(struct buf *b);
char *buf_take(struct buf *b); /* the caller frees; never NULL */

#endif
