/*
 * topics.h - every topic in one table: the daemons, the embedded broker and the Kafka set-up all read it.
 *
 * All topics use LogAppendTime: the broker's clock is the only one that all processes share.
 */
#ifndef BUS_TOPICS_H
#define BUS_TOPICS_H

#include <stdbool.h>
#include <stdint.h>

/*    id                name                        partitions retention_ms  max_message_bytes */
#define BUS_TOPICS(X)                                                                                                  \
    X(TOPIC_QUEUE, "game-matchmaking-queue", 12, 86400000, 1048576)                                                    \
    X(TOPIC_QUEUE_DLQ, "game-matchmaking-dlq", 12, 1209600000, 4194304)                                                \
    X(TOPIC_JOURNAL, "game-matchmaking-journal", 12, -1, 4194304)                                                      \
    X(TOPIC_EVENTS, "game-events", 12, 86400000, 4194304)                                                              \
    X(TOPIC_EVENTS_DLQ, "game-events-dlq", 12, 1209600000, 4194304)                                                    \
    X(TOPIC_OUTBOX, "game-client-outbox", 64, 3600000, 1048576)                                                        \
    X(TOPIC_METRICS, "game-metrics", 4, 86400000, 1048576)                                                             \
    X(TOPIC_ALERTS, "game-alerts", 1, 86400000, 1048576)

#define TOPIC_ENUM(id, ...) id,
enum topic_id { BUS_TOPICS(TOPIC_ENUM) TOPIC_COUNT };
#undef TOPIC_ENUM

struct topic_def {
    const char *name;
    int32_t partitions;
    int64_t retention_ms; /* -1: for ever */
    int64_t max_message_bytes;
};

extern const struct topic_def topic_defs[TOPIC_COUNT];

bool topic_find(const char *name, enum topic_id *out); /* false: no topic of the table has that name */

/* The partition that Kafka's Java client picks for the key (murmur2), so that every client agrees. */
int32_t topic_partition(enum topic_id topic, const void *key, uint32_t key_len);

#endif
