#include <stdlib.h>
#include <string.h>

#include "mm_engine_private.h"

static const struct engine_end acceptance_rejected = {MM_CANCELLED, "acceptance_rejected"};
static const struct engine_end acceptance_timed_out = {MM_CANCELLED, "acceptance_timed_out"};

/* The proposal as it stands. issuer: who answered; NULL: it is new. */
static void emit_standing(struct mm_engine *e, const struct mm_proposal *p, const struct mm_issuer *issuer)
{
    struct mm_transition t = p->said;

    if (issuer != NULL)
        t.issuer = *issuer;
    e->emit(e->emit_arg, &t);
}

void engine_propose(struct mm_engine *e, int64_t now_ms, struct mm_transition *t, const struct engine_line *line)
{
    t->at_ms = now_ms;
    t->until_ms = now_ms + line->pool->acceptance_timeout_ms;
    for (size_t i = 0; i < line->seat_count; i++)
        mm_ticket_propose(&e->pools, line->seats[i].ticket);
    emit_standing(e, mm_proposal_add(&e->proposals, t), NULL);
}

typedef void each_fn(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t, void *arg);

/* Calls fn for the ticket of each player, as long as it waits: several times, unless fn ends it. */
static void each_ticket(struct mm_engine *e, int64_t now_ms, const struct mm_proposal *p, each_fn *fn, void *arg)
{
    for (size_t i = 0; i < p->said.team_count; i++) {
        for (size_t j = 0; j < p->said.teams[i].player_count; j++) {
            struct mm_ticket *t = mm_ticket_find(&e->pools, p->said.teams[i].players[j].ticket_id);

            if (t != NULL)
                fn(e, now_ms, t, arg);
        }
    }
}

/* ---- it is accepted ---- */

static const char *attributes_of(const struct mm_ticket *t, const char *player_id)
{
    struct mm_ticket_player players[MM_BACKFILL_PLAYERS_MAX];
    size_t i = 0;

    mm_ticket_players(t, players);
    while (i < t->player_count && strcmp(players[i].id, player_id) != 0)
        i++;
    return i < t->player_count ? players[i].attributes : NULL;
}

static void add_attributes(const struct mm_engine *e, const struct mm_transition *match)
{
    for (size_t i = 0; i < match->team_count; i++) {
        for (size_t j = 0; j < match->teams[i].player_count; j++) {
            struct mm_match_player *p = &match->teams[i].players[j];
            const struct mm_ticket *t = mm_ticket_find(&e->pools, p->ticket_id);

            p->attributes_text = t == NULL ? NULL : attributes_of(t, p->id);
        }
    }
}

static void forget(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t, void *arg)
{
    (void)arg;
    engine_forget(e, now_ms, &t);
}

static void complete(struct mm_engine *e, int64_t now_ms, struct mm_proposal *p)
{
    struct mm_transition match = p->said;

    mm_proposal_take(&e->proposals, p);
    match.accepted = true;
    add_attributes(e, &match);
    engine_emit_match(e, &match);
    each_ticket(e, now_ms, p, forget, NULL);
    free(p);
}

/* ---- it is dropped ---- */

/* It is as if it had never been away; who is due for a time-out since then has it. */
static void come_back(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t)
{
    struct engine_players players;
    struct mm_transition out;

    mm_ticket_back(t);
    if (engine_is_expired(t, now_ms)) {
        engine_expire(e, now_ms, t);
        return;
    }
    out = engine_waits(t, &players);
    out.reason = "acceptance_failed";
    e->emit(e->emit_arg, &out);
    mm_ticket_wake(&e->pools, t, now_ms); /* it searches in a turn of its own: they may be many */
}

struct dropping {
    const struct mm_proposal *proposal;
    const struct engine_drop *how;
};

static void settle(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t, void *arg)
{
    const struct dropping *d = arg;
    const char *match_id = d->proposal->said.match_id;
    enum mm_answer answer = mm_proposal_answered(d->proposal, mm_ticket_id(t));

    if (!t->proposed) /* another of its players was first */
        return;
    if (t == d->how->ended)
        engine_end_with(e, now_ms, t, d->how->end, d->how->ended_by, match_id);
    else if (answer == MM_REJECTED)
        engine_end_with(e, now_ms, t, &acceptance_rejected, NULL, match_id);
    else if (answer == MM_NO_ANSWER && d->how->outcome == MM_OUTCOME_TIMED_OUT)
        engine_end_with(e, now_ms, t, &acceptance_timed_out, NULL, match_id);
    else
        come_back(e, now_ms, t);
}

void engine_drop(struct mm_engine *e, int64_t now_ms, struct mm_proposal *p, const struct engine_drop *how)
{
    struct mm_transition t = p->said;

    mm_proposal_take(&e->proposals, p);
    t.kind = MM_DROPPED;
    t.outcome = how->outcome;
    if (how->issuer != NULL)
        t.issuer = *how->issuer;
    e->emit(e->emit_arg, &t);
    each_ticket(e, now_ms, p, settle, &(struct dropping){p, how});
    free(p);
}

void engine_time_out(struct mm_engine *e, int64_t now_ms, struct mm_proposal *p)
{
    engine_drop(e, now_ms, p, &(struct engine_drop){.outcome = MM_OUTCOME_TIMED_OUT});
}

/* ---- answers ---- */

/* No player acts for another; a game server may for all. */
static bool may_answer(const struct mm_ticket *t, const struct mm_command *c)
{
    if (c->issuer.player_id[0] != '\0' && (c->player_count != 1 || strcmp(c->players[0].id, c->issuer.player_id) != 0))
        return false;
    for (size_t i = 0; i < c->player_count; i++)
        if (!mm_ticket_has(t, c->players[i].id))
            return false;
    return true;
}

/* NULL: none is asked for. One whose time is over, though no tick came to see it, goes first. */
static struct mm_proposal *find_asked(struct mm_engine *e, int64_t now_ms, const struct mm_ticket *t,
                                      const struct mm_command *c)
{
    struct mm_proposal *p = t->proposed && !t->backfill ? mm_proposal_of_ticket(&e->proposals, mm_ticket_id(t)) : NULL;

    if (p != NULL && p->said.until_ms <= now_ms) {
        engine_time_out(e, now_ms, p);
        return NULL;
    }
    if (p != NULL && c->match_id[0] != '\0' && strcmp(c->match_id, p->said.match_id) != 0)
        return NULL;
    return p;
}

void engine_accept(struct mm_engine *e, int64_t now_ms, const struct mm_command *c)
{
    const struct mm_ticket *t = mm_ticket_find(&e->pools, c->ticket_id);
    struct mm_proposal *p;

    if (t == NULL || !may_answer(t, c)) {
        engine_refuse(e, c, "ticket_not_found", "no such ticket is open");
        return;
    }
    p = find_asked(e, now_ms, t, c);
    if (p == NULL) {
        engine_refuse(e, c, "match_not_found", "no such match waits for the ticket's players");
        return;
    }
    for (size_t i = 0; i < c->player_count; i++)
        mm_proposal_answer(p, c->ticket_id, c->players[i].id, c->accepts ? MM_ACCEPTED : MM_REJECTED);
    if (!c->accepts) {
        engine_drop(e, now_ms, p, &(struct engine_drop){.outcome = MM_OUTCOME_REJECTED, .issuer = &c->issuer});
        return;
    }
    emit_standing(e, p, &c->issuer);
    if (mm_proposal_answered(p, NULL) == MM_ACCEPTED)
        complete(e, now_ms, p);
}
