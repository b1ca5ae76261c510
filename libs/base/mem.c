#include "mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

static void *mem_check(void *p, size_t size)
{
    if (p == NULL) {
        log_error("out_of_memory bytes=%zu", size);
        abort();
    }
    return p;
}

void *mem_alloc(size_t size)
{
    return mem_check(calloc(1, size == 0 ? 1 : size), size);
}

void *mem_realloc(void *old, size_t count, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(count, size, &total))
        mem_check(NULL, SIZE_MAX);
    return mem_check(realloc(old, total == 0 ? 1 : total), total);
}

void *mem_dup(const void *data, size_t len)
{
    char *copy = mem_realloc(NULL, len + 1, 1);

    if (len > 0)
        memcpy(copy, data, len);
    copy[len] = '\0';
    return copy;
}

char *mem_strndup(const char *text, size_t len)
{
    return mem_dup(text, len);
}

char *mem_strdup(const char *text)
{
    return text == NULL ? NULL : mem_dup(text, strlen(text));
}
