/*
 * mm_field.h - a pool of tickets on a virtual clock around mm_search, without an engine: tickets come, phases begin,
 * and matches are made. What was made is a line each: "12s red: a b, blue: c d".
 *
 * Tickets: [{'at':0,'players':[{'id':'a','skill':10}],'team':'red'?}], in order of arrival; at: seconds. Times are
 * those of mm_scene.h. team: a backfill ticket.
 */
#ifndef TESTS_MM_FIELD_H
#define TESTS_MM_FIELD_H

#include "mm_part.h"
#include "mm_scene.h"
#include "mm_search.h"

#define FIELD_TICKETS_MAX 400
#define FIELD_NEVER       INT64_MAX

struct field {
    struct scene scene;
    struct mm_plan *plan;
    struct mm_search *search;
    struct mm_parts parts;
    struct mm_pools pools; /* of which only by_number is used */
    struct mm_pool pool;
    struct mm_ticket *tickets[FIELD_TICKETS_MAX]; /* NULL: matched */
    int64_t at_ms[FIELD_TICKETS_MAX], due_ms[FIELD_TICKETS_MAX];
    size_t count;
    int64_t now_ms;
    struct buf log;
};

static inline void field_open(struct field *f, const char *rules)
{
    *f = (struct field){.pool.request_timeout_ms = INT64_C(1) << 40};
    scene_open(&f->scene, rules);
    f->plan = mm_plan_new(f->scene.rules);
    f->search = mm_search_new(f->plan);
    f->parts.plan = f->plan;
    f->pools.by_number = f->tickets;
    buf_str(&f->log, "");
}

static inline void field_forget(struct field *f, struct mm_ticket *t)
{
    mm_part_remove(&f->parts, t->part, t->facts, t->order);
    f->tickets[t->number] = NULL;
    free(t->facts);
    free(t);
}

static inline void field_close(struct field *f)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->tickets[i] == NULL)
            continue;
        free(f->tickets[i]->facts);
        free(f->tickets[i]);
    }
    mm_parts_free(&f->parts);
    mm_search_free(&f->search);
    mm_plan_free(&f->plan);
    scene_close(&f->scene);
    buf_free(&f->log);
}

/* Not in the pool yet. */
static inline void field_add(struct field *f, json_object *players, const char *team, int64_t at_ms)
{
    struct mm_ticket *t = MEM_NEW(struct mm_ticket);
    const char *code;

    t->facts = scene_ticket(&f->scene, players, team, &code);
    if (t->facts == NULL)
        ck_abort_msg("ticket %zu: %s", f->count, code);
    t->facts->since_ms = t->start_ms = at_ms;
    t->player_count = (uint8_t)t->facts->player_count;
    t->number = (uint32_t)f->count;
    t->order = f->count + 1;
    t->pool = &f->pool;
    f->at_ms[f->count] = f->due_ms[f->count] = at_ms;
    f->tickets[f->count++] = t;
}

static inline void field_add_all(struct field *f, const char *text)
{
    json_object *all = scene_json(text), *players, *at, *team;

    for (size_t i = 0; i < json_object_array_length(all); i++) {
        json_object *o = json_object_array_get_idx(all, i);

        json_object_object_get_ex(o, "players", &players);
        field_add(f, players, json_object_object_get_ex(o, "team", &team) ? json_object_get_string(team) : NULL,
                  json_object_object_get_ex(o, "at", &at) ? (int64_t)(json_object_get_double(at) * 1000) : 0);
    }
    json_object_put(all);
}

/* By age in each team. */
static inline void field_log_team(struct field *f, size_t team)
{
    const struct mm_lineup *l = mm_search_lineup(f->search);

    for (uint64_t order = 1; order <= f->count; order++) {
        for (int16_t s = l->teams[team].first; s >= 0; s = l->seats[s].next) {
            const struct mm_ticket *t = l->tickets[l->seats[s].ticket].owner;

            if (t->order == order)
                buf_printf(&f->log, " %s", l->seats[s].player->id);
        }
    }
}

