#include "mm_engine_private.h"

#include <string.h>

#include "id.h"

void engine_forget(struct mm_engine *e, int64_t now_ms, struct mm_ticket **t)
{
    mm_ended_add(&e->ended, id_hash(mm_ticket_id(*t), strlen(mm_ticket_id(*t))), now_ms);
    mm_ticket_remove(&e->pools, t);
}

static const struct engine_end requested = {MM_CANCELLED, "requested"};
static const struct engine_end player_left = {MM_CANCELLED, "player_left"};
const struct engine_end engine_replaced = {MM_CANCELLED, "replaced"};
const struct engine_end engine_timed_out = {MM_TIMED_OUT, "timed_out"};

void engine_end(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t, const struct engine_end *end,
                const struct mm_issuer *issuer)
{
    struct mm_player players[MM_TICKET_PLAYERS_MAX] = {0};
    struct mm_transition out = {
        .kind = MM_TICKET,
        .ticket_id = mm_ticket_id(t),
        .state = end->state,
        .configuration = t->pool->name,
        .start_ms = t->start_ms,
        .reason = end->reason,
        .players = players,
        .player_count = t->player_count,
        .issuer = issuer != NULL ? *issuer : (struct mm_issuer){"", "", ""},
    };
    const char *id = mm_ticket_id(t);

    for (size_t i = 0; i < t->player_count; i++)
        players[i].id = id = mm_ticket_next_player(id);
    e->emit(e->emit_arg, &out);
    engine_forget(e, now_ms, &t);
}

bool engine_is_expired(const struct mm_ticket *t, int64_t now_ms)
{
    return mm_ticket_expiry_ms(t) <= now_ms;
}

void engine_stop(struct mm_engine *e, int64_t now_ms, const struct mm_command *c)
{
    struct mm_ticket *t = mm_ticket_find(&e->pools, c->ticket_id);

    if (t != NULL && mm_ticket_has(t, c->issuer.player_id))
        engine_end(e, now_ms, t, &requested, &c->issuer);
    else
        engine_refuse(e, c, "ticket_not_found", "no such ticket is open");
}

/* A ticket that ended meanwhile is what most players leave behind: nothing to tell anybody. */
void engine_left(struct mm_engine *e, int64_t now_ms, const struct mm_command *c)
{
    struct mm_ticket *t = mm_ticket_find(&e->pools, c->ticket_id);

    if (t != NULL && mm_ticket_has(t, c->players[0].id))
        engine_end(e, now_ms, t, &player_left, NULL);
}
