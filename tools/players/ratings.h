/* ratings.h - a file of ratings, one integer a line. */
#ifndef PLAYERS_RATINGS_H
#define PLAYERS_RATINGS_H

#include <stddef.h>

struct ratings {
    int *list; /* owned */
    size_t count;
};

/* 0, or ERR_INVALID and a sentence that names the file and, for a wrong line, its number. */
int ratings_load(struct ratings *out, const char *path, char *error, size_t error_size);
void ratings_free(struct ratings *r);

#endif
