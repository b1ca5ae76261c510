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

static void grow(struct mm_ended *e)
{
    struct mm_ended bigger = *e;

    if (e->next - e->first < e->capacity)
        return;
    bigger.capacity = e->capacity == 0 ? CAPACITY_MIN : e->capacity * 2;
    bigger.ring = mem_alloc(bigger.capacity * sizeof(*bigger.ring));
    for (uint64_t i = e->first; i < e->next; i++)
        *at(&bigger, i) = *at(e, i);
    free(e->ring);
    *e = bigger;
}

/* The table's item for a place: not 0, and the same id may stand at several places. */
static uintptr_t item_of(uint64_t place)
{
    return (uintptr_t)place + 1;
}

void mm_ended_add(struct mm_ended *e, uint64_t id_hash, int64_t at_ms)
{
    grow(e);
    *at(e, e->next) = (struct mm_ending){id_hash, at_ms};
    mm_table_add(&e->by_hash, id_hash, item_of(e->next));
    e->next++;
}

bool mm_ended_has(const struct mm_ended *e, uint64_t id_hash)
{
    return mm_table_find(&e->by_hash, id_hash, NULL, NULL) != 0;
}

void mm_ended_forget(struct mm_ended *e, int64_t before_ms)
{
    for (; e->first < e->next && at(e, e->first)->at_ms < before_ms; e->first++)
        mm_table_remove(&e->by_hash, at(e, e->first)->hash, item_of(e->first));
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
