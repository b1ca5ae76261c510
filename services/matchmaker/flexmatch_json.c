#include "flexmatch_json.h"

#include <inttypes.h>
#include <json-c/linkhash.h>
#include <string.h>

#include "clock.h"
#include "flexmatch.h"

void flexmatch_member(struct buf *b, const char *name, const char *value)
{
    buf_printf(b, ",\"%s\":", name);
    buf_json_cstr(b, value);
}

void flexmatch_arn(struct buf *b, const char *configuration)
{
    /* a name's alphabet needs no escapes */
    buf_printf(b, "\"arn:aws:gamelift:" FLEXMATCH_REGION ":" FLEXMATCH_ACCOUNT ":matchmakingconfiguration/%s\"",
               configuration);
}

/* ---- tickets and their players ----------------------------------------------------------------------------------- */

/* before: "" or what ends the ticket before. */
static void ticket_open(struct buf *b, const char *before, const char *ticket_id, int64_t start_ms)
{
    char start[CLOCK_RFC3339_SIZE];

    buf_printf(b, "%s{\"ticketId\":", before);
    buf_json_cstr(b, ticket_id);
    buf_printf(b, ",\"startTime\":\"%s\",\"players\":[", clock_rfc3339(start_ms, start));
}

static void player(struct buf *b, const char *before, const char *id, const char *team, enum mm_answer answer)
{
    buf_printf(b, "%s{\"playerId\":", before);
    buf_json_cstr(b, id);
    if (team != NULL)
        flexmatch_member(b, "team", team);
    if (answer != MM_NO_ANSWER)
        buf_str(b, answer == MM_ACCEPTED ? ",\"accepted\":true" : ",\"accepted\":false");
    buf_str(b, "}");
}

static void ticket_players(struct buf *b, const struct mm_transition *t)
{
    for (size_t i = 0; i < t->player_count; i++)
        player(b, i > 0 ? "," : "", t->players[i].id, t->players[i].team, MM_NO_ANSWER);
}

void flexmatch_ticket(struct buf *b, const struct mm_transition *t)
{
    buf_str(b, ",\"tickets\":[");
    ticket_open(b, "", t->ticket_id, t->start_ms);
    ticket_players(b, t);
    buf_str(b, "]}],\"gameSessionInfo\":{\"players\":[");
    ticket_players(b, t);
    buf_str(b, "]}");
}

/* A ticket's players are neighbours in their team; a backfill ticket's stand in several, so they come by themselves. */
static void tickets_of(struct buf *b, const struct mm_transition *t, bool backfill, bool accepted, const char **open)
{
    for (size_t i = 0; i < t->team_count; i++) {
        for (size_t j = 0; j < t->teams[i].player_count; j++) {
            const struct mm_match_player *p = &t->teams[i].players[j];
            bool another = strcmp(p->ticket_id, *open) != 0;

            if ((strcmp(p->ticket_id, t->backfill_id) == 0) != backfill)
                continue;
            if (another)
                ticket_open(b, (*open)[0] != '\0' ? "]}," : "", p->ticket_id, p->start_ms);
            player(b, another ? "" : ",", p->id, t->teams[i].name, accepted ? MM_ACCEPTED : p->answer);
            *open = p->ticket_id;
        }
    }
}

static void session_players(struct buf *b, const struct mm_transition *t)
{
    const char *before = "";

    buf_str(b, ",\"gameSessionInfo\":{\"players\":[");
    for (size_t i = 0; i < t->team_count; i++) {
        for (size_t j = 0; j < t->teams[i].player_count; j++) {
            player(b, before, t->teams[i].players[j].id, t->teams[i].name, MM_NO_ANSWER);
            before = ",";
        }
    }
    buf_str(b, "]}");
}

static void all_tickets(struct buf *b, const struct mm_transition *t, bool accepted)
{
    const char *open = "";

    buf_str(b, ",\"tickets\":[");
    tickets_of(b, t, false, accepted, &open);
    tickets_of(b, t, true, false, &open);
    buf_str(b, open[0] != '\0' ? "]}]" : "]");
    session_players(b, t);
}

void flexmatch_tickets(struct buf *b, const struct mm_transition *t)
{
    all_tickets(b, t, false);
}

void flexmatch_tickets_accepted(struct buf *b, const struct mm_transition *t)
{
    all_tickets(b, t, true);
}

void flexmatch_metrics(struct buf *b, const struct mm_transition *t)
{
    buf_str(b, ",\"ruleEvaluationMetrics\":[");
    for (size_t i = 0; i < t->rule_count; i++) {
        buf_str(b, i > 0 ? ",{\"ruleName\":" : "{\"ruleName\":");
        buf_json_cstr(b, t->rules[i].rule);
        buf_printf(b, ",\"passedCount\":%" PRId64 ",\"failedCount\":%" PRId64 "}", t->rules[i].passed,
                   t->rules[i].failed);
    }
    buf_str(b, "]");
}

/* ---- match data -------------------------------------------------------------------------------------------------- */

/* The request's encoding, {"N":23}, and the game server's, {"attributeType":"DOUBLE","valueAttribute":23}. */
static const struct {
    const char *key, *type;
} encodings[] = {
    {"S", "STRING"},
    {"N", "DOUBLE"},
    {"SL", "STRING_LIST"},
    {"SDM", "STRING_DOUBLE_MAP"},
};

static void attribute(struct buf *b, const char *before, const char *name, json_object *tagged)
{
    for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
        json_object *value;
        const char *text;
        size_t len;

        if (!json_object_object_get_ex(tagged, encodings[i].key, &value))
            continue;
        text = json_text(value, &len);
        buf_str(b, before);
        buf_json_cstr(b, name);
        buf_printf(b, ":{\"attributeType\":\"%s\",\"valueAttribute\":", encodings[i].type);
        buf_append(b, text, len);
        buf_str(b, "}");
        return;
    }
}

static void data_player(struct buf *b, const struct mm_match_player *p)
{
    const char *before = "";

    buf_str(b, "{\"playerId\":");
    buf_json_cstr(b, p->id);
    buf_str(b, ",\"attributes\":{");
    if (p->attributes != NULL) {
        json_object_object_foreach(p->attributes, name, tagged)
        {
            attribute(b, before, name, tagged);
            before = ",";
        }
    }
    buf_str(b, "}}");
}

static void data_team(struct buf *b, const struct mm_match_team *team)
{
    buf_str(b, "{\"name\":");
    buf_json_cstr(b, team->name);
    buf_str(b, ",\"players\":[");
    for (size_t i = 0; i < team->player_count; i++) {
        buf_str(b, i > 0 ? "," : "");
        data_player(b, &team->players[i]);
    }
    buf_str(b, "]}");
}

void flexmatch_match_data(struct buf *b, const struct mm_transition *t, const struct mm_configuration *c)
{
    if (c != NULL && c->game_properties != NULL) {
        size_t len;
        const char *text = json_text(c->game_properties, &len);

        buf_str(b, ",\"gameProperties\":");
        buf_append(b, text, len);
    }
    buf_str(b, ",\"matchData\":{\"matchId\":");
    buf_json_cstr(b, t->match_id);
    buf_str(b, ",\"matchmakingConfigurationArn\":");
    flexmatch_arn(b, t->configuration);
    buf_str(b, ",\"teams\":[");
    for (size_t i = 0; i < t->team_count; i++) {
        buf_str(b, i > 0 ? "," : "");
        data_team(b, &t->teams[i]);
    }
    buf_str(b, "]}");
}
