/*
 * mm_expr_parser.h - internal: the reading of an expression, left to right. Pure.
 *
 * Each step returns 0, or ERR_INVALID and the parser's error filled.
 */
#ifndef MATCHMAKING_MM_EXPR_PARSER_H
#define MATCHMAKING_MM_EXPR_PARSER_H

#include <string.h>

#include "mm_ruleset.h"

struct mm_expr_parser {
    const struct mm_ruleset *rules;
    const char *text, *at;
    struct mm_expr *expr;
    const char
        *arguments[MM_EXPR_FUNCTIONS_MAX]; /* where they begin; outermost function first, until they are turned */
    char *error;                           /* MM_EXPR_ERROR_SIZE */
};

struct mm_expr_word { /* a name in the text, without the white space around it; may be empty */
    const char *start;
    size_t len;
};

static inline bool mm_expr_word_is(struct mm_expr_word w, const char *name)
{
    return strlen(name) == w.len && strncmp(w.start, name, w.len) == 0;
}

const char *mm_expr_skip_space(const char *at);
bool mm_expr_accept(struct mm_expr_parser *p, char c); /* takes the character when it is next */
int mm_expr_expect(struct mm_expr_parser *p, char c);
struct mm_expr_word mm_expr_next_identifier(const char *at);                       /* of letters, digits, '_' */
struct mm_expr_word mm_expr_take_name(struct mm_expr_parser *p, const char *ends); /* up to one of `ends` */
const char *mm_expr_keep(const struct mm_expr_parser *p, struct mm_expr_word w);   /* in the expression's words */

/* The sentence, which is about the text at `at`, with the place and the text behind it. ERR_INVALID always. */
int mm_expr_fail(const struct mm_expr_parser *p, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* teams[...] and what follows it, from behind the keyword "teams". */
int mm_expr_parse_path(struct mm_expr_parser *p);

#endif
