/*
 * mm_gather.h - internal: what an expression's source has in a line-up, before its functions.
 */
#ifndef MATCHMAKING_MM_GATHER_H
#define MATCHMAKING_MM_GATHER_H

#include "mm_eval.h"

struct mm_value mm_gather(const struct mm_expr *e, enum mm_aggregation party, const struct mm_lineup *l,
                          struct mm_scratch *s);

/* A ticket's value of an attribute of type number, whatever teams its players are in. */
double mm_ticket_number(const struct mm_facts *f, size_t slot, enum mm_aggregation party);

#endif
