/*
 * fuzz.h - what the fuzz targets share. Each target takes what strangers can send to one of our readers and asserts
 * what must hold for all of it; ASan and UBSan watch the rest. `make fuzz` builds and runs them.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes up to the next newline, without it; *data and *size move behind it. */
static inline const char *fuzz_line(const uint8_t **data, size_t *size, size_t *len)
{
    const char *line = (const char *)*data;
    const char *end = *size > 0 ? memchr(line, '\n', *size) : NULL;

    *len = end != NULL ? (size_t)(end - line) : *size;
    *data += *len + (end != NULL);
    *size -= *len + (end != NULL);
    return line;
}

#endif
