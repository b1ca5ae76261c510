#include "party.h"

#include <stdio.h>
#include <string.h>

#include "err.h"
#include "id.h"

#define PATH_SIZE 64

/* What `o` says about one player; the same for the asking one alone, in data, and for each of `players`. */
static int read_facts(struct mm_player *p, json_object *o, const char *path, char *error)
{
    char at[PATH_SIZE];
    json_object *plain = NULL;

    if (json_get_object_opt(o, path, "attributes", &plain, error) != 0 ||
        json_get_object_opt(o, path, "latency_ms", &p->latency_ms, error) != 0)
        return ERR_INVALID;
    (void)snprintf(at, sizeof(at), "%s.latency_ms", path);
    if (p->latency_ms != NULL && mm_latency_check(p->latency_ms, at, error) != 0)
        return ERR_INVALID;
    (void)snprintf(at, sizeof(at), "%s.attributes", path);
    return plain == NULL ? 0 : mm_attributes_from_plain(plain, at, &p->attributes, error);
}

static bool has_player(const struct party *p, const char *id)
{
    for (size_t i = 0; i < p->count; i++) {
        if (strcmp(p->players[i].id, id) == 0)
            return true;
    }
    return false;
}

static int read_id(struct party *p, json_object *o, const char *path, char *error)
{
    static const char *const members[] = {"player_id", "attributes", "latency_ms", NULL};
    const char *id;

    if (!json_object_is_type(o, json_type_object))
        return json_fail(error, path, "must be an object");
    if (json_only(o, path, members, error) != 0 ||
        json_get_str(o, path, "player_id", 1, ID_PLAYER_MAX, &id, error) != 0)
        return ERR_INVALID;
    if (!id_player_valid(id, strlen(id)))
        return json_fail(error, path, "player_id is not a valid player id");
    if (has_player(p, id))
        return json_fail(error, path, "player_id names a player for the second time");
    p->players[p->count++].id = id;
    return 0;
}

static int read_players(struct party *p, json_object *list, const char *self, char *error)
{
    char path[PATH_SIZE];

    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *o = json_object_array_get_idx(list, i);

        (void)snprintf(path, sizeof(path), "$.data.players[%zu]", i);
        if (read_id(p, o, path, error) != 0 || read_facts(&p->players[i], o, path, error) != 0)
            return ERR_INVALID;
    }
    return has_player(p, self) ? 0 : json_fail(error, "$.data.players", "must name the player who asks");
}

/* Of a party, each player's facts stand beside the player. */
static int read_list(struct party *p, json_object *data, const char *self, char *error)
{
    static const char *const members[] = {"configuration", "ticket_id", "players", NULL};
    json_object *list;

    if (json_only(data, "$.data", members, error) != 0 ||
        json_get_array(data, "$.data", "players", 1, MM_TICKET_PLAYERS_MAX, &list, error) != 0)
        return ERR_INVALID;
    return read_players(p, list, self, error);
}

int party_read(struct party *p, json_object *data, const char *self, char error[MM_ERROR_SIZE])
{
    int rc;

    *p = (struct party){.players = {{.id = self}}};
    if (json_object_object_get_ex(data, "players", NULL)) {
        rc = read_list(p, data, self, error);
    } else {
        p->count = 1;
        rc = read_facts(&p->players[0], data, "$.data", error);
    }
    if (rc != 0)
        party_clear(p);
    return rc;
}

void party_clear(struct party *p)
{
    for (size_t i = 0; i < p->count; i++)
        json_object_put(p->players[i].attributes);
    *p = (struct party){0};
}
