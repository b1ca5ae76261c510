/*
 * letter_place.h - which message of a dead-letter topic something is, or was. Pure.
 *
 * Letters of one partition are redriven in their order; so who remembers the place of the last one knows a repeat. As
 * offsets begin anew with a topic that is made anew, the place has its time, too. Written
 * "MILLISECONDS-PARTITION-OFFSET", in the header dlq_letter.
 */
#ifndef BUS_LETTER_PLACE_H
#define BUS_LETTER_PLACE_H

#include <stddef.h>
#include <stdint.h>

#define LETTER_PLACE_SIZE   56
#define LETTER_PLACE_HEADER "dlq_letter"

struct letter_place {
    int64_t time_ms; /* when it was appended there; > 0 */
    int32_t partition;
    int64_t offset;
};

const char *letter_place_format(const struct letter_place *p, char out[LETTER_PLACE_SIZE]);
int letter_place_parse(const char *text, struct letter_place *out); /* 0 or ERR_INVALID */

#endif
