/*
 * mm_cursor.h - a walk over an engine's memory that takes many turns while tickets come and go: the tickets that waited
 * when it began and still do when it gets to them. The caller embeds it and reads nothing in it.
 */
#ifndef MATCHMAKING_MM_CURSOR_H
#define MATCHMAKING_MM_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

struct mm_cursor {
    uint32_t next;                    /* number of a ticket */
    uint32_t proposal;                /* number of a proposal */
    uint64_t until;                   /* arrivals when it began */
    uint64_t ended_next, ended_until; /* places of endings, for snapshots */
    bool redriven_said;               /* for snapshots */
};

#endif
