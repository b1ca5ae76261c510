/*
 * decision.h - one journal record, read whole: its head and its transitions. Pure.
 *
 * A record whose transitions cannot be read is void for every reader alike, so this comes before the verdict.
 * Ownership: shared by all who hold it, read-only; each frees it once.
 */
#ifndef MATCHMAKER_DECISION_H
#define MATCHMAKER_DECISION_H

#include "journal.h"
#include "mm_transition.h"

struct decision {
    struct journal_record record;
    struct mm_transition *transitions; /* of a tick; they borrow from record.root */
    size_t count;
    size_t holders;
};

/* NULL and a sentence when it is malformed. The caller is its first holder. */
struct decision *decision_read(const char *text, size_t len, char error[MM_ERROR_SIZE]);
struct decision *decision_share(struct decision *d); /* one holder more */
void decision_free(struct decision **d);             /* one less; NULL is fine */

#endif
