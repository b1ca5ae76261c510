/*
 * mm_ruleset_target.h - internal: what an expansion changes: rules[NAME].PROPERTY or teams[NAME,...].minPlayers. Pure.
 */
#ifndef MATCHMAKING_MM_RULESET_TARGET_H
#define MATCHMAKING_MM_RULESET_TARGET_H

#include "mm_ruleset_reader.h"

struct mm_target {
    enum mm_change_kind kind;
    enum mm_limit limit;
    const char *property;     /* points into the document */
    bool *chosen;             /* owned: which families, or which rule */
    const char *names, *stop; /* between the brackets */
};

/* The member "target" of n; false: a problem was reported, or what is named could not be read before. */
bool mm_target_read(struct mm_reader *rd, const struct mm_node *n, struct mm_target *t);

size_t mm_target_objects(const struct mm_ruleset *r, const struct mm_target *t); /* of chosen: families, or rules */

#endif
