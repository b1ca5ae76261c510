/*
 * flexmatch.h - FlexMatch's events on game-events, as GameLift sends them by EventBridge: envelope, bodies and names
 * are GameLift's. Pure.
 *
 * ce_type  MatchmakingSearching, PotentialMatchCreated, AcceptMatch, AcceptMatchCompleted, MatchmakingSucceeded,
 *          MatchmakingTimedOut, MatchmakingCancelled, MatchmakingFailed
 * Key      the ticket; of an event about several, the first one in its `tickets`, where a backfill comes last
 * Ours     account and region are constants (FLEXMATCH_*). Envelope ids follow from event ids. As in GameLift's
 *          STANDALONE mode a match has no connection; matchData is what GameLift gives to a game server.
 */
#ifndef MATCHMAKER_FLEXMATCH_H
#define MATCHMAKER_FLEXMATCH_H

#include "events.h"

#define FLEXMATCH_ACCOUNT "000000000000"
#define FLEXMATCH_REGION  "us-east-1"

bool flexmatch_of(struct events *e, const struct mm_transition *t); /* as events_of */

#endif
