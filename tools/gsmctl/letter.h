/*
 * letter.h - a message of a dead-letter topic: what its dlq_ headers say (dead_letter.h), and what it becomes when it
 * is sent again. Pure.
 *
 * Sent again it has its own value, key and headers, and beside them, of its history, each dlq_ header once, as it was
 * last; dlq_start_time, when it came to its source first; and dlq_redrives, how often it was sent again. The matchmaker
 * knows a repeat by where it stood (dlq_source_offset, dlq_source_time). An event's id is of the letter's place, so
 * that it is later than those before it; dlq_event_id is the one it had. Receive counts begin anew.
 */
#ifndef GSMCTL_LETTER_H
#define GSMCTL_LETTER_H

#include <stdbool.h>

#include "bus.h"

#define LETTER_ID_SIZE      64
#define LETTER_REASON_SIZE  1025
#define LETTER_HEADERS_MAX  256
#define LETTER_NUMBERS_SIZE 24

struct letter {
    const struct bus_record *record;
    char reason[LETTER_REASON_SIZE];      /* "" where it is not said */
    char source_topic[256];               /* "" */
    int64_t source_partition;             /* -1 */
    int64_t source_offset;                /* -1 */
    int64_t attempts, redrives;           /* 0 */
    int64_t value_bytes;                  /* -1: its value is here; else it was too large, and is where it came from */
    char type[64];                        /* ce_type; "" */
    char source_time[40], start_time[40]; /* "" */
};

void letter_read(struct letter *l, const struct bus_record *r);

/* "PARTITION:OFFSET", as letters are named to people; out has LETTER_ID_SIZE. */
const char *letter_id(const struct bus_record *r, char *out);
/* False: no such id. */
bool letter_id_parse(const char *text, int32_t *partition, int64_t *offset);

struct letter_again {
    struct bus_message message; /* points into this, and into the letter's record */
    struct bus_header headers[LETTER_HEADERS_MAX];
    char time[40], redrives[LETTER_NUMBERS_SIZE], event_id[128];
};

/* To where it came from; or to `topic`, by its key, as a new message. NULL, or a sentence: why it cannot be. */
const char *letter_to_source(struct letter_again *out, const struct letter *l);
const char *letter_to(struct letter_again *out, const struct letter *l, enum topic_id topic);

/* To the end of the topic it is in, as it is. False: it has more headers than are kept here. */
bool letter_put_back(struct letter_again *out, const struct letter *l);

#endif
