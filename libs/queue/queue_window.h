/*
 * queue_window.h - the window of a partition that is ours to fill. Private to libs/queue.
 */
#ifndef QUEUE_QUEUE_WINDOW_H
#define QUEUE_QUEUE_WINDOW_H

#include "queue_private.h"

#define QUEUE_GENERATION_SIZE 17

struct queue_frames {
    struct buf frames; /* empty: none */
    int64_t after;     /* where reading stood before the first of them */
};

struct queue_window {
    bool owned;        /* by this member of the group */
    bool open;         /* Redis has said what it holds; what is read before that is kept in `reading` */
    bool full;         /* not read until there is room again */
    bool calling;      /* opening, loading or looking: one at a time */
    uintptr_t epoch;   /* another one with every assignment: answers from before it are void */
    int64_t committed; /* in Kafka; -1: nothing */
    int64_t position;  /* the next offset to read */
    char generation[QUEUE_GENERATION_SIZE];
    int64_t next, base, bytes, purged, purged_committed; /* as Redis said last */
    struct queue_frames reading, loading;                /* read; on its way */
    int moving;                                          /* being appended again */
};

/* ---- queue_window.c ---- */

/* A call carries the epoch as its arg; back comes the window that its answer is for, or NULL: it is ours no more. */
void *queue_epoch(const struct queue_window *w);
struct queue_window *queue_window_of(const struct queue_partition *p, const void *epoch);
void queue_begin_anew(struct queue_partition *p); /* the window in Redis is another one */

/* ---- queue_load.c ---- */

void queue_hold_or_not(struct queue *q);    /* back-pressure */
void queue_load(struct queue_partition *p); /* what was read, when it may be */
void queue_on_record(void *arg, const struct bus_record *r);
void queue_on_batch(void *arg);

/* ---- queue_move.c ---- */

/* Appends what holds up the window again, at the tail (PROTOCOLS Q2). */
void queue_move_stragglers(struct queue_partition *p);

#endif
