#include "player.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "err.h"
#include "found.h"
#include "id.h"
#include "json.h"
#include "mem.h"
#include "players.h"

#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 1000

static void set_state(struct player *p, enum player_state state)
{
    p->swarm->in_state[p->state]--;
    p->swarm->in_state[state]++;
    p->state = state;
}

void player_init(struct player *p, struct swarm *s, size_t number, int rating)
{
    p->swarm = s;
    p->number = number;
    p->leader = p;
    p->party = 1;
    p->story.rating = rating;
    snprintf(p->story.name, sizeof(p->story.name), "%s-%zu", s->prefix, number);
    uv_timer_init(&s->loop, &p->timer);
    p->timer.data = p;
    s->in_state[p->state]++;
}

static void facts(const struct player *p, struct buf *out)
{
    if (p->facts != NULL)
        buf_str(out, p->facts);
    else
        buf_printf(out, ",\"attributes\":{\"skill\":%d}", p->story.rating);
}

static void party(const struct player *p, struct buf *out)
{
    buf_str(out, ",\"players\":[");
    for (const struct player *member = p; member < p + p->party; member++) {
        buf_str(out, member == p ? "{\"player_id\":" : ",{\"player_id\":");
        buf_json_cstr(out, member->story.name);
        facts(member, out);
        buf_str(out, "}");
    }
    buf_str(out, "]");
}

static bool all_here(const struct player *p)
{
    for (const struct player *member = p; member < p + p->party; member++)
        if (!member->greeted)
            return false;
    return true;
}

static void begin_waiting(struct player *p)
{
    p->asked++;
    p->ticket[0] = '\0';
    if (p->story.started_us != 0)
        return;
    p->story.started_us = clock_mono_us();
    p->story.started_ms = clock_wall_ms();
}

static void ask(struct player *p)
{
    struct buf out = {0};

    p->swarm->counters[ASKED_AGAIN] += p->story.started_us != 0;
    for (struct player *member = p; member < p + p->party; member++)
        begin_waiting(member);
    buf_printf(&out, "{\"action\":\"start_matchmaking\",\"request_id\":%" PRId64 ",\"data\":{\"configuration\":",
               ++p->request_id);
    buf_json_cstr(&out, p->swarm->conf->configuration);
    (p->party > 1 ? party : facts)(p, &out);
    buf_str(&out, "}}");
    conn_send(&p->conn, out.data, out.len);
    buf_free(&out);
    set_state(p, PLAYER_ASKED);
}

static void ask_if_ready(struct player *p)
{
    if (p->state == PLAYER_WANTS && all_here(p))
        ask(p);
}

void player_ask_why(struct player *p)
{
    struct buf out = {0};

    buf_str(&out, "{\"action\":\"describe_matchmaking\",\"data\":{\"why\":true,\"ticket_id\":");
    buf_json_cstr(&out, p->ticket);
    buf_str(&out, "}}");
    conn_send(&p->conn, out.data, out.len);
    buf_free(&out);
}

static void on_timer(uv_timer_t *timer)
{
    struct player *p = timer->data;

    if (conn_is_closed(&p->conn))
        swarm_connect(p->swarm, p);
    else
        ask_if_ready(p);
}

static void try_later(struct player *p)
{
    uint64_t wait_ms = p->tries < 4 ? BACKOFF_MIN_MS << p->tries : BACKOFF_MAX_MS;

    if (p->swarm->stopping)
        return;
    p->tries++;
    wait_ms = (uint64_t)((double)wait_ms * (0.5 + 0.5 * swarm_random(p->swarm)));
    uv_timer_start(&p->timer, on_timer, wait_ms, 0);
}

/* ---- messages ---- */

static bool seen_before(struct player *p, const char *id)
{
    uint64_t hash = id_hash(id, strlen(id));
    size_t kept = p->id_count < PLAYER_IDS_MAX ? p->id_count : PLAYER_IDS_MAX;

    for (size_t i = 0; i < kept; i++)
        if (p->ids[i] == hash)
            return true;
    p->ids[p->id_count++ % PLAYER_IDS_MAX] = hash;
    return false;
}

/* Is this about the request or the ticket that the player waits for? */
static bool is_current(const struct player *p, json_object *message, json_object *data)
{
    json_object *request_id, *ticket;

    if (p->state != PLAYER_ASKED && p->state != PLAYER_QUEUED)
        return false;
    if (json_object_object_get_ex(message, "request_id", &request_id))
        return json_object_get_int64(request_id) == p->request_id;
    return p->ticket[0] != '\0' && json_object_object_get_ex(data, "ticket_id", &ticket) &&
           strcmp(json_object_get_string(ticket), p->ticket) == 0;
}

static void on_connected(struct player *p, json_object *message, json_object *data)
{
    (void)message;
    (void)data;
    if (p->greeted)
        return;
    p->greeted = true;
    p->tries = 0;
    p->swarm->connected++;
    ask_if_ready(p->leader);
}

static void on_queued(struct player *p, json_object *message, json_object *data)
{
    json_object *ticket;

    if (p->state != PLAYER_ASKED || !is_current(p, message, data))
        return;
    if (json_object_object_get_ex(data, "ticket_id", &ticket))
        snprintf(p->ticket, sizeof(p->ticket), "%s", json_object_get_string(ticket));
    p->story.queued_us = clock_mono_us();
    p->tries = 0;
    set_state(p, PLAYER_QUEUED);
    if (p->swarm->mode->queued != NULL)
        p->swarm->mode->queued(p->swarm, p);
}

