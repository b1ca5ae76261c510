/*
 * ruler.h - one process's part in one partition's journal: when it claims the reign, rules, and steps down
 * (PROTOCOLS J1-J4, J9). Pure: the shell reads, appends and acts as told; time is an argument.
 *
 *   REPLAYING --end of log--> STANDBY --claim--> CLAIMING --own reign valid--> RULING
 *       ^                      ^   ^                |                            | |
 *       |                      |   +----own reign void, or its delivery failed   | |
 *       |                      +--own abdication valid; a higher reign when nothing decided was unread
 *       +---------------------own tick void, a failed append, a higher reign while something decided was unread
 *
 *   REPLAYING --the log is cut, and not at a snapshot, or was emptied--> REFUSING, until it is mended by hand (J7)
 *   STANDBY --its claim is due, and the state has killed enough rulers--> PARKED (J9)
 *   PARKED --a valid record, or by hand--> STANDBY
 *
 * A process in REPLAYING, STANDBY, PARKED or CLAIMING holds what the journal says and no more. One in RULING that has
 * appended what it has not read back is ahead of it: when it is deposed that state is worthless, and it replays from
 * the start.
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
    RULER_PARKED,    /* follows a journal whose state kills who rules it */
    RULER_REFUSING,  /* the journal's beginning is lost: nobody may rule on what is left */
};
const char *ruler_state_str(enum ruler_state s);

#define RULER_CALM_MS   10000
#define RULER_DOUBLINGS 3

struct ruler {
    struct journal journal; /* the fold of what was read */
    enum ruler_state state;
    bool assigned;                  /* the group gave us the queue partition */
    bool fresh;                     /* by an assignment that we have not yet claimed on */
    bool living;                    /* another ruler has been heard since the end of the log was reached */
    char nonce[JOURNAL_NONCE_SIZE]; /* of our own claim or reign */
    int64_t claim_epoch;
    int64_t next_seq;    /* of the tick we append next, when ruling */
    int64_t heard_ms;    /* monotonic: the last valid record, or the end of the replay */
    int64_t assigned_ms; /* monotonic: since when `fresh` */
    int64_t reign_ms;    /* monotonic: when we last read a valid reign; 0: never */
    int restless;        /* reigns that came less than RULER_CALM_MS after another, in a row */
    bool witness;        /* we have read a history here before: an empty log is not the beginning of one */
    bool begun;          /* where the log starts is known */
    bool unparked;       /* our next claim is made whatever the state has done */
    bool claim_lost;     /* our last claim was not delivered: the next one waits for the silence */
};

enum ruler_step {
    RULER_IGNORE,    /* void, or nothing to do */
    RULER_FOLLOW,    /* valid, decided by somebody else (or by us in an earlier reign): take it over */
    RULER_ACT,       /* our own, read back as valid: act on it (J2) */
    RULER_BEGIN,     /* our reign is valid: rule */
    RULER_ABDICATED, /* our abdication is valid: we are a standby, in place */
    RULER_STEP_DOWN, /* we are deposed: call ruler_restart or, if that is allowed, ruler_stand_by */
    RULER_REFUSE,    /* what was before the first record is lost: said once; then everything is ignored */
};

void ruler_init(struct ruler *r, int64_t now_ms);

/* A record is there, or the end was reached, at this offset, whatever the record says: the first one is the log's
 * start. Only the first call matters. */
void ruler_begin(struct ruler *r, int64_t offset);

/* The next record of the journal. *verdict may be NULL. */
enum ruler_step ruler_read(struct ruler *r, const struct journal_record *record, int64_t offset, int64_t now_ms,
                           enum journal_verdict *verdict);

/*
 * The end of the log was reached; only the first time matters. RULER_REFUSE: the log is empty, and was not always: it
 * does not start at 0, or we have read it before.
 * Otherwise RULER_IGNORE.
 */
enum ruler_step ruler_caught_up(struct ruler *r, int64_t now_ms);
void ruler_assign(struct ruler *r, bool assigned, int64_t now_ms); /* losing it deposes nobody (J4) */
void ruler_heard(struct ruler *r, int64_t now_ms); /* we were not listening: the silence counts from now on */

/*
 * J4: a standby claims at once when the partition is newly assigned to it, or is vacant and it is assigned or the last
 * ruler's process ended; and any standby does when no valid record came for silence_ms. The consumer group only
 * balances. The silence doubles, up to RULER_DOUBLINGS times, while one reign follows another: on a broker so slow that
 * every ruler seems silent, standbys would depose each other for ever. RULER_CALM_MS after the last reign it is
 * silence_ms again, so that a hand-over does not slow the next failover. A ruler that lives learns of a new assignment
 * at the same moment, and abdicates: it is given silence_ms for that, as a claim meanwhile might make it replay.
 * When: ruler_claim_in_ms, at 0; INT64_MAX: not as things are.
 */
int64_t ruler_claim_in_ms(const struct ruler *r, int64_t now_ms, int64_t silence_ms);

/* J9: asked when a claim is due. True: it is not to be made, the partition is parked. */
bool ruler_park(struct ruler *r);
/* By hand: one claim more is due at once. False: it is not parked here. */
bool ruler_unpark(struct ruler *r);

/* Begins a claim and fills the record to append. nonce: 32 random hex digits. wall_ms: the incarnation if the journal
 * is empty. */
void ruler_claim(struct ruler *r, const char *nonce, const char *instance, int64_t wall_ms, struct journal_record *out);
void ruler_claim_failed(struct ruler *r,
                        int64_t now_ms); /* its delivery failed: back to standby, unless it was read back already */

/* The head (type, epoch, nonce, seq, for a snapshot incarnation) of our next record other than a reign; the shell fills
 * the rest and appends it. ASSERTs that we rule. */
void ruler_next(struct ruler *r, enum journal_type type, struct journal_record *out);
void ruler_unsent(struct ruler *r);          /* it could not be appended now: its seq will be used again */
int64_t ruler_unread(const struct ruler *r); /* of our records, appended and not read back; 0 when not ruling */

/* Deposed with nothing unread but heartbeats and the like: what we hold is what the journal says, we follow from
 * here. */
void ruler_stand_by(struct ruler *r, int64_t now_ms);

/* Everything is to be read again from the start of the log; the assignment stays, but is no longer fresh. */
void ruler_restart(struct ruler *r, int64_t now_ms);

#endif
