/*
 * rebuild.h - writes the open tickets of a partition to Redis again, when Redis came back empty (PROTOCOLS P5).
 *
 * When     a reign begins, or the generation of Redis is new, and views:{partition} (tickets.h) does not name that
 *          generation; or on demand. The key is emptied first and named last: who dies in between leaves it due.
 * How      a hundred tickets a step, in the order of arrival; the next step when Redis has answered the last one,
 *          so neither the loop nor Redis is held up. A step that failed begins the whole again.
 * What     a ticket is written as open at the last valid record of the journal. The engine is ahead of the journal: a
 *          tick on its way may open the ticket or have ended it already, and its own write comes later and wins.
 * Threads  the loop's.
 */
#ifndef MATCHMAKER_REBUILD_H
#define MATCHMAKER_REBUILD_H

#include <stdbool.h>

#include "journal.h"
#include "metrics.h"
#include "mm_engine.h"
#include "view_batch.h"

struct rebuild;

struct rebuild *rebuild_new(const struct view_target *to, struct metrics *metrics);
void rebuild_free(struct rebuild **r); /* NULL is fine */

/* Both are borrowed until rebuild_reign_end. */
void rebuild_reign(struct rebuild *r, struct mm_engine *engine, const struct journal *journal);
void rebuild_reign_end(struct rebuild *r); /* before the engine is freed; safe to repeat, and without a reign */
void rebuild_generation(struct rebuild *r, const char *generation);
void rebuild_demand(struct rebuild *r); /* whatever Redis says; without a reign nothing is due */

void rebuild_pump(struct rebuild *r); /* go on, if Redis is there */
bool rebuild_due(const struct rebuild *r);

#endif
