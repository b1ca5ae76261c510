#include "sim_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"
#include "mm_engine.h"

#define EPOCH_MS       INT64_C(1000000000000) /* the engine's clock when it begins: any time will do */
#define ENGINE_SEED    1                      /* of match ids, which no report shows */
#define TICK_TICKETS   1024
#define PROGRESS_STEPS 256

const char *const sim_state_names[SIM_STATES] = {"SEARCHING", "COMPLETED", "TIMED_OUT", "REFUSED"};

struct runner {
    struct sim_run *run;
    struct mm_engine *engine;
    int64_t now_ms; /* from the beginning */
};

static uint16_t team_number(struct sim_run *r, const char *name)
{
    size_t i = 0;

    while (i < r->team_count && strcmp(r->teams[i], name) != 0)
        i++;
    if (i == r->team_count) {
        r->teams = mem_realloc(r->teams, r->team_count + 1, sizeof(char *));
        r->teams[r->team_count++] = mem_strdup(name);
    }
    return (uint16_t)i;
}

static struct sim_outcome *outcome_of(struct sim_run *r, const char *ticket_id)
{
    size_t number = strtoull(ticket_id, NULL, 10);

    ASSERT(number < r->traffic->count);
    return &r->outcomes[number];
}

static void take_match(struct runner *r, const struct mm_transition *t)
{
    struct sim_run *run = r->run;

    run->match_count++;
    for (size_t i = 0; i < t->team_count; i++) {
        uint16_t team = team_number(run, t->teams[i].name);

        for (size_t j = 0; j < t->teams[i].player_count; j++)
            *outcome_of(run, t->teams[i].players[j].ticket_id) = (struct sim_outcome){
                .state = SIM_COMPLETED, .match = (uint32_t)run->match_count, .team = team, .end_ms = r->now_ms};
    }
}

static void on_transition(void *arg, const struct mm_transition *t)
{
    struct runner *r = arg;

    if (t->kind == MM_MATCH)
        take_match(r, t);
    else if (t->kind == MM_TICKET && t->state == MM_TIMED_OUT)
        *outcome_of(r->run, t->ticket_id) = (struct sim_outcome){.state = SIM_TIMED_OUT, .end_ms = r->now_ms};
    else if (t->kind == MM_REFUSED) {
        *outcome_of(r->run, t->ticket_id) = (struct sim_outcome){.state = SIM_REFUSED, .end_ms = r->now_ms};
        if (r->run->refusal[0] == '\0')
            (void)snprintf(r->run->refusal, sizeof(r->run->refusal), "%.100s: %.500s", t->reason, t->message);
    }
}

static void start_ticket(struct runner *r, size_t number)
{
    const struct sim_traffic *t = r->run->traffic;
    const struct sim_arrival *a = &t->list[number];
    char ticket_id[32], ids[MM_TICKET_PLAYERS_MAX][32];
    struct mm_player players[MM_TICKET_PLAYERS_MAX];
    struct mm_command c = {.type = MM_START,
                           .ticket_id = ticket_id,
                           .configuration = SIM_CONFIGURATION_NAME,
                           .players = players,
                           .player_count = a->count,
                           .issuer = {ids[0], "", ""},
                           .issued_ms = EPOCH_MS + r->now_ms,
                           .start_ms = EPOCH_MS + r->now_ms};

    (void)snprintf(ticket_id, sizeof(ticket_id), "%zu", number);
    for (size_t i = 0; i < a->count; i++) {
        (void)snprintf(ids[i], sizeof(ids[i]), "%zu-%zu", number, i);
        players[i] =
            (struct mm_player){.id = ids[i],
                               .attributes = sim_population_attributes(t->population, t->persons[a->first + i]),
                               .latency_ms = sim_population_latency(t->population, t->persons[a->first + i])};
    }
    mm_engine_apply(r->engine, EPOCH_MS + r->now_ms, &c);
    for (size_t i = 0; i < a->count; i++) {
        json_object_put(players[i].attributes);
        json_object_put(players[i].latency_ms);
    }
}

static void advance(struct runner *r, int64_t to_ms)
{
    r->now_ms = to_ms > r->now_ms ? to_ms : r->now_ms;
}

/* The next thing that happens: what is due, before whoever comes then. False: nothing more does. */
static bool step(struct runner *r, size_t *arrived)
{
    const struct sim_traffic *t = r->run->traffic;
    int64_t due_ms = mm_engine_due_ms(r->engine),
            next_ms = *arrived < t->count ? t->list[*arrived].at_ms : t->length_ms;

    if (due_ms != INT64_MAX && due_ms - EPOCH_MS <= next_ms) {
        advance(r, due_ms - EPOCH_MS);
        mm_engine_tick(r->engine, EPOCH_MS + r->now_ms, TICK_TICKETS);
        return true;
    }
    advance(r, next_ms);
    if (*arrived == t->count)
        return false;
    start_ticket(r, (*arrived)++);
    return true;
}

void sim_run_make(struct sim_run *out, const struct sim_rules *rules, const struct sim_traffic *traffic,
                  sim_progress_fn *progress, void *arg)
{
    struct runner r = {.run = out};
    size_t arrived = 0;

    *out = (struct sim_run){.rules = rules, .traffic = traffic};
    out->outcomes = mem_alloc(traffic->count * sizeof(*out->outcomes));
    for (size_t i = 0; i < traffic->count; i++)
        out->outcomes[i].end_ms = traffic->length_ms;
    r.engine = mm_engine_new(rules->catalog, 0, on_transition, &r);
    mm_engine_seed(r.engine, ENGINE_SEED);
    for (size_t steps = 1; step(&r, &arrived); steps++) {
        if (steps % PROGRESS_STEPS == 0)
            progress(arg, out, r.now_ms, arrived);
    }
    mm_engine_free(&r.engine);
}

void sim_run_free(struct sim_run *r)
{
    for (size_t i = 0; i < r->team_count; i++)
        free(r->teams[i]);
    free(r->teams);
    free(r->outcomes);
    *r = (struct sim_run){0};
}
