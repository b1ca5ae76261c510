/*
 * frames.h - messages as bytes, one allocation each, and first-in-first-out queues of them with a bound. Pure.
 *
 * Ownership  push takes the frame, pop gives it to the caller, who frees it with free().
 */
#ifndef GATEWAY_FRAMES_H
#define GATEWAY_FRAMES_H

#include <stdbool.h>
#include <stddef.h>

#define FRAME_HEADROOM 24 /* bytes before the payload that the WebSocket library writes its header into */

struct frame {
    struct frame *next;
    size_t len;            /* bytes of payload */
    unsigned char bytes[]; /* FRAME_HEADROOM, then the payload */
};

struct frame *frame_new(const void *payload, size_t len); /* copies */
static inline unsigned char *frame_payload(struct frame *f)
{
    return f->bytes + FRAME_HEADROOM;
}

/* {.max_bytes = n} is an empty queue. */
struct frame_queue {
    struct frame *head, *tail;
    size_t count;
    size_t bytes; /* with each frame's overhead, so that many tiny frames are bounded too */
    size_t max_bytes;
};

/* False: the queue would pass its bound; the frame is freed and the queue is as it was. */
bool frame_queue_push(struct frame_queue *q, struct frame *f);
struct frame *frame_queue_pop(struct frame_queue *q); /* NULL: empty */
void frame_queue_clear(struct frame_queue *q);

#endif
