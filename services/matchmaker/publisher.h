/*
 * publisher.h - turns a partition's valid ticks into game-events and dead letters, in order, and hands them to the
 * views (PROTOCOLS E1, E2, J2).
 *
 * Order    ticks are published in the order they were added; nothing is dropped from the middle. `published` is the
 *          last tick of which, and before which, everything has been delivered; views are not waited for.
 * Replay   ticks are added while following as well, and dropped as later ticks say that they were published; what is
 *          left when we begin to rule is published again, with the same ids: consumers drop repeats.
 * Threads  the loop's.
 */
#ifndef MATCHMAKER_PUBLISHER_H
#define MATCHMAKER_PUBLISHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus.h"
#include "decision.h"
#include "metrics.h"
#include "store.h"
#include "views.h"

struct publisher;

struct publisher_conf {
    struct bus_producer *producer;
    struct store *store;
    struct views *views;
    struct metrics *metrics;
    const struct mm_catalog *catalog;
    const char *source; /* ce_source */
    int32_t partition;
    void (*on_refused)(void *arg); /* an event was given up: nothing behind it may count as published (E2) */
    void *arg;
};

struct publisher *publisher_new(const struct publisher_conf *conf);
/* Deliveries that are still out are forgotten: they are of valid ticks and do no harm. NULL is fine. */
void publisher_free(struct publisher **p);

/*
 * A valid tick, as read back; the publisher is its holder from now on. decided_now: our own, fresh decision; only those
 * feed the figures (PROTOCOLS M3).
 */
void publisher_add(struct publisher *p, int64_t incarnation, struct decision *d, bool decided_now);

/* Forgets ticks that a successor need not publish: some ruler has seen them delivered. */
void publisher_mark(struct publisher *p, const struct journal_mark *published);

void publisher_enable(struct publisher *p);  /* we rule now: send, from the oldest on */
void publisher_disable(struct publisher *p); /* we follow again; what is out already arrives */
void publisher_pump(struct publisher *p);    /* go on after ERR_BUSY */

const struct journal_mark *publisher_published(const struct publisher *p);
bool publisher_idle(const struct publisher *p);      /* everything that was added is delivered, or we do not rule */
size_t publisher_backlog(const struct publisher *p); /* ticks not yet published */

/*
 * A dead letter travels with its record. publisher_offer keeps a record of the queue until its dead letter is sent: the
 * ruler offers what it dead-letters; a successor reads the queue again from the smallest offset that is wanted
 * (INT64_MAX: none).
 */
int64_t publisher_wants_offset(const struct publisher *p);
void publisher_offer(struct publisher *p, const struct bus_record *r);
/* What is missing before that offset has expired or gone with its topic: such dead letters are named, counted,
 * passed over. */
void publisher_give_up(struct publisher *p, int64_t before);
bool publisher_full(const struct publisher *p); /* enough records are kept: read no more until some are sent */

#endif
