/*
 * mm_why_pairs.h - internal: a ticket beside each other one, and which rules such pairs pass.
 */
#ifndef MATCHMAKING_MM_WHY_PAIRS_H
#define MATCHMAKING_MM_WHY_PAIRS_H

#include "mm_check.h"
#include "mm_why.h"

struct mm_why_rule {
    bool asked; /* it is enforced, and says something of a pair */
    size_t passed, failed;
    const struct mm_facts
        *nearest;          /* the other ticket of the failure that was least far off; NULL: none is in numbers */
    double found, allowed; /* of that one */
    double next_allowed;   /* what will be allowed, from next_in_ms on; NAN: it stays */
    int64_t next_in_ms;
};

struct mm_why_pairs {
    struct mm_why_rule *rules; /* [rule_count] */
    size_t looked_at, no_room, pass_all;
};

void mm_why_look(struct mm_why_pairs *p, const struct mm_why *w);
void mm_why_pairs_clear(struct mm_why_pairs *p);

#endif
