/*
 * gateway_metrics.h - the gateway's figures. The rows for errors, disconnects and refusals follow from the tables of
 * errors.h: metric GW_ERRORS + fault, GW_DISCONNECTS + close reason, GW_REFUSALS + refusal.
 */
#ifndef GATEWAY_METRICS_H
#define GATEWAY_METRICS_H

#include "errors.h"
#include "metrics.h"

#define GATEWAY_METRICS(X)                                                                                             \
    X(GW_CONNECTIONS, GAUGE, "gateway_connections", "", "ActiveConnections", COUNT,                                    \
      "WebSocket connections now; near CONNECTIONS_MAX add a gateway")                                                 \
    X(GW_CONNECTS, COUNTER, "gateway_connects_total", "", "", COUNT, "WebSocket connections accepted")                 \
    X(GW_MESSAGES_IN, COUNTER, "gateway_messages_total", "direction=\"in\"", "", COUNT,                                \
      "Messages from and to players")                                                                                  \
    X(GW_MESSAGES_OUT, COUNTER, "gateway_messages_total", "direction=\"out\"", "", COUNT, "")                          \
    X(GW_BYTES_IN, COUNTER, "gateway_message_bytes_total", "direction=\"in\"", "", BYTES,                              \
      "Bytes of messages from and to players, without framing")                                                        \
    X(GW_BYTES_OUT, COUNTER, "gateway_message_bytes_total", "direction=\"out\"", "", BYTES, "")                        \
    X(GW_LATENCY, HISTOGRAM, "gateway_websocket_latency_seconds", "", "WebSocketLatency", SECONDS,                     \
      "From a ping to its pong; when it grows, look at the loop's load first, then at the network")                    \
    X(GW_WEBSOCKET_ERRORS, COUNTER, "gateway_websocket_errors_total", "", "WebSocketErrors", COUNT,                    \
      "Errors answered to players, of all codes")                                                                      \
    X(GW_QUEUED, COUNTER, "gateway_commands_total", "result=\"delivered\"", "", COUNT,                                 \
      "Commands written to game-matchmaking-queue; failed: look at Kafka")                                             \
    X(GW_QUEUE_FAILED, COUNTER, "gateway_commands_total", "result=\"failed\"", "", COUNT, "")                          \
    X(GW_BACKLOG, GAUGE, "gateway_requests_waiting", "", "", COUNT,                                                    \
      "Requests that wait for an earlier one of their connection; when it grows, look at Redis")                       \
    X(GW_PUSHED, COUNTER, "gateway_outbox_records_total", "result=\"pushed\"", "", COUNT,                              \
      "Outbox records; ignored: not for a connection held here; repeated: had it already; replaced: the player "       \
      "connected at "                                                                                                  \
      "another gateway; bad: unreadable, see log")                                                                     \
    X(GW_OUTBOX_IGNORED, COUNTER, "gateway_outbox_records_total", "result=\"ignored\"", "", COUNT, "")                 \
    X(GW_OUTBOX_REPEATED, COUNTER, "gateway_outbox_records_total", "result=\"repeated\"", "", COUNT, "")               \
    X(GW_OUTBOX_REPLACED, COUNTER, "gateway_outbox_records_total", "result=\"replaced\"", "", COUNT, "")               \
    X(GW_OUTBOX_BAD, COUNTER, "gateway_outbox_records_total", "result=\"bad\"", "", COUNT, "")                         \
    X(GW_ACKNOWLEDGED, COUNTER, "gateway_messages_acknowledged_total", "", "", COUNT,                                  \
      "Pushed messages proved delivered by a pong")                                                                    \
    X(GW_ACKNOWLEDGE_FAILED, COUNTER, "gateway_acknowledge_failed_total", "", "", COUNT,                               \
      "Proofs that Redis did not take: these messages come again at the next connection")                              \
    X(GW_SEND_OVERFLOWS, COUNTER, "gateway_send_queue_overflows_total", "", "", COUNT,                                 \
      "Connections whose send queue passed SEND_QUEUE_MAX_BYTES; when it grows, clients do not read")                  \
    X(GW_GRACE, GAUGE, "gateway_players_in_grace", "", "", COUNT,                                                      \
      "Disconnected players whose grace time runs, or whose leaving is being written")                                 \
    X(GW_LEFT, COUNTER, "gateway_players_left_total", "", "", COUNT,                                                   \
      "Players whose ticket was ended because they were gone longer than GRACE_MS, here or at a dead gateway")         \
    X(GW_REAPED, COUNTER, "gateway_gateways_reaped_total", "", "", COUNT,                                              \
      "Dead gateways whose players this one has let leave or found elsewhere")

enum gateway_metric {
    GATEWAY_METRICS(METRIC_ENUM) GW_ERRORS,
    GW_DISCONNECTS = GW_ERRORS + (int)FAULT_COUNT,
    GW_REFUSALS = GW_DISCONNECTS + (int)CLOSE_COUNT,
    GW_METRIC_COUNT = GW_REFUSALS + (int)REFUSAL_COUNT
};

extern const struct metric_def gateway_metric_defs[GW_METRIC_COUNT];

#endif
