/*
 * mm_datum.h - internal: values of attributes in a ticket's block. First it is asked how much room each needs, then
 * each is put. What holds pointers and numbers (words) stands before all text.
 */
#ifndef MATCHMAKING_MM_DATUM_H
#define MATCHMAKING_MM_DATUM_H

#include "mm_facts.h"

struct mm_room { /* bytes */
    size_t words, text;
};

struct mm_block { /* where the next piece goes */
    char *words, *text;
};

static inline void *mm_block_words(struct mm_block *b, size_t bytes)
{
    b->words += bytes;
    return b->words - bytes;
}

void mm_room_text(struct mm_room *room, const char *text);
const char *mm_block_text(struct mm_block *b, const char *text); /* the copy */

/* value: plain JSON of the type. */
void mm_datum_room(struct mm_room *room, enum mm_attribute_type type, json_object *value);
union mm_datum mm_datum_put(struct mm_block *b, enum mm_attribute_type type, json_object *value);

#endif
