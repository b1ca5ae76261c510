#include "mm_why_pairs.h"

#include <math.h>
#include <stdlib.h>

#include "mem.h"

struct look {
    const struct mm_why *w;
    struct mm_why_pairs *p;
    struct mm_lineup *lineup;
    struct mm_scratch *scratch;
    bool *lasts; /* [rule_count] enforced, and a failure of it lasts */
    const struct mm_phase *phase;
    int64_t age_ms;
    size_t checks;
};

static bool counts_only(const struct mm_expr *e)
{
    return e == NULL || e->source == MM_SOURCE_TEAMS || e->source == MM_SOURCE_PLAYERS || mm_expr_is_constant(e);
}

static bool says_something_of_pairs(const struct mm_ruleset *r, size_t rule)
{
    const struct mm_rule *what = &r->rules[rule];

    if (what->measurement_count == 0)
        return true;
    for (size_t i = 0; i < what->measurement_count; i++) {
        if (!counts_only(what->measurements[i]))
            return true;
    }
    return !counts_only(r->phases[0].rules[rule].reference);
}

/* ---- seats ------------------------------------------------------------------------------------------------------ */

static size_t open_seats(const struct look *k, size_t team)
{
    size_t max = mm_phase_size(k->w->rules, k->phase, team).max, taken = k->lineup->teams[team].count;

    return taken < max ? max - taken : 0;
}

/* Teams below their minimum come first, among them the one with most open seats. */
static bool comes_before(const struct look *k, size_t a, size_t b)
{
    bool a_below = k->lineup->teams[a].count < mm_phase_size(k->w->rules, k->phase, a).min;
    bool b_below = k->lineup->teams[b].count < mm_phase_size(k->w->rules, k->phase, b).min;

    return a_below != b_below ? a_below : open_seats(k, a) > open_seats(k, b);
}

/* The best team that has room and was not tried; MM_NEVER: none. */
static int best_team(const struct look *k, size_t players, const bool *tried)
{
    int best = MM_NEVER;

    for (size_t i = 0; i < k->w->rules->team_count; i++) {
        if (!tried[i] && open_seats(k, i) >= players && (best == MM_NEVER || comes_before(k, i, (size_t)best)))
            best = (int)i;
    }
    return best;
}

static struct mm_verdict check(struct look *k, size_t rule)
{
    k->checks++;
    return mm_check_rule(k->w->rules, rule, k->phase, k->lineup, k->scratch);
}

static bool may_go_on(struct look *k)
{
    for (size_t i = 0; i < k->w->rules->rule_count; i++) {
        if (k->lasts[i] && !check(k, i).passed)
            return false;
    }
    return true;
}

/* In the first team in which nothing is broken for good, else in the first with room; false: there is none. */
static bool seat(struct look *k, const struct mm_facts *f)
{
    bool tried[MM_MATCH_PLAYERS_MAX] = {false};
    int first = MM_NEVER, team;

    if (k->lineup->seat_count + f->player_count > MM_MATCH_PLAYERS_MAX)
        return false;
    if (mm_facts_is_backfill(f)) {
        mm_lineup_seat(k->lineup, f, NULL, 0);
        return true;
    }
    while ((team = best_team(k, f->player_count, tried)) != MM_NEVER) {
        mm_lineup_seat(k->lineup, f, NULL, (size_t)team);
        if (may_go_on(k))
            return true;
        mm_lineup_unseat(k->lineup);
        tried[team] = true;
        first = first == MM_NEVER ? team : first;
    }
    if (first != MM_NEVER)
        mm_lineup_seat(k->lineup, f, NULL, (size_t)first);
    return first != MM_NEVER;
}

