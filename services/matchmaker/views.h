/*
 * views.h - keeps one partition's tickets and claims in Redis as the journal says they are (PROTOCOLS P5, P7).
 *
 * Order    ticks are written in the order they are added, several under way at a time. One that Redis did not take is
 *          written again, whole, until it is: every write compares, so a repeat or a late one changes nothing.
 * Bounds   at most VIEWS_TRANSITIONS_MAX transitions wait; beyond it the oldest ticks are dropped and counted, and the
 *          open tickets are written again when Redis is back (rebuild.h). What ended in a dropped tick stays in Redis
 *          until its time to live.
 * Reign    ticks are valid whoever rules: the queue outlives a reign. The rebuild needs the engine, and ends with it.
 * Threads  the loop's.
 */
#ifndef MATCHMAKER_VIEWS_H
#define MATCHMAKER_VIEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decision.h"
#include "journal.h"
#include "metrics.h"
#include "mm_engine.h"
#include "view_batch.h"

#define VIEWS_TRANSITIONS_MAX 100000

struct views;

struct views *views_new(const struct view_target *to, struct metrics *metrics);
/* What is not written is forgotten. Answers that are still out are awaited by nobody. NULL is fine. */
void views_free(struct views **v);

void views_add(struct views *v, struct decision *d); /* a valid tick; shared */

/* We rule: engine holds the open tickets; journal says up to where. Both are borrowed until views_reign_end. */
void views_reign(struct views *v, struct mm_engine *engine, const struct journal *journal);
void views_reign_end(struct views *v); /* safe to repeat, and without a reign */

void views_generation(struct views *v, const char *generation); /* generation.h has news */

/* Goes on after Redis was away. Returns in how many milliseconds to call it again; INT64_MAX: whenever. */
int64_t views_on_time(struct views *v);

size_t views_backlog(const struct views *v); /* transitions that are not yet known to be written */

/* Nothing is left to write, or Redis does not take it now. */
bool views_idle(const struct views *v);

#endif
