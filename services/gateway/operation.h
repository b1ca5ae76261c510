/*
 * operation.h - a request that waits for answers of Redis or Kafka.
 *
 * It holds a reference to its session, which is busy until the end: later requests wait (requests.h). So a connection
 * has one request at a time on its way to Redis or Kafka, and nobody can flood the queue through one.
 */
#ifndef GATEWAY_OPERATION_H
#define GATEWAY_OPERATION_H

#include "request.h"
#include "session.h"

struct operation {
    struct session *s;
    const struct mm_configuration *configuration; /* start only */
    int32_t partition;
    bool why;                    /* describe only: ask the matchmaker, too */
    bool accepts;                /* accept only */
    char match_id[ID_UUID_SIZE]; /* the same */
    struct buf value;            /* of the command */
    char ticket_id[ID_TICKET_MAX + 1];
    char request_id[MM_REQUEST_ID_MAX + 1];
};

struct operation *operation_begin(struct session *s, const struct request *r, const char *ticket_id);

/* Each frees it and lets later requests go on; operation_fail answers `error` first. */
void operation_end(struct operation *o);
void operation_fail(struct operation *o, enum fault fault);

#endif
