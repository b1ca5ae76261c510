/*
 * dead_letter.h - a record that cannot be handled, kept whole until it is in a dead-letter topic.
 *
 * There it has its own value, its own headers, and beside them: dlq_reason, dlq_source_topic, dlq_source_partition,
 * dlq_source_offset, dlq_source_time (when it was appended there), dlq_source_key (when it had one) and dlq_attempts.
 * One that the topic would not take whole comes without value, key and headers of its own, and says dlq_value_bytes:
 * its value can be read where it came from.
 */
#ifndef BUS_DEAD_LETTER_H
#define BUS_DEAD_LETTER_H

#include "bus.h"

struct dead_letter;

struct dead_letter *dead_letter_keep(const struct bus_record *r); /* bus_record_keep */
void dead_letter_free(struct dead_letter **d);                    /* NULL is fine */

int64_t dead_letter_offset(const struct dead_letter *d); /* of the record, where it came from */
size_t dead_letter_bytes(const struct dead_letter *d);   /* of memory */

struct dead_letter_to {
    enum topic_id topic;
    int32_t partition; /* -1: by key */
    const char *key;   /* NULL: the record's own */
    int64_t attempts;  /* to handle it; 0 is 1 */
};

/* As bus_send: 0, or it was not taken and delivered will not be called. The letter stays the caller's. */
int dead_letter_send(const struct dead_letter *d, const char *reason, struct bus_producer *p,
                     const struct dead_letter_to *to, bus_delivery_fn *delivered, void *arg);

#endif
