/*
 * mm_timers.h - internal: when to look at a ticket again. A binary heap; each timer knows its place in it.
 *
 * Timers are embedded in what they belong to; the heap owns only its array. At most 2^32 - 2 of them.
 */
#ifndef MATCHMAKING_MM_TIMERS_H
#define MATCHMAKING_MM_TIMERS_H

#include <stddef.h>
#include <stdint.h>

struct mm_timer {   /* order is the owner's to set; place begins as 0 */
    uint64_t order; /* of two that are due at the same time, the smaller is first; unique */
    uint32_t place; /* in the heap; 0: not set */
};

struct mm_timers { /* {0} is empty */
    struct mm_due *heap;
    size_t count, capacity;
};

void mm_timers_set(struct mm_timers *ts, struct mm_timer *t, int64_t due_ms); /* again: moves it */
void mm_timers_cancel(struct mm_timers *ts, struct mm_timer *t);              /* not set: nothing happens */
struct mm_timer *mm_timers_first(const struct mm_timers *ts);                 /* NULL: none; it stays */
int64_t mm_timers_due_ms(const struct mm_timers *ts);                         /* of the first; INT64_MAX: none */
size_t mm_timers_bytes(const struct mm_timers *ts);
void mm_timers_free(struct mm_timers *ts); /* leaves an empty heap; the timers are their owners' */

#endif
