/*
 * mm_part.h - internal: the tickets of a pool that are searched, in parts that never meet (mm_plan_partition).
 */
#ifndef MATCHMAKING_MM_PART_H
#define MATCHMAKING_MM_PART_H

#include "mm_index.h"
#include "mm_plan.h"
#include "mm_table.h"

struct mm_part {
    struct mm_index index;     /* by the plan's first bound, or all by 0 without one; marks: locations */
    struct mm_index backfills; /* all by 0 */
    size_t count;              /* tickets, backfills too */
    size_t backfill_players;
    uint64_t newest;                           /* the greatest order that ever came in */
    uint32_t sizes[MM_TICKET_PLAYERS_MAX + 1]; /* how many tickets of so many players, but for backfills */
    uint64_t hash;
    uint32_t number;
    size_t key_len;
    char key[];
};

struct mm_parts {               /* {0} is empty */
    const struct mm_plan *plan; /* borrowed */
    struct mm_part **list;
    size_t count, capacity;
    struct mm_table by_key;
    struct buf key; /* scratch */
    size_t bytes;   /* of parts without their indexes */
};

/* Where a ticket with these facts goes, a new part perhaps; NULL: it is in no match at all. */
struct mm_part *mm_parts_find(struct mm_parts *ps, const struct mm_facts *f);

/* number: the owner's for the ticket. What is removed is there; a part that is empty then is freed. */
void mm_part_insert(struct mm_parts *ps, struct mm_part *part, const struct mm_facts *f, uint64_t order,
                    uint32_t number);
void mm_part_remove(struct mm_parts *ps, struct mm_part *part, const struct mm_facts *f, uint64_t order);

/*
 * The tickets whose number (the plan's first bound) is nearest to that of f, at most max, by the number; none without a
 * bound. O(log n + max). Of too many with the same number there are only some.
 */
size_t mm_part_near(const struct mm_parts *ps, const struct mm_part *part, const struct mm_facts *f,
                    struct mm_entry *out, size_t max);

bool mm_parts_oldest(const struct mm_parts *ps, uint32_t *number); /* false: there is none */
size_t mm_parts_bytes(const struct mm_parts *ps);
void mm_parts_free(struct mm_parts *ps); /* leaves it empty */

#endif
