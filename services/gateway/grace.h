/*
 * grace.h - the players whose connection is gone and whose grace time runs, first due first. Pure: the caller has the
 * clock.
 *
 * States     a gone player is WAITING (due at a time), then BUSY while the caller looks and writes, then either removed
 *            or WAITING again for another try. Both delays are constant, so that two lists are in order without
 *            sorting.
 * Ownership  the list owns the entries; one that is handed out as BUSY stays valid until grace_done or grace_again,
 *            even when its player is forgotten meanwhile.
 */
#ifndef GATEWAY_GRACE_H
#define GATEWAY_GRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "id.h"
#include "started.h"

struct grace;

struct gone {
    struct gone *prev, *next;
    UT_hash_handle hh; /* by player */
    int64_t due_ms;
    enum { GONE_WAITING, GONE_RETRYING, GONE_BUSY, GONE_BACK } state; /* BACK: the player returned while it was BUSY */
    void *arg;                                                        /* the caller's */
    int64_t since_us;                                                 /* of its presence (presence.h) */
    struct started *tickets;                                          /* that the connection started */
    char connection[ID_CONNECTION_SIZE];
    char player[];
};

struct grace *grace_new(int64_t delay_ms, int64_t retry_ms, void *arg);
void grace_free(struct grace **g); /* BUSY ones too; NULL is fine */

/* The player's connection has just gone. One for the same player that is there already is replaced. */
struct gone *grace_add(struct grace *g, const char *player, const char *connection, int64_t now_ms);
/* The player is back: nothing is to be done for the old connection. */
void grace_forget(struct grace *g, const char *player);

/* The next one that is due, now BUSY; NULL: none is. */
struct gone *grace_take(struct grace *g, int64_t now_ms);
void grace_done(struct grace *g, struct gone *e); /* frees e */
void grace_again(struct grace *g, struct gone *e,
                 int64_t now_ms); /* tries again later; frees e when the player is back */

/* Of those that have not come back, in no order; the next one is hh.next. */
const struct gone *grace_all(const struct grace *g);
int64_t grace_next_ms(const struct grace *g); /* when the next is due; -1: none waits */
size_t grace_count(const struct grace *g);    /* WAITING and BUSY */

#endif
