/*
 * mm_form.h - internal: what becomes of an expression's value while tickets are seated. Known from its form alone.
 *
 * Seating only appends: players to their teams, and to each list what the new players or parties have. From there the
 * functions are followed: the max of a list that gets more elements can only grow, and so on. What can go both ways, or
 * is not worked out here, is MM_ANY.
 */
#ifndef MATCHMAKING_MM_FORM_H
#define MATCHMAKING_MM_FORM_H

#include "mm_ruleset.h"

/* Of a number: it stays, only grows, only shrinks. Of a list: it keeps its elements, only gets more, only loses
 * some. */
enum mm_trend { MM_SAME, MM_UP, MM_DOWN, MM_ANY };

enum mm_trend mm_trend_both(enum mm_trend a, enum mm_trend b); /* of a sum */
enum mm_trend mm_trend_opposite(enum mm_trend t);

#define MM_FORM_LEVELS_MAX 3 /* teams, players, a player's strings */

struct mm_form {
    enum mm_trend number;                     /* of each number; MM_SAME of strings */
    enum mm_trend levels[MM_FORM_LEVELS_MAX]; /* of the lists at each level, outermost first */
    int depth;
};

struct mm_form mm_form_of(const struct mm_ruleset *r, const struct mm_expr *e);

#endif
