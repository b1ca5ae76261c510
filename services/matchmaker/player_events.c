#include "player_events.h"

#include <inttypes.h>
#include <string.h>

#include "clock.h"

static void begin(struct buf *b, const char *type, const char *player_id)
{
    buf_clear(b);
    buf_printf(b, "{\"type\":\"%s\",\"player_id\":", type);
    buf_json_cstr(b, player_id);
    buf_str(b, ",\"data\":{");
}

/* before: "" for the first member, "," for the others. */
static void member(struct buf *b, const char *before, const char *name, const char *value)
{
    buf_printf(b, "%s\"%s\":", before, name);
    buf_json_cstr(b, value);
}

static bool finish(struct events *e, const char *type, const char *player_id, const struct mm_issuer *issuer)
{
    bool answers = issuer != NULL && strcmp(issuer->player_id, player_id) == 0;

    buf_str(e->json, "}}");
    return events_emit(e, &(struct game_event){
                              .type = type,
                              .key = player_id,
                              .connection_id = answers ? issuer->connection_id : "",
                              .request_id = answers ? issuer->request_id : "",
                          });
}

/* ---- matches and proposals -------------------------------------------------------------------------------------- */

/* The first player of the first other team; in a one-team match, the first other player. */
static const char *opponent_of(const struct mm_transition *t, size_t team, const char *player_id)
{
    for (size_t i = 0; i < t->team_count; i++)
        if (i != team && t->teams[i].player_count > 0)
            return t->teams[i].players[0].id;
    for (size_t i = 0; i < t->teams[team].player_count; i++)
        if (strcmp(t->teams[team].players[i].id, player_id) != 0)
            return t->teams[team].players[i].id;
    return "";
}

static void teams_json(const struct mm_transition *t, struct buf *b)
{
    buf_str(b, ",\"teams\":{");
    for (size_t i = 0; i < t->team_count; i++) {
        buf_str(b, i > 0 ? "," : "");
        buf_json_cstr(b, t->teams[i].name);
        buf_str(b, ":[");
        for (size_t j = 0; j < t->teams[i].player_count; j++) {
            buf_str(b, j > 0 ? "," : "");
            buf_json_cstr(b, t->teams[i].players[j].id);
        }
        buf_str(b, "]");
    }
    buf_str(b, "}");
}

static bool match_ready(struct events *e, const struct mm_transition *t, size_t team, const struct mm_match_player *p)
{
    char at[CLOCK_RFC3339_SIZE];

    begin(e->json, "match_ready", p->id);
    member(e->json, "", "match_id", t->match_id);
    member(e->json, ",", "opponent", opponent_of(t, team, p->id));
    member(e->json, ",", "timestamp", clock_rfc3339(e->at_ms, at));
    member(e->json, ",", "ticket_id", p->ticket_id);
    teams_json(t, e->json);
    return finish(e, "match_ready", p->id, NULL);
}

static bool potential_match(struct events *e, const struct mm_transition *t, size_t team,
                            const struct mm_match_player *p)
{
    (void)team;
    begin(e->json, "potential_match", p->id);
    member(e->json, "", "match_id", t->match_id);
    member(e->json, ",", "ticket_id", p->ticket_id);
    buf_printf(e->json, ",\"acceptance_required\":true,\"acceptance_timeout_seconds\":%" PRId64,
               (t->until_ms - t->at_ms) / 1000);
    teams_json(t, e->json);
    return finish(e, "potential_match", p->id, NULL);
}

typedef bool tell_fn(struct events *e, const struct mm_transition *t, size_t team, const struct mm_match_player *p);

/* Everybody but who is in the game already. */
static bool tell_each(struct events *e, const struct mm_transition *t, tell_fn *tell)
{
    for (size_t i = 0; i < t->team_count; i++)
        for (size_t j = 0; j < t->teams[i].player_count; j++)
            if (strcmp(t->teams[i].players[j].ticket_id, t->backfill_id) != 0 &&
                !tell(e, t, i, &t->teams[i].players[j]))
                return false;
    return true;
}

static bool match_events(struct events *e, const struct mm_transition *t)
{
    return tell_each(e, t, match_ready);
}

static const struct mm_match_player *find_player(const struct mm_transition *t, const char *id)
{
    for (size_t i = 0; i < t->team_count; i++)
        for (size_t j = 0; j < t->teams[i].player_count; j++)
            if (strcmp(t->teams[i].players[j].id, id) == 0)
                return &t->teams[i].players[j];
    return NULL;
}

