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

static int read_tick(struct journal_record *r, char *error)
{
    static const char *const members[] = {"type",     "epoch",     "nonce",       "seq", "at",
                                          "position", "published", "transitions", NULL};

    if (json_only(r->root, "$", members, error) != 0 ||
        json_get_int(r->root, "$", "seq", 1, INT_MAX_JSON, &r->seq, error) != 0 ||
        json_get_int(r->root, "$", "at", 0, INT_MAX_JSON, &r->at_ms, error) != 0 ||
        json_get_int(r->root, "$", "position", 0, INT_MAX_JSON, &r->position, error) != 0 || read_mark(r, error) != 0 ||
        json_get_array(r->root, "$", "transitions", 0, SIZE_MAX, &r->transitions, error) != 0)
        return ERR_INVALID;
    for (size_t i = 0; i < json_object_array_length(r->transitions); i++)
        if (!json_object_is_type(json_object_array_get_idx(r->transitions, i), json_type_object))
            return json_fail(error, "$.transitions", "must hold objects only");
    return 0;
}

/* By name, as found in "type". */
static const struct {
    const char *name;
    enum journal_type type;
    int (*read)(struct journal_record *r, char *error);
} kinds[] = {
    {"reign", JOURNAL_REIGN, read_reign},
    {"tick", JOURNAL_TICK, read_tick},
};

static int read_kind(struct journal_record *r, char *error)
{
    const char *name;

    if (json_get_str(r->root, "$", "type", 1, 32, &name, error) != 0)
        return ERR_INVALID;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            r->type = kinds[i].type;
            return kinds[i].read(r, error);
        }
    }
    return json_fail(error, "$.type", "must be \"reign\" or \"tick\", is \"%s\"", name);
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

void journal_reign_encode(const struct journal_record *r, struct buf *out)
{
    buf_printf(out, "{\"type\":\"reign\",\"epoch\":%lld,\"nonce\":\"%s\",\"instance\":", (long long)r->epoch, r->nonce);
    buf_json_cstr(out, r->instance);
    buf_printf(out, ",\"incarnation\":%lld}", (long long)r->incarnation);
}

void journal_tick_encode(const struct journal_record *r, const char *transitions, size_t len, struct buf *out)
{
    buf_printf(out,
               "{\"type\":\"tick\",\"epoch\":%lld,\"nonce\":\"%s\",\"seq\":%lld,\"at\":%lld,\"position\":%lld,"
               "\"published\":{\"epoch\":%lld,\"seq\":%lld},\"transitions\":[",
               (long long)r->epoch, r->nonce, (long long)r->seq, (long long)r->at_ms, (long long)r->position,
               (long long)r->published.epoch, (long long)r->published.seq);
    buf_append(out, transitions, len);
    buf_str(out, "]}");
}

const char *journal_verdict_str(enum journal_verdict v)
{
    static const char *const names[] = {"valid", "void_epoch", "void_nonce", "void_seq"};

    return names[v];
}

static enum journal_verdict read_valid_reign(struct journal *j, const struct journal_record *r)
{
    if (r->epoch != j->epoch + 1)
        return JOURNAL_VOID_EPOCH;
    j->epoch = r->epoch;
    memcpy(j->nonce, r->nonce, sizeof(j->nonce));
    if (j->incarnation == 0)
        j->incarnation = r->incarnation;
    return JOURNAL_VALID;
}

static enum journal_verdict read_valid_tick(struct journal *j, const struct journal_record *r)
{
    if (r->epoch != j->epoch)
        return JOURNAL_VOID_EPOCH;
    if (memcmp(r->nonce, j->nonce, sizeof(j->nonce)) != 0)
        return JOURNAL_VOID_NONCE;
    if (r->seq != j->seq + 1)
        return JOURNAL_VOID_SEQ;
    j->seq = r->seq;
    j->at_ms = r->at_ms;
    j->position = r->position;
    j->published = r->published;
    return JOURNAL_VALID;
}

enum journal_verdict journal_read(struct journal *j, const struct journal_record *r)
{
    return r->type == JOURNAL_REIGN ? read_valid_reign(j, r) : read_valid_tick(j, r);
}

bool journal_mark_covers(const struct journal_mark *published, int64_t seq)
{
    return seq <= published->seq;
}
