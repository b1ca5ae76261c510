/*
 * mm_world.h - for tests of the engine: rule sets from strings, commands in a line, and what was emitted as short
 * lines:
 *   t1 SEARCHING                     t1 SEARCHING acceptance_failed
 *   t1 CANCELLED replaced            t1 refused ticket_exists
 *   t1+t2 MATCH                      tickets, by teams
 *   t1+t2 PROPOSED -y                a proposal, and its players' answers: y, n, or - for none yet
 *   t1+t2 DROPPED rejected ny
 *   t1 WHY {...}
 * Asserts of Check write to a pipe each time; where thousands are made, ck_abort_msg stands behind an if. Everything
 * emitted is also kept as JSON with its time, as the journal would have it.
 */
#ifndef TESTS_MM_WORLD_H
#define TESTS_MM_WORLD_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "mem.h"
#include "mm_engine.h"

struct entry {
    int64_t at_ms;
    char *json;
};

struct world {
    struct mm_catalog *catalog;
    struct mm_engine *engine;
    int64_t now_ms;
    struct buf log;
    struct entry *journal;
    size_t journal_count;
};

static void world_put_tickets(struct buf *log, const struct mm_transition *t)
{
    const char *last = "";

    for (size_t i = 0; i < t->team_count; i++) {
        for (size_t j = 0; j < t->teams[i].player_count; j++) {
            const char *id = t->teams[i].players[j].ticket_id;

            if (strcmp(id, last) != 0)
                buf_printf(log, "%s%s", last[0] != '\0' ? "+" : "", id);
            last = id;
        }
    }
}

static void world_put_answers(struct buf *log, const struct mm_transition *t)
{
    for (size_t i = 0; i < t->team_count; i++)
        for (size_t j = 0; j < t->teams[i].player_count; j++)
            buf_printf(log, "%c", "-yn"[t->teams[i].players[j].answer]);
    buf_str(log, "\n");
}

static void world_put_line(struct buf *log, const struct mm_transition *t)
{
    if (t->kind == MM_REDRIVEN)
        buf_printf(log, "redriven %lld", (long long)t->offset);
    else if (t->kind == MM_MATCH || t->kind == MM_PROPOSAL || t->kind == MM_DROPPED)
        world_put_tickets(log, t);
    else
        buf_str(log, t->ticket_id);
    if (t->kind == MM_REDRIVEN)
        buf_str(log, "\n");
    else if (t->kind == MM_MATCH)
        buf_str(log, " MATCH\n");
    else if (t->kind == MM_PROPOSAL)
        buf_str(log, " PROPOSED ");
    else if (t->kind == MM_DROPPED)
        buf_printf(log, " DROPPED %s ", mm_outcome_names[t->outcome]);
    else if (t->kind == MM_REFUSED)
        buf_printf(log, " refused %s\n", t->reason);
    else if (t->kind == MM_WHY)
        buf_printf(log, " WHY %s\n", t->why_text);
    else
        buf_printf(log, " %s%s%s\n", mm_ticket_state_names[t->state], t->reason[0] == '\0' ? "" : " ", t->reason);
    if (t->kind == MM_PROPOSAL || t->kind == MM_DROPPED)
        world_put_answers(log, t);
}

static void world_on_transition(void *arg, const struct mm_transition *t)
{
    struct world *w = arg;
    struct buf json = {0};

    mm_transition_encode(t, &json);
    w->journal = mem_realloc(w->journal, w->journal_count + 1, sizeof(*w->journal));
    w->journal[w->journal_count++] = (struct entry){w->now_ms, buf_take(&json)};
    world_put_line(&w->log, t);
}

/* arg: a function from a rule set's name to its text. */
static char *world_load(void *arg, const char *name, size_t *len, char error[MM_ERROR_SIZE])
{
    const char *(**text)(const char *) = arg;
    const char *found = (*text)(name);

    (void)error;
    *len = strlen(found);
    return mem_strdup(found);
}

static void world_open(struct world *w, const char *configurations, const char *(*rules)(const char *name))
{
    char error[MM_ERROR_SIZE];

    *w = (struct world){.now_ms = 1000000};
    ck_assert_msg(
        mm_catalog_parse(&w->catalog, configurations, strlen(configurations), 12, world_load, &rules, error) == 0, "%s",
        error);
    w->engine = mm_engine_new(w->catalog, 0, world_on_transition, w);
    mm_engine_seed(w->engine, 7);
    buf_str(&w->log, "");
}

static inline void world_forget_journal(struct world *w)
{
    for (size_t i = 0; i < w->journal_count; i++)
        free(w->journal[i].json);
    free(w->journal);
    w->journal = NULL;
    w->journal_count = 0;
}

static void world_close(struct world *w)
{
    mm_engine_free(&w->engine);
    mm_catalog_free(&w->catalog);
    world_forget_journal(w);
    buf_free(&w->log);
}

