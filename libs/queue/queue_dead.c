/*
 * queue_dead.c - what was received too often goes to the dead-letter topic (PROTOCOLS Q3): it is hidden already; it is
 * appended there, and deleted here when that is confirmed. Whoever dies in between leaves it hidden for a while only.
 */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "queue_private.h"

struct burial {
    struct queue_partition *partition;
    struct queue_receipt receipt;
};

static void on_buried(void *arg, int err, int32_t partition, int64_t offset)
{
    struct burial *b = arg;
    struct queue *q = b->partition->queue;

    (void)partition; /* of the dead-letter topic */
    (void)offset;
    if (err == 0 && !q->closed)
        queue_delete_at(b->partition, &b->receipt, NULL, NULL);
    free(b);
    queue_release(q);
}

void queue_bury(struct queue_partition *p, const char *offset, int64_t receive_count, const char *packed, size_t len)
{
    struct queue *q = p->queue;
    struct queue_headers h = {0};
    struct queue_packed m;
    struct burial *b;

    if (queue_message_unpack(&m, packed, len) != 0)
        return;
    queue_headers_attributes(&h, m.attributes, m.attribute_count);
    queue_headers_text(&h, QUEUE_HEADER_ID, m.id);
    queue_headers_number(&h, QUEUE_HEADER_SENT, m.sent_ms);
    queue_headers_number(&h, QUEUE_HEADER_COUNT, receive_count);
    queue_headers_text(&h, "dlq_reason", "received too often");
    queue_headers_text(&h, "dlq_source_topic", topic_defs[q->conf.topic].name);
    queue_headers_number(&h, "dlq_source_partition", p->number);
    queue_headers_text(&h, "dlq_source_offset", offset);
    queue_headers_number(&h, "dlq_attempts", receive_count);
    b = MEM_NEW(struct burial);
    *b = (struct burial){p, {p->number, m.origin, receive_count}};
    queue_hold(q);
    if (bus_send(q->conf.producer,
                 &(struct bus_message){.topic = q->conf.dead_topic,
                                       .partition = -1,
                                       .key = m.id,
                                       .key_len = strlen(m.id),
                                       .value = m.body,
                                       .value_len = m.body_len,
                                       .headers = h.list,
                                       .header_count = h.count},
                 on_buried, b) != 0) {
        free(b);
        queue_release(q);
    }
}
