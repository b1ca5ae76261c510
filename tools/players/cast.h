/*
 * cast.h - who plays a rule set: attributes, latencies and parties that fit what it declares and asks for.
 *
 * number        the rating, scaled so that the tightest distance rule on it spans CAST_SPREAD rating points; without
 *               one, so that the default is a usual value. Where it is compared to constants, or must be alike, one of
 *               few
 * string, list  what the rule set names, its defaults first; where it names nothing, some words of ours
 * latency       of players in some regions, when a rule asks for it
 * party         sometimes, where a team has room: friends of one region, about as good, who want the same
 */
#ifndef PLAYERS_CAST_H
#define PLAYERS_CAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

#define CAST_SPREAD 400

struct cast;

/* path: of a rule set. 0, or ERR_INVALID and a sentence that names the file. */
int cast_load(struct cast **out, const char *path, char *error, size_t error_size);
void cast_free(struct cast **c); /* NULL is fine */

struct cast_group { /* who come together */
    size_t size;    /* players; 1: alone */
    size_t region;
    int rating; /* the friends' are near it */
};
struct cast_group cast_draw(const struct cast *c, int rating, uint64_t *dice);

/* The members "attributes" and, when a rule asks for it, "latency_ms" of a request, each with a comma before it. */
void cast_facts(const struct cast *c, const struct cast_group *group, int rating, uint64_t *dice, struct buf *out);
int cast_rating(const struct cast_group *group, uint64_t *dice); /* of one of them */

bool cast_tells_rating(const struct cast *c); /* an attribute is the rating, scaled */

int64_t cast_last_step_us(const struct cast *c); /* how old a ticket is when nothing widens any more */

#endif
