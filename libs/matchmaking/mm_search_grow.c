#include "mm_search_private.h"

#define WORK_GROW 20000 /* on top of what finding it took */
#define TOGETHER  3     /* so many tickets at once, where one alone breaks a rule (as equal sizes do) */

static void mark_seated(struct mm_search *s)
{
    for (size_t i = 0; i < s->candidates.count; i++) {
        s->candidates.list[i].seated = false;
        for (size_t j = 0; j < s->lineup->ticket_count; j++) {
            if (s->lineup->tickets[j].owner == s->candidates.list[i].ticket)
                s->candidates.list[i].seated = true;
        }
    }
}

static bool grow_by(struct mm_search *s, const struct mm_narrow *in, size_t from, size_t tickets);

/* In the first team in which it is legal, or in which it is with some after it. */
static bool add(struct mm_search *s, const struct mm_narrow *narrow, size_t i, size_t tickets)
{
    struct mm_ticket *t = s->candidates.list[i].ticket;
    struct search_teams tried = {{0}};
    size_t team;

    while ((team = search_next_team(s, t->facts, &tried)) != NO_TEAM && s->work > 0) {
        s->work -= MM_WORK_SEAT;
        mm_lineup_seat(s->lineup, t->facts, t, team);
        if (search_check(s, s->plan->early, s->plan->early_count)) {
            if (tickets > 1 ? grow_by(s, narrow, i + 1, tickets - 1) : search_is_legal(s, narrow)) {
                s->candidates.list[i].seated = true;
                if (tickets == 1)
                    s->seated = *narrow;
                return true;
            }
        }
        mm_lineup_unseat(s->lineup);
    }
    return false;
}

/* So many more tickets at once: no deeper than TOGETHER. */
static bool grow_by(struct mm_search *s, const struct mm_narrow *in, size_t from, size_t tickets)
{
    const struct mm_candidate *c;

    for (size_t i = from; s->work > 0 && (c = mm_candidates_get(&s->candidates, i, &s->work)) != NULL; i++) {
        struct mm_narrow narrow;
        int bound;

        s->work -= MM_WORK_LOOK;
        if (!c->seated && mm_narrow_by(s->plan, s->phase, in, c, &narrow, &bound) && add(s, &narrow, i, tickets))
            return true;
    }
    return false;
}

void search_grow(struct mm_search *s)
{
    size_t together = 1;

    s->work = WORK_GROW;
    mark_seated(s);
    while (together <= TOGETHER && s->work > 0 && s->lineup->seat_count < s->most_players) {
        struct mm_narrow seated = s->seated;

        together = grow_by(s, &seated, 0, together) ? 1 : together + 1;
    }
}
