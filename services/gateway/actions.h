/*
 * actions.h - what players can ask for: action_start.c for a match, action_accept.c about a proposed one,
 * action_ticket.c about a ticket and the rest. data has only members that the action knows.
 *
 * An action answers at once, or later by a call-back that holds a reference to the session. The request is the
 * caller's.
 */
#ifndef GATEWAY_ACTIONS_H
#define GATEWAY_ACTIONS_H

#include "request.h"
#include "session.h"

typedef void action_fn(struct session *s, struct request *r);

action_fn action_start, action_stop, action_accept, action_describe, action_ping;

#endif
