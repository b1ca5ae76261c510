/*
 * ledger.h - every match, as each of its players told it, and whether their stories agree. Pure.
 *
 * A violation is what must never happen: players of one match who were told of different teams, somebody who tells of
 * a match without being in it, a match that not all its players tell of, a ticket in two matches. They are counted; the
 * first LEDGER_TEXTS_MAX are kept as sentences.
 */
#ifndef PLAYERS_LEDGER_H
#define PLAYERS_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "found.h"

#define LEDGER_TEXTS_MAX 10
#define LEDGER_NAME_SIZE 80

struct ledger_side {             /* one player's story; times of 0 are not known */
    char name[LEDGER_NAME_SIZE]; /* the player's id */
    int rating;
    int64_t started_us, queued_us, found_us; /* monotonic: asked, confirmed, told */
    int64_t started_ms, found_ms;            /* wall time, to compare with the match's own timestamp */
};

struct ledger_match { /* complete: all sides are filled */
    struct ledger_side *sides;
    size_t count;
    char shape[FOUND_SHAPE_SIZE];
    int64_t made_ms;
};

struct ledger;
typedef void ledger_complete_fn(void *arg, const struct ledger_match *m); /* valid inside the call */

struct ledger *ledger_new(ledger_complete_fn *on_complete, void *arg);
void ledger_free(struct ledger **l);

/* False: this player told of this match before. on_complete is called inside when all its players have told. */
bool ledger_add(struct ledger *l, const struct found *f, const struct ledger_side *side);
void ledger_violation(struct ledger *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

size_t ledger_complete(const struct ledger *l); /* matches that all their players told of */
size_t ledger_open(const struct ledger *l);     /* matches that only some told of */
void ledger_finish(struct ledger *l);           /* nothing more will come: open matches are violations */

size_t ledger_violations(const struct ledger *l);
const char *ledger_violation_text(const struct ledger *l, size_t i); /* NULL beyond those kept */

#endif
