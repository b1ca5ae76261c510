/* shapes.h - how many matches of which shape, "5 v 5", there were. Pure. */
#ifndef PLAYERS_SHAPES_H
#define PLAYERS_SHAPES_H

#include "buf.h"

struct shapes; /* NULL is empty */

void shapes_add(struct shapes **s, const char *shape);
void shapes_print(struct shapes **s, struct buf *out); /* a line each, the most frequent first */
void shapes_free(struct shapes **s);

#endif
