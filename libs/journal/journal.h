/*
 * journal.h - the records of game-matchmaking-journal and which of them count (PROTOCOLS 1). Pure.
 *
 * Partition n of the journal is the history of queue partition n. Every reader folds the same records in the same
 * order with journal_read and so reaches the same verdicts: that, and nothing else, decides who rules and what
 * happened.
 *
 *   {"type":"reign","epoch":3,"nonce":"<32 hex>","instance":"mm-0","incarnation":1767322984000}
 *   {"type":"tick","epoch":3,"nonce":"<32 hex>","seq":17,"at":1767322984123,"position":4711,
 *    "published":{"epoch":3,"seq":15},"transitions":[...]}
 *   {"type":"attempt","epoch","nonce","seq","at","position","published": as in a tick,"command":4712}
 *   {"type":"snapshot","epoch","nonce","seq","at","position","published","transitions": as in a tick,
 *    "incarnation":...,"part":1,"last":false,"young":true,"careful_until":4968,
 *    "attempts":{"command":4712,"count":1}}
 *   {"type":"abdicate","epoch","nonce","seq","at","position","published": as in a tick,"stopping":true}
 *
 * A snapshot (J6) is parts 1, 2, ... of one reign, other records in between; the last one says so. Its transitions say
 * again what waits and what has ended. A log whose start has been moved begins with a complete one (J7), and the reader
 * takes over reign and seq from its first part. abdicate: the partition is vacant.
 *
 * seq counts all but reigns, and goes on across them. incarnation is set by the first reign of an empty journal and
 * copied by each later one: it tells a journal that was deleted and begun again from the one before it.
 *
 * Poison (J8, J9): a command, or something in the state, that kills whoever handles it. A reign is young until a tick
 * of it moves the position. When one has died young, those after it are careful for the next JOURNAL_CAREFUL commands,
 * as the dead one may have been as far ahead of the journal: each announces what it is about to handle, a command (by
 * its offset) or what is due in the state (no command), and handles it when the attempt was read back. So attempts with
 * nothing behind them name what kills. Those at a command count until the position moves, those at the state until a
 * tick follows in the same reign. A snapshot says again what is counted (absent: nothing).
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "json.h"

#define JOURNAL_NONCE_SIZE 33 /* 32 hex digits and a NUL */

#define JOURNAL_ATTEMPTS_MAX 3   /* as many are enough to convict */
#define JOURNAL_CAREFUL      256 /* commands: what a ruler reads in one turn of its loop */

enum journal_type { JOURNAL_REIGN, JOURNAL_TICK, JOURNAL_ATTEMPT, JOURNAL_SNAPSHOT, JOURNAL_ABDICATE };
#define JOURNAL_STATE (-1) /* in a command's place: what is due in the state */

/* Everything up to and including this tick has been delivered to game-events. {0, 0}: nothing yet. */
struct journal_mark {
    int64_t epoch, seq;
};

/* Announced, and the position has not moved since; only at the command that was announced last. */
struct journal_attempts {
    int64_t command; /* offset */
    int64_t count;
};

struct journal_record {
    enum journal_type type;
    int64_t epoch;
    char nonce[JOURNAL_NONCE_SIZE];
    const char *instance; /* reign: for people only */
    int64_t incarnation;  /* reign, snapshot */
    int64_t seq;          /* from here on: all but reign */
    int64_t at_ms;        /* the partition's clock */
    int64_t position;     /* the next queue offset to read */
    struct journal_mark published;
    json_object *transitions; /* tick, snapshot: an array; borrowed from root */
    int64_t part;             /* snapshot: from 1 on */
    bool last;                /* snapshot */
    bool young;               /* snapshot: this and the next two as in struct journal */
    int64_t careful_until;
    struct journal_attempts attempts;
    int64_t command;   /* attempt: the offset, or JOURNAL_STATE */
    bool stopping;     /* abdicate: the process ends; else the group gave the partition to another one */
    json_object *root; /* owned */
};

/* 0, or ERR_INVALID and a sentence: such a record is void. Transitions are checked to be an array of objects only. */
int journal_record_parse(struct journal_record *out, const char *text, size_t len, char error[JSON_ERROR_SIZE]);
void journal_record_clear(struct journal_record *r); /* safe to repeat */

/* Appends a record's JSON. transitions: the array's elements, comma separated ("" for none); of ticks and snapshots. */
void journal_encode(const struct journal_record *r, const char *transitions, size_t len, struct buf *out);

struct journal_snapshot {
    int64_t offset, seq; /* of its first part */
};

/* What all readers know after the records so far; {0} before the first. */
struct journal {
    bool cut;      /* the log does not start at 0: its first record must be a snapshot's first part */
    int64_t epoch; /* greatest valid one; 0: nobody has ruled yet */
    char nonce[JOURNAL_NONCE_SIZE];
    int64_t incarnation;
    int64_t seq; /* last valid one */
    int64_t at_ms;
    int64_t position; /* consumed up to; 0 when no tick is valid yet */
    int64_t moved_ms; /* `at` of the record that moved the position: all before it was appended by then */
    struct journal_mark published;
    bool vacant, vacant_stopping;     /* the ruler abdicated */
    bool young;                       /* no tick of this reign has moved the position */
    int64_t careful_until;            /* position; reigns are careful before it */
    struct journal_attempts attempts; /* at a command */
    int64_t state_attempts;           /* at the state, with no tick of the same reign behind the last one */
    bool state_attempted;             /* in this reign, and no tick followed yet */
    struct journal_snapshot building; /* parts 1..building_parts are read; 0: none is under way */
    int64_t building_parts;
    struct journal_snapshot latest; /* complete; offset 0: none yet */
};

enum journal_verdict {
    JOURNAL_VALID,
    JOURNAL_VOID_EPOCH,   /* a reign that is not the next one, or a tick of another reign */
    JOURNAL_VOID_NONCE,   /* the reign's number without being that reign */
    JOURNAL_VOID_SEQ,     /* a repeat, a gap or a late arrival (J3) */
    JOURNAL_NO_BEGINNING, /* the log is cut, and not at a snapshot: what happened before is lost (J7) */
};
const char *journal_verdict_str(enum journal_verdict v);

/* Before the first record: where the log starts. */
void journal_begin(struct journal *j, int64_t log_start);

/* The verdict on the next record; *j moves on only when it is valid. */
enum journal_verdict journal_read(struct journal *j, const struct journal_record *r, int64_t offset);

/* J8: announce each attempt, and make one at a time. */
bool journal_careful(const struct journal *j);
int64_t journal_attempts_at(const struct journal *j, int64_t command);
bool journal_poisoned(const struct journal *j); /* J9: enough have died of the state */

/* J6: what is counted, into a snapshot's record whose position is set; no attempt of ours is unread. */
void journal_repeat(const struct journal *j, struct journal_record *snapshot);

/*
 * J7: records before this offset are not needed by anybody any more: a complete snapshot begins there, and all that
 * happened before is published. 0: none such.
 */
int64_t journal_trim_offset(const struct journal *j);

/* {0,0} first, then by seq. */
bool journal_mark_covers(const struct journal_mark *published, int64_t seq);

#endif
