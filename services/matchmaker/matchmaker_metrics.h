/* matchmaker_metrics.h - the matchmaker's figures: one row each (metrics.h). */
#ifndef MATCHMAKER_METRICS_H
#define MATCHMAKER_METRICS_H

#include "metrics.h"

#define MM_METRICS(X)                                                                                                  \
    X(MM_COMMANDS, COUNTER, "matchmaker_commands_total", "", "", COUNT, "Commands read from the queue")                \
    X(MM_DEAD_LETTERS, COUNTER, "matchmaker_dead_letters_total", "", "", COUNT,                                        \
      "Commands sent to the dead-letter topic; look at their dlq_reason header")                                       \
    X(MM_REDRIVE_REPEATS, COUNTER, "matchmaker_redrive_repeats_total", "", "", COUNT,                                  \
      "Redriven commands that came before: a redrive was killed, or the letter was there twice; nothing is done")      \
    X(MM_LETTERS_LOST, COUNTER, "matchmaker_dead_letters_lost_total", "", "", COUNT,                                   \
      "Dead letters whose command had gone from the queue before they could be sent; the log names them")              \
    X(MM_REFUSED_COMMANDS, COUNTER, "matchmaker_refused_total", "", "", COUNT,                                         \
      "Commands refused, each with an error to the player")                                                            \
    X(MM_MATCHES, COUNTER, "matchmaker_matches_total", "", "", COUNT, "Matches decided here and valid")                \
    X(MM_PLAYERS_MATCHED, COUNTER, "matchmaker_players_matched_total", "", "", COUNT, "Players in those matches")      \
    X(MM_TICKETS_CANCELLED, COUNTER, "matchmaker_tickets_ended_total", "reason=\"cancelled\"", "", COUNT,              \
      "Tickets that ended without a match; many time-outs: the rule set is too narrow for the players there are")      \
    X(MM_TICKETS_TIMED_OUT, COUNTER, "matchmaker_tickets_ended_total", "reason=\"timed_out\"", "", COUNT, "")          \
    X(MM_TICKETS_FAILED, COUNTER, "matchmaker_tickets_ended_total", "reason=\"failed\"", "", COUNT, "")                \
    X(MM_PROPOSALS_ACCEPTED, COUNTER, "matchmaker_proposals_total", "outcome=\"accepted\"", "", COUNT,                 \
      "Proposed matches, by what became of them; many that are not accepted: players do not look, or wait too long")   \
    X(MM_PROPOSALS_REJECTED, COUNTER, "matchmaker_proposals_total", "outcome=\"rejected\"", "", COUNT, "")             \
    X(MM_PROPOSALS_TIMED_OUT, COUNTER, "matchmaker_proposals_total", "outcome=\"timed_out\"", "", COUNT, "")           \
    X(MM_WAIT, HISTOGRAM, "matchmaker_wait_seconds", "", "MatchmakingTime", SECONDS,                                   \
      "From a ticket's start to its match")                                                                            \
    X(MM_WAITING, GAUGE, "matchmaker_tickets_waiting", "", "QueueLength", COUNT, "Tickets waiting in the pools here")  \
    X(MM_POOL_BYTES, GAUGE, "matchmaker_pool_bytes", "", "", BYTES, "Memory of the pools")                             \
    X(MM_PARTITIONS_RULED, GAUGE, "matchmaker_partitions_ruled", "", "", COUNT, "Queue partitions ruled here")         \
    X(MM_PARTITIONS_PARKED, GAUGE, "matchmaker_partitions_parked", "", "", COUNT,                                      \
      "Queue partitions that nobody rules, because what is due in their state kills who does; see /readyz")            \
    X(MM_QUEUE_VISIBLE, GAUGE, "queue_messages", "queue=\"game-matchmaking-queue\",state=\"visible\"", "", COUNT,      \
      "Messages of the partitions ruled here: visible, not read yet; in_flight, read and not yet decided for good. "   \
      "The sum over all daemons is the truth")                                                                         \
    X(MM_QUEUE_IN_FLIGHT, GAUGE, "queue_messages", "queue=\"game-matchmaking-queue\",state=\"in_flight\"", "", COUNT,  \
      "")                                                                                                              \
    X(MM_QUEUE_DELAYED, GAUGE, "queue_messages", "queue=\"game-matchmaking-queue\",state=\"delayed\"", "", COUNT, "")  \
    X(MM_QUEUE_DLQ_VISIBLE, GAUGE, "queue_messages", "queue=\"game-matchmaking-dlq\",state=\"visible\"", "", COUNT,    \
      "")                                                                                                              \
    X(MM_QUEUE_AGE, GAUGE, "queue_oldest_message_age_seconds", "queue=\"game-matchmaking-queue\"", "", COUNT,          \
      "Since the oldest visible message was sent, 0 when there is none; it grows when nobody reads. Of a dead-letter " \
      "queue: look with gsmctl dlq")                                                                                   \
    X(MM_QUEUE_DLQ_AGE, GAUGE, "queue_oldest_message_age_seconds", "queue=\"game-matchmaking-dlq\"", "", COUNT, "")    \
    X(MM_ATTEMPTS, COUNTER, "matchmaker_attempts_total", "", "", COUNT,                                                \
      "Commands and states announced before they were handled, because the ruler before died young")                   \
    X(MM_TICKS, COUNTER, "matchmaker_ticks_total", "", "", COUNT, "Ticks appended to the journal")                     \
    X(MM_TICK_ROUND_TRIP, HISTOGRAM, "matchmaker_tick_round_trip_seconds", "", "", SECONDS,                            \
      "From appending a tick to reading it back; grows with a slow broker")                                            \
    X(MM_VOID_EPOCH, COUNTER, "matchmaker_void_records_total", "reason=\"epoch\"", "", COUNT,                          \
      "Journal records that do not count; they grow while two processes contend for a partition")                      \
    X(MM_VOID_NONCE, COUNTER, "matchmaker_void_records_total", "reason=\"nonce\"", "", COUNT, "")                      \
    X(MM_VOID_SEQ, COUNTER, "matchmaker_void_records_total", "reason=\"seq\"", "", COUNT, "")                          \
    X(MM_VOID_MALFORMED, COUNTER, "matchmaker_void_records_total", "reason=\"malformed\"", "", COUNT, "")              \
    X(MM_STEPPED_DOWN, COUNTER, "matchmaker_stepped_down_total", "", "", COUNT,                                        \
      "Times this process was deposed from a partition")                                                               \
    X(MM_REPLAYS, COUNTER, "matchmaker_replays_total", "", "", COUNT,                                                  \
      "Times a partition's journal was read from its start again, because what was in memory was ahead of it")         \
    X(MM_SNAPSHOTS, COUNTER, "matchmaker_snapshots_total", "", "", COUNT, "Snapshots written into the journal")        \
    X(MM_EVENTS, COUNTER, "matchmaker_events_total", "", "", COUNT, "Events sent to game-events, repeats included")    \
    X(MM_UNPUBLISHED, GAUGE, "matchmaker_ticks_unpublished", "", "", COUNT,                                            \
      "Ticks of which not every event is delivered yet; grows when game-events is slow")                               \
    X(MM_UNVIEWED, GAUGE, "matchmaker_views_waiting", "", "", COUNT,                                                   \
      "Decisions that Redis has not confirmed yet; grows while it is away or refuses writes")                          \
    X(MM_VIEWS_LOST, COUNTER, "matchmaker_views_lost_total", "", "", COUNT,                                            \
      "Decisions that never reached Redis: it was away for too long, or foreign keys are in the way")                  \
    X(MM_VIEWS_REBUILT, COUNTER, "matchmaker_views_rebuilt_total", "", "", COUNT,                                      \
      "Open tickets written to Redis again, because it came back empty")

enum mm_metric { MM_METRICS(METRIC_ENUM) MM_METRIC_COUNT };

#endif
