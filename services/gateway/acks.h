/*
 * acks.h - one connection's pings, and which pushed messages a pong proves delivered (PROTOCOLS P4). Pure.
 *
 * A ping carries a sequence number and is written when all that was queued before it has been written. TCP keeps the
 * order, so its pong proves every message before it. At most one ping is unanswered; what is asked meanwhile is one
 * more ping after the pong. Bound   ACKS_MAX messages, as many as an inbox holds: what is pushed beyond that has pushed
 * the oldest out of the inbox. {0} is a connection without traffic; acks_free releases and empties.
 */
#ifndef GATEWAY_ACKS_H
#define GATEWAY_ACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "presence.h"

#define ACKS_MAX        INBOX_MAX
#define ACKS_ID_SIZE    48 /* a Redis stream id: two 64-bit numbers, a dash, NUL */
#define ACKS_PING_BYTES 8

struct acks_entry {
    char inbox_id[ACKS_ID_SIZE];
    uint64_t ping; /* the one whose pong proves it */
};

struct acks {
    struct acks_entry *ring;
    size_t head, count, size;
    uint64_t sequence;  /* of the last ping written */
    int64_t written_us; /* when */
    int64_t asked_ms;   /* since when a ping is to be written or its pong awaited; 0: neither */
    bool wanted;        /* a ping is to be written */
    bool awaited;       /* a pong is */
};

/* A message with this inbox id has been queued for sending. An id that is too long is not kept: it is never
 * acknowledged. */
void acks_pushed(struct acks *a, const char *inbox_id, size_t len);

/* A ping is to be written as soon as it may: for acknowledgement or as a sign of life. */
void acks_want(struct acks *a, int64_t now_ms);

/* All that was queued is written. True: write a ping with this payload now. */
bool acks_ping(struct acks *a, int64_t now_us, uint8_t payload[ACKS_PING_BYTES]);

/* A pong came. True when it answers the last ping; *latency_us is set and acks_next gives what it proves. Others mean
 * nothing. */
bool acks_pong(struct acks *a, const void *payload, size_t len, int64_t now_us, int64_t *latency_us);
/* The next message proved delivered, oldest first, valid until acks_pushed; NULL when there are no more. */
const char *acks_next(struct acks *a);

/* Has a ping been asked for, and not been written or not been answered, for longer than timeout_ms? */
bool acks_overdue(const struct acks *a, int64_t now_ms, int64_t timeout_ms);

/* Has no ping been asked for or written for interval_ms? */
bool acks_quiet(const struct acks *a, int64_t now_ms, int64_t interval_ms);

void acks_free(struct acks *a);

#endif
