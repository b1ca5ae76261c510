#include "mm_search_private.h"

#define OLDEST_SHARE 4 /* of the work that is left, for each that may be the oldest */

/* How many players teams lack to have their least. */
static size_t lacking_players(const struct mm_search *s)
{
    const struct mm_ruleset *r = s->plan->rules;
    size_t sum = 0;

    for (size_t i = 0; i < r->team_count; i++) {
        size_t min = mm_phase_size(r, s->phase, i).min, count = s->lineup->teams[i].count;

        sum += count < min ? min - count : 0;
    }
    return sum;
}

static bool own_teams_have_room(const struct mm_search *s, const struct mm_facts *f)
{
    for (size_t i = 0; i < f->player_count; i++) {
        size_t team = (size_t)f->players[i].team, count = 0;

        for (size_t j = 0; j < f->player_count; j++)
            count += f->players[j].team == f->players[i].team;
        if (s->lineup->teams[team].count + count > mm_phase_size(s->plan->rules, s->phase, team).max)
            return false;
    }
    return true;
}

/* In the team, or, for a backfill ticket, in its players' own. */
static bool has_room(const struct mm_search *s, const struct mm_facts *f, size_t team)
{
    if (s->lineup->seat_count + f->player_count > s->most_players)
        return false;
    if (mm_facts_is_backfill(f))
        return own_teams_have_room(s, f);
    return s->lineup->teams[team].count + f->player_count <= mm_phase_size(s->plan->rules, s->phase, team).max;
}

static bool is_tried(const struct search_teams *t, size_t team)
{
    return (t->tried[team / 64] >> (team % 64) & 1) != 0;
}

/* To a game that has seats to fill its teams are not alike, so while one waits every team is tried. */
static bool is_alike_empty(const struct mm_search *s, size_t team)
{
    const struct mm_lineup_team *teams = s->lineup->teams;
    size_t first = s->plan->alike[team];

    if (teams[team].count > 0 || s->q->ticket->part->backfill_players > 0)
        return false;
    for (size_t i = first; i < team; i++) {
        if (s->plan->alike[i] == first && teams[i].count == 0)
            return true;
    }
    return false;
}

static size_t first_untried(const struct mm_search *s, const struct mm_facts *f, const struct search_teams *t)
{
    size_t best = NO_TEAM, best_open = 0;
    bool best_below = false;

    for (size_t i = 0; i < s->plan->rules->team_count; i++) {
        struct mm_size size = mm_phase_size(s->plan->rules, s->phase, i);
        size_t count = s->lineup->teams[i].count, open = size.max > count ? size.max - count : 0;
        bool below = count < size.min;

        if (is_tried(t, i) || (best != NO_TEAM && (below < best_below || (below == best_below && open <= best_open))) ||
            !has_room(s, f, i) || is_alike_empty(s, i))
            continue;
        best = i;
        best_open = open;
        best_below = below;
    }
    return best;
}

size_t search_next_team(const struct mm_search *s, const struct mm_facts *f, struct search_teams *t)
{
    size_t team;

    if (mm_facts_is_backfill(f))
        team = !is_tried(t, 0) && has_room(s, f, 0) ? 0 : NO_TEAM;
    else
        team = first_untried(s, f, t);
    if (team != NO_TEAM)
        t->tried[team / 64] |= UINT64_C(1) << (team % 64);
    return team;
}

bool search_check(struct mm_search *s, const size_t *rules, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool passed = mm_check_rule(s->plan->rules, rules[i], s->phase, s->lineup, s->scratch).passed;

        s->work -= MM_WORK_CHECK;
        s->passed[rules[i]] += passed;
        s->failed[rules[i]] += !passed;
        if (!passed)
            return false;
    }
    return true;
}

bool search_is_legal(struct mm_search *s, const struct mm_narrow *narrow)
{
    const struct mm_lineup *l = s->lineup;

    if (narrow->backfill && l->ticket_count < 2)
        return false;
    if (!search_check(s, s->plan->late, s->plan->late_count))
        return false;
    return !s->plan->latency_rules_meet || mm_check_latency(s->plan->rules, s->phase, l) != 0;
}

/* ---- balance: before the way back into other tickets, the same ones in other teams ---- */

static uint64_t set_of(const struct mm_lineup *l)
{
    uint64_t sum = 1;

    for (size_t i = 0; i < l->ticket_count; i++) {
        const struct mm_ticket *t = l->tickets[i].owner;

        sum += (t->order * UINT64_C(0x9e3779b97f4a7c15)) ^ (t->order >> 7);
    }
    return sum;
}

/* The same tickets in evener teams, when that is legal; else all is as it was. */
static bool balance(struct mm_search *s, const struct mm_narrow *narrow)
{
    mm_seating_of(&s->before, s->lineup);
    s->after = s->before;
    s->work -= (int64_t)s->before.count;
    if (!mm_balance(s->plan, &s->after))
        return false;
    mm_seating_seat(&s->after, s->lineup);
    if (search_check(s, s->plan->early, s->plan->early_count) && search_is_legal(s, narrow))
        return true;
    mm_seating_seat(&s->before, s->lineup);
    return false;
}

static bool try_balanced(struct mm_search *s, const struct mm_narrow *narrow)
{
    uint64_t set, *place;

    if (s->plan->balance_slot == MM_NEVER)
        return false;
    set = set_of(s->lineup);
    place = &s->tried[set % TRIED_SETS];
    if (*place == set)
        return false;
    *place = set;
    return balance(s, narrow);
}

