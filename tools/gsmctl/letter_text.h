/*
 * letter_text.h - dead letters for people, and as JSON lines for scripts. Pure.
 */
#ifndef GSMCTL_LETTER_TEXT_H
#define GSMCTL_LETTER_TEXT_H

#include "columns.h"
#include "letter.h"

struct letter_topic {
    const char *name;
    int64_t messages;
    int64_t oldest_ms, newest_ms; /* 0: there is none */
};

void letter_text_topics_head(struct columns *table);
void letter_text_topic(struct columns *table, const struct letter_topic *t, int64_t now_ms);
void letter_text_topics_write(struct columns *table, struct buf *out);
void letter_json_topic(struct buf *out, const struct letter_topic *t);

void letter_text_head(struct columns *table);
void letter_text_row(struct columns *table, const struct letter *l);
void letter_text_write(struct columns *table, struct buf *out);
void letter_json(struct buf *to, const struct letter *l);

/* Everything: why, where from, how often, when, headers, the body. */
void letter_text_whole(struct buf *out, const struct letter *l);

/* "3s", "12m", "5h", "2d": the largest unit of which there is one. */
const char *letter_age(int64_t ms, char out[LETTER_NUMBERS_SIZE]);

#endif
