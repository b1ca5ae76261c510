/*
 * mm_scratch.h - internal: the memory of one evaluation: taken piece by piece, given back all at once. What an
 * evaluation needed is there as one block for the next, so that malloc(3) is not called once things are warm.
 */
#ifndef MATCHMAKING_MM_SCRATCH_H
#define MATCHMAKING_MM_SCRATCH_H

#include <stddef.h>

struct mm_chunk {
    struct mm_chunk *older;
    size_t size, used; /* bytes of data */
    _Alignas(16) char data[];
};

struct mm_scratch {
    struct mm_chunk *chunk;
};

void mm_scratch_reset(struct mm_scratch *s); /* all that was taken is void */
void *mm_scratch_grow(struct mm_scratch *s, size_t bytes);

/* count things of size bytes, not zeroed; valid until the reset. count and size come from line-ups: they are small. */
static inline void *mm_scratch_take(struct mm_scratch *s, size_t count, size_t size)
{
    size_t bytes = (count * size + 15) & ~(size_t)15;
    struct mm_chunk *c = s->chunk;

    if (c->size - c->used < bytes)
        return mm_scratch_grow(s, bytes);
    c->used += bytes;
    return c->data + c->used - bytes;
}

#endif
