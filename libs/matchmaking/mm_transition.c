#include "mm_transition.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"
#include "mm_shape.h"

#define TEAM_PLAYERS_MAX 200 /* FlexMatch's largest match */
#define TEXT_MAX_BYTES   4096
#define TIME_MAX_MS      (INT64_C(1) << 53) /* what every reader of JSON can hold; leaves room for sums */

const char *const mm_ticket_state_names[MM_TICKET_STATES] = {
    [MM_SEARCHING] = "SEARCHING",
    [MM_CANCELLED] = "CANCELLED",
    [MM_TIMED_OUT] = "TIMED_OUT",
};

/* Encoding. key: with what stands before it, such as `,"state":`. */

static void put_str(struct buf *out, const char *key, const char *value)
{
    buf_str(out, key);
    buf_json_cstr(out, value);
}

static void put_opt_str(struct buf *out, const char *key, const char *value)
{
    if (value[0] != '\0')
        put_str(out, key, value);
}

/* JSON as text, or else as an object. */
static void put_opt_value(struct buf *out, const char *key, const char *text, json_object *value)
{
    size_t len = text != NULL ? strlen(text) : 0;

    if (value != NULL && text == NULL)
        text = json_text(value, &len);
    if (len == 0)
        return;
    buf_str(out, key);
    buf_append(out, text, len);
}

static void put_issuer(struct buf *out, const struct mm_issuer *issuer)
{
    if (issuer->player_id[0] == '\0')
        return;
    put_str(out, ",\"issuer\":{\"player\":", issuer->player_id);
    put_opt_str(out, ",\"connection\":", issuer->connection_id);
    put_opt_str(out, ",\"request\":", issuer->request_id);
    buf_str(out, "}");
}

static void put_ticket_players(struct buf *out, const struct mm_transition *t)
{
    buf_str(out, ",\"players\":[");
    for (size_t i = 0; i < t->player_count; i++) {
        put_str(out, i == 0 ? "{\"id\":" : ",{\"id\":", t->players[i].id);
        put_opt_value(out, ",\"attributes\":", t->details != NULL ? t->details[2 * i] : NULL, t->players[i].attributes);
        put_opt_value(out, ",\"latency\":", t->details != NULL ? t->details[2 * i + 1] : NULL,
                      t->players[i].latency_ms);
        buf_str(out, "}");
    }
    buf_str(out, "]");
}

static void put_place(struct buf *out, const struct mm_transition *t)
{
    if (t->order != 0)
        buf_printf(out, ",\"order\":%" PRIu64, t->order);
    if (t->since_ms != t->start_ms)
        buf_printf(out, ",\"since\":%" PRId64, t->since_ms);
}

static void encode_ticket(const struct mm_transition *t, struct buf *out)
{
    put_str(out, "{\"ticket\":", t->ticket_id);
    put_str(out, ",\"state\":", mm_ticket_state_names[t->state]);
    put_str(out, ",\"configuration\":", t->configuration);
    buf_printf(out, ",\"start\":%" PRId64, t->start_ms);
    if (t->state == MM_SEARCHING)
        put_place(out, t);
    else
        put_str(out, ",\"reason\":", t->reason);
    put_ticket_players(out, t);
    put_issuer(out, &t->issuer);
    buf_str(out, "}");
}

static void put_team(struct buf *out, const struct mm_match_team *team)
{
    put_str(out, "{\"name\":", team->name);
    buf_str(out, ",\"players\":[");
    for (size_t i = 0; i < team->player_count; i++) {
        put_str(out, i == 0 ? "{\"id\":" : ",{\"id\":", team->players[i].id);
        put_str(out, ",\"ticket\":", team->players[i].ticket_id);
        buf_printf(out, ",\"start\":%" PRId64 "}", team->players[i].start_ms);
    }
    buf_str(out, "]}");
}

