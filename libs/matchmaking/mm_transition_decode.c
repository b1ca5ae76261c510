#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"
#include "mm_shape.h"
#include "mm_transition_private.h"

static int get_text(json_object *o, const char *key, const char **out, char *error)
{
    return json_get_str(o, "$", key, 0, TRANSITION_TEXT_MAX, out, error);
}

int transition_time(json_object *o, const char *path, const char *key, int64_t *out, char *error)
{
    return json_get_int(o, path, key, 0, TRANSITION_TIME_MAX_MS, out, error);
}

int transition_name_opt(json_object *o, const char *key, const char **out, char *error)
{
    return json_object_object_get_ex(o, key, NULL) ? mm_shape_name(o, "$", key, out, error) : 0;
}

int transition_name_of(json_object *o, const char *key, const char *const *names, int count, int *out, char *error)
{
    const char *name = "";
    char path[MM_PATH_SIZE];
    int rc = get_text(o, key, &name, error);

    return rc != 0 ? rc : mm_shape_choice(name, mm_path(path, "$.%s", key), names, count, out, error);
}

int transition_issuer(struct mm_issuer *issuer, json_object *o, char *error)
{
    static const char *const members[] = {"player", "connection", "request", NULL};
    json_object *from = NULL;
    int rc = json_get_object_opt(o, "$", "issuer", &from, error);

    if (rc != 0 || from == NULL)
        return rc;
    rc = json_only(from, "$.issuer", members, error);
    if (rc == 0)
        rc = mm_shape_player(from, "$.issuer", "player", &issuer->player_id, error);
    if (rc == 0)
        rc = json_get_str_opt(from, "$.issuer", "connection", 1, MM_REQUEST_ID_MAX, &issuer->connection_id, error);
    if (rc == 0)
        rc = json_get_str_opt(from, "$.issuer", "request", 1, MM_REQUEST_ID_MAX, &issuer->request_id, error);
    return rc;
}

static int get_ticket_player(struct mm_player *p, json_object *o, const char *path, char *error)
{
    static const char *const members[] = {"id", "attributes", "latency", "team", NULL};
    int rc = mm_shape_object(o, path, members, error);

    if (rc == 0)
        rc = mm_shape_player(o, path, "id", &p->id, error);
    if (rc == 0)
        rc = json_get_object_opt(o, path, "attributes", &p->attributes, error);
    if (rc == 0)
        rc = json_get_object_opt(o, path, "latency", &p->latency_ms, error);
    return rc != 0 ? rc : json_get_str_opt(o, path, "team", 1, TRANSITION_TEXT_MAX, &p->team, error);
}

static int get_ticket_players(struct mm_transition *t, json_object *o, char *error)
{
    json_object *list = NULL;
    struct mm_player *players;
    char path[MM_PATH_SIZE];
    int rc = json_get_array(o, "$", "players", 1, t->backfill ? MM_BACKFILL_PLAYERS_MAX : MM_TICKET_PLAYERS_MAX, &list,
                            error);

    if (rc != 0)
        return rc;
    t->players = t->arrays = players = mem_alloc(json_object_array_length(list) * sizeof(*players));
    for (; rc == 0 && t->player_count < json_object_array_length(list); t->player_count++)
        rc = get_ticket_player(&players[t->player_count], json_object_array_get_idx(list, t->player_count),
                               mm_path(path, "$.players[%zu]", t->player_count), error);
    return rc;
}

static int get_backfill(struct mm_transition *t, json_object *o, char *error)
{
    static const char *const members[] = {"game_session", NULL};
    json_object *from = NULL;
    int rc = json_get_object_opt(o, "$", "backfill", &from, error);

    t->backfill = from != NULL;
    if (rc == 0 && from != NULL)
        rc = json_only(from, "$.backfill", members, error);
    if (rc == 0 && from != NULL)
        rc = json_get_str_opt(from, "$.backfill", "game_session", 1, TRANSITION_TEXT_MAX, &t->game_session, error);
    return rc;
}

static int get_waiting(struct mm_transition *t, json_object *o, char *error)
{
    int64_t order = 0;
    int rc = json_get_int_opt(o, "$", "order", 1, TRANSITION_TIME_MAX_MS, &order, error);

    t->order = (uint64_t)order;
    t->since_ms = t->start_ms;
    if (rc == 0)
        rc = json_get_int_opt(o, "$", "since", 0, TRANSITION_TIME_MAX_MS, &t->since_ms, error);
    return rc != 0 ? rc : json_get_str_opt(o, "$", "reason", 1, TRANSITION_TEXT_MAX, &t->reason, error);
}

static int get_ended(struct mm_transition *t, json_object *o, char *error)
{
    int rc = get_text(o, "reason", &t->reason, error);

    if (rc == 0)
        rc = transition_name_opt(o, "match", &t->match_id, error);
    return rc != 0 ? rc : transition_issuer(&t->issuer, o, error);
}

static int decode_ticket(struct mm_transition *t, json_object *o, char *error)
{
    static const char *const waits[] = {"ticket", "state", "configuration", "start",    "players",
                                        "order",  "since", "reason",        "backfill", NULL};
    static const char *const ended[] = {"ticket", "state",  "configuration", "start",    "players",
                                        "reason", "issuer", "match",         "backfill", NULL};
    int state = 0, rc = transition_name_of(o, "state", mm_ticket_state_names, MM_TICKET_STATES, &state, error);

    t->state = (enum mm_ticket_state)state;
    if (rc == 0)
        rc = json_only(o, "$", t->state == MM_SEARCHING ? waits : ended, error);
    if (rc == 0)
        rc = mm_shape_name(o, "$", "ticket", &t->ticket_id, error);
    if (rc == 0)
        rc = mm_shape_name(o, "$", "configuration", &t->configuration, error);
    if (rc == 0)
        rc = transition_time(o, "$", "start", &t->start_ms, error);
    if (rc == 0)
        rc = t->state == MM_SEARCHING ? get_waiting(t, o, error) : get_ended(t, o, error);
    if (rc == 0)
        rc = get_backfill(t, o, error);
    return rc != 0 ? rc : get_ticket_players(t, o, error);
}

