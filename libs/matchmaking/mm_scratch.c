#include "mm_scratch.h"

#include <stdlib.h>

#include "mem.h"
#include "mm_check.h"

#define FIRST_BYTES 4096

static struct mm_chunk *chunk_new(size_t bytes, struct mm_chunk *older)
{
    struct mm_chunk *c = mem_realloc(NULL, 1, sizeof(*c) + bytes);

    *c = (struct mm_chunk){.older = older, .size = bytes};
    return c;
}

/* Frees all chunks; their size. */
static size_t chunks_free(struct mm_scratch *s)
{
    size_t bytes = 0;

    while (s->chunk != NULL) {
        struct mm_chunk *older = s->chunk->older;

        bytes += s->chunk->size;
        free(s->chunk);
        s->chunk = older;
    }
    return bytes;
}

void *mm_scratch_grow(struct mm_scratch *s, size_t bytes)
{
    s->chunk = chunk_new(s->chunk->size + bytes, s->chunk);
    s->chunk->used = bytes;
    return s->chunk->data;
}

void mm_scratch_reset(struct mm_scratch *s)
{
    if (s->chunk->older != NULL)
        s->chunk = chunk_new(chunks_free(s), NULL);
    s->chunk->used = 0;
}

struct mm_scratch *mm_scratch_new(void)
{
    struct mm_scratch *s = MEM_NEW(struct mm_scratch);

    s->chunk = chunk_new(FIRST_BYTES, NULL);
    return s;
}

void mm_scratch_free(struct mm_scratch **s)
{
    if (*s == NULL)
        return;
    chunks_free(*s);
    free(*s);
    *s = NULL;
}
