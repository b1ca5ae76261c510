/*
 * mm_engine.h - the pools of one queue partition: (now, commands) -> transitions. Pure: no I/O, no clock, no global.
 *
 * Decides   a command applies (one or more transitions), or is refused (one transition). Transitions are handed to
 *           emit inside the call, in order; emit must not call the engine. The same calls give the same transitions.
 * Matching  the longest-waiting ticket that can be matched is matched first. A match can become possible only when a
 *           ticket arrives, when a phase of one begins, or when one comes back: only then it is looked for, around that
 *           ticket (mm_search.h); nothing is looked at again because time passed. A search that stops after a counted
 *           amount of work goes on later, as long as the ticket waits. Of teams that no rule tells apart, and in a
 *           team, those who wait longest come first.
 * Age       of the newest ticket of a match, or of the oldest, decides what expansions are in force.
 * Time      now_ms is the partition's clock (milliseconds since the epoch) and never goes back (PROTOCOLS J10).
 * Time-out  at start + request time-out; nobody is matched at or after it.
 * Redrive   a start that comes out of the dead letters keeps its start, for events and figures; it ages and times out
 *           from its arrival, or nobody could be helped by it. It has no word against what its players did since: one
 *           of them looking already, in whatever configuration, refuses it with already_queued. It counts once.
 * Accepting a match of a configuration that asks for it is proposed first: its tickets are found by nobody else, and a
 *           ticket's time-out is not looked at. It is a match when all players accept. It is dropped at once when one
 *           rejects, and at acceptance time-out. Then a ticket with a player who rejected, or (at the time-out) who did
 *           not answer, is cancelled; all others search again, in their place and with their age and start, from the
 *           next tick on, or have timed out. To stop a ticket, to leave it or to replace it rejects. Players may accept
 *           again, and reject after they accepted, until it is decided. Answers carry the answerer as issuer.
 * Parties   all of a ticket's players are in it alike: any of them may stop it, and it ends when any of them leaves.
 * Backfill  a game asks for players: that ticket's own are in the game, need not accept, and may not stop it or leave
 *           it: it is the game server's, who asks without a player. A game has one, the latest. It ends when one of its
 *           players starts to look for a game, in any configuration here; and is refused when one does already.
 * Order     a waiting ticket keeps its place in the order of arrival across processes: transitions carry it.
 * Repeats   ids of tickets that ended in the last MM_ENDED_MEMORY_MS are remembered as hashes, and a start issued
 *           longer ago is refused (J11). Redriven commands come in their old order, so of
 *           those the last one's old place is remembered.
 */
#ifndef MATCHMAKING_MM_ENGINE_H
#define MATCHMAKING_MM_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm_catalog.h"
#include "mm_command.h"
#include "mm_cursor.h"
#include "mm_transition.h"

#define MM_ENDED_MEMORY_MS 600000

/*
 * Refusal codes (proto/protocol.md): unknown_configuration, ticket_exists, ticket_not_found, start_expired,
 * invalid_attributes, missing_attribute, missing_latency, party_too_large, unknown_team, already_queued,
 * match_not_found. Reasons of an end: requested, replaced, player_left, timed_out, acceptance_rejected,
 * acceptance_timed_out, configuration_gone; of a return: acceptance_failed.
 */

struct mm_engine;
typedef void mm_emit_fn(void *arg, const struct mm_transition *t);

/* catalog is kept by reference. Only configurations of this partition are served. */
struct mm_engine *mm_engine_new(const struct mm_catalog *catalog, int32_t partition, mm_emit_fn *emit, void *arg);
void mm_engine_free(struct mm_engine **e);

/* Match ids are made from the seed and a counter: give a new one with each reign. */
void mm_engine_seed(struct mm_engine *e, uint64_t seed);

/*
 * The command is copied. Only the command is worked on: when something is due, call tick first. No player acts for
 * another: what is asked by somebody who is not in the ticket is refused with ticket_not_found. PlayerLeft of a ticket
 * that is not open is no error, and emits nothing. Only a stop's end carries the issuer: ends that nobody asked for
 * answer no request. False: it was redriven before; nothing is done.
 */
bool mm_engine_apply(struct mm_engine *e, int64_t now_ms, const struct mm_command *c);

/*
 * Time passes: time-outs and widened windows that are due, of at most `max` tickets or proposals, first due first; one
 * makes one match, or one transition for each ticket of a proposal. When more are due, mm_engine_due_ms says a time
 * that has passed, and the caller comes back.
 */
void mm_engine_tick(struct mm_engine *e, int64_t now_ms, size_t max);
int64_t mm_engine_due_ms(const struct mm_engine *e); /* when tick has something to do; INT64_MAX: nothing waits */

/*
 * Replay: takes over a decision read from the journal, whatever the state was (upsert); emits nothing. A restored
 * ticket looks for a partner at the next tick, because a decision of the last reign may have been void. One that is
 * known already keeps its place in the order. One that the catalog no longer has a configuration for has failed at
 * the next tick. Proposals stand as they stood, and time out when they would have.
 */
void mm_engine_restore(struct mm_engine *e, int64_t at_ms, const struct mm_transition *t);

/*
 * A walk in many steps: what waits, handed to fn as TICKET transitions without attributes, then what is proposed, as
 * PROPOSAL transitions, at most `max` in a call; returns how many, 0: that was all. Between the calls the engine may be
 * used at will. A walk need not go to its end.
 */
void mm_engine_walk_begin(struct mm_engine *e, struct mm_cursor *c);
size_t mm_engine_walk(struct mm_engine *e, struct mm_cursor *c, size_t max, mm_emit_fn *fn, void *arg);

/*
 * The same walk for a snapshot (PROTOCOLS J6): appends encoded transitions, comma separated, until out holds max_bytes
 * or so: the ids of ended tickets (J11), then what waits, with everything that mm_engine_restore needs, then the
 * proposals. False: that was all.
 */
bool mm_engine_snapshot(struct mm_engine *e, struct mm_cursor *c, size_t max_bytes, struct buf *out);

/* Why a ticket waits: appends the document of mm_why.h. False: no such ticket is open. Changes nothing. */
bool mm_engine_why(const struct mm_engine *e, int64_t now_ms, const char *ticket_id, struct buf *out);

size_t mm_engine_waiting(const struct mm_engine *e); /* tickets */
size_t mm_engine_waiting_in(const struct mm_engine *e, const char *configuration);
/* Start of the longest waiting; -1: none. */
int64_t mm_engine_oldest_ms(const struct mm_engine *e, const char *configuration);
size_t mm_engine_bytes(const struct mm_engine *e); /* memory of the pools, for the metrics */

#endif
