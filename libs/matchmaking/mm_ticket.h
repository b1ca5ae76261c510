/*
 * mm_ticket.h - internal: what is kept of a waiting ticket: one block with all its texts, and its facts.
 */
#ifndef MATCHMAKING_MM_TICKET_H
#define MATCHMAKING_MM_TICKET_H

#include <string.h>

#include "buf.h"
#include "mm_command.h"
#include "mm_facts.h"

struct mm_pool;
struct mm_part;

struct mm_ticket {
    uint64_t order;   /* of arrival */
    int64_t start_ms; /* when its player asked */
    struct mm_pool *pool;
    struct mm_facts *facts; /* owned; NULL: it can be in no match */
    struct mm_part *part;   /* where others find it; NULL: nowhere: it is in a proposal, or has not searched yet */
    uint32_t number;
    uint8_t player_count;
    uint8_t effort; /* of its next search; 0: the last one ended */
    bool proposed;  /* it is in a proposal, so nothing finds it, and it has no timer */
    bool backfill;  /* its players are in a game */
    bool is_back;   /* from a proposal, and has not searched since: those who came later may be waiting for it */
    /* Texts, each with its NUL: the ticket's id, each player's, then each player's attributes and latency as JSON; of a
     * backfill ticket then its game session, and each player's team. */
    char ids[];
};

struct mm_arrival { /* what becomes a ticket; all borrowed */
    const char *ticket_id;
    const struct mm_player *players;
    size_t player_count;
    int64_t start_ms;
    uint64_t order;   /* of arrival; 0: after all others */
    int64_t since_ms; /* what it ages from, and its time-out counts from */
    bool backfill;
    const char *game_session; /* of a backfill; "" when it has none */
    struct mm_facts *facts;   /* not borrowed; NULL: it fits no match, and waits for its time-out */
};

/* It has neither a place nor a number yet. scratch: used for its texts. Free it with mm_ticket_free. */
struct mm_ticket *mm_ticket_new(const struct mm_arrival *a, struct buf *scratch);
void mm_ticket_free(struct mm_ticket **t);
size_t mm_ticket_bytes(const struct mm_ticket *t); /* with what malloc(3) adds on 64-bit machines */

bool mm_ticket_has(const struct mm_ticket *t, const char *player_id);
const char *mm_ticket_session(const struct mm_ticket *t); /* "" when there is none */

static inline const char *mm_ticket_id(const struct mm_ticket *t)
{
    return t->ids;
}

/* Of the texts, the next one: after the ticket's id that of its first player, and so on. */
static inline const char *mm_ticket_next(const char *text)
{
    return text + strlen(text) + 1;
}

struct mm_ticket_player {
    const char *id;
    const char *attributes, *latency; /* JSON; "" when there is none */
    const char *team;                 /* of a backfill ticket's, else NULL */
};
/* t->player_count of them; out has room for MM_BACKFILL_PLAYERS_MAX. */
void mm_ticket_players(const struct mm_ticket *t, struct mm_ticket_player *out);

/* Windows and the time-out count from here: its start or redrive, but never before those that arrived earlier. */
static inline int64_t mm_ticket_since_ms(const struct mm_ticket *t)
{
    return t->facts != NULL ? t->facts->since_ms : t->start_ms;
}

#endif
