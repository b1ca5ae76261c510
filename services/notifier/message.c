#include "message.h"

#include <string.h>

struct event {
    const struct event_text *text;
    const char *type, *player;
    json_object *data;
};

static void head(const struct event *e, const char *type, struct buf *out)
{
    buf_printf(out, "{\"type\":\"%s\",\"id\":", type);
    buf_json_cstr(out, e->text->id);
    if (e->text->request_id[0] != '\0')
        buf_printf(out, ",\"request_id\":%s", e->text->request_id);
}

static void write_same(const struct event *e, const char *type, struct buf *out)
{
    size_t len;
    const char *data = json_text(e->data, &len);

    head(e, type, out);
    buf_str(out, ",\"data\":");
    buf_append(out, data, len);
    buf_str(out, "}");
}

static const char *text_of(json_object *data, const char *key)
{
    const char *text = "";

    (void)json_get_str_opt(data, "$.data", key, 0, SIZE_MAX, &text, NULL);
    return text;
}

/* The frame of API Gateway's own errors, with the code in data. */
static void write_error(const struct event *e, const char *type, struct buf *out)
{
    head(e, type, out);
    buf_str(out, ",\"message\":");
    buf_json_cstr(out, text_of(e->data, "message"));
    buf_str(out, ",\"connectionId\":");
    buf_json_cstr(out, e->text->connection_id);
    buf_str(out, ",\"requestId\":");
    buf_json_cstr(out, e->text->id);
    buf_str(out, ",\"data\":{\"code\":");
    buf_json_cstr(out, text_of(e->data, "code"));
    buf_str(out, ",\"ticket_id\":");
    buf_json_cstr(out, text_of(e->data, "ticket_id"));
    buf_str(out, "}}");
}

static const struct {
    const char *event, *message;
    void (*write)(const struct event *e, const char *type, struct buf *out);
} messages[] = {
    {"match_ready", "match_found", write_same},
    {"potential_match", "potential_match", write_same},
    {"match_accepted", "match_accepted", write_same},
    {"matchmaking_searching", "matchmaking_searching", write_same},
    {"matchmaking_cancelled", "matchmaking_cancelled", write_same},
    {"matchmaking_timed_out", "matchmaking_timed_out", write_same},
    {"matchmaking_failed", "matchmaking_failed", write_same},
    {"matchmaking_status", "matchmaking_status", write_same},
    {"matchmaking_refused", "error", write_error},
};

/* Game servers and back ends read these; they are keyed by ticket. */
static const char *const for_nobody[] = {
    "MatchmakingSearching", "PotentialMatchCreated", "AcceptMatch",          "AcceptMatchCompleted",
    "MatchmakingSucceeded", "MatchmakingTimedOut",   "MatchmakingCancelled", "MatchmakingFailed",
};

static bool is_for_nobody(const char *type)
{
    for (size_t i = 0; i < sizeof(for_nobody) / sizeof(for_nobody[0]); i++) {
        if (strcmp(for_nobody[i], type) == 0)
            return true;
    }
    return false;
}

/* A request id is put into the message as it is, so it must be one JSON string or number. */
static int check_request_id(const char *text, char *error)
{
    json_object *value = NULL;
    int rc = text[0] == '\0' ? 0 : json_parse(text, strlen(text), &value, error);

    if (rc == 0 && value != NULL && !json_object_is_type(value, json_type_string) &&
        !json_object_is_type(value, json_type_int) && !json_object_is_type(value, json_type_double))
        rc = json_fail(error, "header request_id", "must be a JSON string or number");
    json_object_put(value);
    return rc;
}

static int read_event(json_object *root, struct event *e, char *error)
{
    if (!json_object_is_type(root, json_type_object))
        return json_fail(error, "$", "must be an object");
    if (json_get_str(root, "$", "type", 1, 64, &e->type, error) != 0 ||
        json_get_str(root, "$", "player_id", 1, ID_PLAYER_MAX, &e->player, error) != 0 ||
        json_get_object_opt(root, "$", "data", &e->data, error) != 0 ||
        check_request_id(e->text->request_id, error) != 0)
        return -1;
    if (e->data == NULL)
        return json_fail(error, "$.data", "is missing");
    if (!id_player_valid(e->player, strlen(e->player)))
        return json_fail(error, "$.player_id", "is not a player id");
    return 0;
}

static enum message_kind write_message(const struct event *e, char *player, struct buf *out)
{
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        if (strcmp(messages[i].event, e->type) == 0) {
            memcpy(player, e->player, strlen(e->player) + 1);
            messages[i].write(e, messages[i].message, out);
            return MESSAGE_FOR_PLAYER;
        }
    }
    return MESSAGE_FOR_NOBODY;
}

enum message_kind message_of(const struct event_text *text, char player[ID_PLAYER_MAX + 1], struct buf *out,
                             char error[JSON_ERROR_SIZE])
{
    struct event e = {.text = text, .type = "", .player = ""};
    enum message_kind kind = MESSAGE_MALFORMED;
    json_object *root = NULL;

    if (is_for_nobody(text->type))
        return MESSAGE_FOR_NOBODY;
    if (json_parse(text->value, text->value_len, &root, error) == 0 && read_event(root, &e, error) == 0)
        kind = write_message(&e, player, out);
    json_object_put(root);
    return kind;
}
