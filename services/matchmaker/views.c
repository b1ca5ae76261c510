#include "views.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "buf.h"
#include "mem.h"
#include "tickets.h"

#define ENDED_TTL_MS 3600000 /* an ended ticket can be described for an hour */
#define SLACK_MS     60000   /* an open one outlives its time-out by this, should the matchmaker be away then */

/* The last transition of the tick that speaks of a ticket: only that one is worth a write. */
struct last {
    const char *ticket_id;
    size_t index;
    UT_hash_handle hh;
};

struct writer {
    struct store *store;
    const struct mm_catalog *catalog;
    const struct views_tick *tick;
    struct last *lasts, *by_ticket;
    size_t count;
    size_t lost;
};

static size_t tickets_of(const struct mm_transition *t)
{
    size_t n = t->kind == MM_TICKET;

    for (size_t i = 0; t->kind == MM_MATCH && i < t->team_count; i++)
        n += t->teams[i].player_count;
    return n;
}

static void note(struct writer *w, const char *ticket_id, size_t index)
{
    struct last *l;

    HASH_FIND_STR(w->by_ticket, ticket_id, l);
    if (l == NULL) {
        l = &w->lasts[w->count++];
        l->ticket_id = ticket_id;
        HASH_ADD_KEYPTR(hh, w->by_ticket, l->ticket_id, strlen(l->ticket_id), l);
    }
    l->index = index;
}

static void note_transition(struct writer *w, const struct mm_transition *t, size_t index)
{
    if (t->kind == MM_TICKET)
        note(w, t->ticket_id, index);
    for (size_t i = 0; t->kind == MM_MATCH && i < t->team_count; i++)
        for (size_t j = 0; j < t->teams[i].player_count; j++)
            note(w, t->teams[i].players[j].ticket_id, index);
}

static void note_all(struct writer *w)
{
    size_t n = 0;

    for (size_t i = 0; i < w->tick->count; i++)
        n += tickets_of(&w->tick->transitions[i]);
    w->lasts = mem_alloc((n + 1) * sizeof(*w->lasts));
    for (size_t i = 0; i < w->tick->count; i++)
        note_transition(w, &w->tick->transitions[i], i);
}

static bool is_last(const struct writer *w, const char *ticket_id, size_t index)
{
    const struct last *l;

    HASH_FIND_STR(w->by_ticket, ticket_id, l);
    return l != NULL && l->index == index;
}

static void count_lost(struct writer *w, int rc)
{
    w->lost += rc != 0;
}

static void write_view(struct writer *w, struct ticket_view *v, int64_t ttl_ms)
{
    v->partition = w->tick->partition;
    v->epoch = w->tick->epoch;
    v->seq = w->tick->seq;
    count_lost(w, ticket_view_write(w->store, v, ttl_ms));
}

static int64_t open_ttl_ms(const struct writer *w, const char *configuration)
{
    const struct mm_configuration *c = mm_catalog_find(w->catalog, configuration);

    return (c != NULL ? c->request_timeout_ms : 0) + SLACK_MS;
}

static void write_claims(struct writer *w, const struct mm_transition *t)
{
    struct claim claim = {t->configuration, t->ticket_id, w->tick->partition};

    for (size_t i = 0; i < t->player_count; i++)
        count_lost(w, t->state == MM_SEARCHING
                          ? claim_keep(w->store, t->players[i].id, &claim, open_ttl_ms(w, t->configuration))
                          : claim_release(w->store, t->players[i].id, t->ticket_id));
}

static void write_ticket(struct writer *w, const struct mm_transition *t)
{
    bool open = t->state == MM_SEARCHING;
    struct buf players = {0};
    struct ticket_view v = {
        .ticket_id = t->ticket_id,
        .state = mm_ticket_state_names[t->state],
        .reason = open ? "" : t->reason,
        .configuration = t->configuration,
        .match_id = "",
        .start_ms = t->start_ms,
        .end_ms = open ? 0 : w->tick->at_ms,
    };

    for (size_t i = 0; i < t->player_count; i++) {
        buf_str(&players, i > 0 ? " " : "");
        buf_str(&players, t->players[i].id);
    }
    v.players = players.len > 0 ? players.data : "";
    write_view(w, &v, open ? open_ttl_ms(w, t->configuration) + ENDED_TTL_MS : ENDED_TTL_MS);
    write_claims(w, t);
    buf_free(&players);
}

static void write_completed(struct writer *w, const struct mm_transition *t, const struct mm_match_player *p)
{
    struct ticket_view v = {
        .ticket_id = p->ticket_id,
        .state = "COMPLETED",
        .reason = "",
        .configuration = t->configuration,
        .players = p->id,
        .match_id = t->match_id,
        .start_ms = p->start_ms,
        .end_ms = w->tick->at_ms,
    };

    write_view(w, &v, ENDED_TTL_MS);
    count_lost(w, claim_release(w->store, p->id, p->ticket_id));
}

/*
 * The gateway's claim for a ticket that never came to be. `ticket_exists` says nothing about the claim: the player's
 * own ticket of that id may be open.
 */
static void release_refused(struct writer *w, const struct mm_transition *t)
{
    if (t->issuer.player_id[0] != '\0' && t->ticket_id[0] != '\0' && strcmp(t->reason, "ticket_exists") != 0)
        count_lost(w, claim_release(w->store, t->issuer.player_id, t->ticket_id));
}

static void write_transition(struct writer *w, const struct mm_transition *t, size_t index)
{
    if (t->kind == MM_TICKET && is_last(w, t->ticket_id, index))
        write_ticket(w, t);
    if (t->kind == MM_REFUSED)
        release_refused(w, t);
    for (size_t i = 0; t->kind == MM_MATCH && i < t->team_count; i++)
        for (size_t j = 0; j < t->teams[i].player_count; j++)
            if (is_last(w, t->teams[i].players[j].ticket_id, index))
                write_completed(w, t, &t->teams[i].players[j]);
}

size_t views_write(struct store *s, const struct mm_catalog *catalog, const struct views_tick *tick)
{
    struct writer w = {.store = s, .catalog = catalog, .tick = tick};

    if (tick->count == 0)
        return 0;
    note_all(&w);
    for (size_t i = 0; i < tick->count; i++)
        write_transition(&w, &tick->transitions[i], i);
    HASH_CLEAR(hh, w.by_ticket);
    free(w.lasts);
    return w.lost;
}