static void encode_match(const struct mm_transition *t, struct buf *out)
{
    put_str(out, "{\"match\":", t->match_id);
    put_str(out, ",\"configuration\":", t->configuration);
    buf_str(out, ",\"teams\":[");
    for (size_t i = 0; i < t->team_count; i++) {
        if (i > 0)
            buf_str(out, ",");
        put_team(out, &t->teams[i]);
    }
    buf_str(out, "]}");
}

static void encode_refused(const struct mm_transition *t, struct buf *out)
{
    put_str(out, "{\"refused\":", t->reason);
    put_str(out, ",\"message\":", t->message);
    put_str(out, ",\"ticket\":", t->ticket_id);
    put_issuer(out, &t->issuer);
    buf_str(out, "}");
}

static void encode_dead_letter(const struct mm_transition *t, struct buf *out)
{
    buf_printf(out, "{\"dead_letter\":%" PRId64, t->offset);
    put_str(out, ",\"reason\":", t->reason);
    buf_str(out, "}");
}

static void encode_ended(const struct mm_transition *t, struct buf *out)
{
    buf_printf(out, "{\"ended\":%" PRId64, t->ended_ms);
    put_str(out, ",\"hashes\":", t->hashes);
    buf_str(out, "}");
}

/* Decoding. */

static int get_text(json_object *o, const char *key, const char **out, char *error)
{
    return json_get_str(o, "$", key, 0, TEXT_MAX_BYTES, out, error);
}

static int get_time(json_object *o, const char *path, int64_t *out, char *error)
{
    return json_get_int(o, path, "start", 0, TIME_MAX_MS, out, error);
}

static int get_issuer(struct mm_issuer *issuer, json_object *o, char *error)
{
    static const char *const members[] = {"player", "connection", "request", NULL};
    json_object *from = NULL;
    int rc = json_get_object_opt(o, "$", "issuer", &from, error);

    if (rc != 0 || from == NULL)
        return rc;
    rc = json_only(from, "$.issuer", members, error);
    if (rc == 0)
        rc = mm_shape_player(from, "$.issuer", "player", &issuer->player_id, error);
    if (rc == 0)
        rc = json_get_str_opt(from, "$.issuer", "connection", 1, MM_REQUEST_ID_MAX, &issuer->connection_id, error);
    if (rc == 0)
        rc = json_get_str_opt(from, "$.issuer", "request", 1, MM_REQUEST_ID_MAX, &issuer->request_id, error);
    return rc;
}

static int get_state(enum mm_ticket_state *state, json_object *o, char *error)
{
    const char *name = "";
    int rc = get_text(o, "state", &name, error);

    if (rc != 0)
        return rc;
    for (int i = 0; i < MM_TICKET_STATES; i++) {
        if (strcmp(name, mm_ticket_state_names[i]) == 0) {
            *state = (enum mm_ticket_state)i;
            return 0;
        }
    }
    return json_fail(error, "$.state", "must be SEARCHING, CANCELLED or TIMED_OUT, is \"%s\"", name);
}

static int get_ticket_player(struct mm_player *p, json_object *o, const char *path, char *error)
{
    static const char *const members[] = {"id", "attributes", "latency", NULL};
    int rc = mm_shape_object(o, path, members, error);

    if (rc == 0)
        rc = mm_shape_player(o, path, "id", &p->id, error);
    if (rc == 0)
        rc = json_get_object_opt(o, path, "attributes", &p->attributes, error);
    if (rc == 0)
        rc = json_get_object_opt(o, path, "latency", &p->latency_ms, error);
    return rc;
}

static int get_ticket_players(struct mm_transition *t, json_object *o, char *error)
{
    json_object *list = NULL;
    char path[MM_PATH_SIZE];
    int rc = json_get_array(o, "$", "players", 1, MM_TICKET_PLAYERS_MAX, &list, error);

    for (; rc == 0 && t->player_count < json_object_array_length(list); t->player_count++) {
        mm_path(path, "$.players[%zu]", t->player_count);
        rc = get_ticket_player(&t->players[t->player_count], json_object_array_get_idx(list, t->player_count), path,
                               error);
    }
    return rc;
}

