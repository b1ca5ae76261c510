#include "events.h"

#include <string.h>

#include "clock.h"

struct out {
    int64_t at_ms;
    struct buf *json;
    player_event_fn *emit;
    void *arg;
};

static void begin(struct buf *b, const char *type, const char *player_id)
{
    buf_clear(b);
    buf_printf(b, "{\"type\":\"%s\",\"player_id\":", type);
    buf_json_cstr(b, player_id);
    buf_str(b, ",\"data\":{");
}

static void member(struct buf *b, const char *name, const char *value, const char *after)
{
    buf_printf(b, "\"%s\":", name);
    buf_json_cstr(b, value);
    buf_str(b, after);
}

static bool finish(const struct out *o, const char *type, const char *player_id, const struct mm_issuer *issuer)
{
    bool answers = issuer != NULL && strcmp(issuer->player_id, player_id) == 0;

    buf_str(o->json, "}}");
    return o->emit(o->arg, &(struct player_event){
                               .type = type,
                               .player_id = player_id,
                               .json = o->json->data,
                               .json_len = o->json->len,
                               .connection_id = answers ? issuer->connection_id : "",
                               .request_id = answers ? issuer->request_id : "",
                           });
}

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
    buf_str(b, "\"teams\":{");
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

static bool match_ready(const struct mm_transition *t, size_t team, size_t player, const struct out *o)
{
    const struct mm_match_player *p = &t->teams[team].players[player];
    char at[CLOCK_RFC3339_SIZE];

    begin(o->json, "match_ready", p->id);
    member(o->json, "match_id", t->match_id, ",");
    member(o->json, "opponent", opponent_of(t, team, p->id), ",");
    member(o->json, "timestamp", clock_rfc3339(o->at_ms, at), ",");
    member(o->json, "ticket_id", p->ticket_id, ",");
    teams_json(t, o->json);
    return finish(o, "match_ready", p->id, NULL);
}

static bool match_events(const struct mm_transition *t, const struct out *o)
{
    for (size_t i = 0; i < t->team_count; i++)
        for (size_t j = 0; j < t->teams[i].player_count; j++)
            if (!match_ready(t, i, j, o))
                return false;
    return true;
}

static bool ticket_events(const struct mm_transition *t, const struct out *o)
{
    /* A ticket that begins to search is nobody's news: `matchmaking_queued` was the answer. */
    static const char *const types[MM_TICKET_STATES] = {
        [MM_CANCELLED] = "matchmaking_cancelled",
        [MM_TIMED_OUT] = "matchmaking_timed_out",
    };
    const char *type = types[t->state];

    for (size_t i = 0; type != NULL && i < t->player_count; i++) {
        begin(o->json, type, t->players[i].id);
        member(o->json, "ticket_id", t->ticket_id, ",");
        member(o->json, "reason", t->reason, "");
        if (!finish(o, type, t->players[i].id, &t->issuer))
            return false;
    }
    return true;
}

static bool refused_event(const struct mm_transition *t, const struct out *o)
{
    if (t->issuer.player_id[0] == '\0')
        return true; /* nobody asked in a way that we could answer */
    begin(o->json, "matchmaking_refused", t->issuer.player_id);
    member(o->json, "code", t->reason, ",");
    member(o->json, "message", t->message, ",");
    member(o->json, "ticket_id", t->ticket_id, "");
    return finish(o, "matchmaking_refused", t->issuer.player_id, &t->issuer);
}

static bool no_event(const struct mm_transition *t, const struct out *o)
{
    (void)t;
    (void)o;
    return true;
}

bool events_of(const struct mm_transition *t, int64_t at_ms, struct buf *scratch, player_event_fn *emit, void *arg)
{
    static bool (*const by_kind[MM_TRANSITION_KINDS])(const struct mm_transition *t, const struct out *o) = {
        [MM_TICKET] = ticket_events,  [MM_PROPOSAL] = no_event, [MM_DROPPED] = no_event,     [MM_MATCH] = match_events,
        [MM_REFUSED] = refused_event, [MM_WHY] = no_event,      [MM_DEAD_LETTER] = no_event, [MM_ENDED] = no_event,
    };

    return by_kind[t->kind](t, &(struct out){.at_ms = at_ms, .json = scratch, .emit = emit, .arg = arg});
}
