/*
 * mm_table.h - internal: a hash table from 64-bit hashes to items. Open addressing, linear probing, 16 bytes a slot: a
 * third of what embedded hash handles take, which is most of a waiting ticket. It grows and never shrinks.
 */
#ifndef MATCHMAKING_MM_TABLE_H
#define MATCHMAKING_MM_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mm_table { /* {0} is empty */
    struct mm_slot *slots;
    size_t capacity, count; /* capacity: 0 or a power of two */
};

/* Does the item have this key? Asked only when the hashes agree. */
typedef bool mm_same_fn(const void *item, const void *key);

/* NULL: none. same may be NULL: the hash is the key. */
void *mm_table_find(const struct mm_table *t, uint64_t hash, mm_same_fn *same, const void *key);

void mm_table_add(struct mm_table *t, uint64_t hash, void *item);          /* item: not NULL, and not there yet */
void mm_table_remove(struct mm_table *t, uint64_t hash, const void *item); /* not there: nothing happens */
size_t mm_table_bytes(const struct mm_table *t);
void mm_table_free(struct mm_table *t); /* leaves an empty table; the items are their owners' */

#endif
