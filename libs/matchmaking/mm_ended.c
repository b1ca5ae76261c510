#include "mm_ended.h"

#include <stdlib.h>

#include "mem.h"

struct mm_ending {
    uint64_t hash;
    int64_t at_ms;
};

#define CAPACITY_MIN 16

static struct mm_ending *at(const struct mm_ended *e, uint64_t place)
{
    return &e->ring[place & (e->capacity - 1)];
}

/* In the table a place is its number in the ring. */
static uint32_t number_of(const struct mm_ended *e, uint64_t place)
{
    return (uint32_t)(place & (e->capacity - 1));
}

static void enter(struct mm_ended *e, uint64_t place)
{
    mm_table_add(&e->by_hash, at(e, place)->hash, number_of(e, place));
}

/* The table has numbers of the ring, so both are made anew. */
static void grow(struct mm_ended *e)
{
    struct mm_ended bigger = {.capacity = e->capacity == 0 ? CAPACITY_MIN : e->capacity * 2};

    bigger.ring = mem_alloc(bigger.capacity * sizeof(*bigger.ring));
    for (uint64_t i = e->first; i < e->next; i++) {
        *at(&bigger, bigger.next) = *at(e, i);
        enter(&bigger, bigger.next++);
    }
    mm_ended_free(e);
    *e = bigger;
}

void mm_ended_add(struct mm_ended *e, uint64_t id_hash, int64_t at_ms)
{
    if (e->next - e->first == e->capacity)
        grow(e);
    *at(e, e->next) = (struct mm_ending){id_hash, at_ms};
    enter(e, e->next++);
}

static bool is_ending(const void *owner, uint32_t number, const void *key)
{
    const struct mm_ended *e = owner;
    const uint64_t *hash = key;

    return e->ring[number].hash == *hash;
}

bool mm_ended_has(const struct mm_ended *e, uint64_t id_hash)
{
    return mm_table_find(&e->by_hash, id_hash, is_ending, e, &id_hash) != MM_TABLE_NONE;
}

void mm_ended_forget(struct mm_ended *e, int64_t before_ms)
{
    for (; e->first < e->next && at(e, e->first)->at_ms < before_ms; e->first++)
        mm_table_remove(&e->by_hash, at(e, e->first)->hash, number_of(e, e->first));
}

void mm_ended_get(const struct mm_ended *e, uint64_t place, uint64_t *id_hash, int64_t *at_ms)
{
    *id_hash = at(e, place)->hash;
    *at_ms = at(e, place)->at_ms;
}

size_t mm_ended_bytes(const struct mm_ended *e)
{
    return e->capacity * sizeof(*e->ring) + mm_table_bytes(&e->by_hash);
}

void mm_ended_free(struct mm_ended *e)
{
    free(e->ring);
    mm_table_free(&e->by_hash);
    *e = (struct mm_ended){0};
}
