#include "ruler.h"

#include <string.h>

#include "err.h"

const char *ruler_state_str(enum ruler_state s)
{
    static const char *const names[] = {"replaying", "standby", "claiming", "ruling"};

    return names[s];
}

void ruler_init(struct ruler *r, int64_t now_ms)
{
    *r = (struct ruler){.state = RULER_REPLAYING, .heard_ms = now_ms};
}

static bool is_ours(const struct ruler *r, const struct journal_record *record)
{
    return memcmp(r->nonce, record->nonce, sizeof(r->nonce)) == 0;
}

static enum ruler_step read_reign(struct ruler *r, const struct journal_record *record, enum journal_verdict verdict)
{
    bool ours = is_ours(r, record);

    if (r->state == RULER_RULING)
        return verdict == JOURNAL_VALID ? RULER_STEP_DOWN : RULER_IGNORE;
    if (r->state != RULER_CLAIMING || !ours)
        return RULER_IGNORE;
    if (verdict != JOURNAL_VALID) {
        r->state = RULER_STANDBY;
        return RULER_IGNORE;
    }
    r->state = RULER_RULING;
    r->next_seq = r->journal.seq + 1;
    return RULER_BEGIN;
}

static enum ruler_step read_tick(const struct ruler *r, const struct journal_record *record,
                                 enum journal_verdict verdict)
{
    if (r->state != RULER_RULING)
        return verdict == JOURNAL_VALID ? RULER_FOLLOW : RULER_IGNORE;
    if (verdict == JOURNAL_VALID)
        return RULER_ACT;
    return is_ours(r, record) ? RULER_STEP_DOWN : RULER_IGNORE;
}

enum ruler_step ruler_read(struct ruler *r, const struct journal_record *record, int64_t now_ms,
                           enum journal_verdict *verdict)
{
    enum journal_verdict v = journal_read(&r->journal, record);

    if (verdict != NULL)
        *verdict = v;
    if (v == JOURNAL_VALID)
        r->heard_ms = now_ms;
    return record->type == JOURNAL_REIGN ? read_reign(r, record, v) : read_tick(r, record, v);
}

void ruler_caught_up(struct ruler *r, int64_t now_ms)
{
    if (r->state != RULER_REPLAYING)
        return;
    r->state = RULER_STANDBY;
    r->heard_ms = now_ms;
}

void ruler_assign(struct ruler *r, bool assigned)
{
    if (assigned == r->assigned)
        return;
    r->fresh = assigned && r->state != RULER_RULING;
    r->assigned = assigned;
}

bool ruler_should_claim(const struct ruler *r, int64_t now_ms, int64_t silence_ms)
{
    if (r->state != RULER_STANDBY || !r->assigned)
        return false;
    return r->fresh || now_ms - r->heard_ms >= silence_ms;
}

void ruler_claim(struct ruler *r, const char *nonce, const char *instance, int64_t wall_ms, struct journal_record *out)
{
    ASSERT(r->state == RULER_STANDBY && strlen(nonce) == JOURNAL_NONCE_SIZE - 1);
    memcpy(r->nonce, nonce, sizeof(r->nonce));
    r->claim_epoch = r->journal.epoch + 1;
    r->state = RULER_CLAIMING;
    r->fresh = false;
    *out = (struct journal_record){
        .type = JOURNAL_REIGN,
        .epoch = r->claim_epoch,
        .instance = instance,
        .incarnation = r->journal.incarnation != 0 ? r->journal.incarnation : wall_ms,
    };
    memcpy(out->nonce, r->nonce, sizeof(out->nonce));
}

void ruler_claim_failed(struct ruler *r, int64_t now_ms)
{
    if (r->state != RULER_CLAIMING)
        return;
    r->state = RULER_STANDBY;
    r->heard_ms = now_ms; /* the next try waits for the silence again */
}

void ruler_next_tick(struct ruler *r, struct journal_record *out)
{
    ASSERT(r->state == RULER_RULING);
    *out = (struct journal_record){.type = JOURNAL_TICK, .epoch = r->claim_epoch, .seq = r->next_seq++};
    memcpy(out->nonce, r->nonce, sizeof(out->nonce));
}

void ruler_tick_unsent(struct ruler *r)
{
    ASSERT(r->state == RULER_RULING && r->next_seq > r->journal.seq + 1);
    r->next_seq--;
}

void ruler_restart(struct ruler *r, int64_t now_ms)
{
    bool assigned = r->assigned;

    ruler_init(r, now_ms);
    r->assigned = assigned;
}
