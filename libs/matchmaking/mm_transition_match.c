#include <string.h>

#include "mem.h"
#include "mm_ruleset.h"
#include "mm_shape.h"
#include "mm_transition_private.h"

static int get_answer(struct mm_match_player *p, json_object *o, const char *path, char *error)
{
    bool accepted = false;
    int rc = json_get_bool_opt(o, path, "accepted", &accepted, error);

    if (rc == 0 && json_object_object_get_ex(o, "accepted", NULL))
        p->answer = accepted ? MM_ACCEPTED : MM_REJECTED;
    return rc;
}

static int get_member(enum mm_transition_kind kind, struct mm_match_player *p, json_object *o, const char *path,
                      char *error)
{
    static const char *const matched[] = {"id", "ticket", "start", "attributes", NULL};
    static const char *const proposed[] = {"id", "ticket", "start", "accepted", NULL};
    int rc = mm_shape_object(o, path, kind == MM_MATCH ? matched : proposed, error);

    if (rc == 0)
        rc = mm_shape_player(o, path, "id", &p->id, error);
    if (rc == 0)
        rc = mm_shape_name(o, path, "ticket", &p->ticket_id, error);
    if (rc == 0)
        rc = transition_time(o, path, "start", &p->start_ms, error);
    if (rc == 0)
        rc = get_answer(p, o, path, error);
    return rc != 0 ? rc : json_get_object_opt(o, path, "attributes", &p->attributes, error);
}

/* Sets how many there are; the players are read when there is room for them. */
static int get_team(struct mm_match_team *team, json_object *o, const char *path, char *error)
{
    static const char *const members[] = {"name", "players", NULL};
    json_object *list = NULL;
    int rc = mm_shape_object(o, path, members, error);

    if (rc == 0)
        rc = json_get_str(o, path, "name", 1, TRANSITION_TEXT_MAX, &team->name, error);
    if (rc == 0)
        rc = json_get_array(o, path, "players", 0, MM_MATCH_PLAYERS_MAX, &list, error);
    team->player_count = rc == 0 ? json_object_array_length(list) : 0;
    return rc;
}

static int get_members(const struct mm_transition *t, struct mm_match_team *team, json_object *o, const char *path,
                       char *error)
{
    json_object *list = json_object_object_get(o, "players");
    char at[MM_PATH_SIZE];
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < team->player_count; i++)
        rc = get_member(t->kind, &team->players[i], json_object_array_get_idx(list, i),
                        mm_path(at, "%s.players[%zu]", path, i), error);
    return rc;
}

static int get_tally(struct mm_tally *tally, json_object *o, const char *path, char *error)
{
    json_object *rule = json_object_array_get_idx(o, 0);

    if (json_object_array_length(o) != 3 || !json_object_is_type(rule, json_type_string) ||
        !json_object_is_type(json_object_array_get_idx(o, 1), json_type_int) ||
        !json_object_is_type(json_object_array_get_idx(o, 2), json_type_int))
        return json_fail(error, path, "must be [rule, passed, failed]");
    *tally = (struct mm_tally){json_object_get_string(rule), json_object_get_int64(json_object_array_get_idx(o, 1)),
                               json_object_get_int64(json_object_array_get_idx(o, 2))};
    return 0;
}

static int get_rules(struct mm_tally *rules, json_object *list, char *error)
{
    char path[MM_PATH_SIZE];
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < json_object_array_length(list); i++) {
        json_object *o = json_object_array_get_idx(list, i);

        mm_path(path, "$.rules[%zu]", i);
        rc = json_object_is_type(o, json_type_array) ? get_tally(&rules[i], o, path, error)
                                                     : json_fail(error, path, "must be an array");
    }
    return rc;
}

