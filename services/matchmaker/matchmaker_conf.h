/* matchmaker_conf.h - the matchmaker's settings: one row each (conf.h). */
#ifndef MATCHMAKER_CONF_H
#define MATCHMAKER_CONF_H

#include "service.h"
#include "shard.h"

#define MATCHMAKER_CONF(X)                                                                                             \
    X(matchmaking_file, STR, "MATCHMAKING_FILE", "matchmaking-file", "deploy/config/matchmaking.json", 1, 4096,        \
      "matchmaking configurations; their rule sets are in rulesets/ beside it")                                        \
    X(silence_ms, INT, "SILENCE_MS", "silence-ms", "900", 100, 60000,                                                  \
      "milliseconds of a journal's silence after which a standby takes over; a ruler writes three times as often")     \
    X(ticks_in_flight_max, INT, "TICKS_IN_FLIGHT_MAX", "ticks-in-flight-max", "4", 1, SHARD_TICKS_IN_FLIGHT_MAX,       \
      "ticks a partition may have appended and not yet read back; more: less waiting on a slow broker, fewer: larger " \
      "batches")                                                                                                       \
    X(tick_max_bytes, INT, "TICK_MAX_BYTES", "tick-max-bytes", "65536", 4096, 524288,                                  \
      "bytes after which a tick is cut; who follows decodes it in one turn of its loop")                               \
    X(snapshot_min_bytes, INT, "SNAPSHOT_MIN_BYTES", "snapshot-min-bytes", "4194304", 4096, 1073741824,                \
      "bytes of a partition's journal after which it is summed up, unless a summary takes more; what is older is "     \
      "deleted")                                                                                                       \
    X(redis_timeout_ms, INT, "REDIS_TIMEOUT_MS", "redis-timeout-ms", "2000", 10, 60000,                                \
      "milliseconds after which an unanswered Redis is taken for dead")

struct matchmaker_conf {
    struct service_conf service;
    MATCHMAKER_CONF(CONF_FIELD)
};

extern const struct conf_key matchmaker_conf_keys[];

#endif
