#include "buf.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"

#define FIRST_SIZE 256

/* Room for len more bytes and the NUL. */
static void buf_reserve(struct buf *b, size_t len)
{
    size_t size = b->cap == 0 ? FIRST_SIZE : b->cap + 1;

    if (b->data != NULL && len <= b->cap - b->len)
        return;
    ASSERT(len < SIZE_MAX / 4 && b->len < SIZE_MAX / 4);
    while (size <= b->len + len)
        size *= 2;
    b->data = mem_realloc(b->data, size, 1);
    b->cap = size - 1;
}

void buf_append(struct buf *b, const void *data, size_t len)
{
    buf_reserve(b, len);
    if (len > 0)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_str(struct buf *b, const char *text)
{
    buf_append(b, text, strlen(text));
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;
    int len;

    buf_reserve(b, 1);
    va_start(args, format);
    len = vsnprintf(b->data + b->len, b->cap - b->len + 1, format, args);
    va_end(args);
    ASSERT(len >= 0);
    if ((size_t)len > b->cap - b->len) {
        buf_reserve(b, (size_t)len);
        va_start(args, format);
        (void)vsnprintf(b->data + b->len, b->cap - b->len + 1, format, args);
        va_end(args);
    }
    b->len += (size_t)len;
}

static bool buf_json_plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

static void buf_json_escape(struct buf *b, unsigned char c)
{
    static const char short_names[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: the character, its letter */

    for (size_t i = 0; i + 1 < sizeof(short_names); i += 2) {
        if ((unsigned char)short_names[i] == c) {
            buf_append(b, (char[]){'\\', short_names[i + 1]}, 2);
            return;
        }
    }
    buf_printf(b, "\\u%04x", c);
}

void buf_json_str(struct buf *b, const char *text, size_t len)
{
    size_t run = 0; /* where the bytes not yet copied begin */

    buf_reserve(b, len + 2);
    buf_append(b, "\"", 1);
    for (size_t i = 0; i < len; i++) {
        if (buf_json_plain((unsigned char)text[i]))
            continue;
        buf_append(b, text + run, i - run);
        buf_json_escape(b, (unsigned char)text[i]);
        run = i + 1;
    }
    buf_append(b, text + run, len - run);
    buf_append(b, "\"", 1);
}

void buf_json_cstr(struct buf *b, const char *text)
{
    buf_json_str(b, text, strlen(text));
}

void buf_json_num(struct buf *b, double value)
{
    char text[32];

    ASSERT(isfinite(value));
    if (fabs(value) < 9007199254740992.0 && value == trunc(value) && !(value == 0 && signbit(value))) {
        buf_printf(b, "%" PRId64, (int64_t)value);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) { /* the shortest that reads back */
        (void)snprintf(text, sizeof(text), "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buf_str(b, text);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    if (b->data != NULL)
        b->data[0] = '\0';
}

void buf_free(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}

char *buf_take(struct buf *b)
{
    char *data = b->data != NULL ? b->data : mem_strdup("");

    *b = (struct buf){0};
    return data;
}
