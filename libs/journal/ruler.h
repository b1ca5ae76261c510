/*
 * ruler.h - one process's part in one partition's journal: when it claims the reign, rules, and steps down
 * (PROTOCOLS J1-J4). Pure: the shell reads, appends and acts as told; time is an argument.
 *
 *   REPLAYING --end of log--> STANDBY --claim--> CLAIMING --own reign valid--> RULING
 *       ^                       ^                   |                            |
 *       |                       +----own reign void, or its delivery failed------+ (not from RULING)
 *       +---------------------own tick void, a higher reign, a failed tick-------+
 *
 * A process in REPLAYING, STANDBY or CLAIMING holds what the journal says and no more. One in RULING is ahead of it:
 * when it is deposed that state is worthless, and it replays from the start.
 */
#ifndef JOURNAL_RULER_H
#define JOURNAL_RULER_H

#include <stdbool.h>
#include <stdint.h>

#include "journal.h"

enum ruler_state {
    RULER_REPLAYING, /* reading what is there */
    RULER_STANDBY,   /* follows the journal */
    RULER_CLAIMING,  /* appended a reign, reads on through whatever came in between */
    RULER_RULING,    /* its reign was read back as valid */
};
const char *ruler_state_str(enum ruler_state s);

struct ruler {
    struct journal journal; /* the fold of what was read */
    enum ruler_state state;
    bool assigned;                  /* the group gave us the queue partition */
    bool fresh;                     /* by an assignment that we have not yet claimed on */
    char nonce[JOURNAL_NONCE_SIZE]; /* of our own claim or reign */
    int64_t claim_epoch;
    int64_t next_seq; /* of the tick we append next, when ruling */
    int64_t heard_ms; /* monotonic: the last valid record, or the end of the replay */
};

enum ruler_step {
    RULER_IGNORE,    /* void, or nothing to do */
    RULER_FOLLOW,    /* a valid tick decided by somebody else (or by us in an earlier reign): take it over */
    RULER_ACT,       /* our own tick, read back as valid: act on it (J2) */
    RULER_BEGIN,     /* our reign is valid: rule */
    RULER_STEP_DOWN, /* we are deposed: drop all state, replay from the start, follow */
};

void ruler_init(struct ruler *r, int64_t now_ms);

/* The next record of the journal. *verdict may be NULL. After RULER_STEP_DOWN call ruler_restart. */
enum ruler_step ruler_read(struct ruler *r, const struct journal_record *record, int64_t now_ms,
                           enum journal_verdict *verdict);

void ruler_caught_up(struct ruler *r, int64_t now_ms); /* the end of the log was reached; only the first time matters */
void ruler_assign(struct ruler *r, bool assigned);     /* losing it deposes nobody (J4) */

/*
 * J4: an assigned standby claims at once after a new assignment, else when no valid record came for silence_ms.
 */
bool ruler_should_claim(const struct ruler *r, int64_t now_ms, int64_t silence_ms);

/* Begins a claim and fills the record to append. nonce: 32 random hex digits. wall_ms: the incarnation if the journal
 * is empty. */
void ruler_claim(struct ruler *r, const char *nonce, const char *instance, int64_t wall_ms, struct journal_record *out);
void ruler_claim_failed(struct ruler *r,
                        int64_t now_ms); /* its delivery failed: back to standby, unless it was read back already */

/* The head (epoch, nonce, seq) of our next tick; the shell fills the rest and appends it. ASSERTs that we rule. */
void ruler_next_tick(struct ruler *r, struct journal_record *out);
void ruler_tick_unsent(struct ruler *r); /* it could not be appended now: its seq will be used again */

/* Everything is to be read again from the start of the log; the assignment stays, but is no longer fresh. */
void ruler_restart(struct ruler *r, int64_t now_ms);

#endif
