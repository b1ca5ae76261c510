#include "mm_search.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "mm_search_private.h"

#define OLDER_MAX 16 /* tickets asked whether they can be in a match, too; more only when many wait long in vain */

struct mm_search *mm_search_new(const struct mm_plan *plan)
{
    struct mm_search *s = MEM_NEW(struct mm_search);

    s->plan = plan;
    s->lineup = mm_lineup_new(plan->rules);
    s->scratch = mm_scratch_new();
    mm_candidates_init(&s->candidates, plan);
    mm_candidates_init(&s->drivers, plan);
    s->passed = mem_alloc(plan->rules->rule_count * sizeof(*s->passed));
    s->failed = mem_alloc(plan->rules->rule_count * sizeof(*s->failed));
    s->team_order = mem_alloc(plan->rules->team_count * sizeof(*s->team_order));
    return s;
}

void mm_search_free(struct mm_search **s)
{
    if (*s == NULL)
        return;
    mm_lineup_free(&(*s)->lineup);
    mm_scratch_free(&(*s)->scratch);
    mm_candidates_free(&(*s)->candidates);
    mm_candidates_free(&(*s)->drivers);
    free((*s)->passed);
    free((*s)->failed);
    free((*s)->team_order);
    free(*s);
    *s = NULL;
}

/* What the search was not asked because the pool's order says it already. */
static void count_implied(struct mm_search *s)
{
    for (size_t i = 0; i < s->plan->implied_count; i++)
        s->passed[s->plan->implied[i]]++;
}

static uint64_t oldest_of(const struct mm_lineup *l, size_t team)
{
    uint64_t oldest = UINT64_MAX;

    for (int16_t seat = l->teams[team].first; seat >= 0; seat = l->seats[seat].next) {
        const struct mm_ticket *t = l->tickets[l->seats[seat].ticket].owner;

        oldest = t->order < oldest ? t->order : oldest;
    }
    return oldest;
}

/* By insertion: teams that a rule tells apart, and those of a game that is on, stay where they are. */
static void order_teams(struct mm_search *s)
{
    const struct mm_lineup *l = s->lineup;

    for (size_t i = 0; i < s->plan->rules->team_count; i++) {
        uint64_t oldest = oldest_of(l, i);
        size_t place = i;

        s->team_order[i] = (uint16_t)i;
        if (s->seated.backfill)
            continue;
        for (size_t j = i; j-- > 0;) {
            if (s->plan->alike[j] != s->plan->alike[i] || oldest_of(l, s->team_order[j]) < oldest)
                continue;
            s->team_order[place] = s->team_order[j];
            s->team_order[j] = (uint16_t)i;
            place = j;
        }
    }
}

static void begin(struct mm_search *s, const struct mm_query *q)
{
    s->q = q;
    s->work = q->work;
    memset(s->passed, 0, s->plan->rules->rule_count * sizeof(*s->passed));
    memset(s->failed, 0, s->plan->rules->rule_count * sizeof(*s->failed));
}

static enum mm_found end(struct mm_search *s, enum mm_found found)
{
    if (found == MM_FOUND_MATCH) {
        count_implied(s);
        order_teams(s);
    }
    return found;
}

enum mm_found mm_search_driven(struct mm_search *s, const struct mm_query *q)
{
    begin(s, q);
    return end(s, search_find(s, q->ticket, NULL));
}

static uint64_t oldest_in(const struct mm_lineup *l)
{
    uint64_t oldest = UINT64_MAX;

    for (size_t i = 0; i < l->ticket_count; i++) {
        const struct mm_ticket *t = l->tickets[i].owner;

        oldest = t->order < oldest ? t->order : oldest;
    }
    return oldest;
}

static size_t sort_in(struct mm_ticket *older[OLDER_MAX], size_t count, struct mm_ticket *t)
{
    size_t at = count;

    for (; at > 0 && older[at - 1]->order > t->order; at--) {
        if (at < OLDER_MAX)
            older[at] = older[at - 1];
    }
    if (at < OLDER_MAX)
        older[at] = t;
    return count < OLDER_MAX ? count + 1 : count;
}

