/*
 * mm_lineup.h - a candidate match: who sits in which team. Pure; no allocation after _new.
 *
 * A stack: what was seated last is unseated first. Players of one ticket sit beside each other in their team.
 */
#ifndef MATCHMAKING_MM_LINEUP_H
#define MATCHMAKING_MM_LINEUP_H

#include <stddef.h>
#include <stdint.h>

#include "mm_facts.h"
#include "mm_ruleset.h"

struct mm_seat {
    const struct mm_facts_player *player;
    uint16_t ticket; /* in lineup->tickets */
    uint16_t team;
    int16_t previous, next; /* seats in the same team, in seating order; -1: none */
};

struct mm_lineup_team {
    int16_t first, last; /* seats; -1: nobody */
    uint16_t count;
};

struct mm_lineup_ticket {
    const struct mm_facts *facts;
    void *owner;                              /* the searcher's: the waiting ticket */
    uint16_t first_seat;                      /* its seats are first_seat .. first_seat + facts->player_count - 1 */
    int64_t newest_since_ms, oldest_since_ms; /* over the tickets up to and with this one */
};

struct mm_lineup {
    const struct mm_ruleset *rules;
    struct mm_lineup_team *teams; /* [rules->team_count] */
    struct mm_seat seats[MM_MATCH_PLAYERS_MAX];
    size_t seat_count;
    struct mm_lineup_ticket tickets[MM_MATCH_PLAYERS_MAX];
    size_t ticket_count;
};

struct mm_lineup *mm_lineup_new(const struct mm_ruleset *r);
void mm_lineup_free(struct mm_lineup **l); /* NULL is fine */
void mm_lineup_clear(struct mm_lineup *l);

/* Seats all players of a ticket: in `team`, or, those who have one already (backfill), in their own. There is room. */
void mm_lineup_seat(struct mm_lineup *l, const struct mm_facts *facts, void *owner, size_t team);
void mm_lineup_unseat(struct mm_lineup *l); /* the ticket that was seated last */

/* The age that drives expansions: of the newest ticket, or of the oldest when the rule set says so; at least 0. */
int64_t mm_lineup_age_ms(const struct mm_lineup *l, int64_t now_ms);

#endif