static inline void field_log_match(struct field *f)
{
    buf_printf(&f->log, "%gs", (double)f->now_ms / 1000);
    for (size_t i = 0; i < f->scene.rules->team_count; i++) {
        buf_printf(&f->log, "%s %s:", i > 0 ? "," : "", f->scene.rules->teams[i].name);
        field_log_team(f, mm_search_team_order(f->search)[i]);
    }
    buf_str(&f->log, "\n");
}

/* What was found obeys all, asked from the beginning. */
static inline void field_check_match(const struct field *f)
{
    const struct mm_lineup *l = mm_search_lineup(f->search);
    const struct mm_phase *phase = mm_ruleset_phase(f->scene.rules, mm_lineup_age_ms(l, f->now_ms));
    int failed;

    if (!mm_check_match(f->scene.rules, phase, l, f->scene.scratch, &failed))
        ck_abort_msg("at %g s rule %d of a match fails:\n%s", (double)f->now_ms / 1000, failed, f->log.data);
}

static inline void field_take_match(struct field *f)
{
    const struct mm_lineup *l = mm_search_lineup(f->search);
    struct mm_ticket *members[MM_MATCH_PLAYERS_MAX];
    size_t count = l->ticket_count;

    for (size_t i = 0; i < count; i++)
        members[i] = l->tickets[i].owner;
    for (size_t i = 0; i < count; i++)
        field_forget(f, members[i]);
}

/* What is due about a ticket: it comes in, a phase of it begins, or its search goes on. */
static inline enum mm_found field_look(struct field *f, struct mm_ticket *t)
{
    struct mm_query q = {.pools = &f->pools,
                         .pool = &f->pool,
                         .ticket = t,
                         .now_ms = f->now_ms,
                         .work = (int64_t)MM_WORK_FIRST << t->effort};
    enum mm_found found;

    if (t->part == NULL) {
        t->part = mm_parts_find(&f->parts, t->facts);
        if (t->part == NULL)
            return MM_FOUND_NOTHING;
        mm_part_insert(&f->parts, t->part, t->facts, t->order, t->number);
        found = mm_search_entered(f->search, &q);
    } else if (t->effort > 0) {
        found = mm_search_entered(f->search, &q);
    } else {
        found = mm_search_driven(f->search, &q);
    }
    return found;
}

static inline void field_schedule(struct field *f, size_t i, enum mm_found found)
{
    struct mm_ticket *t = f->tickets[i];
    int64_t next_ms = mm_plan_next_phase_ms(f->plan, f->now_ms - f->at_ms[i]);

    f->due_ms[i] = next_ms == INT64_MAX ? FIELD_NEVER : f->at_ms[i] + next_ms;
    if (found == MM_FOUND_UNFINISHED && t->effort + 1 < MM_WORK_LEVELS) {
        t->effort++;
        f->due_ms[i] = f->now_ms + 1 < f->due_ms[i] ? f->now_ms + 1 : f->due_ms[i];
    } else {
        t->effort = 0;
    }
}

static inline bool field_step(struct field *f)
{
    size_t best = FIELD_TICKETS_MAX;
    enum mm_found found;

    for (size_t i = 0; i < f->count; i++) {
        if (f->tickets[i] != NULL && f->due_ms[i] != FIELD_NEVER &&
            (best == FIELD_TICKETS_MAX || f->due_ms[i] < f->due_ms[best]))
            best = i;
    }
    if (best == FIELD_TICKETS_MAX)
        return false;
    f->now_ms = f->due_ms[best];
    found = field_look(f, f->tickets[best]);
    if (found == MM_FOUND_MATCH) {
        field_log_match(f);
        field_check_match(f);
        field_take_match(f);
    } else {
        field_schedule(f, best, found);
    }
    return true;
}

#endif
