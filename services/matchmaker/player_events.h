/*
 * player_events.h - what the players concerned are told of a decision, keyed by the player (PROTOCOLS E3):
 * {"type","player_id","data"}. Pure.
 *
 *   match_ready               to each player of a match; not to those who were in the game before (backfill)
 *   potential_match           to each player of a proposal
 *   match_accepted            to who answered a proposal
 *   matchmaking_searching     to each player of a party, and to all whose proposal fell through
 *   matchmaking_cancelled, matchmaking_timed_out, matchmaking_failed   to each player of the ticket
 *   matchmaking_refused       to who asked for what is refused
 *   matchmaking_status        to who asked why a ticket waits
 * A backfill ticket's players are in a game: they are told nothing of it.
 */
#ifndef MATCHMAKER_PLAYER_EVENTS_H
#define MATCHMAKER_PLAYER_EVENTS_H

#include "events.h"

bool player_events_of(struct events *e, const struct mm_transition *t); /* as events_of */

#endif
