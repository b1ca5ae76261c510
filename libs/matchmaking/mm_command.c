#include "mm_command.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "id.h"
#include "mem.h"
#include "mm_attributes.h"
#include "mm_shape.h"

#define TEXT_MAX_BYTES 128

const char *const mm_command_names[MM_COMMAND_TYPES] = {
    [MM_START] = "StartMatchmaking", [MM_STOP] = "StopMatchmaking",        [MM_LEFT] = "PlayerLeft",
    [MM_ACCEPT] = "AcceptMatch",     [MM_BACKFILL] = "StartMatchBackfill", [MM_DESCRIBE] = "DescribeMatchmaking",
};

static int get_attributes(struct mm_player *p, json_object *o, const char *path, char *error)
{
    char at[MM_PATH_SIZE];
    int rc = json_get_object_opt(o, path, "PlayerAttributes", &p->attributes, error);

    if (rc != 0 || p->attributes == NULL)
        return rc;
    mm_path(at, "%s.PlayerAttributes", path);
    return mm_attributes_check(p->attributes, at, error);
}

static int get_latency(struct mm_player *p, json_object *o, const char *path, char *error)
{
    char at[MM_PATH_SIZE];
    int rc = json_get_object_opt(o, path, "LatencyInMs", &p->latency_ms, error);

    if (rc != 0 || p->latency_ms == NULL)
        return rc;
    mm_path(at, "%s.LatencyInMs", path);
    return mm_latency_check(p->latency_ms, at, error);
}

/* Room for count players, of which there are none yet. */
static struct mm_player *players_new(struct mm_command *c, size_t count)
{
    c->players = c->arrays = mem_alloc(count * sizeof(*c->players));
    c->player_count = 0;
    return c->arrays;
}

static int check_new_player(const struct mm_command *c, const char *id, const char *path, char *error)
{
    for (size_t i = 0; i < c->player_count; i++) {
        if (strcmp(c->players[i].id, id) == 0)
            return json_fail(error, path, "names player \"%s\" a second time", id);
    }
    return 0;
}

static int parse_player(const struct mm_command *c, struct mm_player *p, json_object *o, char *error)
{
    static const char *const waiting[] = {"PlayerId", "PlayerAttributes", "LatencyInMs", NULL};
    static const char *const playing[] = {"PlayerId", "PlayerAttributes", "LatencyInMs", "Team", NULL};
    char path[MM_PATH_SIZE];
    int rc;

    mm_path(path, "$.Players[%zu]", c->player_count);
    rc = mm_shape_object(o, path, c->type == MM_BACKFILL ? playing : waiting, error);
    if (rc == 0)
        rc = mm_shape_player(o, path, "PlayerId", &p->id, error);
    if (rc == 0)
        rc = check_new_player(c, p->id, path, error);
    if (rc == 0)
        rc = get_attributes(p, o, path, error);
    if (rc == 0)
        rc = get_latency(p, o, path, error);
    if (rc == 0 && c->type == MM_BACKFILL)
        rc = json_get_str(o, path, "Team", 1, TEXT_MAX_BYTES, &p->team, error);
    return rc;
}

static int parse_players(struct mm_command *c, size_t max, char *error)
{
    json_object *list = NULL;
    struct mm_player *players;
    int rc = json_get_array(c->root, "$", "Players", 1, max, &list, error);

    if (rc != 0)
        return rc;
    players = players_new(c, json_object_array_length(list));
    for (size_t i = 0; rc == 0 && i < json_object_array_length(list); i++) {
        rc = parse_player(c, &players[i], json_object_array_get_idx(list, i), error);
        c->player_count += rc == 0;
    }
    return rc;
}

static int parse_start(struct mm_command *c, char *error)
{
    int rc = mm_shape_name(c->root, "$", "ConfigurationName", &c->configuration, error);

    return rc != 0 ? rc : parse_players(c, MM_TICKET_PLAYERS_MAX, error);
}

static int parse_backfill(struct mm_command *c, char *error)
{
    int rc = mm_shape_name(c->root, "$", "ConfigurationName", &c->configuration, error);

    if (rc == 0)
        rc = json_get_str_opt(c->root, "$", "GameSessionArn", 1, MM_GAME_SESSION_MAX, &c->game_session, error);
    return rc != 0 ? rc : parse_players(c, MM_BACKFILL_PLAYERS_MAX, error);
}

static int parse_left(struct mm_command *c, char *error)
{
    int rc = mm_shape_player(c->root, "$", "PlayerId", &players_new(c, 1)->id, error);

    c->player_count = rc == 0;
    if (rc == 0)
        rc = json_get_str(c->root, "$", "ConnectionId", 0, MM_REQUEST_ID_MAX, &c->issuer.connection_id, error);
    return rc;
}

static int parse_player_id(struct mm_command *c, struct mm_player *p, json_object *o, char *error)
{
    char path[MM_PATH_SIZE];

    mm_path(path, "$.PlayerIds[%zu]", c->player_count);
    p->id = json_object_is_type(o, json_type_string) ? json_object_get_string(o) : "";
    if (!id_player_valid(p->id, strlen(p->id)))
        return json_fail(error, path, "must be a player id");
    return check_new_player(c, p->id, path, error);
}

