/* stop_matchmaking, describe_matchmaking: about a ticket that is there. And ping, about nothing. */
#include <string.h>

#include "actions.h"
#include "asking.h"
#include "clock.h"
#include "err.h"
#include "messages.h"
#include "operation.h"
#include "ticket_id.h"
#include "tickets.h"
#include "topics.h"
#include "words.h"

#define QUEUED_FRESH_MS 30000 /* a ticket just started may not have a view yet */

/* The request's ticket_id, or NULL and `error` was answered. */
static const char *ticket_id_read(struct session *s, struct request *r)
{
    char error[MM_ERROR_SIZE];
    const char *id;

    if (json_get_str(r->data, "$.data", "ticket_id", 1, ID_TICKET_MAX, &id, error) == 0) {
        if (id_ticket_valid(id, strlen(id)))
            return id;
        (void)json_fail(error, "$.data.ticket_id", "must be 1 to %d characters of a-z A-Z 0-9 - .", ID_TICKET_MAX);
    }
    session_fail(s, FAULT_INVALID_REQUEST, r->request_id, error);
    return NULL;
}

/* ---- stop ------------------------------------------------------------------------------------------------------- */

static void stop_send(struct operation *o, const char *key)
{
    ask_matchmaker(o, &(struct mm_command){.type = MM_STOP, .ticket_id = o->ticket_id}, key);
}

static void on_stop_view(void *arg, bool ok, const struct ticket_view *view, int64_t mean_wait_ms)
{
    struct operation *o = arg;

    (void)mean_wait_ms;
    if (!ok) {
        operation_fail(o, FAULT_UNAVAILABLE);
    } else if (view == NULL || !words_have(view->players, o->s->player) ||
               !partition_is_used(o->s->g->catalog, view->partition)) {
        operation_fail(o, FAULT_TICKET_NOT_FOUND);
    } else {
        o->partition = view->partition;
        stop_send(o, view->configuration);
    }
}

void action_stop(struct session *s, struct request *r)
{
    const char *id = ticket_id_read(s, r);
    const struct started *own;
    struct operation *o;

    if (id == NULL)
        return;
    own = started_find(s->tickets, id);
    o = operation_begin(s, r, id);
    o->partition = own != NULL ? own->partition : ticket_id_partition(id, topic_defs[TOPIC_QUEUE].partitions);
    if (o->partition >= 0 && !partition_is_used(s->g->catalog, o->partition))
        operation_fail(o, FAULT_TICKET_NOT_FOUND);
    else if (o->partition >= 0)
        stop_send(o, "");
    else if (ticket_view_read(s->g->backend.store, id, on_stop_view, o) != 0)
        operation_fail(o, FAULT_UNAVAILABLE);
}

/* ---- describe --------------------------------------------------------------------------------------------------- */

static void status_send(struct operation *o, const struct message_status *status)
{
    struct buf *out = &o->s->g->scratch;

    buf_clear(out);
    message_status(out, o->request_id, status);
    session_send(o->s, out);
    operation_end(o);
}

static void view_send(struct operation *o, const struct ticket_view *v, int64_t mean_wait_ms)
{
    int64_t end_ms = v->end_ms != 0 ? v->end_ms : clock_wall_ms();
    int64_t wait_ms = v->start_ms != 0 && end_ms > v->start_ms ? end_ms - v->start_ms : 0;

    status_send(o, &(struct message_status){.ticket_id = o->ticket_id,
                                            .state = v->state,
                                            .reason = v->reason,
                                            .match_id = v->match_id,
                                            .wait_ms = wait_ms,
                                            .estimated_wait_ms = v->end_ms != 0 ? -1 : mean_wait_ms});
}

static void queued_send(struct operation *o)
{
    const struct started *own = started_find(o->s->tickets, o->ticket_id);
    int64_t wait_ms = own != NULL ? clock_mono_ms() - own->queued_ms : 0;

    if (own == NULL || wait_ms > QUEUED_FRESH_MS)
        operation_fail(o, FAULT_TICKET_NOT_FOUND);
    else
        status_send(o, &(struct message_status){.ticket_id = o->ticket_id,
                                                .state = "QUEUED",
                                                .reason = "",
                                                .match_id = "",
                                                .wait_ms = wait_ms,
                                                .estimated_wait_ms = -1});
}

static bool view_is_open(const struct operation *o, const struct ticket_view *v)
{
    return v->end_ms == 0 && partition_is_used(o->s->g->catalog, v->partition);
}

/* Why a ticket waits only its ruler knows. */
static void why_ask(struct operation *o, const struct ticket_view *v)
{
    o->partition = v->partition;
    ask_matchmaker(o, &(struct mm_command){.type = MM_DESCRIBE, .ticket_id = o->ticket_id}, v->configuration);
}

static void on_described(void *arg, bool ok, const struct ticket_view *view, int64_t mean_wait_ms)
{
    struct operation *o = arg;

    if (!ok)
        operation_fail(o, FAULT_UNAVAILABLE);
    else if (view == NULL)
        queued_send(o);
    else if (!words_have(view->players, o->s->player))
        operation_fail(o, FAULT_TICKET_NOT_FOUND);
    else if (o->why && view_is_open(o, view))
        why_ask(o, view);
    else
        view_send(o, view, mean_wait_ms);
}

void action_describe(struct session *s, struct request *r)
{
    const char *id = ticket_id_read(s, r);
    char error[MM_ERROR_SIZE];
    struct operation *o;
    bool why = false;

    if (id == NULL)
        return;
    if (json_get_bool_opt(r->data, "$.data", "why", &why, error) != 0) {
        session_fail(s, FAULT_INVALID_REQUEST, r->request_id, error);
        return;
    }
    o = operation_begin(s, r, id);
    o->why = why;
    if (ticket_view_read(s->g->backend.store, id, on_described, o) != 0)
        operation_fail(o, FAULT_UNAVAILABLE);
}

/* ---- ping ------------------------------------------------------------------------------------------------------- */

void action_ping(struct session *s, struct request *r)
{
    struct buf *out = &s->g->scratch;

    buf_clear(out);
    message_pong(out, r->request_id, clock_wall_ms());
    session_send(s, out);
}
