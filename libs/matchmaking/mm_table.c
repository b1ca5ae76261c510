#include "mm_table.h"

#include <stdlib.h>

#include "err.h"
#include "mem.h"

struct mm_slot {
    uint32_t hash;  /* half of it */
    uint32_t taken; /* the number + 1; 0: free */
};

#define CAPACITY_MIN 16

static size_t next(const struct mm_table *t, size_t i)
{
    return i + 1 == t->capacity ? 0 : i + 1;
}

/* Scales the hash to the capacity, which so need not be a power of two. */
static size_t home(const struct mm_table *t, uint32_t hash)
{
    return (size_t)(((uint64_t)hash * t->capacity) >> 32);
}

static void place(struct mm_table *t, struct mm_slot slot)
{
    size_t i = home(t, slot.hash);

    while (t->slots[i].taken != 0)
        i = next(t, i);
    t->slots[i] = slot;
}

static void grow(struct mm_table *t)
{
    struct mm_table bigger = {.capacity = t->capacity + t->capacity / 2 + CAPACITY_MIN, .count = t->count};

    bigger.slots = mem_alloc(bigger.capacity * sizeof(*bigger.slots));
    for (size_t i = 0; i < t->capacity; i++) {
        if (t->slots[i].taken != 0)
            place(&bigger, t->slots[i]);
    }
    free(t->slots);
    *t = bigger;
}

uint32_t mm_table_find(const struct mm_table *t, uint64_t hash, mm_same_fn *same, const void *owner, const void *key)
{
    if (t->count == 0)
        return MM_TABLE_NONE;
    for (size_t i = home(t, (uint32_t)hash); t->slots[i].taken != 0; i = next(t, i)) {
        if (t->slots[i].hash == (uint32_t)hash && same(owner, t->slots[i].taken - 1, key))
            return t->slots[i].taken - 1;
    }
    return MM_TABLE_NONE;
}

void mm_table_add(struct mm_table *t, uint64_t hash, uint32_t number)
{
    ASSERT(number != MM_TABLE_NONE);
    if ((t->count + 1) * 5 > t->capacity * 4)
        grow(t);
    place(t, (struct mm_slot){(uint32_t)hash, number + 1});
    t->count++;
}

static size_t distance(const struct mm_table *t, size_t from, size_t to)
{
    return to >= from ? to - from : to + t->capacity - from;
}

/* Moves what was pushed past the hole back into it, so that no probe ends too early. */
static void close_hole(struct mm_table *t, size_t hole)
{
    for (size_t i = next(t, hole); t->slots[i].taken != 0; i = next(t, i)) {
        if (distance(t, home(t, t->slots[i].hash), i) < distance(t, hole, i))
            continue;
        t->slots[hole] = t->slots[i];
        hole = i;
    }
    t->slots[hole].taken = 0;
}

void mm_table_remove(struct mm_table *t, uint64_t hash, uint32_t number)
{
    if (t->count == 0)
        return;
    for (size_t i = home(t, (uint32_t)hash); t->slots[i].taken != 0; i = next(t, i)) {
        if (t->slots[i].taken != number + 1 || t->slots[i].hash != (uint32_t)hash)
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
