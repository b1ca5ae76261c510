/*
 * operation.h - a request that waits for answers of Redis or Kafka.
 *
 * It holds a reference to its session. While it is in the way the session is busy and later requests wait (requests.h);
 * operation_pass lets them go on before the end.
 */
#ifndef GATEWAY_OPERATION_H
#define GATEWAY_OPERATION_H

#include "request.h"
#include "session.h"

struct operation {
    struct session *s;
    const struct mm_configuration *configuration; /* start only */
    int32_t partition;
    bool passed;
    struct buf value; /* of the command */
    char ticket_id[ID_TICKET_MAX + 1];
    char request_id[MM_REQUEST_ID_MAX + 1];
};

struct operation *operation_begin(struct session *s, const struct request *r, const char *ticket_id);
void operation_pass(struct operation *o);

/* Each frees it, and lets later requests go on if that was not done; operation_fail answers `error` first. */
void operation_end(struct operation *o);
void operation_fail(struct operation *o, enum fault fault);

#endif
