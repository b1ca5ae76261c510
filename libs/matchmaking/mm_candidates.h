/*
 * mm_candidates.h - internal to mm_search: the tickets that may be seated beside the driver, lazily, in the order in
 * which they are tried: by the plan's sorts, by backfillPriority, then by age.
 */
#ifndef MATCHMAKING_MM_CANDIDATES_H
#define MATCHMAKING_MM_CANDIDATES_H

#include "mm_part.h"
#include "mm_plan.h"
#include "mm_pool.h"

struct mm_candidate {
    struct mm_ticket *ticket;
    struct mm_spread spreads[MM_BOUNDS_MAX];
    uint64_t locations; /* in this phase */
    size_t keys;        /* in struct mm_candidates: of sorting */
    size_t upto;        /* players of those before it */
    bool backfill;
    bool seated;
};

/* What the tickets seated so far leave to the next. */
struct mm_narrow {
    struct mm_spread spreads[MM_BOUNDS_MAX];
    uint64_t locations;
    bool backfill; /* there is one */
};

struct mm_candidates_query {
    const struct mm_pools *pools;
    const struct mm_part *part;
    const struct mm_phase *phase;    /* NULL: as if all were in force, the most lenient of each number */
    const struct mm_ticket *around;  /* sorts are relative to it; it is no candidate */
    const struct mm_ticket *another; /* is none either; may be NULL */
    struct mm_narrow narrow;         /* what they leave */
    uint64_t after, before;          /* orders, exclusive */
    int64_t now_ms;
    bool by_age;      /* whatever the plan's sorts are */
    uint64_t shuffle; /* 0; or what the order is drawn from, in place of the sorts and age */
};

struct mm_candidates {
    const struct mm_plan *plan;
    struct mm_candidates_query q;
    struct mm_candidate *list;
    size_t count, capacity, players;
    bool done;
    double *keys;
    size_t key_count, keys_max;
    struct mm_stream { /* the tickets, and the backfills */
        struct mm_walk walk;
        uint64_t order; /* of the next; UINT64_MAX: that was all */
        uint32_t number;
    } streams[2];
};

void mm_candidates_init(struct mm_candidates *c, const struct mm_plan *plan);
void mm_candidates_free(struct mm_candidates *c);
void mm_candidates_begin(struct mm_candidates *c, const struct mm_candidates_query *q);

/*
 * The i-th, looked for when it is not there yet; NULL: there are not so many, or the work (taken off *work) is used up.
 * Pointers hold until the next call.
 */
struct mm_candidate *mm_candidates_get(struct mm_candidates *c, size_t i, int64_t *work);

/* True: fewer players than so many are left from the i-th on. Known only when the last one was looked for. */
bool mm_candidates_lack(const struct mm_candidates *c, size_t i, size_t players);

/* What a ticket is to a search in this phase. */
void mm_candidate_read(struct mm_candidate *out, const struct mm_plan *p, const struct mm_phase *phase,
                       struct mm_ticket *t);

/* False: it does not go with those that left `in`; *bound: why, as the plan's bound, or MM_NEVER. out may be in. */
bool mm_narrow_by(const struct mm_plan *p, const struct mm_phase *phase, const struct mm_narrow *in,
                  const struct mm_candidate *c, struct mm_narrow *out, int *bound);
struct mm_narrow mm_narrow_none(void); /* nobody is seated */

#endif
