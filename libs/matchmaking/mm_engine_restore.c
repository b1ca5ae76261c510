#include "mm_engine_private.h"

#include <stdlib.h>
#include <string.h>

#include "id.h"

#define HASH_DIGITS 16

/*
 * What the catalog of today cannot place ends: it has failed at once, when the configuration is gone, and times out at
 * its own time, when it does not fit the rule set any more.
 */
static struct mm_ticket *restore_new(struct mm_engine *e, const struct mm_transition *t)
{
    struct mm_arrival arrival = {
        .ticket_id = t->ticket_id,
        .players = t->players,
        .player_count = t->player_count,
        .start_ms = t->start_ms,
        .order = t->order,
        .since_ms = t->since_ms,
        .backfill = t->backfill,
        .game_session = t->game_session,
    };
    struct mm_pool *pool = mm_pools_find(&e->pools, t->configuration);
    const char *ids[MM_BACKFILL_PLAYERS_MAX];
    char message[MM_MESSAGE_SIZE];

    for (size_t i = 0; i < t->player_count; i++)
        ids[i] = t->players[i].id;
    if (pool == NULL)
        pool = mm_pools_add_gone(&e->pools, t->configuration);
    if (pool->rules != NULL)
        (void)mm_facts_read(&arrival.facts, pool->rules, &pool->locations, t->players, t->player_count, ids, message);
    return mm_ticket_add(&e->pools, pool, &arrival);
}

static void restore_end(struct mm_engine *e, int64_t at_ms, const char *ticket_id)
{
    struct mm_ticket *open = mm_ticket_find(&e->pools, ticket_id);
    uint64_t hash = id_hash(ticket_id, strlen(ticket_id));

    if (open != NULL)
        engine_forget(e, at_ms, &open);
    else if (!mm_ended_has(&e->ended, hash))
        mm_ended_add(&e->ended, hash, at_ms);
}

/*
 * What came back says so, and not all that it is: it is known, or else a part of the snapshot that is being read will
 * bring it. What only arrived, again in a snapshot, may be in a proposal meanwhile.
 */
static void restore_searching(struct mm_engine *e, int64_t at_ms, const struct mm_transition *t)
{
    struct mm_ticket *open = mm_ticket_find(&e->pools, t->ticket_id);
    bool is_back = t->reason[0] != '\0';

    if (open == NULL && is_back)
        return;
    if (open == NULL)
        open = restore_new(e, t);
    if (open->proposed && is_back)
        mm_ticket_back(open);
    if (!open->proposed)
        mm_ticket_wake(&e->pools, open, at_ms); /* due at the next tick, whenever that is */
}

static void restore_ticket(struct mm_engine *e, int64_t at_ms, const struct mm_transition *t)
{
    if (t->state == MM_SEARCHING)
        restore_searching(e, at_ms, t);
    else
        restore_end(e, at_ms, t->ticket_id);
}

static void forget_proposal(struct mm_engine *e, const char *match_id)
{
    struct mm_proposal *known = mm_proposal_find(&e->proposals, match_id);

    if (known != NULL)
        mm_proposal_take(&e->proposals, known);
    free(known);
}

static void restore_proposed(struct mm_engine *e, int64_t at_ms, const struct mm_match_player *p)
{
    struct mm_ticket *open = mm_ticket_find(&e->pools, p->ticket_id);

    (void)at_ms;
    if (open != NULL && !open->proposed)
        mm_ticket_propose(&e->pools, open);
}

static void restore_back(struct mm_engine *e, int64_t at_ms, const struct mm_match_player *p)
{
    struct mm_ticket *open = mm_ticket_find(&e->pools, p->ticket_id);

    if (open == NULL || !open->proposed)
        return;
    mm_ticket_back(open);
    mm_ticket_wake(&e->pools, open, at_ms);
}

static void restore_completed(struct mm_engine *e, int64_t at_ms, const struct mm_match_player *p)
{
    restore_end(e, at_ms, p->ticket_id);
}

static void each_player(struct mm_engine *e, int64_t at_ms, const struct mm_transition *t,
                        void (*fn)(struct mm_engine *, int64_t, const struct mm_match_player *))
{
    for (size_t i = 0; i < t->team_count; i++)
        for (size_t j = 0; j < t->teams[i].player_count; j++)
            fn(e, at_ms, &t->teams[i].players[j]);
}

/* Tickets that are not known yet come in a later part of the snapshot, before the proposal comes again. */
static void restore_proposal(struct mm_engine *e, int64_t at_ms, const struct mm_transition *t)
{
    forget_proposal(e, t->match_id);
    (void)mm_proposal_add(&e->proposals, t);
    each_player(e, at_ms, t, restore_proposed);
}

/* Which of its tickets end follows. */
static void restore_dropped(struct mm_engine *e, int64_t at_ms, const struct mm_transition *t)
{
    forget_proposal(e, t->match_id);
    each_player(e, at_ms, t, restore_back);
}

static void restore_match(struct mm_engine *e, int64_t at_ms, const struct mm_transition *t)
{
    forget_proposal(e, t->match_id);
    each_player(e, at_ms, t, restore_completed);
}

/* Their order in time does not matter: an id may be remembered a little longer than the others. */
static void restore_ended(struct mm_engine *e, int64_t at_ms, const struct mm_transition *t)
{
    (void)at_ms;
    for (const char *hex = t->hashes; *hex != '\0'; hex += HASH_DIGITS) {
        char digits[HASH_DIGITS + 1] = {0};
        uint64_t hash;

        memcpy(digits, hex, HASH_DIGITS);
        hash = strtoull(digits, NULL, 16);
        if (!mm_ended_has(&e->ended, hash))
            mm_ended_add(&e->ended, hash, t->ended_ms);
    }
}

static void restore_redriven(struct mm_engine *e, int64_t at_ms, const struct mm_transition *t)
{
    (void)at_ms;
    e->redriven = (struct mm_origin){t->offset, t->at_ms};
}

static void restore_nothing(struct mm_engine *e, int64_t at_ms, const struct mm_transition *t)
{
    (void)e;
    (void)at_ms;
    (void)t;
}

void mm_engine_restore(struct mm_engine *e, int64_t at_ms, const struct mm_transition *t)
{
    static void (*const by_kind[MM_TRANSITION_KINDS])(struct mm_engine *, int64_t, const struct mm_transition *) = {
        [MM_TICKET] = restore_ticket,       [MM_PROPOSAL] = restore_proposal, [MM_DROPPED] = restore_dropped,
        [MM_MATCH] = restore_match,         [MM_REFUSED] = restore_nothing,   [MM_WHY] = restore_nothing,
        [MM_DEAD_LETTER] = restore_nothing, [MM_ENDED] = restore_ended,       [MM_REDRIVEN] = restore_redriven,
    };

    mm_ended_forget(&e->ended, at_ms - MM_ENDED_MEMORY_MS);
    by_kind[t->kind](e, at_ms, t);
}
