/*
 * flexmatch_json.h - internal: the members of FlexMatch's events, each appended as `,"name":value`. Pure.
 */
#ifndef MATCHMAKER_FLEXMATCH_JSON_H
#define MATCHMAKER_FLEXMATCH_JSON_H

#include "buf.h"
#include "mm_catalog.h"
#include "mm_transition.h"

void flexmatch_member(struct buf *b, const char *name, const char *value);
void flexmatch_arn(struct buf *b, const char *configuration); /* the quoted ARN alone */

/* tickets, gameSessionInfo: of the one ticket of a TICKET, of all tickets of the others; with the answers of a
 * PROPOSAL. */
void flexmatch_ticket(struct buf *b, const struct mm_transition *t);
void flexmatch_tickets(struct buf *b, const struct mm_transition *t);
/* Of a MATCH that was a proposal, which says no more than that all have accepted. */
void flexmatch_tickets_accepted(struct buf *b, const struct mm_transition *t);

void flexmatch_metrics(struct buf *b, const struct mm_transition *t); /* ruleEvaluationMetrics */

/* gameProperties of the configuration (NULL: not known), and matchData: MatchmakerData, as a game server parses it. */
void flexmatch_match_data(struct buf *b, const struct mm_transition *t, const struct mm_configuration *c);

#endif
