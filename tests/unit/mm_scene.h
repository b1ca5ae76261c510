/*
 * mm_scene.h - a rule set and a line-up from text. Single quotes stand for double ones.
 *
 * A line-up: {'red':[[{'id':'a','skill':10},{'id':'b'}],[{'skill':3,'latency':{'eu':40}}]],'blue':[]}: by team its
 * tickets, of each its players; members of a player but id and latency are attributes. Who has no id gets one: p0, p1
 * ...
 */
#ifndef TESTS_MM_SCENE_H
#define TESTS_MM_SCENE_H

#include <check.h>
#include <json-c/linkhash.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "json.h"
#include "mem.h"
#include "mm_check.h"
#include "mm_value_json.h"

struct scene {
    struct mm_ruleset *rules;
    struct mm_lineup *lineup;
    struct mm_scratch *scratch;
    struct mm_locations locations;
    struct mm_facts *facts[MM_MATCH_PLAYERS_MAX];
    size_t count, players;
};

static inline json_object *scene_json(const char *text)
{
    char *quoted = mem_strdup(text), error[JSON_ERROR_SIZE];
    json_object *o = NULL;

    for (char *c = quoted; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    if (json_parse(quoted, strlen(quoted), &o, error) != 0)
        ck_abort_msg("%s: %s", quoted, error);
    free(quoted);
    return o;
}

static inline struct mm_ruleset *scene_rules(const char *text)
{
    struct mm_problems problems = {0};
    struct mm_ruleset *r = NULL;
    json_object *o = scene_json(text);
    char line[MM_PROBLEM_SIZE];

    text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
    if (mm_ruleset_parse(&r, "test", text, strlen(text), &problems) != 0) {
        mm_problems_line(&problems, line, sizeof(line));
        ck_abort_msg("%s: %s", text, line);
    }
    mm_problems_free(&problems);
    json_object_put(o);
    return r;
}

static inline void scene_open(struct scene *s, const char *rules)
{
    *s = (struct scene){.rules = scene_rules(rules), .scratch = mm_scratch_new()};
    s->lineup = mm_lineup_new(s->rules);
}

static inline void scene_clear(struct scene *s) /* nobody is seated */
{
    mm_lineup_clear(s->lineup);
    while (s->count > 0)
        free(s->facts[--s->count]);
    s->players = 0;
}

static inline void scene_close(struct scene *s)
{
    scene_clear(s);
    mm_lineup_free(&s->lineup);
    mm_scratch_free(&s->scratch);
    mm_ruleset_free(&s->rules);
    mm_locations_free(&s->locations);
}

/* Takes id and latency out of o; what stays is attributes. */
static inline struct mm_player scene_player(struct scene *s, json_object *o, char id[16])
{
    struct mm_player p = {.id = id};
    json_object *value;
    char error[MM_ERROR_SIZE];

    (void)snprintf(id, 16, "p%zu", s->players++);
    if (json_object_object_get_ex(o, "id", &value))
        (void)snprintf(id, 16, "%s", json_object_get_string(value));
    if (json_object_object_get_ex(o, "latency", &value))
        p.latency_ms = json_object_get(value);
    json_object_object_del(o, "id");
    json_object_object_del(o, "latency");
    if (mm_attributes_from_plain(o, "$", &p.attributes, error) != 0)
        ck_abort_msg("%s", error);
    return p;
}

/* The facts of a ticket; NULL: *code says why not. team: of a backfill ticket, or NULL. */
static inline struct mm_facts *scene_ticket(struct scene *s, json_object *players, const char *team, const char **code)
{
    struct mm_player list[MM_MATCH_PLAYERS_MAX];
    char ids[MM_MATCH_PLAYERS_MAX][16], message[MM_MESSAGE_SIZE];
    size_t n = json_object_array_length(players);
    struct mm_facts *f = NULL;

    for (size_t i = 0; i < n; i++) {
        list[i] = scene_player(s, json_object_array_get_idx(players, i), ids[i]);
        list[i].team = team;
    }
    *code = mm_facts_read(&f, s->rules, &s->locations, list, n, NULL, message);
    for (size_t i = 0; i < n; i++) {
        json_object_put(list[i].attributes);
        json_object_put(list[i].latency_ms);
    }
    return f;
}

static inline size_t scene_team(const struct scene *s, const char *name)
{
    for (size_t i = 0; i < s->rules->team_count; i++) {
        if (strcmp(s->rules->teams[i].name, name) == 0)
            return i;
    }
    ck_abort_msg("no team %s", name);
    return 0;
}

static inline void scene_seat_object(struct scene *s, json_object *teams)
{
    json_object_object_foreach(teams, name, tickets)
    {
        for (size_t i = 0; i < json_object_array_length(tickets); i++) {
            const char *code;
            struct mm_facts *f = scene_ticket(s, json_object_array_get_idx(tickets, i), NULL, &code);

            if (f == NULL)
                ck_abort_msg("%s: ticket %zu: %s", name, i, code);
            s->facts[s->count++] = f;
            mm_lineup_seat(s->lineup, f, NULL, scene_team(s, name));
        }
    }
}

static inline void scene_seat(struct scene *s, const char *teams)
{
    json_object *o = scene_json(teams);

    scene_seat_object(s, o);
    json_object_put(o);
}

#endif
