/*
 * snapshot.h - when a partition's journal wants a snapshot, and its parts, one at a time, so that no turn of the loop
 * takes long (PROTOCOLS J6, J7).
 *
 * A part says what the engine holds. So it may be written only when all that the engine decided is in the journal
 * before it: nothing is pending. What is decided between two parts is in the ticks between them. And it is appended as
 * it was cut or not at all: a part that came later would say that a ticket waits which a tick before it has matched.
 */
#ifndef MATCHMAKER_SNAPSHOT_H
#define MATCHMAKER_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "journal.h"
#include "mm_engine.h"

#define SNAPSHOT_PART_BYTES 16384 /* what is decoded of one stays in the cache: 64 KB take nearly twice as long */

struct snapshot {      /* {0} is a good beginning */
    size_t log_bytes;  /* of the journal since the beginning of the latest complete snapshot */
    size_t part_bytes; /* of its parts so far, or of the latest complete one */
    size_t before;     /* log_bytes when the one under way began */
    bool walking, whole;
    bool sent; /* wholly, and not yet read back */
    struct mm_cursor cursor;
    int64_t number;  /* of the part cut last; 0: none */
    struct buf part; /* its transitions */
};

/* A record of the journal was read; record: NULL when it is void. */
void snapshot_read(struct snapshot *s, const struct journal_record *record, size_t len);

/* Worth writing? One under way is; else when the log has grown by min_bytes and by half of what a snapshot takes. */
bool snapshot_wanted(const struct snapshot *s, size_t min_bytes);

/* Cuts the next part; s->whole: it is the last one. Then snapshot_sent, or snapshot_abandon if it could not be
 * appended. */
void snapshot_next(struct snapshot *s, struct mm_engine *e);
void snapshot_sent(struct snapshot *s);

/* What was begun counts for nothing; the next one starts with part 1. */
void snapshot_abandon(struct snapshot *s);

#endif
