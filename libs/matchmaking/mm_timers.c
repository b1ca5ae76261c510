#include "mm_timers.h"

#include <stdbool.h>
#include <stdlib.h>

#include "mem.h"

struct mm_due { /* due_ms stands here, not in the timer: comparing stays inside the array */
    int64_t due_ms;
    struct mm_timer *timer;
};

#define FIRST 1u /* heap[0] is not used, so that place 0 can mean "not set" */

static bool is_before(const struct mm_due *a, const struct mm_due *b)
{
    return a->due_ms < b->due_ms || (a->due_ms == b->due_ms && a->timer->order < b->timer->order);
}

static void put(struct mm_timers *ts, size_t place, struct mm_due due)
{
    ts->heap[place] = due;
    due.timer->place = (uint32_t)place;
}

/* Both find the place for `due`, beginning at a free one. */
static size_t sift_up(struct mm_timers *ts, size_t place, const struct mm_due *due)
{
    while (place > FIRST && is_before(due, &ts->heap[place / 2])) {
        put(ts, place, ts->heap[place / 2]);
        place /= 2;
    }
    return place;
}

static size_t sift_down(struct mm_timers *ts, size_t place, const struct mm_due *due)
{
    size_t child;

    while ((child = 2 * place) <= ts->count) {
        if (child < ts->count && is_before(&ts->heap[child + 1], &ts->heap[child]))
            child++;
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

static void grow(struct mm_timers *ts)
{
    if (ts->count + FIRST < ts->capacity)
        return;
    ts->capacity = ts->capacity == 0 ? 16 : ts->capacity * 2;
    ts->heap = mem_realloc(ts->heap, ts->capacity, sizeof(*ts->heap));
}

void mm_timers_set(struct mm_timers *ts, struct mm_timer *t, int64_t due_ms)
{
    size_t place = t->place;

    if (place == 0) {
        grow(ts);
        place = ++ts->count;
    }
    settle(ts, place, (struct mm_due){due_ms, t});
}

void mm_timers_cancel(struct mm_timers *ts, struct mm_timer *t)
{
    size_t place = t->place;
    struct mm_due last;

    if (place == 0)
        return;
    t->place = 0;
    last = ts->heap[ts->count--];
    if (last.timer != t)
        settle(ts, place, last);
}

struct mm_timer *mm_timers_first(const struct mm_timers *ts)
{
    return ts->count == 0 ? NULL : ts->heap[FIRST].timer;
}

int64_t mm_timers_due_ms(const struct mm_timers *ts)
{
    return ts->count == 0 ? INT64_MAX : ts->heap[FIRST].due_ms;
}

size_t mm_timers_bytes(const struct mm_timers *ts)
{
    return ts->capacity * sizeof(*ts->heap);
}

void mm_timers_free(struct mm_timers *ts)
{
    free(ts->heap);
    *ts = (struct mm_timers){0};
}
