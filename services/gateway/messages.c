#include "messages.h"

#include "clock.h"

/* {"type":"...","request_id":...,"data":{ */
static void message_open(struct buf *out, const char *type, const char *request_id)
{
    buf_printf(out, "{\"type\":\"%s\"", type);
    if (request_id[0] != '\0')
        buf_printf(out, ",\"request_id\":%s", request_id);
    buf_str(out, ",\"data\":{");
}

static void message_close(struct buf *out)
{
    buf_str(out, "}}");
}

/* The first member is written with separator "", the others with ",". */
static void member_str(struct buf *out, const char *separator, const char *name, const char *value)
{
    buf_printf(out, "%s\"%s\":", separator, name);
    buf_json_cstr(out, value);
}

static void member_seconds(struct buf *out, const char *name, int64_t ms)
{
    buf_printf(out, ",\"%s\":", name);
    if (ms < 0)
        buf_str(out, "null");
    else
        buf_json_num(out, (double)ms / 1000.0);
}

void message_connected(struct buf *out, const char *connection_id, const char *player_id, int64_t wall_ms)
{
    char time[CLOCK_RFC3339_SIZE];

    message_open(out, "connected", "");
    member_str(out, "", "connection_id", connection_id);
    member_str(out, ",", "player_id", player_id);
    member_str(out, ",", "timestamp", clock_rfc3339(wall_ms, time));
    message_close(out);
}

void message_pong(struct buf *out, const char *request_id, int64_t wall_ms)
{
    char time[CLOCK_RFC3339_SIZE];

    message_open(out, "pong", request_id);
    member_str(out, "", "timestamp", clock_rfc3339(wall_ms, time));
    message_close(out);
}

void message_queued(struct buf *out, const char *request_id, const char *ticket_id, const char *configuration)
{
    message_open(out, "matchmaking_queued", request_id);
    member_str(out, "", "ticket_id", ticket_id);
    member_str(out, ",", "configuration", configuration);
    message_close(out);
}

void message_status(struct buf *out, const char *request_id, const struct message_status *status)
{
    message_open(out, "matchmaking_status", request_id);
    member_str(out, "", "ticket_id", status->ticket_id);
    member_str(out, ",", "state", status->state);
    member_str(out, ",", "reason", status->reason);
    member_seconds(out, "wait_seconds", status->wait_ms);
    member_seconds(out, "estimated_wait_seconds", status->estimated_wait_ms);
    if (status->match_id[0] != '\0')
        member_str(out, ",", "match_id", status->match_id);
    message_close(out);
}

/* API Gateway's own error frame, and our code beside it. */
void message_error(struct buf *out, const struct message_error *error)
{
    const struct fault_def *def = &fault_defs[error->fault];

    buf_str(out, "{\"type\":\"error\"");
    member_str(out, ",", "message", error->text[0] != '\0' ? error->text : def->message);
    member_str(out, ",", "connectionId", error->connection_id);
    member_str(out, ",", "requestId", error->error_id);
    if (error->request_id[0] != '\0')
        buf_printf(out, ",\"request_id\":%s", error->request_id);
    member_str(out, ",\"data\":{", "code", def->code);
    if (def->retry)
        buf_str(out, ",\"retryable\":true");
    if (error->ticket_id != NULL)
        member_str(out, ",", "ticket_id", error->ticket_id);
    if (error->configuration != NULL)
        member_str(out, ",", "configuration", error->configuration);
    if (error->player_id != NULL)
        member_str(out, ",", "player_id", error->player_id);
    message_close(out);
}