/* The oldest of all parts: what can be matched apart from each other is still told in the order of its waiting. */
static size_t those_before(struct mm_search *s, uint64_t order, struct mm_ticket *older[OLDER_MAX])
{
    const struct mm_parts *parts = &s->q->pool->parts;
    struct mm_candidates_query q = {
        .pools = s->q->pools, .narrow = mm_narrow_none(), .before = order, .now_ms = s->q->now_ms, .by_age = true};
    const struct mm_candidate *c;
    size_t count = 0;

    for (size_t i = 0; i < parts->count && i < OLDER_MAX; i++) {
        q.part = parts->list[i];
        mm_candidates_begin(&s->drivers, &q);
        for (size_t j = 0; j < OLDER_MAX && (c = mm_candidates_get(&s->drivers, j, &s->work)) != NULL; j++)
            count = sort_in(older, count, c->ticket);
    }
    return count;
}

enum mm_found mm_search_oldest(struct mm_search *s, const struct mm_query *q)
{
    struct mm_ticket *older[OLDER_MAX];
    struct mm_query of_older = *q;
    enum mm_found found = mm_search_driven(s, q);
    size_t count = found == MM_FOUND_MATCH ? those_before(s, oldest_in(s->lineup), older) : 0;

    for (size_t i = 0; i < count; i++) {
        of_older.ticket = older[i];
        if (mm_search_entered(s, &of_older) == MM_FOUND_MATCH)
            return MM_FOUND_MATCH;
    }
    return count > 0 ? mm_search_driven(s, q) : found;
}

/* Each that could drive a match with the ticket in it: the older ones, or, of one that came back, the younger ones. */
static enum mm_found find_among_others(struct mm_search *s)
{
    struct mm_ticket *t = s->q->ticket;
    struct mm_candidates_query q = {
        .pools = s->q->pools,
        .part = t->part,
        .around = t,
        .after = search_age_is_of_oldest(s) ? 0 : t->order,
        .before = search_age_is_of_oldest(s) ? t->order : UINT64_MAX,
        .now_ms = s->q->now_ms,
        .by_age = true,
    };
    struct mm_narrow nobody = mm_narrow_none();
    struct mm_candidate self;
    const struct mm_candidate *driver;
    int bound;

    if (!search_age_is_of_oldest(s) && t->part->newest <= t->order)
        return MM_FOUND_NOTHING;
    mm_candidate_read(&self, s->plan, NULL, t);
    if (!mm_narrow_by(s->plan, NULL, &nobody, &self, &q.narrow, &bound))
        return MM_FOUND_NOTHING;
    mm_candidates_begin(&s->drivers, &q);
    for (size_t i = 0; (driver = mm_candidates_get(&s->drivers, i, &s->work)) != NULL; i++) {
        enum mm_found found = search_find(s, driver->ticket, t);

        if (found != MM_FOUND_NOTHING)
            return found;
    }
    return s->work > 0 ? MM_FOUND_NOTHING : MM_FOUND_UNFINISHED;
}

enum mm_found mm_search_entered(struct mm_search *s, const struct mm_query *q)
{
    enum mm_found found = MM_FOUND_NOTHING;

    begin(s, q);
    if (search_age_is_of_oldest(s))
        found = find_among_others(s);
    if (found == MM_FOUND_NOTHING)
        found = search_find(s, q->ticket, NULL);
    if (found == MM_FOUND_NOTHING && !search_age_is_of_oldest(s))
        found = find_among_others(s);
    return end(s, found);
}

const struct mm_lineup *mm_search_lineup(const struct mm_search *s)
{
    return s->lineup;
}

const uint16_t *mm_search_team_order(const struct mm_search *s)
{
    return s->team_order;
}

const int64_t *mm_search_passed(const struct mm_search *s)
{
    return s->passed;
}

const int64_t *mm_search_failed(const struct mm_search *s)
{
    return s->failed;
}
