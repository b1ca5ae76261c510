#include "mm_engine_private.h"

#include <inttypes.h>

#define ENDED_A_GROUP  256
#define ENDED_GROUP_MS 1000

void mm_engine_walk_begin(struct mm_engine *e, struct mm_cursor *c)
{
    *c = (struct mm_cursor){.ended_next = e->ended.first, .ended_until = e->ended.next};
    mm_pools_walk(&e->pools, c);
}

static void describe(const struct mm_ticket *t, struct mm_player players[MM_TICKET_PLAYERS_MAX],
                     struct mm_transition *out)
{
    const char *id = mm_ticket_id(t);

    *out = (struct mm_transition){
        .kind = MM_TICKET,
        .ticket_id = id,
        .state = MM_SEARCHING,
        .configuration = t->pool->name,
        .start_ms = t->start_ms,
        .order = t->order,
        .since_ms = t->since_ms,
        .reason = "",
        .players = players,
        .player_count = t->player_count,
    };
    for (size_t i = 0; i < t->player_count; i++)
        players[i] = (struct mm_player){.id = id = mm_ticket_next_player(id)};
}

size_t mm_engine_walk(struct mm_engine *e, struct mm_cursor *c, size_t max, mm_emit_fn *fn, void *arg)
{
    const struct mm_ticket *t;
    struct mm_player players[MM_TICKET_PLAYERS_MAX];
    struct mm_transition out;
    size_t n = 0;

    for (; n < max && (t = mm_pools_next(&e->pools, c)) != NULL; n++) {
        describe(t, players, &out);
        fn(arg, &out);
    }
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
    const char *details[2 * MM_TICKET_PLAYERS_MAX];
    struct mm_player players[MM_TICKET_PLAYERS_MAX];
    struct mm_transition encoded;

    describe(t, players, &encoded);
    details[0] = mm_ticket_details(t);
    for (size_t i = 1; i < 2 * (size_t)t->player_count; i++)
        details[i] = mm_ticket_next_player(details[i - 1]);
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

bool mm_engine_snapshot(struct mm_engine *e, struct mm_cursor *c, size_t max_bytes, struct buf *out)
{
    const struct mm_ticket *t;

    while (out->len < max_bytes) {
        bool ended = has_ended(e, c);

        t = ended ? NULL : mm_pools_next(&e->pools, c);
        if (!ended && t == NULL)
            return false;
        buf_str(out, out->len > 0 ? "," : "");
        if (ended)
            snapshot_ended(e, c, out);
        else
            snapshot_ticket(t, out);
    }
    return true;
}
