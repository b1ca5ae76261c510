#include "mm_engine_private.h"

#include <inttypes.h>

#define ENDED_A_GROUP  256
#define ENDED_GROUP_MS 1000

void mm_engine_walk_begin(struct mm_engine *e, struct mm_cursor *c)
{
    *c = (struct mm_cursor){.ended_next = e->ended.first, .ended_until = e->ended.next};
    mm_pools_walk(&e->pools, c);
}

struct mm_transition engine_waits(const struct mm_ticket *t, struct engine_players *players)
{
    mm_ticket_players(t, players->texts);
    for (size_t i = 0; i < t->player_count; i++)
        players->ids[i] = (struct mm_player){.id = players->texts[i].id, .team = players->texts[i].team};
    return (struct mm_transition){
        .kind = MM_TICKET,
        .ticket_id = mm_ticket_id(t),
        .state = MM_SEARCHING,
        .configuration = t->pool->name,
        .start_ms = t->start_ms,
        .order = t->order,
        .since_ms = mm_ticket_since_ms(t),
        .reason = "",
        .players = players->ids,
        .player_count = t->player_count,
        .backfill = t->backfill,
        .game_session = mm_ticket_session(t),
        .issuer = {"", "", ""},
    };
}

size_t mm_engine_walk(struct mm_engine *e, struct mm_cursor *c, size_t max, mm_emit_fn *fn, void *arg)
{
    const struct mm_ticket *t;
    const struct mm_proposal *p;
    struct mm_transition out;
    struct engine_players players;
    size_t n = 0;

    while (n < max && (t = mm_pools_next(&e->pools, c)) != NULL) {
        if (t->proposed)
            continue;
        out = engine_waits(t, &players);
        fn(arg, &out);
        n++;
    }
    for (; n < max && (p = mm_proposal_next(&e->proposals, &c->proposal)) != NULL; n++)
        fn(arg, &p->said);
    return n;
}

/* The endings of about a second, as of the last of them: it has all their ids forgotten together. */
static void snapshot_ended(const struct mm_engine *e, struct mm_cursor *c, struct buf *out)
{
    struct buf hashes = {0};
    struct mm_transition t = {.kind = MM_ENDED};
    int64_t first_ms = 0, at_ms;
    uint64_t hash;

    for (size_t n = 0; n < ENDED_A_GROUP && c->ended_next < c->ended_until; n++, c->ended_next++) {
        mm_ended_get(&e->ended, c->ended_next, &hash, &at_ms);
        first_ms = n == 0 ? at_ms : first_ms;
        if (at_ms - first_ms > ENDED_GROUP_MS)
            break;
        t.ended_ms = at_ms > t.ended_ms ? at_ms : t.ended_ms;
        buf_printf(&hashes, "%016" PRIx64, hash);
    }
    t.hashes = hashes.data;
    mm_transition_encode(&t, out);
    buf_free(&hashes);
}

static void snapshot_ticket(const struct mm_ticket *t, struct buf *out)
{
    const char *details[2 * MM_BACKFILL_PLAYERS_MAX];
    struct engine_players players;
    struct mm_transition encoded = engine_waits(t, &players);

    for (size_t i = 0; i < t->player_count; i++) {
        details[2 * i] = players.texts[i].attributes;
        details[2 * i + 1] = players.texts[i].latency;
    }
    encoded.details = details;
    mm_transition_encode(&encoded, out);
}

/* What was forgotten meanwhile is skipped. */
static bool has_ended(const struct mm_engine *e, struct mm_cursor *c)
{
    if (c->ended_next < e->ended.first)
        c->ended_next = e->ended.first;
    return c->ended_next < c->ended_until;
}

static void snapshot_redriven(const struct mm_engine *e, struct mm_cursor *c, struct buf *out)
{
    c->redriven_said = true;
    mm_transition_encode(
        &(struct mm_transition){.kind = MM_REDRIVEN, .offset = e->redriven.offset, .at_ms = e->redriven.time_ms}, out);
}

static void begin_item(struct buf *out)
{
    buf_str(out, out->len > 0 ? "," : "");
}

/* One more item: the last redriven command, then of what ended, of what waits, of the proposals, whose tickets are
 * known by then. */
static bool snapshot_next(struct mm_engine *e, struct mm_cursor *c, struct buf *out)
{
    const struct mm_ticket *t;
    const struct mm_proposal *p;

    if (e->redriven.time_ms != 0 && !c->redriven_said) {
        begin_item(out);
        snapshot_redriven(e, c, out);
        return true;
    }
    if (has_ended(e, c)) {
        begin_item(out);
        snapshot_ended(e, c, out);
        return true;
    }
    t = mm_pools_next(&e->pools, c);
    p = t == NULL ? mm_proposal_next(&e->proposals, &c->proposal) : NULL;
    if (t == NULL && p == NULL)
        return false;
    begin_item(out);
    if (t != NULL)
        snapshot_ticket(t, out);
    else
        mm_transition_encode(&p->said, out);
    return true;
}

bool mm_engine_snapshot(struct mm_engine *e, struct mm_cursor *c, size_t max_bytes, struct buf *out)
{
    bool more = true;

    while (more && out->len < max_bytes)
        more = snapshot_next(e, c, out);
    return more;
}
