/*
 * mm_why.h - why a ticket waits, as a JSON document. Pure. Its schema is why in proto/common.json.
 *
 * The ticket is put beside other waiting tickets as if the two began a match: in teams as the search would seat them,
 * under the numbers in force for the two. What such a pair breaks, few matches of both would obey. A rule
 * that only counts players is asked of whole matches, and not here. The work is bounded: it is done on request, between
 * searches.
 */
#ifndef MATCHMAKING_MM_WHY_H
#define MATCHMAKING_MM_WHY_H

#include "buf.h"
#include "mm_facts.h"
#include "mm_ruleset.h"

#define MM_WHY_TICKETS_MAX 1000  /* looked at */
#define MM_WHY_CHECKS_MAX  20000 /* rules checked: a few milliseconds. When they are used up, fewer were looked at */

struct mm_why {
    const char *ticket_id, *configuration, *state;
    const struct mm_ruleset *rules; /* NULL: the configuration is gone; then there are no rules to tell of */
    const struct mm_facts *facts;   /* the ticket's; NULL with rules NULL, or when it fits no match any more */
    int64_t now_ms, since_ms, expires_ms;
    double estimated_wait_ms; /* NAN: not known */
    size_t waiting;           /* tickets in the pool, this one among them */
    /* The facts of another ticket of the pool, each once; NULL: that was the last. */
    const struct mm_facts *(*next)(void *arg);
    void *arg;
};

void mm_why_write(const struct mm_why *w, struct buf *out);

#endif
