#include "topics.h"

#include <string.h>

#include "id.h"

#define TOPIC_ROW(id, name, partitions, retention_ms, max_message_bytes)                                               \
    [id] = {name, partitions, retention_ms, max_message_bytes},
const struct topic_def topic_defs[TOPIC_COUNT] = {BUS_TOPICS(TOPIC_ROW)};
#undef TOPIC_ROW

bool topic_find(const char *name, enum topic_id *out)
{
    for (int i = 0; i < TOPIC_COUNT; i++) {
        if (strcmp(name, topic_defs[i].name) == 0) {
            *out = (enum topic_id)i;
            return true;
        }
    }
    return false;
}

int32_t topic_partition(enum topic_id topic, const void *key, uint32_t key_len)
{
    uint32_t positive = id_murmur2(key, key_len) & 0x7fffffff; /* Java's toPositive */

    return (int32_t)(positive % (uint32_t)topic_defs[topic].partitions);
}