/* One of a party learns of the ticket by this. */
static void on_searching(struct player *p, json_object *message, json_object *data)
{
    json_object *ticket;

    (void)message;
    if (p->leader == p || p->state == PLAYER_MATCHED || !json_object_object_get_ex(data, "ticket_id", &ticket))
        return;
    snprintf(p->ticket, sizeof(p->ticket), "%s", json_object_get_string(ticket));
    set_state(p, PLAYER_QUEUED);
}

static void on_found(struct player *p, json_object *message, json_object *data)
{
    struct ledger *ledger = p->swarm->ledger;
    char error[JSON_ERROR_SIZE];
    struct found f;

    (void)message;
    if (found_parse(&f, data, p->story.name, error) != 0) {
        ledger_violation(ledger, "match_found of %s: %s", p->story.name, error);
        return;
    }
    p->story.found_us = clock_mono_us();
    p->story.found_ms = clock_wall_ms();
    if (!ledger_add(ledger, &f, &p->story)) {
        p->swarm->counters[REPEATS]++;
        return;
    }
    if (++p->matches > p->asked)
        ledger_violation(ledger, "matched twice: %s asked %zu times and has %zu matches, the last is %s", p->story.name,
                         p->asked, p->matches, f.match_id);
    set_state(p, PLAYER_MATCHED);
    if (p->swarm->mode->matched != NULL && !p->swarm->stopping)
        p->swarm->mode->matched(p->swarm, p);
}

/* The ticket ended without a match: a player would press the button again. */
static void on_ended(struct player *p, json_object *message, json_object *data)
{
    p->swarm->counters[ENDED] += p->leader == p;
    if (!is_current(p, message, data))
        return;
    set_state(p, p->leader == p ? PLAYER_WANTS : PLAYER_IDLE);
    if (p->leader == p)
        try_later(p);
}

static void on_error(struct player *p, json_object *message, json_object *data)
{
    json_object *retryable;

    p->swarm->counters[ERRORS]++;
    swarm_note(p->swarm, NOTE_ERROR, json_text(message, NULL));
    if (!is_current(p, message, data))
        return;
    if (!json_object_object_get_ex(data, "retryable", &retryable) || !json_object_get_boolean(retryable)) {
        set_state(p, PLAYER_FAILED);
        return;
    }
    set_state(p, PLAYER_WANTS);
    try_later(p);
}

static const struct {
    const char *type;
    void (*handle)(struct player *p, json_object *message, json_object *data);
} handlers[] = {
    {"connected", on_connected},
    {"matchmaking_queued", on_queued},
    {"matchmaking_searching", on_searching},
    {"match_found", on_found},
    {"matchmaking_cancelled", on_ended},
    {"matchmaking_timed_out", on_ended},
    {"matchmaking_failed", on_ended},
    {"error", on_error},
};

static void dispatch(struct player *p, json_object *message)
{
    const char *type = "", *id = "";
    json_object *data = NULL;

    json_get_str_opt(message, "$", "type", 0, 256, &type, NULL);
    json_get_str_opt(message, "$", "id", 0, 1024, &id, NULL);
    if (id[0] != '\0' && seen_before(p, id)) {
        p->swarm->counters[REPEATS]++;
        return;
    }
    json_object_object_get_ex(message, "data", &data);
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
        if (strcmp(type, handlers[i].type) == 0)
            handlers[i].handle(p, message, data);
}

/* ---- the connection ---- */

static void on_conn_message(void *arg, const char *text, size_t len)
{
    struct player *p = arg;
    char error[JSON_ERROR_SIZE];
    json_object *message = NULL;

    if (p->swarm->mode->message != NULL && p->swarm->mode->message(p->swarm, p, text, len))
        return;
    if (json_parse(text, len, &message, error) != 0 || !json_object_is_type(message, json_type_object))
        ledger_violation(p->swarm->ledger, "%s got what is no JSON object: %.*s", p->story.name, (int)len, text);
    else
        dispatch(p, message);
    json_object_put(message);
}

static void on_conn_opened(void *arg)
{
    struct player *p = arg;

    swarm_handshake_over(p->swarm, p);
}

static void on_conn_closed(void *arg, const char *why)
{
    struct player *p = arg;

    swarm_handshake_over(p->swarm, p);
    if (p->greeted)
        p->swarm->connected--;
    p->greeted = false;
    if (p->swarm->stopping)
        return;
    p->swarm->counters[RECONNECTS]++;
    swarm_note(p->swarm, NOTE_CLOSE, why);
    if (p->state == PLAYER_ASKED)
        set_state(p, PLAYER_WANTS);
    try_later(p);
}

static const struct conn_events events = {on_conn_opened, on_conn_message, on_conn_closed};

void player_connect(struct player *p)
{
    const struct targets *t = &p->swarm->targets;
    char query[LEDGER_NAME_SIZE + 16];

    snprintf(query, sizeof(query), "?player_id=%s", p->story.name);
    conn_connect(&p->conn, &p->swarm->loop, &t->list[p->number % t->count], query, &events, p);
}

void player_start(struct player *p)
{
    ASSERT(p->state == PLAYER_IDLE || p->state == PLAYER_MATCHED);
    p->rounds++;
    for (struct player *member = p; member < p + p->party; member++)
        member->story.started_us = member->story.queued_us = member->story.found_us = 0;
    set_state(p, PLAYER_WANTS);
    ask_if_ready(p);
}

void player_leave(struct player *p)
{
    uv_close((uv_handle_t *)&p->timer, NULL);
    conn_close(&p->conn);
}

void player_free(struct player *p)
{
    conn_free(&p->conn);
    free(p->facts);
}
