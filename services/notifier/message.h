/*
 * message.h - from an event of game-events to what the player's client is sent. Pure.
 */
#ifndef NOTIFIER_MESSAGE_H
#define NOTIFIER_MESSAGE_H

#include <stddef.h>

#include "buf.h"
#include "id.h"
#include "json.h"

struct event_text {   /* an event as it arrived; borrowed */
    const char *type; /* ce_type */
    const char *value;
    size_t value_len;
    const char *id;                         /* ce_id */
    const char *connection_id, *request_id; /* "" when absent; request_id is JSON text */
};

enum message_kind { MESSAGE_FOR_PLAYER, MESSAGE_FOR_NOBODY, MESSAGE_MALFORMED };

/*
 * MESSAGE_FOR_PLAYER: player and the client's JSON in out. MESSAGE_FOR_NOBODY: an event that no client is told of,
 * such as FlexMatch's, which are known by ce_type and not read.
 * MESSAGE_MALFORMED: a sentence in error; the event belongs in the DLQ.
 */
enum message_kind message_of(const struct event_text *e, char player[ID_PLAYER_MAX + 1], struct buf *out,
                             char error[JSON_ERROR_SIZE]);

#endif