/* Both, a backfill ticket first: its players have their seats. */
static bool seat_pair(struct look *k, const struct mm_facts *other)
{
    const struct mm_facts *own = k->w->facts;
    bool oldest = k->w->rules->algorithm.age_of_oldest;
    int64_t since_ms = (own->since_ms < other->since_ms) == oldest ? own->since_ms : other->since_ms;
    bool other_first = mm_facts_is_backfill(other);

    k->age_ms = k->w->now_ms > since_ms ? k->w->now_ms - since_ms : 0;
    k->phase = mm_ruleset_phase(k->w->rules, k->age_ms);
    mm_lineup_clear(k->lineup);
    if (other_first && mm_facts_is_backfill(own))
        return false;
    return seat(k, other_first ? other : own) && seat(k, other_first ? own : other);
}

/* ---- verdicts --------------------------------------------------------------------------------------------------- */

static void note_failure(struct mm_why_rule *rule, const struct mm_verdict *v, const struct mm_facts *other)
{
    rule->failed++;
    if (!v->measured || !isfinite(v->found) || !isfinite(v->allowed))
        return;
    if (rule->nearest != NULL && fabs(v->found - v->allowed) >= fabs(rule->found - rule->allowed))
        return;
    rule->nearest = other;
    rule->found = v->found;
    rule->allowed = v->allowed;
}

static void look_at(struct look *k, const struct mm_facts *other)
{
    bool all = true;

    k->p->looked_at++;
    if (!seat_pair(k, other)) {
        k->p->no_room++;
        return;
    }
    for (size_t i = 0; i < k->w->rules->rule_count; i++) {
        struct mm_why_rule *rule = &k->p->rules[i];
        struct mm_verdict v;

        if (!rule->asked)
            continue;
        v = check(k, i);
        all = all && v.passed;
        if (v.passed)
            rule->passed++;
        else
            note_failure(rule, &v, other);
    }
    k->p->pass_all += all;
}

/* When will another number be in force for the nearest pair? */
static void look_ahead(struct look *k, size_t i)
{
    struct mm_why_rule *rule = &k->p->rules[i];
    const struct mm_ruleset *r = k->w->rules;

    rule->next_allowed = (double)NAN;
    if (rule->nearest == NULL || !seat_pair(k, rule->nearest))
        return;
    for (const struct mm_phase *p = k->phase + 1; p < r->phases + r->phase_count; p++) {
        struct mm_verdict v = mm_check_rule(r, i, p, k->lineup, k->scratch);

        if (v.measured && v.allowed == rule->allowed)
            continue;
        rule->next_allowed = v.measured && isfinite(v.allowed) ? v.allowed : (double)NAN;
        rule->next_in_ms = p->wait_ms - k->age_ms;
        return;
    }
}

void mm_why_look(struct mm_why_pairs *p, const struct mm_why *w)
{
    size_t rules = w->rules->rule_count;
    struct look k = {.w = w,
                     .p = p,
                     .lineup = mm_lineup_new(w->rules),
                     .scratch = mm_scratch_new(),
                     .lasts = mem_alloc(rules * sizeof(bool))};
    const struct mm_facts *other;

    *p = (struct mm_why_pairs){.rules = mem_alloc(rules * sizeof(*p->rules))};
    for (size_t i = 0; i < rules; i++) {
        p->rules[i].asked = mm_rule_counts(w->rules, i) && says_something_of_pairs(w->rules, i);
        k.lasts[i] = mm_rule_counts(w->rules, i) && mm_rule_failure_lasts(w->rules, i);
    }
    while (p->looked_at < MM_WHY_TICKETS_MAX && k.checks < MM_WHY_CHECKS_MAX && (other = w->next(w->arg)) != NULL)
        look_at(&k, other);
    for (size_t i = 0; i < rules; i++)
        look_ahead(&k, i);
    mm_lineup_free(&k.lineup);
    mm_scratch_free(&k.scratch);
    free(k.lasts);
}

void mm_why_pairs_clear(struct mm_why_pairs *p)
{
    free(p->rules);
    *p = (struct mm_why_pairs){0};
}
