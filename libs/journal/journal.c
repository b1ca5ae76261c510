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

static int read_snapshot(struct journal_record *r, char *error)
{
    static const char *const members[] = {HEAD, "transitions", "incarnation", "part", "last", NULL};

    if (read_head(r, members, error) != 0 ||
        json_get_int(r->root, "$", "incarnation", 1, INT_MAX_JSON, &r->incarnation, error) != 0 ||
        json_get_int(r->root, "$", "part", 1, INT_MAX_JSON, &r->part, error) != 0 ||
        json_get_bool_opt(r->root, "$", "last", &r->last, error) != 0)
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
    [JOURNAL_REIGN] = {"reign", read_reign},
    [JOURNAL_TICK] = {"tick", read_tick},
    [JOURNAL_SNAPSHOT] = {"snapshot", read_snapshot},
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
    return json_fail(error, "$.type", "must be reign, tick, snapshot or abdicate, is \"%s\"", name);
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

static void encode_head(const struct journal_record *r, struct buf *out)
{
    buf_printf(out, ",\"seq\":%lld,\"at\":%lld,\"position\":%lld,\"published\":{\"epoch\":%lld,\"seq\":%lld}",
               (long long)r->seq, (long long)r->at_ms, (long long)r->position, (long long)r->published.epoch,
               (long long)r->published.seq);
    if (r->type == JOURNAL_SNAPSHOT)
        buf_printf(out, ",\"incarnation\":%lld,\"part\":%lld,\"last\":%s", (long long)r->incarnation,
                   (long long)r->part, r->last ? "true" : "false");
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

const char *journal_verdict_str(enum journal_verdict v)
{
    static const char *const names[] = {"valid", "void_epoch", "void_nonce", "void_seq", "no_beginning"};

    return names[v];
}

void journal_begin(struct journal *j, int64_t log_start)
{
    j->cut = log_start > 0;
}

static enum journal_verdict read_valid_reign(struct journal *j, const struct journal_record *r)
{
    if (r->epoch != j->epoch + 1)
        return JOURNAL_VOID_EPOCH;
    j->epoch = r->epoch;
    memcpy(j->nonce, r->nonce, sizeof(j->nonce));
    if (j->incarnation == 0)
        j->incarnation = r->incarnation;
    j->vacant = false;
    j->building_parts = 0; /* what the last ruler did not finish */
    return JOURNAL_VALID;
}

static enum journal_verdict verdict_on(const struct journal *j, const struct journal_record *r)
{
    if (r->epoch != j->epoch)
        return JOURNAL_VOID_EPOCH;
    if (memcmp(r->nonce, j->nonce, sizeof(j->nonce)) != 0)
        return JOURNAL_VOID_NONCE;
    return r->seq == j->seq + 1 ? JOURNAL_VALID : JOURNAL_VOID_SEQ;
}

static void read_valid_snapshot(struct journal *j, const struct journal_record *r, int64_t offset)
{
    if (r->part == 1)
        j->building = (struct journal_snapshot){offset, r->seq};
    else if (r->part != j->building_parts + 1)
        return;
    j->building_parts = r->part;
    if (!r->last)
        return;
    j->latest = j->building;
    j->building_parts = 0;
}

/* What was before the cut can only be taken on trust: the ruler cuts at what it has read back as valid. */
static void take_over(struct journal *j, const struct journal_record *r)
{
    j->epoch = r->epoch;
    memcpy(j->nonce, r->nonce, sizeof(j->nonce));
    j->incarnation = r->incarnation;
    j->seq = r->seq - 1;
}

enum journal_verdict journal_read(struct journal *j, const struct journal_record *r, int64_t offset)
{
    enum journal_verdict v;

    if (j->cut && j->epoch == 0) {
        if (r->type != JOURNAL_SNAPSHOT || r->part != 1)
            return JOURNAL_NO_BEGINNING;
        take_over(j, r);
    }
    if (r->type == JOURNAL_REIGN)
        return read_valid_reign(j, r);
    v = verdict_on(j, r);
    if (v != JOURNAL_VALID)
        return v;
    j->seq = r->seq;
    j->at_ms = r->at_ms;
    j->position = r->position;
    j->published = r->published;
    if (r->type == JOURNAL_SNAPSHOT)
        read_valid_snapshot(j, r, offset);
    j->vacant = r->type == JOURNAL_ABDICATE;
    j->vacant_stopping = j->vacant && r->stopping;
    return JOURNAL_VALID;
}

int64_t journal_trim_offset(const struct journal *j)
{
    return journal_mark_covers(&j->published, j->latest.seq - 1) ? j->latest.offset : 0;
}

bool journal_mark_covers(const struct journal_mark *published, int64_t seq)
{
    return seq <= published->seq;
}
