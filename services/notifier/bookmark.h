/*
 * bookmark.h - what is committed with an offset: what was seen before it, and by which Redis (PROTOCOLS E1, P5). Pure.
 *
 * As text: "generation:0123456789abcdef " and the ids (event_seen_format). Versions before generations wrote the ids
 * only.
 */
#ifndef NOTIFIER_BOOKMARK_H
#define NOTIFIER_BOOKMARK_H

#include "event_id.h"
#include "generation.h"

#define BOOKMARK_SIZE 4000 /* what an offset's metadata may have, with the NUL */

struct bookmark {
    char generation[GENERATION_SIZE]; /* of the Redis that everything before the offset was given to; "": not known */
    struct event_seen seen;
};

const char *bookmark_format(const struct bookmark *b, char out[BOOKMARK_SIZE]);

/* 0, or ERR_INVALID and *b empty: nothing seen, no generation known. "" is a good text, of an empty one. */
int bookmark_parse(struct bookmark *b, const char *text);

#endif
