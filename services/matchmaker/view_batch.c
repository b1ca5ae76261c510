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

/* The last of the transitions that speaks of a ticket: only that one is worth a write. */
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

/* Do all tickets in its teams change with it? Of a dropped proposal each follows as a transition of its own. */
static bool has_tickets(const struct mm_transition *t)
{
    return t->kind == MM_MATCH || t->kind == MM_PROPOSAL;
}

static size_t tickets_max(const struct mm_transition *t)
{
    size_t n = t->kind == MM_TICKET;

    for (size_t i = 0; has_tickets(t) && i < t->team_count; i++)
        n += t->teams[i].player_count;
    return n;
}

static struct last *find_last(const struct writer *w, const char *ticket_id)
{
    struct last *l;

    HASH_FIND_STR(w->by_ticket, ticket_id, l);
    return l;
}

static void note(struct writer *w, const char *ticket_id, size_t index)
{
    struct last *l = find_last(w, ticket_id);

    if (l == NULL) {
        l = &w->lasts[w->count++];
        *l = (struct last){.ticket_id = ticket_id};
        HASH_ADD_KEYPTR(hh, w->by_ticket, l->ticket_id, strlen(l->ticket_id), l);
    }
    l->index = index;
}

static void note_transition(struct writer *w, const struct mm_transition *t, size_t index)
{
    if (t->kind == MM_TICKET)
        note(w, t->ticket_id, index);
    for (size_t i = 0; has_tickets(t) && i < t->team_count; i++)
        for (size_t j = 0; j < t->teams[i].player_count; j++)
            note(w, t->teams[i].players[j].ticket_id, index);
}

static void note_all(struct writer *w, const struct mm_transition *transitions, size_t count)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        n += tickets_max(&transitions[i]);
    w->lasts = mem_alloc((n + 1) * sizeof(*w->lasts));
    for (size_t i = 0; i < count; i++)
        note_transition(w, &transitions[i], i);
}

/* True once: this transition is the last word on the ticket, and it is not written yet. */
static bool take_word(const struct writer *w, const char *ticket_id, size_t index)
{
    struct last *l = find_last(w, ticket_id);

    if (l == NULL || l->index != index || l->written)
        return false;
    l->written = true;
    return true;
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

/* The engine leaves out what there is not. */
static const char *given(const char *text)
{
    return text != NULL ? text : "";
}

static void keep(struct writer *w, const char *player_id, const char *ticket_id, const char *configuration)
{
    count_write(w, claim_keep(w->to->store, player_id, configuration, ticket_id, &w->at, open_ttl_ms(w, configuration),
                              answer_to(w)));
}

static void add_player(struct buf *players, const char *player_id)
{
    buf_str(players, players->len > 0 ? " " : "");
    buf_str(players, player_id);
}

/* A backfill ticket's players are in a game: it claims none of them. */
static void write_ticket(struct writer *w, const struct mm_transition *t)
{
    bool open = t->state == MM_SEARCHING;
    struct buf players = {0};
    struct ticket_view v = {
        .ticket_id = t->ticket_id,
        .state = mm_ticket_state_names[t->state],
        .reason = t->reason,
        .configuration = t->configuration,
        .match_id = given(t->match_id),
        .start_ms = t->start_ms,
        .end_ms = open ? 0 : w->end_ms,
    };

    for (size_t i = 0; i < t->player_count; i++) {
        add_player(&players, t->players[i].id);
        if (t->backfill)
            continue;
        if (open)
            keep(w, t->players[i].id, t->ticket_id, t->configuration);
        else
            release(w, t->players[i].id, t->ticket_id);
    }
    v.players = players.len > 0 ? players.data : "";
    write_view(w, &v, open ? open_ttl_ms(w, t->configuration) + ENDED_TTL_MS : ENDED_TTL_MS);
    buf_free(&players);
}

/* Its players, and what becomes of their claims. */
static void write_members(struct writer *w, const struct mm_transition *t, const char *ticket_id, struct buf *players)
{
    bool backfill = strcmp(ticket_id, given(t->backfill_id)) == 0;

    for (size_t i = 0; i < t->team_count; i++) {
        for (size_t j = 0; j < t->teams[i].player_count; j++) {
            const struct mm_match_player *p = &t->teams[i].players[j];

            if (strcmp(p->ticket_id, ticket_id) != 0)
                continue;
            add_player(players, p->id);
            if (backfill)
                continue;
            if (t->kind == MM_PROPOSAL)
                keep(w, p->id, ticket_id, t->configuration);
            else
                release(w, p->id, ticket_id);
        }
    }
}

/* A ticket of a match, or of a proposal. */
static void write_matched(struct writer *w, const struct mm_transition *t, const struct mm_match_player *p)
{
    bool open = t->kind == MM_PROPOSAL;
    struct buf players = {0};
    struct ticket_view v = {
        .ticket_id = p->ticket_id,
        .state = open ? "REQUIRES_ACCEPTANCE" : "COMPLETED",
        .reason = "",
        .configuration = t->configuration,
        .match_id = t->match_id,
        .start_ms = p->start_ms,
        .end_ms = open ? 0 : w->end_ms,
    };

    write_members(w, t, p->ticket_id, &players);
    v.players = players.data;
    write_view(w, &v, open ? open_ttl_ms(w, t->configuration) + ENDED_TTL_MS : ENDED_TTL_MS);
    buf_free(&players);
}

static void write_teams(struct writer *w, const struct mm_transition *t, size_t index)
{
    for (size_t i = 0; i < t->team_count; i++)
        for (size_t j = 0; j < t->teams[i].player_count; j++)
            if (take_word(w, t->teams[i].players[j].ticket_id, index))
                write_matched(w, t, &t->teams[i].players[j]);
}

static void refuse(struct writer *w, const char *player_id, const char *ticket_id)
{
    count_write(w, claim_refuse(w->to->store, player_id, ticket_id, answer_to(w)));
}

/* The issuer, and of a party the others. */
static void write_refused(struct writer *w, const struct mm_transition *t)
{
    if (t->issuer.player_id[0] == '\0' || t->ticket_id[0] == '\0')
        return;
    refuse(w, t->issuer.player_id, t->ticket_id);
    for (size_t i = 0; i < t->player_count; i++)
        if (strcmp(t->players[i].id, t->issuer.player_id) != 0)
            refuse(w, t->players[i].id, t->ticket_id);
}

static void write_transition(struct writer *w, const struct mm_transition *t, size_t index)
{
    if (t->kind == MM_TICKET && take_word(w, t->ticket_id, index))
        write_ticket(w, t);
    else if (t->kind == MM_REFUSED)
        write_refused(w, t);
    else if (has_tickets(t))
        write_teams(w, t, index);
}

static void write_all(struct writer *w, const struct mm_transition *transitions, size_t count)
{
    note_all(w, transitions, count);
    for (size_t i = 0; i < count; i++)
        write_transition(w, &transitions[i], i);
    HASH_CLEAR(hh, w->by_ticket);
    free(w->lasts);
}

void view_batch_tick(struct view_batch *b, const struct view_target *to, const struct decision *d)
{
    struct writer w = {
        .batch = b,
        .to = to,
        .at = {to->partition, d->record.epoch, d->record.seq},
        .end_ms = d->record.at_ms,
    };

    write_all(&w, d->transitions, d->count);
}

void view_batch_open(struct view_batch *b, const struct view_target *to, const struct mm_transition *t, int64_t epoch,
                     int64_t seq)
{
    struct writer w = {.batch = b, .to = to, .at = {to->partition, epoch, seq}};

    write_all(&w, t, 1);
}
