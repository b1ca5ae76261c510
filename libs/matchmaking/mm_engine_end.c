#include <string.h>

#include "id.h"
#include "mm_engine_private.h"

void engine_forget(struct mm_engine *e, int64_t now_ms, struct mm_ticket **t)
{
    mm_ended_add(&e->ended, id_hash(mm_ticket_id(*t), strlen(mm_ticket_id(*t))), now_ms);
    mm_ticket_remove(&e->pools, t);
}

static const struct engine_end requested = {MM_CANCELLED, "requested"};
static const struct engine_end player_left = {MM_CANCELLED, "player_left"};
const struct engine_end engine_replaced = {MM_CANCELLED, "replaced"};
static const struct engine_end timed_out = {MM_TIMED_OUT, "timed_out"};
static const struct engine_end configuration_gone = {MM_FAILED, "configuration_gone"};

void engine_end_with(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t, const struct engine_end *end,
                     const struct mm_issuer *issuer, const char *match_id)
{
    struct mm_ticket_player players[MM_BACKFILL_PLAYERS_MAX];
    struct mm_player ids[MM_BACKFILL_PLAYERS_MAX];
    struct mm_transition out = {
        .kind = MM_TICKET,
        .ticket_id = mm_ticket_id(t),
        .state = end->state,
        .configuration = t->pool->name,
        .start_ms = t->start_ms,
        .reason = end->reason,
        .players = ids,
        .player_count = t->player_count,
        .backfill = t->backfill,
        .game_session = mm_ticket_session(t),
        .match_id = match_id,
    };

    mm_ticket_players(t, players);
    for (size_t i = 0; i < t->player_count; i++)
        ids[i] = (struct mm_player){.id = players[i].id};
    if (issuer != NULL)
        out.issuer = *issuer;
    e->emit(e->emit_arg, &out);
    engine_forget(e, now_ms, &t);
}

void engine_end(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t, const struct engine_end *end,
                const struct mm_issuer *issuer)
{
    struct mm_proposal *p = t->proposed ? mm_proposal_of_ticket(&e->proposals, mm_ticket_id(t)) : NULL;

    if (p == NULL) {
        engine_end_with(e, now_ms, t, end, issuer, "");
        return;
    }
    if (!t->backfill)
        mm_proposal_answer(p, mm_ticket_id(t), NULL, MM_REJECTED);
    engine_drop(e, now_ms, p, &(struct engine_drop){MM_OUTCOME_REJECTED, NULL, t, end, issuer});
}

bool engine_is_expired(const struct mm_ticket *t, int64_t now_ms)
{
    return mm_ticket_expiry_ms(t) <= now_ms;
}

void engine_expire(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t)
{
    engine_end(e, now_ms, t, t->pool->rules == NULL ? &configuration_gone : &timed_out, NULL);
}

/* A backfill ticket is its game server's, and to players does not exist. */
static bool may_stop(const struct mm_ticket *t, const char *player_id)
{
    return t->backfill ? player_id[0] == '\0' : mm_ticket_has(t, player_id);
}

void engine_stop(struct mm_engine *e, int64_t now_ms, const struct mm_command *c)
{
    struct mm_ticket *t = mm_ticket_find(&e->pools, c->ticket_id);

    if (t != NULL && may_stop(t, c->issuer.player_id))
        engine_end(e, now_ms, t, &requested, &c->issuer);
    else
        engine_refuse(e, c, "ticket_not_found", "no such ticket is open");
}

/* A ticket that ended meanwhile is what most players leave behind: nothing to tell anybody. */
void engine_left(struct mm_engine *e, int64_t now_ms, const struct mm_command *c)
{
    struct mm_ticket *t = mm_ticket_find(&e->pools, c->ticket_id);

    if (t != NULL && !t->backfill && mm_ticket_has(t, c->players[0].id))
        engine_end(e, now_ms, t, &player_left, NULL);
}
