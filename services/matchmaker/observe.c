#include "observe.h"

#include <string.h>

#include "matchmaker_metrics.h"

struct observer {
    struct metrics *metrics;
    struct waits *waits;
    int64_t at_ms;
};

/* How long each waited, but for those who were in the game already. */
static void observe_team(const struct observer *o, const struct mm_transition *t, const struct mm_match_team *team)
{
    for (size_t i = 0; i < team->player_count; i++) {
        int64_t wait_ms = o->at_ms - team->players[i].start_ms;

        if (strcmp(team->players[i].ticket_id, t->backfill_id) == 0)
            continue;
        metrics_add(o->metrics, MM_PLAYERS_MATCHED, 1);
        metrics_observe(o->metrics, MM_WAIT, (double)wait_ms / 1000.0);
        waits_observe(o->waits, t->configuration, wait_ms);
    }
}

static void observe_match(const struct observer *o, const struct mm_transition *t)
{
    metrics_add(o->metrics, MM_MATCHES, 1);
    if (t->accepted)
        metrics_add(o->metrics, MM_PROPOSALS_ACCEPTED, 1);
    for (size_t i = 0; i < t->team_count; i++)
        observe_team(o, t, &t->teams[i]);
}

static void observe_ticket(const struct observer *o, const struct mm_transition *t)
{
    static const enum mm_metric by_state[MM_TICKET_STATES] = {
        [MM_CANCELLED] = MM_TICKETS_CANCELLED,
        [MM_TIMED_OUT] = MM_TICKETS_TIMED_OUT,
        [MM_FAILED] = MM_TICKETS_FAILED,
    };

    if (t->state != MM_SEARCHING)
        metrics_add(o->metrics, by_state[t->state], 1);
}

static void observe_dropped(const struct observer *o, const struct mm_transition *t)
{
    metrics_add(o->metrics, t->outcome == MM_OUTCOME_REJECTED ? MM_PROPOSALS_REJECTED : MM_PROPOSALS_TIMED_OUT, 1);
}

static void observe_refused(const struct observer *o, const struct mm_transition *t)
{
    (void)t;
    metrics_add(o->metrics, MM_REFUSED_COMMANDS, 1);
}

static void observe_dead_letter(const struct observer *o, const struct mm_transition *t)
{
    (void)t;
    metrics_add(o->metrics, MM_DEAD_LETTERS, 1);
}

void observe(struct metrics *metrics, struct waits *waits, const struct mm_transition *t, int64_t at_ms)
{
    static void (*const by_kind[MM_TRANSITION_KINDS])(const struct observer *o, const struct mm_transition *t) = {
        [MM_TICKET] = observe_ticket,   [MM_DROPPED] = observe_dropped,         [MM_MATCH] = observe_match,
        [MM_REFUSED] = observe_refused, [MM_DEAD_LETTER] = observe_dead_letter,
    };

    if (by_kind[t->kind] != NULL)
        by_kind[t->kind](&(struct observer){metrics, waits, at_ms}, t);
}
