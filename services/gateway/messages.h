/*
 * messages.h - the messages that the gateway itself sends to players, appended to a buffer as one JSON object. Pure.
 *
 * request_id is JSON text, "" when the request had none.
 */
#ifndef GATEWAY_MESSAGES_H
#define GATEWAY_MESSAGES_H

#include <stdint.h>

#include "buf.h"
#include "errors.h"

void message_connected(struct buf *out, const char *connection_id, const char *player_id, int64_t wall_ms);
void message_pong(struct buf *out, const char *request_id, int64_t wall_ms);
void message_queued(struct buf *out, const char *request_id, const char *ticket_id, const char *configuration);

struct message_status {
    const char *ticket_id, *state, *reason, *match_id; /* match_id "": left out */
    int64_t wait_ms;
    int64_t estimated_wait_ms; /* -1: not known */
};
void message_status(struct buf *out, const char *request_id, const struct message_status *status);

struct message_error {
    enum fault fault;
    const char *text; /* "": the table's */
    const char *connection_id, *error_id, *request_id;
    const char *ticket_id, *configuration, *player_id; /* what stands in the way; NULL: left out */
};
void message_error(struct buf *out, const struct message_error *error);

#endif
