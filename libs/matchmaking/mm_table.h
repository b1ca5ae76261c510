/*
 * mm_table.h - internal: a hash table from hashes to numbers, which are the owner's. Open addressing, linear probing, 8
 * bytes a slot: of all that a waiting ticket needs, tables by its id and its players' would otherwise be the most. It
 * grows by half and never shrinks.
 */
#ifndef MATCHMAKING_MM_TABLE_H
#define MATCHMAKING_MM_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mm_table { /* {0} is empty */
    struct mm_slot *slots;
    size_t capacity, count;
};

#define MM_TABLE_NONE UINT32_MAX /* no number */

/* Does what this number stands for have this key? Asked only when half of the hashes agrees. */
typedef bool mm_same_fn(const void *owner, uint32_t number, const void *key);

/* MM_TABLE_NONE: none. */
uint32_t mm_table_find(const struct mm_table *t, uint64_t hash, mm_same_fn *same, const void *owner, const void *key);

void mm_table_add(struct mm_table *t, uint64_t hash, uint32_t number);    /* not there yet under this hash */
void mm_table_remove(struct mm_table *t, uint64_t hash, uint32_t number); /* not there: nothing happens */
size_t mm_table_bytes(const struct mm_table *t);
void mm_table_free(struct mm_table *t); /* leaves an empty table */

#endif