/* Who ended the proposal otherwise, by a stop or by leaving, has given no answer, and gets none. */
static bool answer_event(struct events *e, const struct mm_transition *t)
{
    const struct mm_match_player *p = find_player(t, t->issuer.player_id);

    if (p == NULL || p->answer == MM_NO_ANSWER)
        return true;
    begin(e->json, "match_accepted", p->id);
    member(e->json, "", "match_id", t->match_id);
    member(e->json, ",", "ticket_id", p->ticket_id);
    buf_printf(e->json, ",\"accept\":%s", p->answer == MM_ACCEPTED ? "true" : "false");
    return finish(e, "match_accepted", p->id, &t->issuer);
}

static bool proposal_events(struct events *e, const struct mm_transition *t)
{
    return t->issuer.player_id[0] != '\0' ? answer_event(e, t) : tell_each(e, t, potential_match);
}

/* ---- tickets ---------------------------------------------------------------------------------------------------- */

static bool searching(struct events *e, const struct mm_transition *t, const char *player_id)
{
    begin(e->json, "matchmaking_searching", player_id);
    member(e->json, "", "ticket_id", t->ticket_id);
    member(e->json, ",", "configuration", t->configuration);
    buf_str(e->json, ",\"players\":[");
    for (size_t i = 0; i < t->player_count; i++) {
        buf_str(e->json, i > 0 ? "," : "");
        buf_json_cstr(e->json, t->players[i].id);
    }
    buf_str(e->json, "]");
    if (t->reason[0] != '\0')
        member(e->json, ",", "reason", t->reason);
    return finish(e, "matchmaking_searching", player_id, NULL);
}

static bool ended(struct events *e, const struct mm_transition *t, const char *player_id)
{
    static const char *const types[MM_TICKET_STATES] = {
        [MM_CANCELLED] = "matchmaking_cancelled",
        [MM_TIMED_OUT] = "matchmaking_timed_out",
        [MM_FAILED] = "matchmaking_failed",
    };

    begin(e->json, types[t->state], player_id);
    member(e->json, "", "ticket_id", t->ticket_id);
    member(e->json, ",", "reason", t->reason);
    if (t->match_id[0] != '\0')
        member(e->json, ",", "match_id", t->match_id);
    return finish(e, types[t->state], player_id, &t->issuer);
}

/* That a ticket of one begins to search is nobody's news: `matchmaking_queued` was the answer. */
static bool is_news(const struct mm_transition *t)
{
    return !t->backfill && (t->state != MM_SEARCHING || t->player_count > 1 || t->reason[0] != '\0');
}

static bool ticket_events(struct events *e, const struct mm_transition *t)
{
    for (size_t i = 0; is_news(t) && i < t->player_count; i++)
        if (!(t->state == MM_SEARCHING ? searching : ended)(e, t, t->players[i].id))
            return false;
    return true;
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

static bool refused_event(struct events *e, const struct mm_transition *t)
{
    if (t->issuer.player_id[0] == '\0')
        return true; /* nobody asked in a way that we could answer */
    begin(e->json, "matchmaking_refused", t->issuer.player_id);
    member(e->json, "", "code", t->reason);
    member(e->json, ",", "message", t->message);
    member(e->json, ",", "ticket_id", t->ticket_id);
    return finish(e, "matchmaking_refused", t->issuer.player_id, &t->issuer);
}

/* What a status has of its own, the document says, too. */
static void status_json(const struct mm_transition *t, struct buf *b)
{
    const char *state = "";
    double age_s = 0, estimate_s;

    (void)json_get_str_opt(t->why, "$", "state", 0, SIZE_MAX, &state, NULL);
    (void)json_get_num(t->why, "$", "age_seconds", &age_s, NULL);
    member(b, ",", "state", state);
    buf_str(b, ",\"reason\":\"\",\"wait_seconds\":");
    buf_json_num(b, age_s);
    buf_str(b, ",\"estimated_wait_seconds\":");
    if (json_get_num(t->why, "$", "estimated_wait_seconds", &estimate_s, NULL) == 0)
        buf_json_num(b, estimate_s);
    else
        buf_str(b, "null");
}

static bool why_event(struct events *e, const struct mm_transition *t)
{
    size_t len;
    const char *why = json_text(t->why, &len);

    begin(e->json, "matchmaking_status", t->issuer.player_id);
    member(e->json, "", "ticket_id", t->ticket_id);
    status_json(t, e->json);
    buf_str(e->json, ",\"why\":");
    buf_append(e->json, why, len);
    return finish(e, "matchmaking_status", t->issuer.player_id, &t->issuer);
}

bool player_events_of(struct events *e, const struct mm_transition *t)
{
    static bool (*const by_kind[MM_TRANSITION_KINDS])(struct events * e, const struct mm_transition *t) = {
        [MM_TICKET] = ticket_events, [MM_PROPOSAL] = proposal_events, [MM_DROPPED] = answer_event,
        [MM_MATCH] = match_events,   [MM_REFUSED] = refused_event,    [MM_WHY] = why_event,
    };

    return by_kind[t->kind] == NULL || by_kind[t->kind](e, t);
}