static int get_place(struct mm_transition *t, json_object *o, char *error)
{
    int64_t order = 0;
    int rc = json_get_int_opt(o, "$", "order", 1, TIME_MAX_MS, &order, error);

    t->order = (uint64_t)order;
    t->since_ms = t->start_ms;
    return rc != 0 ? rc : json_get_int_opt(o, "$", "since", 0, TIME_MAX_MS, &t->since_ms, error);
}

static int decode_ticket(struct mm_transition *t, json_object *o, char *error)
{
    static const char *const waits[] = {"ticket", "state", "configuration", "start", "players", "order", "since", NULL};
    static const char *const ended[] = {"ticket",  "state",  "configuration", "start",
                                        "players", "reason", "issuer",        NULL};
    int rc = get_state(&t->state, o, error);

    if (rc == 0)
        rc = json_only(o, "$", t->state == MM_SEARCHING ? waits : ended, error);
    if (rc == 0)
        rc = mm_shape_name(o, "$", "ticket", &t->ticket_id, error);
    if (rc == 0)
        rc = mm_shape_name(o, "$", "configuration", &t->configuration, error);
    if (rc == 0)
        rc = get_time(o, "$", &t->start_ms, error);
    if (rc == 0)
        rc = t->state == MM_SEARCHING ? get_place(t, o, error) : get_text(o, "reason", &t->reason, error);
    if (rc == 0)
        rc = get_ticket_players(t, o, error);
    return rc != 0 ? rc : get_issuer(&t->issuer, o, error);
}

static int get_match_player(struct mm_match_player *p, json_object *o, const char *path, char *error)
{
    static const char *const members[] = {"id", "ticket", "start", NULL};
    int rc = mm_shape_object(o, path, members, error);

    if (rc == 0)
        rc = mm_shape_player(o, path, "id", &p->id, error);
    if (rc == 0)
        rc = mm_shape_name(o, path, "ticket", &p->ticket_id, error);
    return rc != 0 ? rc : get_time(o, path, &p->start_ms, error);
}

static int get_team(struct mm_match_team *team, json_object *o, const char *path, char *error)
{
    static const char *const members[] = {"name", "players", NULL};
    char at[MM_PATH_SIZE];
    json_object *list = NULL;
    int rc = mm_shape_object(o, path, members, error);

    if (rc == 0)
        rc = json_get_str(o, path, "name", 1, TEXT_MAX_BYTES, &team->name, error);
    if (rc == 0)
        rc = json_get_array(o, path, "players", 1, TEAM_PLAYERS_MAX, &list, error);
    if (rc != 0)
        return rc;
    team->players = mem_alloc(json_object_array_length(list) * sizeof(*team->players));
    for (; rc == 0 && team->player_count < json_object_array_length(list); team->player_count++) {
        mm_path(at, "%s.players[%zu]", path, team->player_count);
        rc = get_match_player(&team->players[team->player_count], json_object_array_get_idx(list, team->player_count),
                              at, error);
    }
    return rc;
}

static int decode_match(struct mm_transition *t, json_object *o, char *error)
{
    static const char *const members[] = {"match", "configuration", "teams", NULL};
    json_object *list = NULL;
    char path[MM_PATH_SIZE];
    int rc = json_only(o, "$", members, error);

    if (rc == 0)
        rc = mm_shape_name(o, "$", "match", &t->match_id, error);
    if (rc == 0)
        rc = mm_shape_name(o, "$", "configuration", &t->configuration, error);
    if (rc == 0)
        rc = json_get_array(o, "$", "teams", 1, MM_MATCH_TEAMS, &list, error);
    for (; rc == 0 && t->team_count < json_object_array_length(list); t->team_count++) {
        mm_path(path, "$.teams[%zu]", t->team_count);
        rc = get_team(&t->teams[t->team_count], json_object_array_get_idx(list, t->team_count), path, error);
    }
    return rc;
}

