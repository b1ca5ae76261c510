/*
 * mm_gather.h - internal: what an expression's source has in a line-up, before its functions.
 */
#ifndef MATCHMAKING_MM_GATHER_H
#define MATCHMAKING_MM_GATHER_H

#include <stdbool.h>

#include "mm_eval.h"

struct mm_value mm_gather(const struct mm_expr *e, enum mm_aggregation party, const struct mm_lineup *l,
                          struct mm_scratch *s);

/* One number of a whole ticket; false: none of its players has one. map_key: NULL for an attribute of type number. */
bool mm_ticket_number(const struct mm_facts *f, size_t slot, const char *map_key, enum mm_aggregation party,
                      double *out);

#endif