static int parse_answer(struct mm_command *c, char *error)
{
    static const char *const answers[] = {"REJECT", "ACCEPT"};
    const char *text = "";
    int answer = 0, rc = json_get_str(c->root, "$", "AcceptanceType", 0, TEXT_MAX_BYTES, &text, error);

    if (rc == 0)
        rc = mm_shape_choice(text, "$.AcceptanceType", answers, 2, &answer, error);
    c->accepts = answer == 1;
    if (rc == 0 && json_object_object_get_ex(c->root, "MatchId", NULL))
        rc = mm_shape_name(c->root, "$", "MatchId", &c->match_id, error);
    return rc;
}

static int parse_accept(struct mm_command *c, char *error)
{
    json_object *list = NULL;
    struct mm_player *players;
    int rc = parse_answer(c, error);

    if (rc == 0)
        rc = json_get_array(c->root, "$", "PlayerIds", 1, MM_TICKET_PLAYERS_MAX, &list, error);
    if (rc != 0)
        return rc;
    players = players_new(c, json_object_array_length(list));
    for (size_t i = 0; rc == 0 && i < json_object_array_length(list); i++) {
        rc = parse_player_id(c, &players[i], json_object_array_get_idx(list, i), error);
        c->player_count += rc == 0;
    }
    return rc;
}

static int get_ticket_id(struct mm_command *c, char *error)
{
    return mm_shape_name(c->root, "$", "TicketId", &c->ticket_id, error);
}

static int get_only_ticket_id(struct mm_command *c, char *error)
{
    json_object *list = NULL, *id;
    int rc = json_get_array(c->root, "$", "TicketIds", 1, 1, &list, error);

    if (rc != 0)
        return rc;
    id = json_object_array_get_idx(list, 0);
    if (!json_object_is_type(id, json_type_string) ||
        !id_ticket_valid(json_object_get_string(id), (size_t)json_object_get_string_len(id)))
        return json_fail(error, "$.TicketIds[0]", "must be 1 to %d letters, digits, '-' and '.'", ID_TICKET_MAX);
    c->ticket_id = json_object_get_string(id);
    return 0;
}

static const char *const start_members[] = {"ConfigurationName", "TicketId", "Players", NULL};
static const char *const stop_members[] = {"TicketId", NULL};
static const char *const left_members[] = {"TicketId", "PlayerId", "ConnectionId", NULL};
static const char *const accept_members[] = {"TicketId", "PlayerIds", "AcceptanceType", "MatchId", NULL};
static const char *const backfill_members[] = {"ConfigurationName", "TicketId", "GameSessionArn", "Players", NULL};
static const char *const describe_members[] = {"TicketIds", NULL};

static const struct {
    const char *const *members;
    int (*parse_id)(struct mm_command *c, char *error);
    int (*parse_rest)(struct mm_command *c, char *error); /* NULL: the ticket id is all */
} readers[MM_COMMAND_TYPES] = {
    [MM_START] = {start_members, get_ticket_id, parse_start},
    [MM_STOP] = {stop_members, get_ticket_id, NULL},
    [MM_LEFT] = {left_members, get_ticket_id, parse_left},
    [MM_ACCEPT] = {accept_members, get_ticket_id, parse_accept},
    [MM_BACKFILL] = {backfill_members, get_ticket_id, parse_backfill},
    [MM_DESCRIBE] = {describe_members, get_only_ticket_id, NULL},
};

static const struct mm_command nothing = {
    .ticket_id = "", .configuration = "", .match_id = "", .game_session = "", .issuer = {"", "", ""}};

static int parse_value(struct mm_command *c, const char *value, size_t len, char *error)
{
    int rc;

    if (len > MM_COMMAND_MAX_BYTES)
        return json_fail(error, "$", "must have at most %d bytes, has %zu", MM_COMMAND_MAX_BYTES, len);
    rc = json_parse(value, len, &c->root, error);
    if (rc == 0)
        rc = mm_shape_object(c->root, "$", readers[c->type].members, error);
    if (rc == 0)
        rc = readers[c->type].parse_id(c, error);
    if (rc == 0 && readers[c->type].parse_rest != NULL)
        rc = readers[c->type].parse_rest(c, error);
    return rc;
}

int mm_command_parse(struct mm_command *out, const char *type_name, const char *value, size_t len,
                     char error[MM_ERROR_SIZE])
{
    int rc, type = 0;

    *out = nothing;
    rc = mm_shape_choice(type_name, "ce_type", mm_command_names, MM_COMMAND_TYPES, &type, error);
    out->type = (enum mm_command_type)type;
    if (rc == 0)
        rc = parse_value(out, value, len, error);
    if (rc != 0)
        mm_command_clear(out);
    return rc;
}

void mm_command_clear(struct mm_command *c)
{
    json_object_put(c->root);
    free(c->arrays);
    *c = nothing;
}
