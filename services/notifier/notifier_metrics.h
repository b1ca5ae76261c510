/* notifier_metrics.h - the notifier's figures: one row each (metrics.h). */
#ifndef NOTIFIER_METRICS_H
#define NOTIFIER_METRICS_H

#include "metrics.h"

#define NOTIFIER_METRICS(X)                                                                                            \
    X(NF_EVENTS, COUNTER, "notifier_events_total", "", "", COUNT, "Records read from game-events")                     \
    X(NF_REREAD, COUNTER, "notifier_reread_total", "", "", COUNT,                                                      \
      "Records read again that were finished once, after a rewind; what becomes of them is not counted again")         \
    X(NF_REWINDS, COUNTER, "notifier_rewinds_total", "", "", COUNT,                                                    \
      "Partitions gone back by the inbox's time to live; Redis came back empty")                                       \
    X(NF_REPEATS, COUNTER, "notifier_repeats_total", "", "", COUNT,                                                    \
      "Events dropped because they were seen before; grows when a matchmaker restarts")                                \
    X(NF_INBOX, COUNTER, "notifier_inbox_messages_total", "", "", COUNT, "Messages put into players' inboxes")         \
    X(NF_INBOX_DROPPED, COUNTER, "notifier_inbox_dropped_total", "", "", COUNT,                                        \
      "Messages that a full inbox pushed out undelivered; a player does not read")                                     \
    X(NF_PUSHED, COUNTER, "notifier_pushed_total", "", "", COUNT, "Messages sent to the outbox of a connected player") \
    X(NF_AWAY, COUNTER, "notifier_away_total", "", "", COUNT, "Messages whose player was not connected")               \
    X(NF_RETRIES, COUNTER, "notifier_retries_total", "", "", COUNT,                                                    \
      "Deliveries that begin again because Redis failed or refused; look at the log and at Redis")                     \
    X(NF_DEAD_LETTERS, COUNTER, "notifier_dead_letters_total", "", "", COUNT,                                          \
      "Events sent to game-events-dlq, malformed or never taken by Redis; look at their dlq_reason header")            \
    X(NF_IN_FLIGHT, GAUGE, "notifier_in_flight", "", "", COUNT, "Events being delivered now")                          \
    X(NF_IN_FLIGHT_BYTES, GAUGE, "notifier_in_flight_bytes", "", "", BYTES, "Bytes of the events being delivered now") \
    X(NF_PARTITIONS, GAUGE, "notifier_partitions", "", "", COUNT, "Partitions of game-events that are ours now")       \
    X(NF_DLQ_VISIBLE, GAUGE, "queue_messages", "queue=\"game-events-dlq\",state=\"visible\"", "", COUNT,               \
      "Messages of the partitions that are ours; the sum over all daemons is the truth. Look at them with gsmctl dlq") \
    X(NF_DLQ_AGE, GAUGE, "queue_oldest_message_age_seconds", "queue=\"game-events-dlq\"", "", COUNT,                   \
      "Since the oldest of them was sent, 0 when there is none")                                                       \
    X(NF_DELIVERY, HISTOGRAM, "notifier_delivery_seconds", "", "", SECONDS,                                            \
      "From reading an event to its message in the outbox")

enum notifier_metric { NOTIFIER_METRICS(METRIC_ENUM) NF_METRIC_COUNT };

#endif
