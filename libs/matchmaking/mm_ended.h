/*
 * mm_ended.h - internal: the ids of tickets that ended lately, as hashes: a repeated start is known (PROTOCOLS J11).
 *
 * A queue by time with a table over it: 16 bytes an id in the queue, 8 a slot in the table.
 */
#ifndef MATCHMAKING_MM_ENDED_H
#define MATCHMAKING_MM_ENDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm_table.h"

struct mm_ended { /* {0} is empty */
    struct mm_ending *ring;
    size_t capacity;      /* 0 or a power of two */
    uint64_t first, next; /* endings first..next-1 stand at these places modulo capacity */
    struct mm_table by_hash;
};

void mm_ended_add(struct mm_ended *e, uint64_t id_hash, int64_t at_ms); /* at_ms never goes back */
bool mm_ended_has(const struct mm_ended *e, uint64_t id_hash);
void mm_ended_forget(struct mm_ended *e, int64_t before_ms); /* what ended before that */
size_t mm_ended_bytes(const struct mm_ended *e);
void mm_ended_free(struct mm_ended *e);

/* The ending at a place, first..next-1. */
void mm_ended_get(const struct mm_ended *e, uint64_t place, uint64_t *id_hash, int64_t *at_ms);

#endif
