#include "journal.h"

#include <string.h>

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
    if (j->young && !j->vacant)
        j->careful_until = j->position + JOURNAL_CAREFUL; /* the last one died young */
    j->young = true;
    j->state_attempted = false;
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

static void read_valid_attempt(struct journal *j, const struct journal_record *r)
{
    if (r->command == JOURNAL_STATE) {
        j->state_attempted = true;
        j->state_attempts++;
        return;
    }
    if (r->command != j->attempts.command)
        j->attempts = (struct journal_attempts){.command = r->command};
    j->attempts.count++;
}

/* A tick of a reign that has not come to the state yet says nothing about it. */
static void read_valid_tick(struct journal *j)
{
    if (j->state_attempted)
        j->state_attempts = 0;
    j->state_attempted = false;
}

static void read_valid_snapshot(struct journal *j, const struct journal_record *r, int64_t offset)
{
    j->young = r->young;
    j->careful_until = r->careful_until;
    j->attempts = r->attempts;
    j->state_attempts = 0; /* none is written before what is due has been seen to */
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

/* J8: the reign has shown that it lives, and what was attempted is done. */
static void move(struct journal *j, const struct journal_record *r)
{
    if (r->position < j->position)
        j->careful_until = 0; /* of another queue */
    j->position = r->position;
    j->moved_ms = r->at_ms;
    j->young = false;
    j->attempts = (struct journal_attempts){0};
}

static void read_valid_head(struct journal *j, const struct journal_record *r)
{
    if (r->position != j->position)
        move(j, r);
    j->seq = r->seq;
    j->at_ms = r->at_ms;
    j->published = r->published;
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
    read_valid_head(j, r);
    if (r->type == JOURNAL_TICK)
        read_valid_tick(j);
    else if (r->type == JOURNAL_ATTEMPT)
        read_valid_attempt(j, r);
    else if (r->type == JOURNAL_SNAPSHOT)
        read_valid_snapshot(j, r, offset);
    j->vacant = r->type == JOURNAL_ABDICATE;
    j->vacant_stopping = j->vacant && r->stopping;
    return JOURNAL_VALID;
}

bool journal_careful(const struct journal *j)
{
    return j->position < j->careful_until;
}

int64_t journal_attempts_at(const struct journal *j, int64_t command)
{
    return j->attempts.command == command ? j->attempts.count : 0;
}

bool journal_poisoned(const struct journal *j)
{
    return j->state_attempts >= JOURNAL_ATTEMPTS_MAX;
}

void journal_repeat(const struct journal *j, struct journal_record *snapshot)
{
    snapshot->careful_until = j->careful_until;
    if (snapshot->position != j->position)
        return; /* a tick of ours that is on its way has moved it */
    snapshot->young = j->young;
    snapshot->attempts = j->attempts;
}

int64_t journal_trim_offset(const struct journal *j)
{
    return journal_mark_covers(&j->published, j->latest.seq - 1) ? j->latest.offset : 0;
}

bool journal_mark_covers(const struct journal_mark *published, int64_t seq)
{
    return seq <= published->seq;
}
