/* notifier_conf.h - the notifier's settings: one row each (conf.h). */
#ifndef NOTIFIER_CONF_H
#define NOTIFIER_CONF_H

#include "service.h"

#define NOTIFIER_CONF(X)                                                                                               \
    X(inbox_ttl_ms, INT, "INBOX_TTL_MS", "inbox-ttl-ms", "3600000", 1000, 604800000,                                   \
      "milliseconds an undelivered message waits for its player")                                                      \
    X(in_flight_max, INT, "IN_FLIGHT_MAX", "in-flight-max", "10000", 1, 1000000,                                       \
      "events being delivered at once; beyond it reading pauses")                                                      \
    X(in_flight_max_bytes, INT, "IN_FLIGHT_MAX_BYTES", "in-flight-max-bytes", "67108864", 1048576, 17179869184,        \
      "bytes of the events being delivered at once; beyond it reading pauses, after the event that reached it")        \
    X(redis_timeout_ms, INT, "REDIS_TIMEOUT_MS", "redis-timeout-ms", "2000", 10, 60000,                                \
      "milliseconds after which an unanswered Redis is taken for dead")

struct notifier_conf {
    struct service_conf service;
    NOTIFIER_CONF(CONF_FIELD)
};

extern const struct conf_key notifier_conf_keys[];

#endif
