/*
 * errors.h - what the gateway refuses, in three tables: requests (`error` messages), connections (close frames) and
 * upgrades (HTTP answers). Each row is also a metric row (gateway_metrics.h); clients rely on codes, not on the texts.
 */
#ifndef GATEWAY_ERRORS_H
#define GATEWAY_ERRORS_H

#include <stdbool.h>

/*
 * bad: the frame itself is at fault and counts towards BAD_FRAMES_MAX. retry: the same request may succeed later.
 *     id                        code                     bad    retry  message when there is nothing more exact to say
 */
#define FAULT_LIST(X)                                                                                                  \
    X(FAULT_UNSUPPORTED_DATA, "unsupported_data", true, false, "binary frames are not supported, send text")           \
    X(FAULT_INVALID_UTF8, "invalid_utf8", true, false, "the message is not valid UTF-8")                               \
    X(FAULT_INVALID_JSON, "invalid_json", true, false, "the message is not strict JSON")                               \
    X(FAULT_INVALID_REQUEST, "invalid_request", true, false, "the request does not have the expected form")            \
    X(FAULT_UNKNOWN_ACTION, "unknown_action", true, false, "there is no such action")                                  \
    X(FAULT_UNKNOWN_CONFIGURATION, "unknown_configuration", false, false, "there is no such configuration")            \
    X(FAULT_ALREADY_QUEUED, "already_queued", false, false, "the player has an open ticket that stands in the way")    \
    X(FAULT_PLAYER_NOT_CONNECTED, "player_not_connected", false, true, "a player of the party is not connected")       \
    X(FAULT_TICKET_NOT_FOUND, "ticket_not_found", false, false, "there is no such ticket of this player")              \
    X(FAULT_MATCH_NOT_FOUND, "match_not_found", false, false, "no such match waits for an answer of this player")      \
    X(FAULT_TOO_MANY_REQUESTS, "too_many_requests", false, true, "too many requests are waiting to be handled")        \
    X(FAULT_UNAVAILABLE, "unavailable", false, true, "the service cannot take the request now")

/*    id              status reason (metric)   text of the close frame; status 0: the other side ended it */
#define CLOSE_LIST(X)                                                                                                  \
    X(CLOSE_CLIENT, 0, "client", "")                                                                                   \
    X(CLOSE_GOING_AWAY, 1001, "going_away", "the server is going away")                                                \
    X(CLOSE_REPLACED, 1008, "replaced", "replaced by a newer connection")                                              \
    X(CLOSE_DUPLICATE, 1008, "duplicate", "already connected")                                                         \
    X(CLOSE_BAD_FRAMES, 1008, "bad_frames", "too many bad frames")                                                     \
    X(CLOSE_NO_PONG, 1008, "no_pong", "a ping was not answered in time")                                               \
    X(CLOSE_TOO_LARGE, 1009, "too_large", "the message is too large")                                                  \
    X(CLOSE_TOO_SLOW, 1013, "too_slow", "messages are not read fast enough")

/*    id                     status line, code, message; without a status line: cut without an answer */
#define REFUSAL_LIST(X)                                                                                                \
    X(REFUSE_PATH, "404 Not Found", "not_found", "the WebSocket is at /")                                              \
    X(REFUSE_NOT_WEBSOCKET, "400 Bad Request", "not_websocket", "connect by WebSocket")                                \
    X(REFUSE_HANDSHAKES, "", "handshakes", "")                                                                         \
    X(REFUSE_PLAYER, "401 Unauthorized", "unauthorized", "player_id is missing or not a valid player id")              \
    X(REFUSE_FULL, "503 Service Unavailable", "connections_max", "this gateway holds all the connections it may")      \
    X(REFUSE_NOT_READY, "503 Service Unavailable", "not_ready", "this gateway is not ready")                           \
    X(REFUSE_DRAINING, "503 Service Unavailable", "draining", "this gateway is stopping")

#define TABLE_ID(id, ...) id,
enum fault { FAULT_LIST(TABLE_ID) FAULT_COUNT, FAULT_NONE };
enum close_reason { CLOSE_LIST(TABLE_ID) CLOSE_COUNT };
enum refusal { REFUSAL_LIST(TABLE_ID) REFUSAL_COUNT, REFUSE_NONE };
#undef TABLE_ID

struct fault_def {
    const char *code;
    bool bad, retry;
    const char *message;
};
struct close_def {
    int status;
    const char *reason, *text;
};
struct refusal_def {
    const char *status, *code, *message;
};
extern const struct fault_def fault_defs[FAULT_COUNT];
extern const struct close_def close_defs[CLOSE_COUNT];
extern const struct refusal_def refusal_defs[REFUSAL_COUNT];

#endif