static int decode_refused(struct mm_transition *t, json_object *o, char *error)
{
    static const char *const members[] = {"refused", "message", "ticket", "players", "issuer", NULL};
    int rc = json_only(o, "$", members, error);

    if (rc == 0)
        rc = get_text(o, "refused", &t->reason, error);
    if (rc == 0)
        rc = get_text(o, "message", &t->message, error);
    if (rc == 0)
        rc = mm_shape_name(o, "$", "ticket", &t->ticket_id, error);
    if (rc == 0 && json_object_object_get_ex(o, "players", NULL))
        rc = get_ticket_players(t, o, error);
    return rc != 0 ? rc : transition_issuer(&t->issuer, o, error);
}

static int decode_why(struct mm_transition *t, json_object *o, char *error)
{
    static const char *const members[] = {"why", "ticket", "issuer", NULL};
    int rc = json_only(o, "$", members, error);

    if (rc == 0)
        rc = json_get_object_opt(o, "$", "why", &t->why, error);
    if (rc == 0)
        rc = mm_shape_name(o, "$", "ticket", &t->ticket_id, error);
    return rc != 0 ? rc : transition_issuer(&t->issuer, o, error);
}

static int decode_dead_letter(struct mm_transition *t, json_object *o, char *error)
{
    static const char *const members[] = {"dead_letter", "reason", "attempts", NULL};
    int rc = json_only(o, "$", members, error);

    if (rc == 0)
        rc = json_get_int(o, "$", "dead_letter", 0, INT64_MAX, &t->offset, error);
    if (rc == 0)
        rc = json_get_int_opt(o, "$", "attempts", 1, INT64_MAX, &t->attempts, error);
    return rc != 0 ? rc : get_text(o, "reason", &t->reason, error);
}

static int decode_redriven(struct mm_transition *t, json_object *o, char *error)
{
    static const char *const members[] = {"redriven", "at", NULL};
    int rc = json_only(o, "$", members, error);

    if (rc == 0)
        rc = json_get_int(o, "$", "redriven", 0, INT64_MAX, &t->offset, error);
    return rc != 0 ? rc : json_get_int(o, "$", "at", 1, TRANSITION_TIME_MAX_MS, &t->at_ms, error);
}

static int decode_ended(struct mm_transition *t, json_object *o, char *error)
{
    static const char *const members[] = {"ended", "hashes", NULL};
    int rc = json_only(o, "$", members, error);

    if (rc == 0)
        rc = json_get_int(o, "$", "ended", 0, TRANSITION_TIME_MAX_MS, &t->ended_ms, error);
    if (rc == 0)
        rc = json_get_str(o, "$", "hashes", 16, SIZE_MAX, &t->hashes, error);
    if (rc == 0 && (strlen(t->hashes) % 16 != 0 || strspn(t->hashes, "0123456789abcdef") != strlen(t->hashes)))
        rc = json_fail(error, "$.hashes", "must be 16 hex digits for each ticket");
    return rc;
}

/* The first mark that is there says the kind: a dropped proposal has two. */
static const struct {
    const char *mark;
    enum mm_transition_kind kind;
    int (*decode)(struct mm_transition *t, json_object *o, char *error);
} kinds[] = {
    {"state", MM_TICKET, decode_ticket},
    {"outcome", MM_DROPPED, transition_dropped},
    {"proposal", MM_PROPOSAL, transition_proposal},
    {"match", MM_MATCH, transition_match},
    {"refused", MM_REFUSED, decode_refused},
    {"why", MM_WHY, decode_why},
    {"dead_letter", MM_DEAD_LETTER, decode_dead_letter},
    {"redriven", MM_REDRIVEN, decode_redriven},
    {"ended", MM_ENDED, decode_ended},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

int mm_transition_decode(struct mm_transition *t, json_object *o, char error[MM_ERROR_SIZE])
{
    int rc = mm_shape_object(o, "$", NULL, error);
    size_t i = 0;

    *t = (struct mm_transition){.ticket_id = "",
                                .configuration = "",
                                .reason = "",
                                .message = "",
                                .match_id = "",
                                .game_session = "",
                                .backfill_id = "",
                                .hashes = "",
                                .issuer = {"", "", ""}};
    if (rc != 0)
        return rc;
    while (i < KINDS && !json_object_object_get_ex(o, kinds[i].mark, NULL))
        i++;
    if (i == KINDS)
        return json_fail(error, "$",
                         "must have one of state, proposal, match, refused, why, dead_letter, redriven, ended");
    t->kind = kinds[i].kind;
    rc = kinds[i].decode(t, o, error);
    if (rc != 0)
        mm_transition_clear(t);
    return rc;
}

void mm_transition_clear(struct mm_transition *t)
{
    free(t->arrays);
    t->arrays = NULL;
    t->players = NULL;
    t->teams = NULL;
    t->rules = NULL;
    t->player_count = t->team_count = t->rule_count = 0;
}
