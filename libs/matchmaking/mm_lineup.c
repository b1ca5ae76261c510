#include "mm_lineup.h"

#include <stdlib.h>

#include "mem.h"

#define NOBODY (-1)

struct mm_lineup *mm_lineup_new(const struct mm_ruleset *r)
{
    struct mm_lineup *l = MEM_NEW(struct mm_lineup);

    l->rules = r;
    l->teams = mem_alloc(r->team_count * sizeof(*l->teams));
    mm_lineup_clear(l);
    return l;
}

void mm_lineup_free(struct mm_lineup **l)
{
    if (*l == NULL)
        return;
    free((*l)->teams);
    free(*l);
    *l = NULL;
}

void mm_lineup_clear(struct mm_lineup *l)
{
    for (size_t i = 0; i < l->rules->team_count; i++)
        l->teams[i] = (struct mm_lineup_team){.first = NOBODY, .last = NOBODY};
    l->seat_count = 0;
    l->ticket_count = 0;
}

static void seat_player(struct mm_lineup *l, const struct mm_facts_player *player, size_t team)
{
    struct mm_lineup_team *t = &l->teams[team];
    int16_t seat = (int16_t)l->seat_count++;

    l->seats[seat] = (struct mm_seat){
        .player = player,
        .ticket = (uint16_t)l->ticket_count,
        .team = (uint16_t)team,
        .previous = t->last,
        .next = NOBODY,
    };
    if (t->last == NOBODY)
        t->first = seat;
    else
        l->seats[t->last].next = seat;
    t->last = seat;
    t->count++;
}

static void unseat_player(struct mm_lineup *l)
{
    const struct mm_seat *seat = &l->seats[--l->seat_count];
    struct mm_lineup_team *t = &l->teams[seat->team];

    t->last = seat->previous;
    if (t->last == NOBODY)
        t->first = NOBODY;
    else
        l->seats[t->last].next = NOBODY;
    t->count--;
}

void mm_lineup_seat(struct mm_lineup *l, const struct mm_facts *facts, void *owner, size_t team)
{
    struct mm_lineup_ticket *t = &l->tickets[l->ticket_count];

    *t = (struct mm_lineup_ticket){
        .facts = facts,
        .owner = owner,
        .first_seat = (uint16_t)l->seat_count,
        .newest_since_ms = facts->since_ms,
        .oldest_since_ms = facts->since_ms,
    };
    if (l->ticket_count > 0 && t[-1].newest_since_ms > t->newest_since_ms)
        t->newest_since_ms = t[-1].newest_since_ms;
    if (l->ticket_count > 0 && t[-1].oldest_since_ms < t->oldest_since_ms)
        t->oldest_since_ms = t[-1].oldest_since_ms;
    for (size_t i = 0; i < facts->player_count; i++) {
        const struct mm_facts_player *p = &facts->players[i];

        seat_player(l, p, p->team == MM_NEVER ? team : (size_t)p->team);
    }
    l->ticket_count++;
}

void mm_lineup_unseat(struct mm_lineup *l)
{
    const struct mm_lineup_ticket *t = &l->tickets[--l->ticket_count];

    while (l->seat_count > t->first_seat)
        unseat_player(l);
}

int64_t mm_lineup_age_ms(const struct mm_lineup *l, int64_t now_ms)
{
    const struct mm_lineup_ticket *last;
    int64_t since_ms;

    if (l->ticket_count == 0)
        return 0;
    last = &l->tickets[l->ticket_count - 1];
    since_ms = l->rules->algorithm.age_of_oldest ? last->oldest_since_ms : last->newest_since_ms;
    return now_ms > since_ms ? now_ms - since_ms : 0;
}