static int decode_refused(struct mm_transition *t, json_object *o, char *error)
{
    static const char *const members[] = {"refused", "message", "ticket", "issuer", NULL};
    int rc = json_only(o, "$", members, error);

    if (rc == 0)
        rc = get_text(o, "refused", &t->reason, error);
    if (rc == 0)
        rc = get_text(o, "message", &t->message, error);
    if (rc == 0)
        rc = mm_shape_name(o, "$", "ticket", &t->ticket_id, error);
    return rc != 0 ? rc : get_issuer(&t->issuer, o, error);
}

static int decode_dead_letter(struct mm_transition *t, json_object *o, char *error)
{
    static const char *const members[] = {"dead_letter", "reason", NULL};
    int rc = json_only(o, "$", members, error);

    if (rc == 0)
        rc = json_get_int(o, "$", "dead_letter", 0, INT64_MAX, &t->offset, error);
    return rc != 0 ? rc : get_text(o, "reason", &t->reason, error);
}

static int decode_ended(struct mm_transition *t, json_object *o, char *error)
{
    static const char *const members[] = {"ended", "hashes", NULL};
    int rc = json_only(o, "$", members, error);

    if (rc == 0)
        rc = json_get_int(o, "$", "ended", 0, TIME_MAX_MS, &t->ended_ms, error);
    if (rc == 0)
        rc = json_get_str(o, "$", "hashes", 16, SIZE_MAX, &t->hashes, error);
    if (rc == 0 && (strlen(t->hashes) % 16 != 0 || strspn(t->hashes, "0123456789abcdef") != strlen(t->hashes)))
        rc = json_fail(error, "$.hashes", "must be 16 hex digits for each ticket");
    return rc;
}

/* Each kind is known by a member that no other has. */
static const struct {
    const char *mark;
    void (*encode)(const struct mm_transition *t, struct buf *out);
    int (*decode)(struct mm_transition *t, json_object *o, char *error);
} codecs[] = {
    [MM_TICKET] = {"state", encode_ticket, decode_ticket},
    [MM_MATCH] = {"match", encode_match, decode_match},
    [MM_REFUSED] = {"refused", encode_refused, decode_refused},
    [MM_DEAD_LETTER] = {"dead_letter", encode_dead_letter, decode_dead_letter},
    [MM_ENDED] = {"ended", encode_ended, decode_ended},
};

#define KINDS (sizeof(codecs) / sizeof(codecs[0]))

void mm_transition_encode(const struct mm_transition *t, struct buf *out)
{
    codecs[t->kind].encode(t, out);
}

int mm_transition_decode(struct mm_transition *t, json_object *o, char error[MM_ERROR_SIZE])
{
    int rc = mm_shape_object(o, "$", NULL, error);
    size_t kind = 0;

    *t = (struct mm_transition){.ticket_id = "",
                                .configuration = "",
                                .reason = "",
                                .message = "",
                                .match_id = "",
                                .hashes = "",
                                .issuer = {"", "", ""}};
    if (rc != 0)
        return rc;
    while (kind < KINDS && !json_object_object_get_ex(o, codecs[kind].mark, NULL))
        kind++;
    if (kind == KINDS)
        return json_fail(error, "$", "must have one of state, match, refused, dead_letter, ended");
    t->kind = (enum mm_transition_kind)kind;
    rc = codecs[kind].decode(t, o, error);
    if (rc != 0)
        mm_transition_clear(t);
    return rc;
}

void mm_transition_clear(struct mm_transition *t)
{
    if (t->kind != MM_MATCH)
        return;
    for (size_t i = 0; i < MM_MATCH_TEAMS; i++) {
        free(t->teams[i].players);
        t->teams[i] = (struct mm_match_team){0};
    }
    t->team_count = 0;
}
