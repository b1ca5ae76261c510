/*
 * mm_timers.h - internal: when to look at a ticket again. A heap of numbers, which are the owner's: small, used again.
 *
 * What moves when one is set or taken is in two dense arrays (16 and 4 bytes a number), never in what the numbers stand
 * for: with a million of them that would be most of a timer's cost.
 */
#ifndef MATCHMAKING_MM_TIMERS_H
#define MATCHMAKING_MM_TIMERS_H

#include <stddef.h>
#include <stdint.h>

#define MM_TIMERS_NONE UINT32_MAX

struct mm_timers { /* {0} is empty */
    struct mm_due *heap;
    size_t count, capacity;
    uint32_t *places; /* by number: in the heap, 0: not set */
    size_t numbers;
};

/* Again: moves it. Of two that are due at the same time, the one with the smaller order is first. */
void mm_timers_set(struct mm_timers *ts, uint32_t number, uint64_t order, int64_t due_ms);
void mm_timers_cancel(struct mm_timers *ts, uint32_t number); /* not set: nothing happens */
uint32_t mm_timers_first(const struct mm_timers *ts);         /* MM_TIMERS_NONE: none; it stays */
int64_t mm_timers_due_ms(const struct mm_timers *ts);         /* of the first; INT64_MAX: none */
int64_t mm_timers_second_ms(const struct mm_timers *ts);      /* when the one after the first is due; INT64_MAX: none */
size_t mm_timers_bytes(const struct mm_timers *ts);
void mm_timers_free(struct mm_timers *ts); /* leaves an empty heap */

#endif
