/*
 * newcomers.h - connections that have not said yet what they want: oldest first, and by address. Pure.
 *
 * There is room for so many, and for so many of one address. Who comes when there is none takes the place of the oldest
 * of its address, or else of the oldest of all: a good client is gone from here within milliseconds, so it is not
 * turned away for what others hold open. Nobody is put out before fair_ms, even when there are more for that long:
 * a crowd that comes at once must be read before it can be judged.
 *
 * Address    an IPv4 address, or the /64 that an IPv6 address is in; anything else is one address.
 * Ownership  entries are the caller's, zeroed at first; one that is in must not be freed.
 */
#ifndef BASE_NEWCOMERS_H
#define BASE_NEWCOMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct newcomers;
struct newcomers_address;

struct newcomer { /* the fields are newcomers.c's, but owner */
    void *owner;
    struct newcomers_address *address; /* NULL: not in */
    int64_t since_ms;
    struct newcomer *prev, *next;
    struct newcomer *address_prev, *address_next;
};

struct newcomers *newcomers_new(size_t max, size_t address_max, int64_t fair_ms); /* max: at least 1 */
void newcomers_free(struct newcomers **n);                                        /* must be empty; NULL is fine */

/* NULL, or the one whose place it took: out already, and to be cut. */
struct newcomer *newcomers_add(struct newcomers *n, struct newcomer *e, const struct sockaddr *from, int64_t now_ms);
void newcomers_remove(struct newcomers *n, struct newcomer *e); /* harmless when it is not in */

/* It has done what it came for and begins anew: the youngest again. */
void newcomers_again(struct newcomers *n, struct newcomer *e, int64_t now_ms);

/* The oldest, when it has been in for longer than max_ms; else NULL. */
struct newcomer *newcomers_overdue(const struct newcomers *n, int64_t now_ms, int64_t max_ms);

#endif
