/*
 * queue_scripts.h - every atomic step of a queue's partition in Redis. Private to libs/queue.
 *
 * All keys of a partition have one hash tag, so each step is on one slot (PROTOCOLS Q4). Time is Redis' own clock, the
 * one clock that all processes share.
 *
 * meta     hash  gen (which window this is), begin (the first offset that was to be loaded), next (the offset to load
 *                next), bytes (of packed text), purged (wall ms)
 * log      stream, ID `offset-1`: the packed text. Ordered and dense: its first entry is the end of the deleted prefix
 * visible  zset  offset by offset: oldest first
 * flight   zset  offset by deadline
 * delayed  zset  offset by due time
 * state    hash  offset -> "receives first due last" of what was received (first and last receive: wall ms); "deleted"
 *                of what is not loaded yet and must not be
 * alias    hash  origin -> offset, of what was appended again
 *
 * A loaded message is in exactly one of visible, flight, delayed, and in log.
 */
#ifndef QUEUE_QUEUE_SCRIPTS_H
#define QUEUE_QUEUE_SCRIPTS_H

#include "store.h"

enum queue_key { KEY_META, KEY_LOG, KEY_VISIBLE, KEY_FLIGHT, KEY_DELAYED, KEY_STATE, KEY_ALIAS, KEY_COUNT };
#define QUEUE_KEY_SIZE 120

const char *queue_key(char out[QUEUE_KEY_SIZE], enum queue_key key, const char *queue, int32_t partition);

/* KEYS of all: as above. Counts are what is left after the step. */

/*
 * ARGV fresh gen, committed offset (-1: none), purged. A window that does not go on where Kafka says is begun anew.
 * {gen, next, purged}
 */
extern struct store_script queue_open_script;

/* ARGV gen, after, retention, frames. `after`: where reading stood before the first frame. {next, base, bytes,
 * visible}, or {} when refused. */
extern struct store_script queue_load_script;

/* ARGV retention, most, visibility, most receives (0: any number), hidden for.
 * {flight, visible, ms until something is due or -1, again, received, dead}; again: there may be more at once;
 * each message: offset, receives, first, packed */
extern struct store_script queue_receive_script;

/* ARGV "origin:receives origin:receives ...". {flight, 1 or 0, ...} */
extern struct store_script queue_delete_script;

/* ARGV origin, receives, visibility, most of it since the last receive. 1, 0, or -1: it would be longer */
extern struct store_script queue_change_script;

/* ARGV retention. {gen, next, base, bytes, visible, flight, delayed, purged, ms since the oldest was sent or -1}; {}
 * when there is no window. What is due becomes visible, what is too old goes. */
extern struct store_script queue_look_script;

/* ARGV most, least ms to its time. The oldest that are not visible: offset, receives, first, due, packed, ... */
extern struct store_script queue_stragglers_script;

/* ARGV origin, old offset, new offset: the message was appended again. */
extern struct store_script queue_move_script;

/* Everything sent until now goes. */
extern struct store_script queue_purge_script;

#endif
