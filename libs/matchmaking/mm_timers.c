#include "mm_timers.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

struct mm_due {
    int64_t due_ms;
    uint32_t order; /* its low half: those that are due together arrived within 2^31 of each other */
    uint32_t number;
};

#define FIRST 1u /* heap[0] is not used, so that place 0 can mean "not set" */
#define ARITY 4u /* half as deep as a binary heap, and children are neighbours */

static bool is_before(const struct mm_due *a, const struct mm_due *b)
{
    return a->due_ms < b->due_ms || (a->due_ms == b->due_ms && (int32_t)(a->order - b->order) < 0);
}

static size_t parent_of(size_t place)
{
    return (place - 2) / ARITY + FIRST;
}

static size_t first_child_of(size_t place)
{
    return (place - FIRST) * ARITY + 2;
}

static void put(struct mm_timers *ts, size_t place, struct mm_due due)
{
    ts->heap[place] = due;
    ts->places[due.number] = (uint32_t)place;
}

/* Both find the place for `due`, beginning at a free one. */
static size_t sift_up(struct mm_timers *ts, size_t place, const struct mm_due *due)
{
    while (place > FIRST && is_before(due, &ts->heap[parent_of(place)])) {
        put(ts, place, ts->heap[parent_of(place)]);
        place = parent_of(place);
    }
    return place;
}

static size_t sift_down(struct mm_timers *ts, size_t place, const struct mm_due *due)
{
    size_t child;

    while ((child = first_child_of(place)) <= ts->count) {
        size_t end = child + ARITY <= ts->count + 1 ? child + ARITY : ts->count + 1;

        for (size_t other = child + 1; other < end; other++)
            child = is_before(&ts->heap[other], &ts->heap[child]) ? other : child;
        if (!is_before(&ts->heap[child], due))
            break;
        put(ts, place, ts->heap[child]);
        place = child;
    }
    return place;
}

static void settle(struct mm_timers *ts, size_t place, struct mm_due due)
{
    place = sift_up(ts, place, &due);
    put(ts, sift_down(ts, place, &due), due);
}

static void grow(struct mm_timers *ts, uint32_t number)
{
    if (number >= ts->numbers) {
        size_t more = ts->numbers + ts->numbers / 4 + 16;

        more = more > number ? more : (size_t)number + 1;
        ts->places = mem_realloc(ts->places, more, sizeof(*ts->places));
        memset(&ts->places[ts->numbers], 0, (more - ts->numbers) * sizeof(*ts->places));
        ts->numbers = more;
    }
    if (ts->count + FIRST >= ts->capacity) {
        ts->capacity += ts->capacity / 4 + 16;
        ts->heap = mem_realloc(ts->heap, ts->capacity, sizeof(*ts->heap));
    }
}

void mm_timers_set(struct mm_timers *ts, uint32_t number, uint64_t order, int64_t due_ms)
{
    size_t place;

    grow(ts, number);
    place = ts->places[number];
    if (place == 0)
        place = ++ts->count;
    settle(ts, place, (struct mm_due){due_ms, (uint32_t)order, number});
}

void mm_timers_cancel(struct mm_timers *ts, uint32_t number)
{
    size_t place = number < ts->numbers ? ts->places[number] : 0;
    struct mm_due last;

    if (place == 0)
        return;
    ts->places[number] = 0;
    last = ts->heap[ts->count--];
    if (last.number != number)
        settle(ts, place, last);
}

uint32_t mm_timers_first(const struct mm_timers *ts)
{
    return ts->count == 0 ? MM_TIMERS_NONE : ts->heap[FIRST].number;
}

int64_t mm_timers_due_ms(const struct mm_timers *ts)
{
    return ts->count == 0 ? INT64_MAX : ts->heap[FIRST].due_ms;
}

int64_t mm_timers_second_ms(const struct mm_timers *ts)
{
    int64_t due_ms = INT64_MAX;

    for (size_t child = first_child_of(FIRST); child < first_child_of(FIRST) + ARITY && child <= ts->count; child++)
        due_ms = ts->heap[child].due_ms < due_ms ? ts->heap[child].due_ms : due_ms;
    return due_ms;
}

size_t mm_timers_bytes(const struct mm_timers *ts)
{
    return ts->capacity * sizeof(*ts->heap) + ts->numbers * sizeof(*ts->places);
}

void mm_timers_free(struct mm_timers *ts)
{
    free(ts->heap);
    free(ts->places);
    *ts = (struct mm_timers){0};
}
