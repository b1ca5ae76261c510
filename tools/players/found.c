#include "found.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

#define PATH "$.data"

struct census {
    struct found *found;
    const char *self;
    size_t own; /* how often self is there */
    bool in_team;
    const char *other_team, *team_mate; /* the first of each; NULL: none yet */
};

static void add_shape(struct found *f, size_t players)
{
    size_t len = strlen(f->shape);

    (void)snprintf(f->shape + len, sizeof(f->shape) - len, "%s%zu", len > 0 ? " v " : "", players);
}

static void count_player(struct census *c, const char *id)
{
    c->found->players++;
    if (strcmp(id, c->self) == 0)
        c->own++;
    else if (c->in_team && c->team_mate == NULL)
        c->team_mate = id;
    else if (!c->in_team && c->other_team == NULL)
        c->other_team = id;
}

static const char *text_at(json_object *list, size_t i)
{
    json_object *id = json_object_array_get_idx(list, i);

    return json_object_is_type(id, json_type_string) ? json_object_get_string(id) : "";
}

static int count_team(struct census *c, json_object *team, char *error)
{
    if (!json_object_is_type(team, json_type_array))
        return json_fail(error, PATH ".teams", "must have lists");
    c->in_team = false;
    for (size_t i = 0; i < json_object_array_length(team); i++)
        c->in_team = c->in_team || strcmp(text_at(team, i), c->self) == 0;
    for (size_t i = 0; i < json_object_array_length(team); i++)
        count_player(c, text_at(team, i));
    add_shape(c->found, json_object_array_length(team));
    return 0;
}

static int check_opponent(const struct census *c, char *error)
{
    const char *expected = c->other_team != NULL ? c->other_team : c->team_mate != NULL ? c->team_mate : "";

    if (strcmp(c->found->opponent, expected) == 0)
        return 0;
    return json_fail(error, PATH ".opponent", "must be \"%s\", is \"%s\"", expected, c->found->opponent);
}

static int read_teams(struct found *f, json_object *data, const char *self, char *error)
{
    struct json_object_iterator at, end;
    json_object *teams = NULL;
    struct census c = {.found = f, .self = self};

    if (json_get_object_opt(data, PATH, "teams", &teams, error) != 0)
        return -1;
    if (teams == NULL)
        return json_fail(error, PATH, "has no teams");
    at = json_object_iter_begin(teams);
    end = json_object_iter_end(teams);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        if (count_team(&c, json_object_iter_peek_value(&at), error) != 0)
            return -1;
    if (c.own != 1)
        return json_fail(error, PATH ".teams", "has %s %zu times", self, c.own);
    f->teams = json_text(teams, NULL);
    return check_opponent(&c, error);
}

int found_parse(struct found *out, json_object *data, const char *self, char error[JSON_ERROR_SIZE])
{
    const char *timestamp;

    *out = (struct found){.ticket_id = ""};
    if (!json_object_is_type(data, json_type_object))
        return json_fail(error, PATH, "must be an object");
    if (json_get_str(data, PATH, "match_id", 1, 256, &out->match_id, error) != 0 ||
        json_get_str(data, PATH, "opponent", 0, 256, &out->opponent, error) != 0 ||
        json_get_str(data, PATH, "timestamp", 1, 64, &timestamp, error) != 0 ||
        json_get_str_opt(data, PATH, "ticket_id", 1, 256, &out->ticket_id, error) != 0)
        return -1;
    if (clock_rfc3339_parse(timestamp, &out->made_ms) != 0)
        return json_fail(error, PATH ".timestamp", "must be RFC 3339 with milliseconds, is \"%s\"", timestamp);
    return read_teams(out, data, self, error);
}
