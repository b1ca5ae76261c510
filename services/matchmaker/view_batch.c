#include "view_batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "buf.h"
#include "err.h"
#include "mem.h"
#include "tickets.h"

#define ENDED_TTL_MS 3600000 /* an ended ticket can be described for an hour */
#define SLACK_MS     60000   /* an open one outlives its time-out by this, should the matchmaker be away then */

/* The last transition of the tick that speaks of a ticket: only that one is worth a write. */
struct last {
    const char *ticket_id;
    size_t index;
    bool written;
    UT_hash_handle hh;
};

struct writer {
    struct view_batch *batch;
    const struct view_target *to;
    struct decided_at at;
    int64_t end_ms; /* of what ended: the tick's time */
    struct last *lasts, *by_ticket;
    size_t count;
};

/* ---- answers ---------------------------------------------------------------------------------------------------- */

/* Somebody else's key stands in the way: trying again is of no use. Any other error may pass (OOM, READONLY, ...). */
static bool is_hopeless(const char *error)
{
    return strstr(error, "WRONGTYPE") != NULL;
}

static void fail(struct view_batch *b, const char *reason)
{
    if (!b->failed)
        (void)snprintf(b->reason, sizeof(b->reason), "%s", reason);
    b->failed = true;
}

static void on_written(void *arg, const struct store_reply *reply)
{
    struct view_batch *b = arg;
    const char *error = store_reply_error(reply);

    if (error != NULL && is_hopeless(error))
        b->refused++;
    else if (error != NULL || reply == NULL)
        fail(b, error != NULL ? error : "no answer");
    if (--b->out == 0)
        b->on_answered(b->arg);
}

static struct ticket_answer answer_to(struct writer *w)
{
    return (struct ticket_answer){on_written, w->batch};
}

/* rc: of a write that wanted answer_to(w). */
static void count_write(struct writer *w, int rc)
{
    if (rc == 0)
        w->batch->out++;
    else
        fail(w->batch, err_str(rc));
}

/* ---- the last word on each ticket ------------------------------------------------------------------------------- */

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

static void note_all(struct writer *w, const struct decision *d)
{
    size_t n = 0;

    for (size_t i = 0; i < d->count; i++)
        n += tickets_of(&d->transitions[i]);
    w->lasts = mem_alloc((n + 1) * sizeof(*w->lasts));
    for (size_t i = 0; i < d->count; i++)
        note_transition(w, &d->transitions[i], i);
}

/* NULL: the tick says something else about the ticket later. */
static struct last *find_last(const struct writer *w, const char *ticket_id, size_t index)
{
    struct last *l;

    HASH_FIND_STR(w->by_ticket, ticket_id, l);
    return l != NULL && l->index == index ? l : NULL;
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static void write_view(struct writer *w, struct ticket_view *v, int64_t ttl_ms)
{
    v->partition = w->at.partition;
    v->epoch = w->at.epoch;
    v->seq = w->at.seq;
    count_write(w, ticket_view_write(w->to->store, v, ttl_ms, answer_to(w)));
}

static void release(struct writer *w, const char *player_id, const char *ticket_id)
{
    count_write(w, claim_release(w->to->store, player_id, ticket_id, &w->at, answer_to(w)));
}

static int64_t open_ttl_ms(const struct writer *w, const char *configuration)
{
    const struct mm_configuration *c = mm_catalog_find(w->to->catalog, configuration);

    return (c != NULL ? c->request_timeout_ms : 0) + SLACK_MS;
}

static void write_claims(struct writer *w, const struct mm_transition *t)
{
    for (size_t i = 0; !t->backfill && i < t->player_count; i++) {
        if (t->state != MM_SEARCHING)
            release(w, t->players[i].id, t->ticket_id);
        else
            count_write(w, claim_keep(w->to->store, t->players[i].id, t->configuration, t->ticket_id, &w->at,
                                      open_ttl_ms(w, t->configuration), answer_to(w)));
    }
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
        .end_ms = open ? 0 : w->end_ms,
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

static void gather_players(const struct mm_transition *t, const char *ticket_id, struct buf *out)
{
    for (size_t i = 0; i < t->team_count; i++) {
        for (size_t j = 0; j < t->teams[i].player_count; j++) {
            if (strcmp(t->teams[i].players[j].ticket_id, ticket_id) != 0)
                continue;
            buf_str(out, out->len > 0 ? " " : "");
            buf_str(out, t->teams[i].players[j].id);
        }
    }
}

static void write_completed(struct writer *w, const struct mm_transition *t, const struct mm_match_player *p)
{
    struct buf players = {0};
    struct ticket_view v = {
        .ticket_id = p->ticket_id,
        .state = "COMPLETED",
        .reason = "",
        .configuration = t->configuration,
        .match_id = t->match_id,
        .start_ms = p->start_ms,
        .end_ms = w->end_ms,
    };

    gather_players(t, p->ticket_id, &players);
    v.players = players.data;
    write_view(w, &v, ENDED_TTL_MS);
    buf_free(&players);
}

static void write_match(struct writer *w, const struct mm_transition *t, size_t index)
{
    for (size_t i = 0; i < t->team_count; i++) {
        for (size_t j = 0; j < t->teams[i].player_count; j++) {
            const struct mm_match_player *p = &t->teams[i].players[j];
            struct last *l = find_last(w, p->ticket_id, index);

            if (l == NULL)
                continue;
            if (!l->written)
                write_completed(w, t, p);
            l->written = true;
            release(w, p->id, p->ticket_id);
        }
    }
}

static void write_refused(struct writer *w, const struct mm_transition *t)
{
    if (t->issuer.player_id[0] != '\0' && t->ticket_id[0] != '\0')
        count_write(w, claim_refuse(w->to->store, t->issuer.player_id, t->ticket_id, answer_to(w)));
}

static void write_transition(struct writer *w, const struct mm_transition *t, size_t index)
{
    if (t->kind == MM_TICKET && find_last(w, t->ticket_id, index) != NULL)
        write_ticket(w, t);
    if (t->kind == MM_REFUSED)
        write_refused(w, t);
    if (t->kind == MM_MATCH)
        write_match(w, t, index);
}

void view_batch_tick(struct view_batch *b, const struct view_target *to, const struct decision *d)
{
    struct writer w = {
        .batch = b,
        .to = to,
        .at = {to->partition, d->record.epoch, d->record.seq},
        .end_ms = d->record.at_ms,
    };

    note_all(&w, d);
    for (size_t i = 0; i < d->count; i++)
        write_transition(&w, &d->transitions[i], i);
    HASH_CLEAR(hh, w.by_ticket);
    free(w.lasts);
}

void view_batch_open(struct view_batch *b, const struct view_target *to, const struct mm_transition *t, int64_t epoch,
                     int64_t seq)
{
    struct writer w = {.batch = b, .to = to, .at = {to->partition, epoch, seq}};

    write_ticket(&w, t);
}
