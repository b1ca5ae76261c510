/* What is in force when: the changes of all expansions, in order of time, and whether each phase can be played. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "mm_ruleset_reader.h"

static int compare_changes(const void *a, const void *b)
{
    const struct mm_change *x = a, *y = b;

    if (x->wait_ms != y->wait_ms)
        return x->wait_ms < y->wait_ms ? -1 : 1;
    if (x->expansion != y->expansion)
        return x->expansion < y->expansion ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static struct mm_phase *add_phase(struct mm_ruleset *r, int64_t wait_ms)
{
    struct mm_phase *last, *p;

    r->phases = mem_realloc(r->phases, r->phase_count + 1, sizeof(*r->phases));
    last = &r->phases[r->phase_count - 1];
    p = &r->phases[r->phase_count++];
    *p = (struct mm_phase){.wait_ms = wait_ms};
    p->rules = mem_dup(last->rules, r->rule_count * sizeof(*p->rules));
    p->families = mem_dup(last->families, r->family_count * sizeof(*p->families));
    return p;
}

static void apply(struct mm_phase *p, const struct mm_change *c)
{
    switch (c->kind) {
    case MM_CHANGE_MIN_PLAYERS:
        p->families[c->index].min = (uint16_t)c->number;
        break;
    case MM_CHANGE_MAX_PLAYERS:
        p->families[c->index].max = (uint16_t)c->number;
        break;
    case MM_CHANGE_LIMIT:
        p->rules[c->index].limits[c->limit] = c->number;
        break;
    case MM_CHANGE_REFERENCE:
        p->rules[c->index].reference = c->reference;
        break;
    }
}

static void sum_players(const struct mm_ruleset *r, struct mm_phase *p)
{
    for (size_t i = 0; i < r->family_count; i++) {
        p->min_players += r->families[i].quantity * p->families[i].min;
        p->max_players += r->families[i].quantity * p->families[i].max;
    }
}

/* ---- what no phase may be, and what none is meant to be --------------------------------------------------------- */

/* path: of what made it so. */
static void check_size(const struct mm_reader *rd, const struct mm_phase *p, size_t family, const char *path)
{
    const struct mm_size *size = &p->families[family];
    const char *name = rd->r->families[family].name;

    if (size->min > size->max)
        mm_problem(rd->root.problems, path, "from %d s on, team \"%.*s\" has minPlayers %d, more than maxPlayers %d",
                   (int)(p->wait_ms / 1000), mm_shown(name, strlen(name)), name, size->min, size->max);
}

static void note_limits(const struct mm_reader *rd, const struct mm_phase *p, size_t rule, const char *path)
{
    static const enum mm_limit pairs[][2] = {{MM_MIN_DISTANCE, MM_MAX_DISTANCE}, {MM_MIN_COUNT, MM_MAX_COUNT}};
    const double *limits = p->rules[rule].limits;
    int from_s = (int)(p->wait_ms / 1000);

    if (limits[MM_MAX_LATENCY] < 1)
        mm_problem_note(rd->root.problems, path, "from %d s on, nothing passes: maxLatency is 0", from_s);
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        enum mm_limit least = pairs[i][0], most = pairs[i][1];

        if (limits[least] > limits[most])
            mm_problem_note(rd->root.problems, path, "from %d s on, nothing passes: %s %g is more than %s %g", from_s,
                            mm_limit_names[least], limits[least], mm_limit_names[most], limits[most]);
    }
}

static void check_players(const struct mm_reader *rd, const struct mm_phase *p, const char *path)
{
    if (p->max_players > MM_MATCH_PLAYERS_MAX)
        mm_problem(rd->root.problems, path, "from %d s on, a match has up to %zu players; %d are allowed",
                   (int)(p->wait_ms / 1000), p->max_players, MM_MATCH_PLAYERS_MAX);
    else if (p->max_players > MM_SMALL_MATCH_MAX && rd->r->algorithm.strategy != MM_BALANCED)
        mm_problem(rd->root.problems, path,
                   "from %d s on, a match has up to %zu players; more than %d need $.algorithm.strategy balanced",
                   (int)(p->wait_ms / 1000), p->max_players, MM_SMALL_MATCH_MAX);
}

