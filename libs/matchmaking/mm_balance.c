#include "mm_balance.h"

#include <math.h>

#include "mm_gather.h"

#define EXCHANGES_MAX 200 /* each makes it better, so it ends anyway: this says when */

void mm_seating_of(struct mm_seating *out, const struct mm_lineup *l)
{
    out->count = l->ticket_count;
    for (size_t i = 0; i < l->ticket_count; i++) {
        out->facts[i] = l->tickets[i].facts;
        out->owners[i] = l->tickets[i].owner;
        out->teams[i] = l->seats[l->tickets[i].first_seat].team;
    }
}

void mm_seating_seat(const struct mm_seating *s, struct mm_lineup *l)
{
    mm_lineup_clear(l);
    for (size_t i = 0; i < s->count; i++)
        mm_lineup_seat(l, s->facts[i], s->owners[i], s->teams[i]);
}

struct team { /* as the rules have it, a party is one value */
    double sum, count;
};

struct scales {
    struct mm_seating *s;
    double values[MM_BALANCE_TICKETS_MAX];
    struct team teams[MM_MATCH_PLAYERS_MAX];
    size_t team_count;
};

static double average(const struct team *t)
{
    return t->sum / t->count;
}

static void weigh(struct scales *w, const struct mm_plan *p)
{
    w->team_count = p->rules->team_count;
    for (size_t i = 0; i < w->team_count; i++)
        w->teams[i] = (struct team){0, 0};
    for (size_t i = 0; i < w->s->count; i++) {
        struct team *t = &w->teams[w->s->teams[i]];

        w->values[i] = mm_ticket_number(w->s->facts[i], (size_t)p->balance_slot, p->balance_party);
        t->sum += w->values[i];
        t->count++;
    }
}

/* The teams with the greatest and the least average. */
static void find_extremes(const struct scales *w, size_t *high, size_t *low)
{
    *high = *low = MM_MATCH_PLAYERS_MAX;
    for (size_t i = 0; i < w->team_count; i++) {
        if (!(w->teams[i].count > 0))
            continue;
        if (*high == MM_MATCH_PLAYERS_MAX || average(&w->teams[i]) > average(&w->teams[*high]))
            *high = i;
        if (*low == MM_MATCH_PLAYERS_MAX || average(&w->teams[i]) < average(&w->teams[*low]))
            *low = i;
    }
}

static bool may_move(const struct scales *w, size_t i, size_t team)
{
    return w->s->teams[i] == team && !mm_facts_is_backfill(w->s->facts[i]);
}

struct exchange {
    size_t one, other;
    double gap;
};

/* The exchange between two teams that leaves them nearest. */
static bool find_exchange(const struct scales *w, size_t high, size_t low, struct exchange *best)
{
    const struct team *a = &w->teams[high], *b = &w->teams[low];
    double gap = average(a) - average(b);

    best->gap = gap * (1 - 1e-9); /* less only by rounding is not less */
    best->one = best->other = MM_BALANCE_TICKETS_MAX;
    for (size_t i = 0; i < w->s->count; i++) {
        if (!may_move(w, i, high))
            continue;
        for (size_t j = 0; j < w->s->count; j++) {
            double moved = w->values[i] - w->values[j], after;

            if (!(moved > 0) || !may_move(w, j, low) || w->s->facts[i]->player_count != w->s->facts[j]->player_count)
                continue;
            after = fabs(gap - moved / a->count - moved / b->count);
            if (after < best->gap)
                *best = (struct exchange){i, j, after};
        }
    }
    return best->one != MM_BALANCE_TICKETS_MAX;
}

bool mm_balance(const struct mm_plan *p, struct mm_seating *s)
{
    struct scales w;
    struct exchange best;
    size_t high, low, done = 0;

    w.s = s;
    weigh(&w, p);
    for (; done < EXCHANGES_MAX; done++) {
        double moved;

        find_extremes(&w, &high, &low);
        if (high == low || !find_exchange(&w, high, low, &best))
            break;
        moved = w.values[best.one] - w.values[best.other];
        w.teams[high].sum -= moved;
        w.teams[low].sum += moved;
        s->teams[best.one] = (uint16_t)low;
        s->teams[best.other] = (uint16_t)high;
    }
    return done > 0;
}
