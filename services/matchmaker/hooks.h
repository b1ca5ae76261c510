/*
 * hooks.h - poison for tests: in a matchmaker built with GSM_TEST_HOOKS (`make build/matchmaker-hooked`) some tickets
 * kill their process; in every other one these are nothing.
 */
#ifndef MATCHMAKER_HOOKS_H
#define MATCHMAKER_HOOKS_H

#ifdef GSM_TEST_HOOKS

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mm_command.h"
#include "mm_transition.h"

#define HOOKS_COMMAND "poison-command" /* a ticket's id begins so: who handles a command about it dies */
#define HOOKS_TIMER   "poison-timer"   /* whoever lets it time out dies */

static inline void hooks_die_of(const char *ticket_id, const char *poison)
{
    if (ticket_id == NULL || strncmp(ticket_id, poison, strlen(poison)) != 0)
        return;
    log_error("hook_died ticket=%s", ticket_id);
    abort();
}

static inline void hooks_on_command(const struct mm_command *c)
{
    hooks_die_of(c->ticket_id, HOOKS_COMMAND);
}

static inline void hooks_on_transition(const struct mm_transition *t)
{
    if (t->kind == MM_TICKET && t->state == MM_TIMED_OUT)
        hooks_die_of(t->ticket_id, HOOKS_TIMER);
}

#else

#define hooks_on_command(command)       ((void)0)
#define hooks_on_transition(transition) ((void)0)

#endif

#endif