/* e takes over the first `count` records of w's journal. */
static inline void world_replay(struct mm_engine *e, const struct world *w, size_t count)
{
    char error[MM_ERROR_SIZE];

    for (size_t i = 0; i < count; i++) {
        struct mm_transition t;
        json_object *o = NULL;

        if (json_parse(w->journal[i].json, strlen(w->journal[i].json), &o, error) != 0 ||
            mm_transition_decode(&t, o, error) != 0)
            ck_abort_msg("%s: %s", w->journal[i].json, error);
        mm_engine_restore(e, w->journal[i].at_ms, &t);
        mm_transition_clear(&t);
        json_object_put(o);
    }
}

/* A second engine on w's catalog that has read the first `count` records of its journal. */
static inline void world_restore(struct world *restored, const struct world *w, size_t count)
{
    *restored = (struct world){.now_ms = w->now_ms};
    restored->engine = mm_engine_new(w->catalog, 0, world_on_transition, restored);
    buf_str(&restored->log, "");
    world_replay(restored->engine, w, count);
    ck_assert_str_eq(restored->log.data, "");
}

struct asked { /* a start; what is 0 or NULL is usual: issued and started now, by its player, in "duel" */
    const char *ticket_id, *player_id, *configuration, *attributes, *issuer, *second_player;
    double skill;
    int64_t issued_ago_ms, started_ago_ms;
    struct mm_origin origin;
};

static inline void world_start(struct world *w, const struct asked *a)
{
    struct mm_player players[] = {{.id = a->player_id}, {.id = a->second_player}};
    struct mm_command c = {
        .type = MM_START,
        .ticket_id = a->ticket_id,
        .configuration = a->configuration != NULL ? a->configuration : "duel",
        .players = players,
        .player_count = a->second_player != NULL ? 2 : 1,
        .issuer = {a->issuer != NULL ? a->issuer : a->player_id, "conn", "\"r\""},
        .issued_ms = w->now_ms - a->issued_ago_ms,
        .start_ms = w->now_ms - a->started_ago_ms,
        .since_ms = a->origin.time_ms != 0 ? w->now_ms : 0,
        .origin = a->origin,
    };
    struct buf text = {0};
    char error[MM_ERROR_SIZE];

    if (a->attributes != NULL)
        buf_str(&text, a->attributes);
    else {
        buf_str(&text, "{\"skill\":{\"N\":");
        buf_json_num(&text, a->skill);
        buf_str(&text, "}}");
    }
    if (json_parse(text.data, text.len, &players[0].attributes, error) != 0)
        ck_abort_msg("%s", error);
    mm_engine_apply(w->engine, w->now_ms, &c);
    json_object_put(players[0].attributes);
    buf_free(&text);
}

static inline void world_stop(struct world *w, const char *ticket_id, const char *issuer)
{
    struct mm_command c = {
        .type = MM_STOP, .ticket_id = ticket_id, .configuration = "", .issuer = {issuer, "conn", "\"r\""}};

    mm_engine_apply(w->engine, w->now_ms, &c);
}

static inline void world_left(struct world *w, const char *ticket_id, const char *player_id)
{
    struct mm_command c = {.type = MM_LEFT,
                           .ticket_id = ticket_id,
                           .configuration = "",
                           .players = &(struct mm_player){.id = player_id},
                           .player_count = 1,
                           .issuer = {"", "conn", ""}};

    mm_engine_apply(w->engine, w->now_ms, &c);
}

/* match_id: "" for any. */
static inline void world_answer(struct world *w, const char *ticket_id, const char *player_id, bool accepts,
                                const char *match_id)
{
    struct mm_command c = {.type = MM_ACCEPT,
                           .ticket_id = ticket_id,
                           .players = &(struct mm_player){.id = player_id},
                           .player_count = 1,
                           .accepts = accepts,
                           .match_id = match_id,
                           .issuer = {player_id, "conn", "\"r\""}};

    mm_engine_apply(w->engine, w->now_ms, &c);
}

/* One player, who is in team red. */
static inline void world_backfill(struct world *w, const char *ticket_id, const char *player_id,
                                  const char *game_session)
{
    json_object *skill = NULL;
    char error[MM_ERROR_SIZE];
    int rc = json_parse("{\"skill\":{\"N\":1500}}", 20, &skill, error);
    struct mm_command c = {.type = MM_BACKFILL,
                           .ticket_id = ticket_id,
                           .configuration = "duel",
                           .game_session = game_session,
                           .players = &(struct mm_player){.id = player_id, .attributes = skill, .team = "red"},
                           .player_count = 1,
                           .issuer = {"", "", ""},
                           .start_ms = w->now_ms};

    if (rc != 0)
        ck_abort_msg("%s", error);
    mm_engine_apply(w->engine, w->now_ms, &c);
    json_object_put(skill);
}

static inline void world_tick(struct world *w, int64_t now_ms)
{
    w->now_ms = now_ms;
    mm_engine_tick(w->engine, now_ms, SIZE_MAX);
}

#endif