/* ---- into depth ---- */

static enum mm_found descend(struct mm_search *s, const struct mm_narrow *in, size_t from);

static struct mm_candidate *nth(struct mm_search *s, size_t i)
{
    if (i < s->forced_count)
        return &s->forced[i];
    return mm_candidates_get(&s->candidates, i - s->forced_count, &s->work);
}

/* Seats taken must leave enough for those that teams lack. */
static bool leaves_enough(const struct mm_search *s)
{
    return s->lineup->seat_count + lacking_players(s) <= s->most_players;
}

static enum mm_found seat(struct mm_search *s, const struct mm_narrow *narrow, struct mm_ticket *t, size_t next)
{
    struct search_teams tried = {{0}};
    enum mm_found found = MM_FOUND_NOTHING;
    size_t team;

    while (found == MM_FOUND_NOTHING && (team = search_next_team(s, t->facts, &tried)) != NO_TEAM) {
        s->work -= MM_WORK_SEAT;
        mm_lineup_seat(s->lineup, t->facts, t, team);
        if (leaves_enough(s) && search_sizes_fit(s) && search_check(s, s->plan->early, s->plan->early_count))
            found = descend(s, narrow, next);
        if (found != MM_FOUND_MATCH)
            mm_lineup_unseat(s->lineup);
    }
    return found;
}

static bool fits(struct mm_search *s, const struct mm_narrow *in, const struct mm_candidate *c, struct mm_narrow *out)
{
    int bound;

    if (!mm_narrow_by(s->plan, s->phase, in, c, out, &bound)) {
        if (bound != MM_NEVER)
            s->failed[s->plan->bounds[bound].rule]++;
        return false;
    }
    return s->phase->min_players < SEARCH_COUNTS_FROM || search_can_fill(s, out);
}

static bool is_match(struct mm_search *s, const struct mm_narrow *in, size_t lacking)
{
    if (lacking > 0)
        return false;
    if (!try_balanced(s, in) && !search_is_legal(s, in))
        return false;
    s->seated = *in;
    return true;
}

/*
 * No deeper than a match has tickets. from: of the candidates, those before it were tried. Those that are forced, and
 * the one that is to be the oldest of the others, are each the only one at their place.
 */
static enum mm_found descend(struct mm_search *s, const struct mm_narrow *in, size_t from)
{
    size_t lacking = lacking_players(s), i = from;
    bool forced = from < s->forced_count, first = from == s->forced_count && s->others != OTHERS_ANY;

    if (!forced && !(first && s->others == OTHERS_FROM_OLDEST) && is_match(s, in, lacking))
        return MM_FOUND_MATCH;
    if (s->lineup->seat_count == s->most_players || (first && s->others == OTHERS_NONE))
        return MM_FOUND_NOTHING;
    if (first)
        i += s->oldest;
    for (size_t only = i; !(forced || first) || i == only; i++) {
        enum mm_found found = MM_FOUND_NOTHING;
        const struct mm_candidate *c = s->work > 0 ? nth(s, i) : NULL;
        struct mm_narrow narrow;

        if (s->work <= 0)
            return MM_FOUND_UNFINISHED;
        if (c == NULL || (!forced && mm_candidates_lack(&s->candidates, i - s->forced_count, lacking)))
            return MM_FOUND_NOTHING;
        s->work -= MM_WORK_LOOK;
        if (fits(s, in, c, &narrow))
            found = seat(s, &narrow, c->ticket, i + 1);
        if (found != MM_FOUND_NOTHING)
            return found;
    }
    return MM_FOUND_NOTHING;
}

static enum mm_found seat_with(struct mm_search *s, enum search_others others)
{
    struct mm_narrow nobody = mm_narrow_none();

    s->others = others;
    mm_lineup_clear(s->lineup);
    return descend(s, &nobody, 0);
}

enum mm_found search_seat(struct mm_search *s)
{
    return seat_with(s, OTHERS_ANY);
}

/* With the next candidate as the oldest, within a part of the work that is left. */
static enum mm_found seat_with_oldest(struct mm_search *s, bool *unfinished)
{
    int64_t share = s->work / OLDEST_SHARE, rest = s->work - share;
    enum mm_found found;

    s->work = share;
    found = seat_with(s, OTHERS_FROM_OLDEST);
    s->work += rest;
    if (found != MM_FOUND_UNFINISHED)
        return found;
    *unfinished = true;
    return MM_FOUND_NOTHING;
}

/*
 * Into depth, the oldest candidate comes into all that is tried first, but only for one place of those who are forced.
 * It comes first for each of their places when it is forced, too, and then the next in its stead. And one who fits
 * nobody does not use up what there is for the others.
 */
enum mm_found search_seat_from_oldest(struct mm_search *s)
{
    enum mm_found found = MM_FOUND_NOTHING;
    bool unfinished = false;

    for (s->oldest = 0; found == MM_FOUND_NOTHING; s->oldest++) {
        if (mm_candidates_get(&s->candidates, s->oldest, &s->work) == NULL)
            break;
        found = seat_with_oldest(s, &unfinished);
    }
    if (found == MM_FOUND_NOTHING)
        found = seat_with(s, OTHERS_NONE);
    return found == MM_FOUND_NOTHING && unfinished ? MM_FOUND_UNFINISHED : found;
}