static int count_players(struct mm_transition *t, json_object *list, struct mm_match_team *teams, size_t *players,
                         char *error)
{
    char path[MM_PATH_SIZE];
    int rc = 0;

    for (*players = 0; rc == 0 && t->team_count < json_object_array_length(list); t->team_count++) {
        rc = get_team(&teams[t->team_count], json_object_array_get_idx(list, t->team_count),
                      mm_path(path, "$.teams[%zu]", t->team_count), error);
        *players += teams[t->team_count].player_count;
    }
    if (rc == 0 && (*players == 0 || *players > MM_MATCH_PLAYERS_MAX))
        rc = json_fail(error, "$.teams", "must have 1 to %d players, have %zu", MM_MATCH_PLAYERS_MAX, *players);
    return rc;
}

/* Teams, then their players, then the rules. */
static int get_teams(struct mm_transition *t, json_object *o, char *error)
{
    struct mm_match_team teams[MM_MATCH_PLAYERS_MAX];
    json_object *list = NULL, *rules = NULL;
    struct mm_match_player *players;
    size_t count = 0, rule_count;
    char path[MM_PATH_SIZE];
    int rc = json_get_array(o, "$", "teams", 1, MM_MATCH_PLAYERS_MAX, &list, error);

    if (rc == 0)
        rc = mm_shape_array_opt(o, "$", "rules", MM_RULES_MAX, &rules, error);
    if (rc == 0)
        rc = count_players(t, list, teams, &count, error);
    if (rc != 0)
        return rc;
    rule_count = rules != NULL ? json_object_array_length(rules) : 0;
    t->arrays = t->teams =
        mem_alloc(t->team_count * sizeof(*teams) + count * sizeof(*players) + rule_count * sizeof(struct mm_tally));
    memcpy(t->teams, teams, t->team_count * sizeof(*teams));
    players = (struct mm_match_player *)(void *)&t->teams[t->team_count];
    for (size_t i = 0; rc == 0 && i < t->team_count; players += t->teams[i++].player_count) {
        t->teams[i].players = players;
        rc = get_members(t, &t->teams[i], json_object_array_get_idx(list, i), mm_path(path, "$.teams[%zu]", i), error);
    }
    t->rules = (struct mm_tally *)(void *)players;
    t->rule_count = rule_count;
    return rc != 0 || rules == NULL ? rc : get_rules((struct mm_tally *)(void *)players, rules, error);
}

/* key: the member that names it. */
static int get_match(struct mm_transition *t, json_object *o, const char *key, char *error)
{
    int rc = mm_shape_name(o, "$", key, &t->match_id, error);

    if (rc == 0)
        rc = mm_shape_name(o, "$", "configuration", &t->configuration, error);
    if (rc == 0)
        rc = transition_name_opt(o, "backfill", &t->backfill_id, error);
    if (rc == 0)
        rc = transition_issuer(&t->issuer, o, error);
    return rc != 0 ? rc : get_teams(t, o, error);
}

int transition_proposal(struct mm_transition *t, json_object *o, char *error)
{
    static const char *const members[] = {"proposal", "configuration", "at",     "until", "teams",
                                          "backfill", "rules",         "issuer", NULL};
    int rc = json_only(o, "$", members, error);

    if (rc == 0)
        rc = transition_time(o, "$", "at", &t->at_ms, error);
    if (rc == 0)
        rc = transition_time(o, "$", "until", &t->until_ms, error);
    return rc != 0 ? rc : get_match(t, o, "proposal", error);
}

int transition_dropped(struct mm_transition *t, json_object *o, char *error)
{
    static const char *const members[] = {"proposal", "configuration", "outcome", "teams", "backfill", "issuer", NULL};
    int outcome = 0, rc = json_only(o, "$", members, error);

    if (rc == 0)
        rc = transition_name_of(o, "outcome", mm_outcome_names, MM_OUTCOMES, &outcome, error);
    if (rc != 0)
        return rc;
    t->outcome = (enum mm_outcome)outcome;
    return get_match(t, o, "proposal", error);
}

int transition_match(struct mm_transition *t, json_object *o, char *error)
{
    static const char *const members[] = {"match", "configuration", "teams", "accepted", "backfill", "rules", NULL};
    int rc = json_only(o, "$", members, error);

    if (rc == 0)
        rc = json_get_bool_opt(o, "$", "accepted", &t->accepted, error);
    return rc != 0 ? rc : get_match(t, o, "match", error);
}
