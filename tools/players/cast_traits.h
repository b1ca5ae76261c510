/*
 * cast_traits.h - internal to cast.c: what a rule set wants to read in each attribute.
 */
#ifndef PLAYERS_CAST_TRAITS_H
#define PLAYERS_CAST_TRAITS_H

#include "mm_ruleset.h"

#define TRAIT_WORDS_MAX 16

enum trait_manner {
    TRAIT_LEFT_OUT, /* the default is best */
    TRAIT_SCALED,   /* the rating by scale */
    TRAIT_CHOICE,   /* one of words, mostly the first */
    TRAIT_SUBSET,   /* a list of some of words */
    TRAIT_MAP       /* a number for each of words */
};

struct trait {
    const char *name; /* (of the rule set) */
    enum trait_manner manner;
    double scale;
    char *words[TRAIT_WORDS_MAX]; /* JSON: numbers or quoted strings; owned */
    size_t word_count;
};

/* One for each attribute of r; the caller frees with traits_free. */
struct trait *traits_of(const struct mm_ruleset *r);
void traits_free(struct trait *traits, size_t count);

#endif
