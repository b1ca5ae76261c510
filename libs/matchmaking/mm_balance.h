/*
 * mm_balance.h - internal to mm_search: moves the tickets of a line-up between its teams so that the teams' averages of
 * a number are as near each other as exchanges of two tickets of one size bring them. Teams keep their sizes.
 */
#ifndef MATCHMAKING_MM_BALANCE_H
#define MATCHMAKING_MM_BALANCE_H

#include "mm_lineup.h"
#include "mm_plan.h"

#define MM_BALANCE_TICKETS_MAX MM_MATCH_PLAYERS_MAX

struct mm_seating { /* who sits where, so that it can be seated again */
    const struct mm_facts *facts[MM_BALANCE_TICKETS_MAX];
    void *owners[MM_BALANCE_TICKETS_MAX];
    uint16_t teams[MM_BALANCE_TICKETS_MAX]; /* of a backfill ticket: any */
    size_t count;
};

void mm_seating_of(struct mm_seating *out, const struct mm_lineup *l);
void mm_seating_seat(const struct mm_seating *s, struct mm_lineup *l); /* l is cleared first */

/* False: there is nothing to exchange that would help. */
bool mm_balance(const struct mm_plan *p, struct mm_seating *s);

#endif
