#include "journal.h"

#include <string.h>

#include "err.h"

#define INT_MAX_JSON 9007199254740991 /* 2^53 - 1: what every JSON reader holds exactly */

static int read_nonce(struct journal_record *r, char *error)
{
    const char *nonce;
    int rc = json_get_str(r->root, "$", "nonce", JOURNAL_NONCE_SIZE - 1, JOURNAL_NONCE_SIZE - 1, &nonce, error);

    if (rc == 0)
        memcpy(r->nonce, nonce, JOURNAL_NONCE_SIZE);
    return rc;
}

static int read_reign(struct journal_record *r, char *error)
{
    static const char *const members[] = {"type", "epoch", "nonce", "instance", "incarnation", NULL};

    if (json_only(r->root, "$", members, error) != 0 ||
        json_get_str(r->root, "$", "instance", 0, 255, &r->instance, error) != 0)
        return ERR_INVALID;
    return json_get_int(r->root, "$", "incarnation", 1, INT_MAX_JSON, &r->incarnation, error);
}

static int read_mark(struct journal_record *r, char *error)
{
    json_object *mark = NULL;

    if (json_get_object_opt(r->root, "$", "published", &mark, error) != 0)
        return ERR_INVALID;
    if (mark == NULL)
        return json_fail(error, "$.published", "is missing");
    if (json_get_int(mark, "$.published", "epoch", 0, INT_MAX_JSON, &r->published.epoch, error) != 0)
        return ERR_INVALID;
    return json_get_int(mark, "$.published", "seq", 0, INT_MAX_JSON, &r->published.seq, error);
}

/* What all but reigns have. */
static int read_head(struct journal_record *r, const char *const *members, char *error)
{
    if (json_only(r->root, "$", members, error) != 0 ||
        json_get_int(r->root, "$", "seq", 1, INT_MAX_JSON, &r->seq, error) != 0 ||
        json_get_int(r->root, "$", "at", 0, INT_MAX_JSON, &r->at_ms, error) != 0 ||
        json_get_int(r->root, "$", "position", 0, INT_MAX_JSON, &r->position, error) != 0)
        return ERR_INVALID;
    return read_mark(r, error);
}

static int read_transitions(struct journal_record *r, char *error)
{
    if (json_get_array(r->root, "$", "transitions", 0, SIZE_MAX, &r->transitions, error) != 0)
        return ERR_INVALID;
    for (size_t i = 0; i < json_object_array_length(r->transitions); i++)
        if (!json_object_is_type(json_object_array_get_idx(r->transitions, i), json_type_object))
            return json_fail(error, "$.transitions", "must hold objects only");
    return 0;
}

#define HEAD "type", "epoch", "nonce", "seq", "at", "position", "published"

static int read_tick(struct journal_record *r, char *error)
{
    static const char *const members[] = {HEAD, "transitions", NULL};
    int rc = read_head(r, members, error);

    return rc != 0 ? rc : read_transitions(r, error);
}

static int read_attempt(struct journal_record *r, char *error)
{
    static const char *const members[] = {HEAD, "command", NULL};
    int rc = read_head(r, members, error);

    r->command = JOURNAL_STATE;
    return rc != 0 ? rc : json_get_int_opt(r->root, "$", "command", 0, INT_MAX_JSON, &r->command, error);
}

static int read_counted(struct journal_record *r, char *error)
{
    json_object *attempts = NULL;

    if (json_get_bool_opt(r->root, "$", "young", &r->young, error) != 0 ||
        json_get_int_opt(r->root, "$", "careful_until", 0, INT_MAX_JSON, &r->careful_until, error) != 0 ||
        json_get_object_opt(r->root, "$", "attempts", &attempts, error) != 0)
        return ERR_INVALID;
    if (attempts == NULL)
        return 0;
    if (json_get_int(attempts, "$.attempts", "command", 0, INT_MAX_JSON, &r->attempts.command, error) != 0)
        return ERR_INVALID;
    return json_get_int(attempts, "$.attempts", "count", 1, INT_MAX_JSON, &r->attempts.count, error);
}

static int read_snapshot(struct journal_record *r, char *error)
{
    static const char *const members[] = {HEAD,    "transitions",   "incarnation", "part", "last",
                                          "young", "careful_until", "attempts",    NULL};

    if (read_head(r, members, error) != 0 ||
        json_get_int(r->root, "$", "incarnation", 1, INT_MAX_JSON, &r->incarnation, error) != 0 ||
        json_get_int(r->root, "$", "part", 1, INT_MAX_JSON, &r->part, error) != 0 ||
        json_get_bool_opt(r->root, "$", "last", &r->last, error) != 0 || read_counted(r, error) != 0)
        return ERR_INVALID;
    return read_transitions(r, error);
}

