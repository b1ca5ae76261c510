#include "mm_engine_private.h"
#include "mm_search.h"

/*
 * Of searches that did not end, those of a pool go on one after the other, at a rate that leaves a core nine tenths of
 * its time; and as long as some are to go on, new ones begin with less. After the largest budget a ticket is not given
 * up: it is tried with small ones in orders drawn at random, on a hundredth of a core.
 */
#define WORK_A_MS          4000
#define WORK_WHEN_BUSY     (MM_WORK_FIRST / 4)
#define WORK_SHUFFLED      INT64_C(80000) /* four times the first */
#define WORK_SHUFFLED_A_MS (WORK_A_MS / 10)
#define SHUFFLED           MM_WORK_LEVELS /* the effort of those */

static bool is_in_few(const struct mm_ticket *t)
{
    return t->part != NULL && t->part->count <= MM_SMALL_POOL;
}

static int64_t work_of(const struct mm_ticket *t, int64_t now_ms)
{
    if (t->effort == SHUFFLED)
        return WORK_SHUFFLED;
    if (is_in_few(t))
        return (int64_t)MM_WORK_FIRST << (MM_WORK_LEVELS - 1);
    if (t->effort == 0 && t->pool->busy_until_ms > now_ms)
        return WORK_WHEN_BUSY;
    return (int64_t)MM_WORK_FIRST << t->effort;
}

static enum mm_found look(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t)
{
    struct mm_query q = {.pools = &e->pools, .pool = t->pool, .ticket = t, .now_ms = now_ms};
    bool is_new = t->part == NULL, entered = is_new || t->is_back || t->effort > 0;

    t->is_back = false;
    if (t->facts == NULL || (is_new && !mm_ticket_enter(t)))
        return MM_FOUND_NOTHING;
    q.work = work_of(t, now_ms);
    q.shuffle = t->effort == SHUFFLED ? (uint64_t)now_ms | 1 : 0;
    if (entered)
        return mm_search_entered(t->pool->search, &q);
    if (mm_timers_second_ms(&e->pools.timers) <= now_ms)
        return mm_search_oldest(t->pool->search, &q);
    return mm_search_driven(t->pool->search, &q);
}

/* ---- a match ---- */

static size_t name_of_team(const struct mm_search *s, const struct mm_lineup *l, size_t team)
{
    const uint16_t *order = mm_search_team_order(s);
    size_t name = 0;

    while (name + 1 < l->rules->team_count && order[name] != team)
        name++;
    return name;
}

/* By age: who waited longest is named first in each team. */
static void sit(struct engine_seat *seats, size_t count, struct engine_seat seat)
{
    for (; count > 0 && seats[count - 1].ticket->order > seat.ticket->order; count--)
        seats[count] = seats[count - 1];
    seats[count] = seat;
}

static size_t count_rules(const struct mm_search *s, const struct mm_ruleset *r, struct mm_tally *out)
{
    size_t count = 0;

    for (size_t i = 0; i < r->rule_count; i++) {
        int64_t passed = mm_search_passed(s)[i], failed = mm_search_failed(s)[i];

        if (passed + failed > 0)
            out[count++] = (struct mm_tally){r->rules[i].name, passed, failed};
    }
    return count;
}

static void match(struct mm_engine *e, int64_t now_ms, struct mm_pool *pool)
{
    const struct mm_lineup *l = mm_search_lineup(pool->search);
    struct engine_seat seats[MM_MATCH_PLAYERS_MAX];
    struct mm_tally rules[MM_RULES_MAX];
    struct engine_line line = {.pool = pool, .seats = seats, .seat_count = l->ticket_count, .rules = rules};

    for (size_t i = 0; i < l->ticket_count; i++) {
        struct mm_ticket *t = l->tickets[i].owner;

        sit(seats, i, (struct engine_seat){t, name_of_team(pool->search, l, l->seats[l->tickets[i].first_seat].team)});
        mm_pool_waited(pool, now_ms - mm_ticket_since_ms(t));
    }
    line.rule_count = count_rules(pool->search, l->rules, rules);
    engine_match(e, now_ms, &line);
}

/* ---- no match ---- */

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

/* The next one's turn, of those that share a rate. */
static int64_t take_turn(int64_t *until_ms, int64_t now_ms, int64_t takes_ms)
{
    int64_t at_ms = now_ms < *until_ms ? *until_ms : now_ms + 1;

    *until_ms = at_ms + takes_ms;
    return at_ms;
}

/* When its search goes on, with twice the work or in another order; INT64_MAX: it has ended. */
static int64_t go_on_ms(int64_t now_ms, struct mm_ticket *t, enum mm_found found)
{
    if (found != MM_FOUND_UNFINISHED) {
        t->effort = 0;
        return INT64_MAX;
    }
    t->effort = (uint8_t)(t->effort + 1 >= MM_WORK_LEVELS || is_in_few(t) ? SHUFFLED : t->effort + 1);
    if (t->effort == SHUFFLED)
        return take_turn(&t->pool->shuffled_until_ms, now_ms, WORK_SHUFFLED / WORK_SHUFFLED_A_MS);
    return take_turn(&t->pool->busy_until_ms, now_ms, work_of(t, now_ms) / WORK_A_MS);
}

/* When there is something to do about t next: other numbers are in force, its search goes on, or its time is over. */
static void schedule(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t, enum mm_found found)
{
    int64_t at_ms = sooner(mm_ticket_expiry_ms(t), go_on_ms(now_ms, t, found));
    int64_t phase_ms =
        t->part == NULL ? INT64_MAX : mm_plan_next_phase_ms(t->pool->plan, now_ms - mm_ticket_since_ms(t));

    if (phase_ms < INT64_MAX && mm_ticket_since_ms(t) + phase_ms < at_ms) {
        at_ms = mm_ticket_since_ms(t) + phase_ms;
        t->effort = t->effort == SHUFFLED ? 0 : t->effort; /* with other numbers it begins anew */
    }
    mm_ticket_wake(&e->pools, t, at_ms);
}

void engine_search(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t)
{
    enum mm_found found = look(e, now_ms, t);

    if (found == MM_FOUND_MATCH)
        match(e, now_ms, t->pool);
    else
        schedule(e, now_ms, t, found);
}
