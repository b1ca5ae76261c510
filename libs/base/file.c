#include "file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"

static bool read_all(FILE *file, size_t max_bytes, struct buf *text)
{
    char piece[65536];
    size_t n;

    buf_str(text, "");
    while (text->len <= max_bytes && (n = fread(piece, 1, sizeof(piece), file)) > 0)
        buf_append(text, piece, n);
    return ferror(file) == 0;
}

/* The sentence's end when the text will not do; NULL when it will. */
static const char *fault_of(FILE *file, size_t max_bytes, struct buf *text)
{
    if (file == NULL || !read_all(file, max_bytes, text))
        return strerror(errno);
    if (text->len > max_bytes)
        return "it is too large";
    return strlen(text->data) == text->len ? NULL : "it is not text: there is a byte of value 0";
}

char *file_read(const char *path, size_t max_bytes, size_t *len, char *error, size_t error_size)
{
    FILE *file = fopen(path, "re");
    struct buf text = {0};
    const char *fault = fault_of(file, max_bytes, &text);

    if (fault != NULL)
        (void)snprintf(error, error_size, "%s: cannot be read: %s", path, fault);
    if (file != NULL)
        (void)fclose(file);
    *len = text.len;
    if (fault == NULL)
        return buf_take(&text);
    buf_free(&text);
    return NULL;
}

int file_write(const char *path, const char *data, size_t len, char *error, size_t error_size)
{
    FILE *file = fopen(path, "we");
    bool written = file != NULL && fwrite(data, 1, len, file) == len;

    if (file != NULL)
        written = fclose(file) == 0 && written;
    if (written)
        return 0;
    (void)snprintf(error, error_size, "%s: cannot be written: %s", path, strerror(errno));
    return ERR_SYSTEM;
}