static int read_abdicate(struct journal_record *r, char *error)
{
    static const char *const members[] = {HEAD, "stopping", NULL};
    int rc = read_head(r, members, error);

    return rc != 0 ? rc : json_get_bool_opt(r->root, "$", "stopping", &r->stopping, error);
}

static const struct {
    const char *name; /* "type" */
    int (*read)(struct journal_record *r, char *error);
} kinds[] = {
    [JOURNAL_REIGN] = {"reign", read_reign},          [JOURNAL_TICK] = {"tick", read_tick},
    [JOURNAL_ATTEMPT] = {"attempt", read_attempt},    [JOURNAL_SNAPSHOT] = {"snapshot", read_snapshot},
    [JOURNAL_ABDICATE] = {"abdicate", read_abdicate},
};

static int read_kind(struct journal_record *r, char *error)
{
    const char *name;

    if (json_get_str(r->root, "$", "type", 1, 32, &name, error) != 0)
        return ERR_INVALID;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            r->type = (enum journal_type)i;
            return kinds[i].read(r, error);
        }
    }
    return json_fail(error, "$.type", "must be reign, tick, attempt, snapshot or abdicate, is \"%s\"", name);
}

int journal_record_parse(struct journal_record *out, const char *text, size_t len, char error[JSON_ERROR_SIZE])
{
    *out = (struct journal_record){0};
    if (json_parse(text, len, &out->root, error) != 0)
        return ERR_INVALID;
    if (!json_object_is_type(out->root, json_type_object))
        json_fail(error, "$", "must be an object");
    else if (json_get_int(out->root, "$", "epoch", 1, INT_MAX_JSON, &out->epoch, error) == 0 &&
             read_nonce(out, error) == 0 && read_kind(out, error) == 0)
        return 0;
    journal_record_clear(out);
    return ERR_INVALID;
}

void journal_record_clear(struct journal_record *r)
{
    json_object_put(r->root);
    *r = (struct journal_record){0};
}

static void encode_reign(const struct journal_record *r, struct buf *out)
{
    buf_str(out, ",\"instance\":");
    buf_json_cstr(out, r->instance);
    buf_printf(out, ",\"incarnation\":%lld", (long long)r->incarnation);
}

static void encode_part(const struct journal_record *r, struct buf *out)
{
    buf_printf(out, ",\"incarnation\":%lld,\"part\":%lld,\"last\":%s", (long long)r->incarnation, (long long)r->part,
               r->last ? "true" : "false");
    if (r->young)
        buf_str(out, ",\"young\":true");
    if (r->careful_until > 0)
        buf_printf(out, ",\"careful_until\":%lld", (long long)r->careful_until);
    if (r->attempts.count > 0)
        buf_printf(out, ",\"attempts\":{\"command\":%lld,\"count\":%lld}", (long long)r->attempts.command,
                   (long long)r->attempts.count);
}

static void encode_head(const struct journal_record *r, struct buf *out)
{
    buf_printf(out, ",\"seq\":%lld,\"at\":%lld,\"position\":%lld,\"published\":{\"epoch\":%lld,\"seq\":%lld}",
               (long long)r->seq, (long long)r->at_ms, (long long)r->position, (long long)r->published.epoch,
               (long long)r->published.seq);
    if (r->type == JOURNAL_ATTEMPT && r->command != JOURNAL_STATE)
        buf_printf(out, ",\"command\":%lld", (long long)r->command);
    if (r->type == JOURNAL_SNAPSHOT)
        encode_part(r, out);
    if (r->type == JOURNAL_ABDICATE)
        buf_printf(out, ",\"stopping\":%s", r->stopping ? "true" : "false");
}

void journal_encode(const struct journal_record *r, const char *transitions, size_t len, struct buf *out)
{
    buf_printf(out, "{\"type\":\"%s\",\"epoch\":%lld,\"nonce\":\"%s\"", kinds[r->type].name, (long long)r->epoch,
               r->nonce);
    if (r->type == JOURNAL_REIGN)
        encode_reign(r, out);
    else
        encode_head(r, out);
    if (r->type == JOURNAL_TICK || r->type == JOURNAL_SNAPSHOT) {
        buf_str(out, ",\"transitions\":[");
        buf_append(out, transitions, len);
        buf_str(out, "]");
    }
    buf_str(out, "}");
}
