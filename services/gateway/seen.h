/*
 * seen.h - the ids of the last SEEN_MAX messages pushed on a connection, so that a repeat is dropped (PROTOCOLS P3).
 * Pure.
 *
 * Ids are kept as 64-bit hashes. Memory grows with use: a connection that was pushed nothing has none.
 * {0} has seen nothing; seen_free releases and empties.
 */
#ifndef GATEWAY_SEEN_H
#define GATEWAY_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEEN_MAX 256

struct seen {
    uint64_t *hashes; /* a ring once it holds SEEN_MAX */
    uint32_t count, size, oldest;
};

/* True, and remembered, when the id is not among the last SEEN_MAX; false: a repeat. */
bool seen_add(struct seen *s, const char *id, size_t len);
void seen_free(struct seen *s);

#endif
