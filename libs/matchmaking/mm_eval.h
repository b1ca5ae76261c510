/*
 * mm_eval.h - the value of an expression over a line-up. Pure; memory comes from the caller's scratch.
 *
 * A value is kept flat: its leaves in one array, and, of a list of lists, how many each has. A set of strings is one
 * leaf, so a list of lists of strings is a list of sets, and only an expression's depth tells them apart:
 *
 *   avg(teams[*].players.attributes[skill])       depth 1, numbers: one a team
 *   teams[*].players.attributes[skill]            depth 2, numbers; lengths: players (or parties) a team
 *   flatten(teams[*].players.attributes[modes])   depth 1, sets: one a player (or party)
 *   teams[red].players[playerId]                  depth 1, strings
 *
 * No value: an aggregate of an empty list has none. In a list it is left out; by itself it is a value of depth 0 and
 * count 0.
 */
#ifndef MATCHMAKING_MM_EVAL_H
#define MATCHMAKING_MM_EVAL_H

#include <stddef.h>
#include <stdint.h>

#include "mm_lineup.h"

struct mm_scratch; /* memory for values while expressions are worked out; grows to what is needed, then stays */
struct mm_scratch *mm_scratch_new(void);
void mm_scratch_free(struct mm_scratch **s); /* NULL is fine */

/* Players and teams can only be counted: MM_LEAF_NONE has no leaves to read, only their number. */
enum mm_leaf { MM_LEAF_NONE, MM_LEAF_NUMBER, MM_LEAF_STRING, MM_LEAF_SET };

struct mm_value {
    enum mm_leaf leaf;
    int depth;    /* levels of list around the leaves: 0, 1, 2 */
    size_t count; /* leaves in all */
    union {
        const double *numbers;
        const char *const *strings;
        const struct mm_strings *const *sets;
    };
    const uint16_t *lengths; /* depth 2: of each inner list */
    size_t list_count;       /* depth 2: of lengths */
};

/*
 * party: how numbers, and lists of strings, of the players of one ticket in one team become one. Numbers know min and
 * max, and take the average under any other word; lists know the intersection, and take the union. Valid until
 * mm_scratch_reset (mm_scratch.h) or the next check with this scratch.
 */
struct mm_value mm_eval(const struct mm_expr *e, enum mm_aggregation party, const struct mm_lineup *l,
                        struct mm_scratch *s);

/* The strings of all sets of v, one list. */
struct mm_value mm_value_strings(const struct mm_value *v, struct mm_scratch *s);

#endif
