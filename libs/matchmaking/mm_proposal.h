/*
 * mm_proposal.h - internal: matches that wait for their players to accept them. Decides nothing.
 *
 * A proposal holds copies of all it needs: it may know more tickets than wait here, while a snapshot is read.
 */
#ifndef MATCHMAKING_MM_PROPOSAL_H
#define MATCHMAKING_MM_PROPOSAL_H

#include "mm_table.h"
#include "mm_timers.h"
#include "mm_transition.h"

struct mm_proposal {
    struct mm_transition said; /* as it stands: kind PROPOSAL, without an issuer; answers are those so far */
    uint32_t number;
    size_t bytes;
};

struct mm_proposals {               /* {0} is empty */
    struct mm_proposal **by_number; /* NULL: the number is spare */
    uint32_t *spares;
    uint32_t numbers; /* given so far: 0 .. numbers - 1 */
    size_t numbers_max, spare_count;
    struct mm_table matches, tickets; /* by id */
    struct mm_timers timers;
    size_t bytes;
};

/* A copy of t. Its id is not there yet, and none of its tickets is in another. It is due at t->until_ms. */
struct mm_proposal *mm_proposal_add(struct mm_proposals *ps, const struct mm_transition *t);
void mm_proposal_take(struct mm_proposals *ps,
                      struct mm_proposal *p); /* out of the set: it is the caller's to free() */
void mm_proposals_free(struct mm_proposals *ps);
size_t mm_proposals_bytes(const struct mm_proposals *ps);

struct mm_proposal *mm_proposal_find(const struct mm_proposals *ps, const char *match_id); /* NULL: none */
struct mm_proposal *mm_proposal_of_ticket(const struct mm_proposals *ps, const char *ticket_id);
struct mm_proposal *mm_proposal_first(const struct mm_proposals *ps); /* the first to be due; NULL: none */
/* The one with the number *next or the next greater one, and moves *next behind it; NULL: that was the last one. */
struct mm_proposal *mm_proposal_next(const struct mm_proposals *ps, uint32_t *next);

/* A player of this ticket answers; player_id NULL: all of the ticket. */
void mm_proposal_answer(struct mm_proposal *p, const char *ticket_id, const char *player_id, enum mm_answer answer);
/* REJECTED when one of the ticket's players does, ACCEPTED when all do; ticket_id NULL: of all players. */
enum mm_answer mm_proposal_answered(const struct mm_proposal *p, const char *ticket_id);

static inline int64_t mm_proposals_due_ms(const struct mm_proposals *ps)
{
    return mm_timers_due_ms(&ps->timers);
}

#endif
