/*
 * mm_distance.h - internal: reads $.rules and $.expansions of a rule set: at most one distance rule, and how it widens.
 */
#ifndef MATCHMAKING_MM_DISTANCE_H
#define MATCHMAKING_MM_DISTANCE_H

#include "mm_rules.h"

/* Needs r's attributes; fills distance_attribute, scale and steps. 0, or ERR_INVALID and a sentence. */
int mm_distance_parse(struct mm_rules *r, char *error);

#endif
