/*
 * attempt.h - how a careful reign handles what may kill it, one thing at a time over the whole process (PROTOCOLS J8,
 * J9). Pure.
 *
 *   NONE --wanted--> WAITING --its turn: announced--> ANNOUNCED --read back: handled--> HANDLED
 *   HANDLED --what came of it read back--> NONE
 *
 * Line  who wants an attempt stands in it, and its first has the turn, until all that came of it is in the journal.
 *       While anybody stands there nothing else is handled, by no shard: if the process dies, the attempts that are
 *       announced and not followed by anything name what killed it, and nothing innocent.
 */
#ifndef MATCHMAKER_ATTEMPT_H
#define MATCHMAKER_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

#include "bus.h"

enum attempt_phase { ATTEMPT_NONE, ATTEMPT_WAITING, ATTEMPT_ANNOUNCED, ATTEMPT_HANDLED };

struct attempt { /* one a shard; {0} is a good beginning */
    enum attempt_phase phase;
    struct bus_record *command; /* owned; NULL: what is due in the state */
    int64_t seq;                /* ANNOUNCED, HANDLED: of its record in the journal */
    struct attempt *prev, *next;
};

struct attempt_line { /* one a process */
    struct attempt *first;
};

/* From NONE. command: a copy, its new owner is the attempt; NULL: the state. */
void attempt_want(struct attempt_line *line, struct attempt *a, struct bus_record *command);
bool attempt_has_turn(const struct attempt_line *line, const struct attempt *a);
void attempt_end(struct attempt_line *line, struct attempt *a); /* in any phase; safe to repeat */

bool attempt_line_empty(const struct attempt_line *line);

#endif
