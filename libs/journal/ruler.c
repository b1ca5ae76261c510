#include "ruler.h"

#include <string.h>

#include "err.h"

const char *ruler_state_str(enum ruler_state s)
{
    static const char *const names[] = {"replaying", "standby", "claiming", "ruling", "parked", "refusing"};

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

/* All but reigns. */
static enum ruler_step read_seq(struct ruler *r, const struct journal_record *record, enum journal_verdict verdict)
{
    if (r->state != RULER_RULING)
        return verdict == JOURNAL_VALID ? RULER_FOLLOW : RULER_IGNORE;
    if (verdict != JOURNAL_VALID)
        return is_ours(r, record) ? RULER_STEP_DOWN : RULER_IGNORE;
    if (record->type != JOURNAL_ABDICATE)
        return RULER_ACT;
    r->state = RULER_STANDBY;
    return RULER_ABDICATED;
}

static enum ruler_step refuse(struct ruler *r)
{
    r->state = RULER_REFUSING;
    return RULER_REFUSE;
}

void ruler_begin(struct ruler *r, int64_t offset)
{
    if (!r->begun)
        journal_begin(&r->journal, offset);
    r->begun = true;
}

static void hear(struct ruler *r, const struct journal_record *record, int64_t now_ms)
{
    r->heard_ms = now_ms;
    r->claim_lost = false;
    if (r->state == RULER_PARKED)
        r->state = RULER_STANDBY; /* somebody was told to try */
    r->living = r->state == RULER_STANDBY;
    if (record->type != JOURNAL_REIGN || r->state == RULER_REPLAYING)
        return;
    if (r->reign_ms == 0 || now_ms - r->reign_ms >= RULER_CALM_MS)
        r->restless = 0;
    else if (r->restless < RULER_DOUBLINGS)
        r->restless++;
    r->reign_ms = now_ms;
}

enum ruler_step ruler_read(struct ruler *r, const struct journal_record *record, int64_t offset, int64_t now_ms,
                           enum journal_verdict *verdict)
{
    enum journal_verdict v;

    ruler_begin(r, offset);
    v = journal_read(&r->journal, record, offset);
    if (verdict != NULL)
        *verdict = v;
    if (r->state == RULER_REFUSING)
        return RULER_IGNORE;
    if (v == JOURNAL_NO_BEGINNING)
        return refuse(r);
    if (v == JOURNAL_VALID)
        hear(r, record, now_ms);
    return record->type == JOURNAL_REIGN ? read_reign(r, record, v) : read_seq(r, record, v);
}

enum ruler_step ruler_caught_up(struct ruler *r, int64_t now_ms)
{
    if (r->state != RULER_REPLAYING)
        return RULER_IGNORE;
    if (r->journal.epoch == 0 && (r->journal.cut || r->witness))
        return refuse(r);
    r->state = RULER_STANDBY;
    r->heard_ms = now_ms;
    return RULER_IGNORE;
}

void ruler_assign(struct ruler *r, bool assigned, int64_t now_ms)
{
    if (assigned == r->assigned)
        return;
    r->fresh = assigned && r->state != RULER_RULING;
    r->assigned = assigned;
    r->assigned_ms = now_ms;
}

void ruler_heard(struct ruler *r, int64_t now_ms)
{
    r->heard_ms = now_ms;
}

/* The partition has no ruler, and we need not leave it to the one whom the group has given it. */
static bool is_free_for(const struct ruler *r)
{
    return r->journal.vacant && (r->assigned || r->journal.vacant_stopping);
}

int64_t ruler_claim_in_ms(const struct ruler *r, int64_t now_ms, int64_t silence_ms)
{
    bool calm = now_ms - r->reign_ms >= RULER_CALM_MS;
    int64_t due_ms = r->heard_ms + (calm ? silence_ms : silence_ms << r->restless);

    if (r->state != RULER_STANDBY)
        return INT64_MAX;
    if (r->unparked)
        return 0;
    if (!r->claim_lost && (is_free_for(r) || (r->fresh && !r->living)))
        return 0;
    if (r->fresh && r->assigned_ms + silence_ms < due_ms)
        due_ms = r->assigned_ms + silence_ms;
    return due_ms > now_ms ? due_ms - now_ms : 0;
}

bool ruler_park(struct ruler *r)
{
    if (r->state != RULER_STANDBY || r->unparked || !journal_poisoned(&r->journal))
        return false;
    r->state = RULER_PARKED;
    return true;
}

bool ruler_unpark(struct ruler *r)
{
    if (r->state != RULER_PARKED)
        return false;
    r->state = RULER_STANDBY;
    r->unparked = true;
    return true;
}

void ruler_claim(struct ruler *r, const char *nonce, const char *instance, int64_t wall_ms, struct journal_record *out)
{
    ASSERT(r->state == RULER_STANDBY && strlen(nonce) == JOURNAL_NONCE_SIZE - 1);
    memcpy(r->nonce, nonce, sizeof(r->nonce));
    r->claim_epoch = r->journal.epoch + 1;
    r->state = RULER_CLAIMING;
    r->fresh = r->unparked = false;
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
    r->heard_ms = now_ms;
    r->claim_lost = true;
}

void ruler_next(struct ruler *r, enum journal_type type, struct journal_record *out)
{
    ASSERT(r->state == RULER_RULING && type != JOURNAL_REIGN);
    *out = (struct journal_record){
        .type = type,
        .epoch = r->claim_epoch,
        .seq = r->next_seq++,
        .incarnation = r->journal.incarnation,
    };
    memcpy(out->nonce, r->nonce, sizeof(out->nonce));
}

void ruler_unsent(struct ruler *r)
{
    ASSERT(ruler_unread(r) > 0);
    r->next_seq--;
}

int64_t ruler_unread(const struct ruler *r)
{
    return r->state == RULER_RULING ? r->next_seq - r->journal.seq - 1 : 0;
}

void ruler_stand_by(struct ruler *r, int64_t now_ms)
{
    ASSERT(r->state == RULER_RULING);
    r->state = RULER_STANDBY;
    r->heard_ms = now_ms;
}

void ruler_restart(struct ruler *r, int64_t now_ms)
{
    struct ruler before = *r;

    ruler_init(r, now_ms);
    r->assigned = before.assigned;
    r->witness = before.witness || before.journal.epoch > 0;
    r->reign_ms = before.reign_ms;
    r->restless = before.restless;
}
