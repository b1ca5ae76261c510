#include "found.h"

#include <stdbool.h>
#include <string.h>

#include "clock.h"

#define PATH "$.data"

struct census {
    size_t players;
    bool self, opponent;
};

static void count_team(struct census *c, json_object *team, const char *self, const char *opponent)
{
    if (!json_object_is_type(team, json_type_array))
        return;
    for (size_t i = 0; i < json_object_array_length(team); i++) {
        json_object *id = json_object_array_get_idx(team, i);
        const char *text = json_object_is_type(id, json_type_string) ? json_object_get_string(id) : "";

        c->players++;
        c->self |= strcmp(text, self) == 0;
        c->opponent |= strcmp(text, opponent) == 0;
    }
}

static int check_teams(json_object *data, const char *self, const char *opponent, char *error)
{
    struct json_object_iterator at, end;
    json_object *teams = NULL;
    struct census c = {0};

    if (json_get_object_opt(data, PATH, "teams", &teams, error) != 0)
        return -1;
    if (teams == NULL)
        return json_fail(error, PATH, "has no teams");
    at = json_object_iter_begin(teams);
    end = json_object_iter_end(teams);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
        count_team(&c, json_object_iter_peek_value(&at), self, opponent);
    if (c.players != 2 || !c.self || !c.opponent)
        return json_fail(error, PATH ".teams", "%zu players, with %s: %s, with the opponent: %s", c.players, self,
                         c.self ? "yes" : "no", c.opponent ? "yes" : "no");
    return 0;
}

int found_parse(struct found *out, json_object *data, const char *self, char error[JSON_ERROR_SIZE])
{
    const char *timestamp;

    out->ticket_id = "";
    if (!json_object_is_type(data, json_type_object))
        return json_fail(error, PATH, "must be an object");
    if (json_get_str(data, PATH, "match_id", 1, 256, &out->match_id, error) != 0 ||
        json_get_str(data, PATH, "opponent", 1, 256, &out->opponent, error) != 0 ||
        json_get_str(data, PATH, "timestamp", 1, 64, &timestamp, error) != 0 ||
        json_get_str_opt(data, PATH, "ticket_id", 1, 256, &out->ticket_id, error) != 0)
        return -1;
    if (clock_rfc3339_parse(timestamp, &out->made_ms) != 0)
        return json_fail(error, PATH ".timestamp", "must be RFC 3339 with milliseconds, is \"%s\"", timestamp);
    return check_teams(data, self, out->opponent, error);
}
