/*
 * queue_message.h - a queue's message in its three forms: a Kafka record, the packed text that Redis holds, and what a
 * receiver is shown; and receipt handles. Pure.
 *
 * Record   value: the body. Headers of the names below are the queue's; all others are the message's attributes. A
 *          record without any is a message too: its id is made of its place, its sent time is the broker's.
 * Packed   what never changes: sent time, origin, id, attributes, body. Scripts read the first two: big-endian
 *          `>i8i8`. Origin: the offset at which the message came to the partition first; it stays when the message is
 *          appended again, so a receipt handle stays good.
 */
#ifndef QUEUE_QUEUE_MESSAGE_H
#define QUEUE_QUEUE_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "bus.h"

#define QUEUE_HEADER_ID       "queue_id"
#define QUEUE_HEADER_SENT     "queue_sent_ms"  /* when it is not the record's own time */
#define QUEUE_HEADER_DELAY    "queue_delay_ms" /* from the record's time */
#define QUEUE_HEADER_DUE      "queue_due_ms"   /* not visible before; wall clock */
#define QUEUE_HEADER_COUNT    "queue_receives"
#define QUEUE_HEADER_FIRST    "queue_first_receive_ms"
#define QUEUE_HEADER_ORIGIN   "queue_origin"
#define QUEUE_HEADER_BEFORE   "queue_before" /* the offset at which it stood when it was appended again */
#define QUEUE_OWN_HEADERS_MAX 9

#define QUEUE_ATTRIBUTES_MAX 32  /* more are left behind */
#define QUEUE_ID_MAX         100 /* bytes; SQS' limit */
#define QUEUE_NAME_MAX       80
#define QUEUE_RECEIPT_SIZE   160

struct queue_record { /* a view of a bus_record */
    int32_t partition;
    int64_t offset, timestamp_ms;
    const void *value;
    size_t value_len;
    const struct bus_header *headers;
    size_t header_count;
};

/*
 * Appends the frame that the load script reads: `>i8i8i8i8i8I4` offset, due (0: at once), receives, first receive (0:
 * none), the offset before (-1: none), length; then the packed text. Returns the length of the latter. Numbers in
 * headers that make no sense count as absent.
 */
size_t queue_message_frame(const struct queue_record *r, struct buf *out);

struct queue_packed { /* points into the packed text */
    int64_t sent_ms, origin;
    const char *id; /* NUL-terminated */
    const char *body;
    size_t body_len;
    struct bus_header attributes[QUEUE_ATTRIBUTES_MAX];
    size_t attribute_count;
};

/* 0, or ERR_INVALID: it is not what queue_message_frame wrote. */
int queue_message_unpack(struct queue_packed *out, const char *packed, size_t len);

struct queue_receipt { /* which receive of which message */
    int32_t partition;
    int64_t origin, receive_count;
};

/* Text without spaces, good for URLs. */
const char *queue_receipt_format(const struct queue_receipt *r, const char *queue, char out[QUEUE_RECEIPT_SIZE]);
/* 0, or ERR_INVALID: not one of this queue's. */
int queue_receipt_parse(struct queue_receipt *out, const char *text, const char *queue, int32_t partitions);

#endif
