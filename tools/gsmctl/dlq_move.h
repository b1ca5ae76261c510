/*
 * dlq_move.h - letters on their way out of a dead-letter topic: read, sent, confirmed, deleted; blocks until it is
 * done.
 *
 * Order    each partition in its order, and what goes to one partition is sent by one idempotent producer that never
 *          gives up: what has arrived there is what stood first. So a repeat is told by its place alone (letter.h).
 * Deleted  is the prefix of a partition of which each letter is confirmed; a fifth of a second may pass until then.
 * Stays    what cannot be sent is appended to its topic once more, so that it is in nobody's way.
 */
#ifndef GSMCTL_DLQ_MOVE_H
#define GSMCTL_DLQ_MOVE_H

#include "kafka_tool.h"
#include "letter.h"

struct dlq_move_conf {
    enum topic_id topic;
    enum topic_id to; /* TOPIC_COUNT: where each came from */
    double rate;      /* a second; 0: as fast as it goes */
    int64_t max;      /* letters, those that stay included; 0: all that are there now */
};

struct dlq_moved {
    int64_t moved, stayed, left;
};

/* 0, 1: it failed (printed why), or DLQ_INTERRUPTED. Whatever it returns, *out says what was done. */
int dlq_move(struct kafka_tool *t, const struct dlq_move_conf *conf, struct dlq_moved *out);

/* The message that a letter becomes; NULL, or why it is none. */
const char *dlq_move_message(const struct dlq_move_conf *conf, const struct letter *l, struct letter_again *out);

/* One line on stderr. */
void dlq_move_say_stays(const struct letter *l, const char *why);

#endif
