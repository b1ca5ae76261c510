/*
 * partitions.h - our partitions of game-events: what was read of each, what may be committed, and when one has to go
 * back (PROTOCOLS E1, P5). Pure: what it decides, it asks for by call-backs.
 *
 * Generation  What was given to a Redis that came back empty is gone. So a partition carries the generation (libs/
 *             players) under which it is read, from its assignment to its end, and each commit names it. One whose
 *             generation is not Redis' goes back: it is dropped, and `rewind` brings it again, at an earlier offset and
 *             with nothing seen. That place is committed at once under the new generation, so whoever reads on after us
 *             goes on from there. A commit therefore never claims more than what this generation's Redis was given.
 * Unknown     Until the generation is known nothing may be read (partitions_known). A commit that names none (older
 *             versions, an operator's) is taken for one of now.
 * Dropped     is a partition that we lose or that goes back: what was read of it is not waited for any more, because
 *             it is read again from the committed place.
 */
#ifndef NOTIFIER_PARTITIONS_H
#define NOTIFIER_PARTITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "generation.h"
#include "window.h"

struct partitions;

struct partition {
    struct partitions *owner;
    int32_t number;
    char generation[GENERATION_SIZE]; /* "": none was committed, and Redis' is not known yet */
    int64_t offset;                   /* where it was assigned; -1: nothing was ever committed */
    struct event_seen seen;           /* before `offset` */
    bool rewinding;                   /* only to be revoked */
    struct window *window;
};

struct partitions_conf {
    void (*commit)(void *arg, int32_t number, int64_t offset, const char *metadata);
    void (*rewind)(void *arg, int32_t number); /* partitions_revoke and partitions_assign follow */
    void (*drop)(void *arg, struct partition *p);
    void *arg;
};

struct partitions *partitions_new(const struct partitions_conf *conf);
void partitions_free(struct partitions **ps); /* drops nothing, commits nothing; NULL is fine */

/* Redis' generation is known, or is another one now. */
void partitions_generation(struct partitions *ps, const char *generation);
bool partitions_known(const struct partitions *ps);

void partitions_assign(struct partitions *ps, int32_t number, int64_t offset, const char *metadata); /* as bus_group */
void partitions_revoke(struct partitions *ps, int32_t number); /* commits; one that is not ours is fine */
void partitions_commit(struct partitions *ps);                 /* what was finished since the last time */

/* NULL: not ours, or going back. */
struct partition *partitions_find(struct partitions *ps, int32_t number);
size_t partitions_count(const struct partitions *ps);

/* The greatest window_ahead of them all. */
size_t partitions_ahead(const struct partitions *ps);

/* Was all before `offset` and it finished once, as far as we know? Then no figure counts it again (PROTOCOLS M3). */
bool partition_again(const struct partition *p, int64_t offset);

#endif
