/* queue_send.c - see queue.h: sending; and the headers of whatever a queue appends. */
#include <string.h>

#include "err.h"
#include "id.h"
#include "queue_private.h"

#define OWN_PREFIX "queue_"

void queue_headers_text(struct queue_headers *h, const char *name, const char *value)
{
    ASSERT(h->count < sizeof(h->list) / sizeof(h->list[0]));
    h->list[h->count++] = (struct bus_header){name, value, strlen(value)};
}

void queue_headers_number(struct queue_headers *h, const char *name, int64_t n)
{
    ASSERT(h->number_count < sizeof(h->numbers) / sizeof(h->numbers[0]));
    queue_headers_text(h, name, queue_number(h->numbers[h->number_count++], n));
}

void queue_headers_attributes(struct queue_headers *h, const struct bus_header *attributes, size_t count)
{
    ASSERT(count <= QUEUE_ATTRIBUTES_MAX);
    for (size_t i = 0; i < count; i++)
        h->list[h->count++] = attributes[i];
}

/* What is sent in the same moment stays together: it is appended, loaded, received and deleted in fewer steps. */
static int32_t pick_partition(struct queue *q)
{
    uint64_t now_ms = uv_now(q->flush_timer.loop);

    if (now_ms != q->sent_ms)
        q->next_sent = (q->next_sent + 1) % q->partition_count;
    q->sent_ms = now_ms;
    return q->next_sent;
}

static bool is_valid(const struct queue_send *m)
{
    bool valid = m->delay_ms >= 0 && m->delay_ms <= QUEUE_DELAY_MAX_MS && m->attribute_count <= QUEUE_ATTRIBUTES_MAX &&
                 (m->id == NULL || (m->id[0] != '\0' && strlen(m->id) <= QUEUE_ID_MAX));

    for (size_t i = 0; valid && i < m->attribute_count; i++)
        valid = strncmp(m->attributes[i].name, OWN_PREFIX, strlen(OWN_PREFIX)) != 0;
    return valid;
}

int queue_send(struct queue *q, const struct queue_send *m, bus_delivery_fn *delivered, void *arg)
{
    struct queue_headers h = {0};
    char id[ID_UUID_SIZE];
    struct bus_message message = {
        .topic = q->conf.topic, .value = m->body, .value_len = m->body_len, .headers = h.list};

    if (!is_valid(m))
        return ERR_INVALID;
    queue_headers_attributes(&h, m->attributes, m->attribute_count);
    if (m->id == NULL)
        id_uuid(id);
    queue_headers_text(&h, QUEUE_HEADER_ID, m->id != NULL ? m->id : id);
    if (m->delay_ms > 0)
        queue_headers_number(&h, QUEUE_HEADER_DELAY, m->delay_ms);
    message.header_count = h.count;
    message.partition = pick_partition(q);
    return bus_send(q->conf.producer, &message, delivered, arg);
}
