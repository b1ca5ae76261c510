#include "frames.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

struct frame *frame_new(const void *payload, size_t len)
{
    struct frame *f = mem_realloc(NULL, 1, sizeof(*f) + FRAME_HEADROOM + len);

    f->next = NULL;
    f->len = len;
    memcpy(frame_payload(f), payload, len);
    return f;
}

static size_t frame_cost(const struct frame *f)
{
    return sizeof(*f) + FRAME_HEADROOM + f->len;
}

bool frame_queue_push(struct frame_queue *q, struct frame *f)
{
    if (q->bytes + frame_cost(f) > q->max_bytes) {
        free(f);
        return false;
    }
    if (q->tail == NULL)
        q->head = f;
    else
        q->tail->next = f;
    q->tail = f;
    q->count++;
    q->bytes += frame_cost(f);
    return true;
}

struct frame *frame_queue_pop(struct frame_queue *q)
{
    struct frame *f = q->head;

    if (f == NULL)
        return NULL;
    q->head = f->next;
    if (q->head == NULL)
        q->tail = NULL;
    f->next = NULL;
    q->count--;
    q->bytes -= frame_cost(f);
    return f;
}

void frame_queue_clear(struct frame_queue *q)
{
    struct frame *f;

    while ((f = frame_queue_pop(q)) != NULL)
        free(f);
}
