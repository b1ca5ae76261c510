/*
 * requests.h - messages from a player to the actions they name, one at a time a connection: what needs an answer of
 * Redis holds up the connection's next requests, so that its commands reach Kafka in the order they came.
 */
#ifndef GATEWAY_REQUESTS_H
#define GATEWAY_REQUESTS_H

#include "session.h"

void requests_receive(struct session *s, const char *data, size_t len, bool binary);

/* The session has become live, or is not busy any more: handles what waits. */
void requests_resume(struct session *s);

/* The socket is gone: forgets what waits. */
void requests_drop(struct session *s);

#endif
