#include "mm_table.h"

#include <stdlib.h>

#include "mem.h"

struct mm_slot {
    uint64_t hash;
    void *item; /* NULL: free */
};

#define CAPACITY_MIN 16

static size_t next(const struct mm_table *t, size_t i)
{
    return (i + 1) & (t->capacity - 1);
}

static size_t home(const struct mm_table *t, uint64_t hash)
{
    return (size_t)hash & (t->capacity - 1);
}

static void place(struct mm_table *t, uint64_t hash, void *item)
{
    size_t i = home(t, hash);

    while (t->slots[i].item != NULL)
        i = next(t, i);
    t->slots[i] = (struct mm_slot){hash, item};
}

static void grow(struct mm_table *t)
{
    struct mm_table bigger = {.capacity = t->capacity == 0 ? CAPACITY_MIN : t->capacity * 2, .count = t->count};

    bigger.slots = mem_alloc(bigger.capacity * sizeof(*bigger.slots));
    for (size_t i = 0; i < t->capacity; i++) {
        if (t->slots[i].item != NULL)
            place(&bigger, t->slots[i].hash, t->slots[i].item);
    }
    free(t->slots);
    *t = bigger;
}

void *mm_table_find(const struct mm_table *t, uint64_t hash, mm_same_fn *same, const void *key)
{
    if (t->count == 0)
        return NULL;
    for (size_t i = home(t, hash); t->slots[i].item != NULL; i = next(t, i)) {
        if (t->slots[i].hash == hash && (same == NULL || same(t->slots[i].item, key)))
            return t->slots[i].item;
    }
    return NULL;
}

void mm_table_add(struct mm_table *t, uint64_t hash, void *item)
{
    if ((t->count + 1) * 4 > t->capacity * 3)
        grow(t);
    place(t, hash, item);
    t->count++;
}

/* Moves what was pushed past the hole back into it, so that no probe ends too early. */
static void close_hole(struct mm_table *t, size_t hole)
{
    for (size_t i = next(t, hole); t->slots[i].item != NULL; i = next(t, i)) {
        size_t from_home = (i - home(t, t->slots[i].hash)) & (t->capacity - 1);
        size_t from_hole = (i - hole) & (t->capacity - 1);

        if (from_home < from_hole)
            continue;
        t->slots[hole] = t->slots[i];
        hole = i;
    }
    t->slots[hole].item = NULL;
}

void mm_table_remove(struct mm_table *t, uint64_t hash, const void *item)
{
    if (t->count == 0)
        return;
    for (size_t i = home(t, hash); t->slots[i].item != NULL; i = next(t, i)) {
        if (t->slots[i].item != item || t->slots[i].hash != hash)
            continue;
        close_hole(t, i);
        t->count--;
        return;
    }
}

size_t mm_table_bytes(const struct mm_table *t)
{
    return t->capacity * sizeof(*t->slots);
}

void mm_table_free(struct mm_table *t)
{
    free(t->slots);
    *t = (struct mm_table){0};
}
