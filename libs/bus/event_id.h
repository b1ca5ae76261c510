/*
 * event_id.h - the ids of game-events and how a consumer drops repeats (PROTOCOLS E1). Pure.
 *
 * An id is journal incarnation / partition / epoch / seq / index, written "incarnation-partition-epoch-seq-index" in
 * decimal. Ids of one journal partition are ordered by (incarnation, epoch, seq, index); ids of different ones are not
 * compared.
 */
#ifndef BUS_EVENT_ID_H
#define BUS_EVENT_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "topics.h"

#define EVENT_ID_SIZE        96
#define EVENT_PARTITIONS_MAX 24 /* the journal's, then those of redriven letters; few enough for an offset's metadata */

struct event_id {
    int64_t incarnation, epoch, seq;
    int32_t partition, index;
};

const char *event_id_format(const struct event_id *id, char out[EVENT_ID_SIZE]);
int event_id_parse(const char *text, size_t len, struct event_id *out);   /* 0 or ERR_INVALID */
int event_id_compare(const struct event_id *a, const struct event_id *b); /* of one partition: <0, 0, >0 */

/*
 * Of a letter of game-events-dlq that is sent to game-events again: as if its partition of the dead-letter topic were a
 * journal behind the others, so that no event hides it, and it is a repeat only of itself. time_ms: when it was
 * appended there; offsets begin again when the topic is made anew, times do not.
 */
struct event_id event_id_of_letter(int32_t partition, int64_t offset, int64_t time_ms);

/* The greatest id seen of each journal partition. {0} has seen nothing. */
struct event_seen {
    struct event_id greatest[EVENT_PARTITIONS_MAX]; /* incarnation 0: none */
};

/* True, and remembered, when the id is greater than all before it from its partition; false: a repeat, drop it. */
bool event_seen_accept(struct event_seen *s, const struct event_id *id);

/* As text for the metadata of a committed offset, and back. ASSERTs that it fits. Text that cannot be read gives
 * ERR_INVALID and *s empty. */
size_t event_seen_format(const struct event_seen *s, char *out, size_t out_size);
int event_seen_parse(struct event_seen *s, const char *text);

#endif
