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
 *
 * seq goes on across reigns. incarnation is set by the first reign of an empty journal and copied by each later one: it
 * tells a journal that was deleted and begun again from the one before it.
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "json.h"

#define JOURNAL_NONCE_SIZE 33 /* 32 hex digits and a NUL */

enum journal_type { JOURNAL_REIGN, JOURNAL_TICK };

/* Everything up to and including this tick has been delivered to game-events. {0, 0}: nothing yet. */
struct journal_mark {
    int64_t epoch, seq;
};

struct journal_record {
    enum journal_type type;
    int64_t epoch;
    char nonce[JOURNAL_NONCE_SIZE];
    const char *instance;          /* reign: for people only */
    int64_t incarnation;           /* reign */
    int64_t seq;                   /* tick */
    int64_t at_ms;                 /* tick: the partition's clock */
    int64_t position;              /* tick: the next queue offset to read */
    struct journal_mark published; /* tick */
    json_object *transitions;      /* tick: an array; borrowed from root */
    json_object *root;             /* owned */
};

/* 0, or ERR_INVALID and a sentence: such a record is void. Transitions are checked to be an array of objects only. */
int journal_record_parse(struct journal_record *out, const char *text, size_t len, char error[JSON_ERROR_SIZE]);
void journal_record_clear(struct journal_record *r); /* safe to repeat */

/* Appends a record's JSON. transitions: the array's elements, comma separated ("" for none). */
void journal_reign_encode(const struct journal_record *r, struct buf *out);
void journal_tick_encode(const struct journal_record *r, const char *transitions, size_t len, struct buf *out);

/* What all readers know after the records so far; {0} for an empty journal. */
struct journal {
    int64_t epoch; /* greatest valid one; 0: nobody has ruled yet */
    char nonce[JOURNAL_NONCE_SIZE];
    int64_t incarnation;
    int64_t seq; /* last valid one */
    int64_t at_ms;
    int64_t position; /* consumed up to; 0 when no tick is valid yet */
    struct journal_mark published;
};

enum journal_verdict {
    JOURNAL_VALID,
    JOURNAL_VOID_EPOCH, /* a reign that is not the next one, or a tick of another reign */
    JOURNAL_VOID_NONCE, /* the reign's number without being that reign */
    JOURNAL_VOID_SEQ,   /* a repeat, a gap or a late arrival (J3) */
};
const char *journal_verdict_str(enum journal_verdict v);

/* The verdict on the next record; *j moves on only when it is valid. */
enum journal_verdict journal_read(struct journal *j, const struct journal_record *r);

/* {0,0} first, then by seq. */
bool journal_mark_covers(const struct journal_mark *published, int64_t seq);

#endif
