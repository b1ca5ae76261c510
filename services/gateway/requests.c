#include "requests.h"

#include <stdlib.h>
#include <string.h>

#include "actions.h"
#include "request.h"

struct action {
    const char *name;
    action_fn *run;
    const char *const *members; /* of data */
};

#define MEMBERS(...) ((const char *const[]){__VA_ARGS__ NULL})

static const struct action actions[] = {
    {"start_matchmaking", action_start, MEMBERS("configuration", "ticket_id", "attributes", "latency_ms", "players", )},
    {"stop_matchmaking", action_stop, MEMBERS("ticket_id", )},
    {"accept_match", action_accept, MEMBERS("match_id", "accept", )},
    {"describe_matchmaking", action_describe, MEMBERS("ticket_id", "why", )},
    {"ping", action_ping, MEMBERS()},
};

static const struct action *action_find(const char *name)
{
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    }
    return NULL;
}

static void request_run(struct session *s, const char *data, size_t len)
{
    char error[JSON_ERROR_SIZE];
    const struct action *action;
    struct request r;
    enum fault fault = request_parse(&r, data, len, error);

    if (fault == FAULT_NONE) {
        action = action_find(r.action);
        if (action == NULL)
            fault = FAULT_UNKNOWN_ACTION;
        else if (json_only(r.data, "$.data", action->members, error) != 0)
            fault = FAULT_INVALID_REQUEST;
        else
            action->run(s, &r);
    }
    if (fault != FAULT_NONE)
        session_fail(s, fault, r.request_id, error);
    request_clear(&r);
}

static bool session_may_run(const struct session *s)
{
    return s->state == SESSION_LIVE && !s->busy;
}

static void waiting_changed(struct gateway *g, size_t waiting)
{
    g->requests_waiting = waiting;
    metrics_set(g->metrics, GW_BACKLOG, (int64_t)waiting);
}

static void request_wait(struct session *s, const char *data, size_t len)
{
    if (frame_queue_push(&s->backlog, frame_new(data, len)))
        waiting_changed(s->g, s->g->requests_waiting + 1);
    else
        session_fail(s, FAULT_TOO_MANY_REQUESTS, "", "");
}

void requests_receive(struct session *s, const char *data, size_t len, bool binary)
{
    gateway_count(s->g, GW_MESSAGES_IN);
    metrics_add(s->g->metrics, GW_BYTES_IN, (int64_t)len);
    if (s->state == SESSION_CLOSING)
        return;
    if (binary)
        session_fail(s, FAULT_UNSUPPORTED_DATA, "", "");
    else if (s->g->stage != GATEWAY_SERVING)
        session_fail(s, FAULT_UNAVAILABLE, "", "the gateway is stopping, connect again");
    else if (session_may_run(s))
        request_run(s, data, len);
    else
        request_wait(s, data, len);
}

void requests_resume(struct session *s)
{
    struct frame *f;

    if (s->resuming)
        return; /* a request that ended at once: the loop that ran it goes on with the next */
    s->resuming = true;
    while (session_may_run(s) && (f = frame_queue_pop(&s->backlog)) != NULL) {
        waiting_changed(s->g, s->g->requests_waiting - 1);
        request_run(s, (const char *)frame_payload(f), f->len);
        free(f);
    }
    s->resuming = false;
}

void requests_drop(struct session *s)
{
    waiting_changed(s->g, s->g->requests_waiting - s->backlog.count);
    frame_queue_clear(&s->backlog);
}
