/*
 * gateway_conf.h - the gateway's settings: one row gives the variable, the flag, the default, the bounds and the help.
 */
#ifndef GATEWAY_CONF_H
#define GATEWAY_CONF_H

#include "service.h"

/*    field                 type  env, flag, default, min, max, help */
#define GATEWAY_CONF(X)                                                                                                \
    X(ws_address, STR, "WS_ADDRESS", "ws-address", "127.0.0.1", 2, 45, "address the players connect to")               \
    X(ws_port, INT, "WS_PORT", "ws-port", "8080", 0, 65535, "its port; 0 takes a free one")                            \
    X(auth_mode, ENUM, "AUTH_MODE", "auth-mode", "auto", 0, 0,                                                         \
      "auto|none who is let in. none: anybody, by ?player_id=. auto: none on a loopback address, else a refusal to "   \
      "start")                                                                                                         \
    X(matchmaking_file, STR, "MATCHMAKING_FILE", "matchmaking-file", "deploy/config/matchmaking.json", 1, 4095,        \
      "the matchmaking configurations; the rule sets are in rulesets/ beside it")                                      \
    X(message_max_bytes, INT, "MESSAGE_MAX_BYTES", "message-max-bytes", "131072", 128, 262144,                         \
      "bytes of a message from a player; a larger one closes the connection (1009)")                                   \
    X(send_queue_max_bytes, INT, "SEND_QUEUE_MAX_BYTES", "send-queue-max-bytes", "262144", 4096, 67108864,             \
      "bytes waiting to be read by a player; beyond it the connection is closed (1013)")                               \
    X(connections_max, INT, "CONNECTIONS_MAX", "connections-max", "10000", 1, 1000000,                                 \
      "connections held at a time; a further one is answered 503")                                                     \
    X(bad_frames_max, INT, "BAD_FRAMES_MAX", "bad-frames-max", "50", 0, 1000000,                                       \
      "bad frames of a connection within a minute; one more closes it (1008)")                                         \
    X(ping_interval_ms, INT, "PING_INTERVAL_MS", "ping-interval-ms", "20000", 100, 3600000,                            \
      "milliseconds between pings on a quiet connection")                                                              \
    X(pong_timeout_ms, INT, "PONG_TIMEOUT_MS", "pong-timeout-ms", "10000", 100, 3600000,                               \
      "milliseconds a pong may take; then the connection is closed (1008)")                                            \
    X(grace_ms, INT, "GRACE_MS", "grace-ms", "10000", 0, 3600000,                                                      \
      "milliseconds a player may be disconnected before leaving the queue; the same at all gateways")                  \
    X(lease_ms, INT, "LEASE_MS", "lease-ms", "5000", 300, 600000,                                                      \
      "milliseconds without a sign of life after which a gateway counts as dead; its players leave after these and "   \
      "GRACE_MS; the same at all gateways")                                                                            \
    X(duplicate_connection, ENUM, "DUPLICATE_CONNECTION", "duplicate-connection", "replace", 0, 0,                     \
      "replace|refuse what becomes of a player's second connection. replace: it takes the place of the first, which "  \
      "is closed (1008). refuse: it is closed (1008) while the first one is open")

struct gateway_conf {
    struct service_conf service;
    GATEWAY_CONF(CONF_FIELD)
};

extern const struct conf_key gateway_conf_keys[];

#endif
