/*
 * mm_expr.h - FlexMatch property expressions, compiled. Pure.
 *
 *   max(avg(teams[*].players.attributes[skill]))
 *
 * An expression is a chain: functions around one source, so it is kept as the source and the functions from the
 * innermost out. Its type is known when it is compiled: an element (number, string, team, player) and how many levels
 * of list are around it. A function takes away a level (flatten, set_intersection: one, leaving a list) or maps over
 * the sublists of a deeper list.
 * Ownership: the rule set owns expressions. Strings of an array point into the rule set's JSON.
 */
#ifndef MATCHMAKING_MM_EXPR_H
#define MATCHMAKING_MM_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MM_EXPR_FUNCTIONS_MAX 8 /* nested around one source; deeper ones are refused */

enum mm_source {
    MM_SOURCE_NUMBER,     /* 5 */
    MM_SOURCE_STRING,     /* medic */
    MM_SOURCE_STRINGS,    /* ["medic","tank"], as a referenceValue only */
    MM_SOURCE_TEAMS,      /* teams[red], teams[red,blue], teams[*] */
    MM_SOURCE_PLAYERS,    /* .players */
    MM_SOURCE_PLAYER_IDS, /* .players[playerId] */
    MM_SOURCE_ATTRIBUTE,  /* .players.attributes[skill], .players.attributes[prefs][mapkey] */
};

enum mm_function {
    MM_MIN,
    MM_MAX,
    MM_AVG,
    MM_MEDIAN,
    MM_SUM,
    MM_COUNT,
    MM_STDDEV,
    MM_FLATTEN,
    MM_SET_INTERSECTION,
    MM_FUNCTIONS,
};
extern const char *const mm_function_names[MM_FUNCTIONS];

enum mm_element { MM_ELEMENT_NUMBER, MM_ELEMENT_STRING, MM_ELEMENT_TEAM, MM_ELEMENT_PLAYER, MM_ELEMENT_MAP };

struct mm_expr {
    enum mm_source source;
    bool grouped;    /* several teams: the outermost list has one element a team */
    uint16_t *teams; /* which concrete teams, ascending; owned. Sources from TEAMS on */
    size_t team_count;
    size_t attribute;    /* ATTRIBUTE: which of the rule set's */
    const char *map_key; /* ATTRIBUTE of a string_number_map; or NULL. Points into words */
    double number;
    const char *string;   /* STRING, and NUMBER when it was written as one: points into words */
    const char **strings; /* STRINGS: sorted, each once; the array is owned */
    size_t string_count;
    enum mm_function functions[MM_EXPR_FUNCTIONS_MAX]; /* innermost first */
    size_t function_count;
    enum mm_element element; /* of the result */
    int depth;               /* levels of list around it; 0: one value */
    char words[];            /* a copy of the text, cut into words */
};

struct mm_ruleset;

#define MM_EXPR_ERROR_SIZE 256

/*
 * Compiles text against r's attributes and teams, which must be parsed already. 0 and *out (mm_expr_free), or
 * ERR_INVALID and a sentence without a path: what is wrong, what is allowed, at which character. literal_ok: text that
 * is no path and no function is a literal, as in a referenceValue: a number when it reads as one, else a string, quoted
 * or bare.
 */
int mm_expr_parse(struct mm_expr **out, const struct mm_ruleset *r, const char *text, bool literal_ok,
                  char error[MM_EXPR_ERROR_SIZE]);

/* Literals that are not written as text. strings are borrowed, the array is not. */
struct mm_expr *mm_expr_number(double number);
struct mm_expr *mm_expr_strings(const char *const *strings, size_t count);

/* What the result is: "a number", "a list of lists of strings". */
#define MM_EXPR_TYPE_SIZE 64
const char *mm_expr_type(enum mm_element element, int depth, char out[MM_EXPR_TYPE_SIZE]);

void mm_expr_free(struct mm_expr **e); /* NULL is fine */

static inline bool mm_expr_is_constant(const struct mm_expr *e)
{
    return e->source <= MM_SOURCE_STRINGS;
}

#endif
