#include "flexmatch.h"

#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "flexmatch_json.h"
#include "id.h"

/* ---- the envelope ------------------------------------------------------------------------------------------------ */

static void envelope_open(struct events *e, const char *type, const char *configuration)
{
    const struct mm_configuration *c = mm_catalog_find(e->catalog, configuration);
    char text[EVENT_ID_SIZE], id[ID_UUID_SIZE], at[CLOCK_RFC3339_SIZE];

    event_id_format(&e->next, text);
    id_uuid_from(id_hash(text, strlen(text)), (uint64_t)e->next.index, id);
    buf_clear(e->json);
    buf_printf(
        e->json,
        "{\"version\":\"0\",\"id\":\"%s\",\"detail-type\":\"GameLift Matchmaking Event\",\"source\":\"aws.gamelift\","
        "\"account\":\"" FLEXMATCH_ACCOUNT "\",\"time\":\"%s\",\"region\":\"" FLEXMATCH_REGION "\",\"resources\":[",
        id, clock_rfc3339(e->at_ms, at));
    flexmatch_arn(e->json, configuration);
    buf_printf(e->json, "],\"detail\":{\"type\":\"%s\"", type);
    if (c != NULL && c->custom_event_data[0] != '\0')
        flexmatch_member(e->json, "customEventData", c->custom_event_data);
}

static bool envelope_close(struct events *e, const char *type, const char *ticket_id)
{
    buf_str(e->json, "}}");
    return events_emit(e, &(struct game_event){.type = type, .key = ticket_id, .connection_id = "", .request_id = ""});
}

/* ---- about one ticket -------------------------------------------------------------------------------------------- */

static void estimated_wait(struct events *e)
{
    if (e->estimated_wait_ms < 0)
        buf_str(e->json, ",\"estimatedWaitMillis\":\"NOT_AVAILABLE\"");
    else
        buf_printf(e->json, ",\"estimatedWaitMillis\":%" PRId64, e->estimated_wait_ms);
}

/* Why, in GameLift's words where it has some: by our reason. */
static const char *message_of(const char *reason)
{
    static const struct {
        const char *reason, *message;
    } messages[] = {
        {"requested", "Cancelled by request."},
        {"replaced", "Cancelled: a newer ticket took its place."},
        {"player_left", "Cancelled: a player left."},
        {"acceptance_rejected", "Cancelled: a player rejected the match."},
        {"acceptance_timed_out", "Cancelled: a player did not answer in time."},
        {"timed_out", "Removed from matchmaking due to timing out."},
    };

    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
        if (strcmp(messages[i].reason, reason) == 0)
            return messages[i].message;
    return reason;
}

static bool ticket_event(struct events *e, const struct mm_transition *t)
{
    static const struct {
        const char *type, *reason; /* reason NULL: it is not over */
    } kinds[MM_TICKET_STATES] = {
        [MM_SEARCHING] = {"MatchmakingSearching", NULL},
        [MM_CANCELLED] = {"MatchmakingCancelled", "Cancelled"},
        [MM_TIMED_OUT] = {"MatchmakingTimedOut", "TimedOut"},
        [MM_FAILED] = {"MatchmakingFailed", "UNEXPECTED_ERROR"},
    };
    const char *type = kinds[t->state].type;

    envelope_open(e, type, t->configuration);
    flexmatch_ticket(e->json, t);
    if (kinds[t->state].reason == NULL) {
        estimated_wait(e);
    } else {
        flexmatch_member(e->json, "reason", kinds[t->state].reason);
        flexmatch_member(e->json, "message", message_of(t->reason));
        flexmatch_metrics(e->json, t);
    }
    if (t->match_id[0] != '\0')
        flexmatch_member(e->json, "matchId", t->match_id);
    return envelope_close(e, type, t->ticket_id);
}

/* ---- about a match or a proposal --------------------------------------------------------------------------------- */

/* As it stands first in `tickets`: one of those that came, not the backfill. */
static const char *first_ticket(const struct mm_transition *t)
{
    for (size_t i = 0; i < t->team_count; i++)
        for (size_t j = 0; j < t->teams[i].player_count; j++)
            if (strcmp(t->teams[i].players[j].ticket_id, t->backfill_id) != 0)
                return t->teams[i].players[j].ticket_id;
    return t->backfill_id;
}

typedef void tickets_fn(struct buf *b, const struct mm_transition *t);

static void match_open(struct events *e, const struct mm_transition *t, const char *type, tickets_fn *tickets)
{
    envelope_open(e, type, t->configuration);
    flexmatch_member(e->json, "matchId", t->match_id);
    tickets(e->json, t);
}

static bool potential_match(struct events *e, const struct mm_transition *t)
{
    match_open(e, t, "PotentialMatchCreated", flexmatch_tickets);
    buf_printf(e->json, ",\"acceptanceRequired\":%s", t->kind == MM_PROPOSAL ? "true" : "false");
    if (t->kind == MM_PROPOSAL)
        buf_printf(e->json, ",\"acceptanceTimeout\":%" PRId64, (t->until_ms - t->at_ms) / 1000);
    flexmatch_metrics(e->json, t);
    return envelope_close(e, "PotentialMatchCreated", first_ticket(t));
}

static bool accept_match(struct events *e, const struct mm_transition *t)
{
    match_open(e, t, "AcceptMatch", flexmatch_tickets);
    return envelope_close(e, "AcceptMatch", first_ticket(t));
}

static bool accept_match_completed(struct events *e, const struct mm_transition *t, const char *acceptance)
{
    match_open(e, t, "AcceptMatchCompleted", t->kind == MM_MATCH ? flexmatch_tickets_accepted : flexmatch_tickets);
    flexmatch_member(e->json, "acceptance", acceptance);
    return envelope_close(e, "AcceptMatchCompleted", first_ticket(t));
}

static bool succeeded(struct events *e, const struct mm_transition *t)
{
    match_open(e, t, "MatchmakingSucceeded", flexmatch_tickets);
    flexmatch_match_data(e->json, t, mm_catalog_find(e->catalog, t->configuration));
    return envelope_close(e, "MatchmakingSucceeded", first_ticket(t));
}

static bool proposal_events(struct events *e, const struct mm_transition *t)
{
    return t->issuer.player_id[0] != '\0' ? accept_match(e, t) : potential_match(e, t);
}

static bool dropped_events(struct events *e, const struct mm_transition *t)
{
    static const char *const acceptances[MM_OUTCOMES] = {
        [MM_OUTCOME_REJECTED] = "Rejected",
        [MM_OUTCOME_TIMED_OUT] = "TimedOut",
    };

    return (t->issuer.player_id[0] == '\0' || accept_match(e, t)) &&
           accept_match_completed(e, t, acceptances[t->outcome]);
}

static bool match_events(struct events *e, const struct mm_transition *t)
{
    return (t->accepted ? accept_match_completed(e, t, "Accepted") : potential_match(e, t)) && succeeded(e, t);
}

bool flexmatch_of(struct events *e, const struct mm_transition *t)
{
    static bool (*const by_kind[MM_TRANSITION_KINDS])(struct events * e, const struct mm_transition *t) = {
        [MM_TICKET] = ticket_event,
        [MM_PROPOSAL] = proposal_events,
        [MM_DROPPED] = dropped_events,
        [MM_MATCH] = match_events,
    };

    return by_kind[t->kind] == NULL || by_kind[t->kind](e, t);
}
