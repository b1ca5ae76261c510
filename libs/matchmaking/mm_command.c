#include "mm_command.h"

#include <string.h>

#include "err.h"
#include "mm_attributes.h"
#include "mm_shape.h"

const char *const mm_command_names[MM_COMMAND_TYPES] = {
    [MM_START] = "StartMatchmaking",
    [MM_STOP] = "StopMatchmaking",
    [MM_LEFT] = "PlayerLeft",
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

static int check_new_player(const struct mm_command *c, const char *id, const char *path, char *error)
{
    for (size_t i = 0; i < c->player_count; i++) {
        if (strcmp(c->players[i].id, id) == 0)
            return json_fail(error, path, "names player \"%s\" a second time", id);
    }
    return 0;
}

static int parse_player(struct mm_command *c, json_object *o, char *error)
{
    static const char *const members[] = {"PlayerId", "PlayerAttributes", "LatencyInMs", NULL};
    struct mm_player *p = &c->players[c->player_count];
    char path[MM_PATH_SIZE];
    int rc;

    mm_path(path, "$.Players[%zu]", c->player_count);
    rc = mm_shape_object(o, path, members, error);
    if (rc == 0)
        rc = mm_shape_player(o, path, "PlayerId", &p->id, error);
    if (rc == 0)
        rc = check_new_player(c, p->id, path, error);
    if (rc == 0)
        rc = get_attributes(p, o, path, error);
    if (rc == 0)
        rc = get_latency(p, o, path, error);
    c->player_count += rc == 0;
    return rc;
}

static int parse_start(struct mm_command *c, char *error)
{
    json_object *players = NULL;
    int rc = mm_shape_name(c->root, "$", "ConfigurationName", &c->configuration, error);

    if (rc == 0)
        rc = json_get_array(c->root, "$", "Players", 1, MM_TICKET_PLAYERS_MAX, &players, error);
    for (size_t i = 0; rc == 0 && i < json_object_array_length(players); i++)
        rc = parse_player(c, json_object_array_get_idx(players, i), error);
    return rc;
}

static int parse_left(struct mm_command *c, char *error)
{
    int rc = mm_shape_player(c->root, "$", "PlayerId", &c->players[0].id, error);

    c->player_count = rc == 0;
    if (rc == 0)
        rc = json_get_str(c->root, "$", "ConnectionId", 0, MM_REQUEST_ID_MAX, &c->issuer.connection_id, error);
    return rc;
}

static const char *const start_members[] = {"ConfigurationName", "TicketId", "Players", NULL};
static const char *const stop_members[] = {"TicketId", NULL};
static const char *const left_members[] = {"TicketId", "PlayerId", "ConnectionId", NULL};

static const struct {
    const char *const *members;
    int (*parse_rest)(struct mm_command *c, char *error); /* NULL: the ticket id is all */
} readers[MM_COMMAND_TYPES] = {
    [MM_START] = {start_members, parse_start},
    [MM_STOP] = {stop_members, NULL},
    [MM_LEFT] = {left_members, parse_left},
};

static int find_type(enum mm_command_type *out, const char *name, char *error)
{
    for (int i = 0; i < MM_COMMAND_TYPES; i++) {
        if (name != NULL && strcmp(name, mm_command_names[i]) == 0) {
            *out = (enum mm_command_type)i;
            return 0;
        }
    }
    return json_fail(error, "ce_type", "must be StartMatchmaking, StopMatchmaking or PlayerLeft, is \"%.100s\"",
                     name != NULL ? name : "");
}

static int parse_value(struct mm_command *c, const char *value, size_t len, char *error)
{
    int rc;

    if (len > MM_COMMAND_MAX_BYTES)
        return json_fail(error, "$", "must have at most %d bytes, has %zu", MM_COMMAND_MAX_BYTES, len);
    rc = json_parse(value, len, &c->root, error);
    if (rc == 0)
        rc = mm_shape_object(c->root, "$", readers[c->type].members, error);
    if (rc == 0)
        rc = mm_shape_name(c->root, "$", "TicketId", &c->ticket_id, error);
    if (rc == 0 && readers[c->type].parse_rest != NULL)
        rc = readers[c->type].parse_rest(c, error);
    return rc;
}

int mm_command_parse(struct mm_command *out, const char *type_name, const char *value, size_t len,
                     char error[MM_ERROR_SIZE])
{
    int rc;

    *out = (struct mm_command){.ticket_id = "", .configuration = "", .issuer = {"", "", ""}};
    rc = find_type(&out->type, type_name, error);
    if (rc == 0)
        rc = parse_value(out, value, len, error);
    if (rc != 0)
        mm_command_clear(out);
    return rc;
}

void mm_command_clear(struct mm_command *c)
{
    json_object_put(c->root);
    *c = (struct mm_command){.ticket_id = "", .configuration = "", .issuer = {"", "", ""}};
}

static void encode_member(struct buf *out, const char *name, json_object *value)
{
    size_t len;
    const char *text;

    if (value == NULL)
        return;
    text = json_text(value, &len);
    buf_printf(out, ",\"%s\":", name);
    buf_append(out, text, len);
}

static void encode_players(const struct mm_command *c, struct buf *out)
{
    buf_str(out, ",\"Players\":[");
    for (size_t i = 0; i < c->player_count; i++) {
        buf_str(out, i == 0 ? "{\"PlayerId\":" : ",{\"PlayerId\":");
        buf_json_cstr(out, c->players[i].id);
        encode_member(out, "PlayerAttributes", c->players[i].attributes);
        encode_member(out, "LatencyInMs", c->players[i].latency_ms);
        buf_str(out, "}");
    }
    buf_str(out, "]");
}

void mm_command_encode(const struct mm_command *c, struct buf *out)
{
    buf_str(out, "{\"TicketId\":");
    buf_json_cstr(out, c->ticket_id);
    if (c->type == MM_START) {
        buf_str(out, ",\"ConfigurationName\":");
        buf_json_cstr(out, c->configuration);
        encode_players(c, out);
    }
    if (c->type == MM_LEFT) {
        buf_str(out, ",\"PlayerId\":");
        buf_json_cstr(out, c->players[0].id);
        buf_str(out, ",\"ConnectionId\":");
        buf_json_cstr(out, c->issuer.connection_id);
    }
    buf_str(out, "}");
}