static void check_first_phase(const struct mm_reader *rd, const struct mm_phase *p)
{
    char path[MM_PATH_SIZE];

    for (size_t i = 0; i < rd->r->family_count; i++)
        check_size(rd, p, i, mm_path(path, "$.teams[%zu]", i));
    for (size_t i = 0; i < rd->r->rule_count; i++)
        note_limits(rd, p, i, mm_path(path, "$.rules[%zu]", i));
    check_players(rd, p, "$.teams");
}

/* Only what changed: the rest was looked at in the phase before. */
static void check_phase(const struct mm_reader *rd, const struct mm_phase *p, const struct mm_change *changes,
                        size_t count)
{
    const struct mm_change *sized = NULL;
    char path[MM_PATH_SIZE];

    for (size_t i = 0; i < count; i++) {
        const struct mm_change *c = &changes[i];

        mm_path(path, "$.expansions[%zu].steps[%zu]", c->expansion, c->step);
        if (c->kind > MM_CHANGE_MAX_PLAYERS)
            note_limits(rd, p, c->index, path);
        else
            check_size(rd, p, c->index, path);
        sized = c->kind <= MM_CHANGE_MAX_PLAYERS ? c : sized;
    }
    if (sized != NULL)
        check_players(rd, p, mm_path(path, "$.expansions[%zu].steps[%zu]", sized->expansion, sized->step));
}

static void make_phases(struct mm_reader *rd)
{
    struct mm_ruleset *r = rd->r;
    size_t next;

    sum_players(r, &r->phases[0]);
    check_first_phase(rd, &r->phases[0]);
    for (size_t i = 0; i < rd->change_count; i = next) {
        struct mm_phase *p = add_phase(r, rd->changes[i].wait_ms);

        for (next = i; next < rd->change_count && rd->changes[next].wait_ms == p->wait_ms; next++)
            apply(p, &rd->changes[next]);
        sum_players(r, p);
        check_phase(rd, p, &rd->changes[i], next - i);
    }
}

/* ---- large matches ---------------------------------------------------------------------------------------------- */

/* FlexMatch's large matches know two types of rule; the others, and latency's maxDistance, are not looked at. */
static void note_rule(struct mm_reader *rd, size_t i)
{
    struct mm_rule *rule = &rd->r->rules[i];
    char path[MM_PATH_SIZE];
    bool distance = false;

    mm_path(path, "$.rules[%zu]", i);
    if (rule->type == MM_RULE_BATCH_DISTANCE || rule->type == MM_RULE_TYPES)
        return;
    if (rule->type != MM_RULE_LATENCY) {
        rule->enforced = false;
        mm_problem_note(rd->root.problems, path,
                        "has no effect: in a match of more than %d players, only latency and batchDistance rules have",
                        MM_SMALL_MATCH_MAX);
        return;
    }
    for (size_t p = 0; p < rd->r->phase_count; p++) {
        double *limit = &rd->r->phases[p].rules[i].limits[MM_MAX_DISTANCE];

        distance = distance || !isnan(*limit);
        *limit = (double)NAN;
    }
    if (distance)
        mm_problem_note(rd->root.problems, path,
                        "maxDistance has no effect: in a match of more than %d players, only maxLatency has",
                        MM_SMALL_MATCH_MAX);
}

void mm_resolve_phases(struct mm_reader *rd)
{
    struct mm_ruleset *r = rd->r;

    if (rd->change_count > 0)
        qsort(rd->changes, rd->change_count, sizeof(*rd->changes), compare_changes);
    make_phases(rd);
    for (size_t i = 0; i < r->phase_count; i++)
        r->large = r->large || r->phases[i].max_players > MM_SMALL_MATCH_MAX;
    for (size_t i = 0; r->large && r->algorithm.strategy == MM_BALANCED && i < r->rule_count; i++)
        note_rule(rd, i);
}
