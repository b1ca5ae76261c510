/*
 * queue_move.c - stragglers (PROTOCOLS Q2): what is in flight or delayed for long at the front of a window that is half
 * used up is appended again at the tail; when that is confirmed it leaves its old place, and the deleted prefix goes
 * on. Whoever dies in between leaves a copy, which replaces the old one when it is loaded.
 */
#include <stdlib.h>

#include "mem.h"
#include "queue_window.h"

#define AT_ONCE      "20"
#define LEAST_DUE_MS "1000" /* what is due sooner is soon out of the way */

struct move {
    struct queue_partition *partition;
    int64_t origin;
    char old[QUEUE_NUMBER_SIZE];
};

static void move_done(struct queue_partition *p)
{
    p->window->moving--;
}

static void on_moved(struct queue_partition *p, void *arg, const struct store_reply *reply)
{
    (void)arg;
    (void)reply;
    move_done(p);
}

static void on_appended(void *arg, int err, int32_t partition, int64_t offset)
{
    struct move *m = arg;
    struct queue_partition *p = m->partition;
    char origin[QUEUE_NUMBER_SIZE], fresh[QUEUE_NUMBER_SIZE];

    (void)partition;
    if (err == 0 && !p->queue->closed)
        queue_call(p, &queue_move_script, on_moved, NULL, 3,
                   (const char *[]){queue_number(origin, m->origin), m->old, queue_number(fresh, offset)}, NULL);
    else
        move_done(p);
    free(m);
    queue_release(p->queue);
}

/* at: offset, receives, first, due, packed, as the script gives them. */
static void append_again(struct queue_partition *p, const struct store_reply *list, size_t at)
{
    size_t len;
    const char *packed = store_reply_str(store_reply_at(list, at + 4), &len);
    struct queue_headers h = {0};
    struct queue_packed m;
    struct move *move;

    if (packed == NULL || queue_message_unpack(&m, packed, len) != 0)
        return;
    queue_headers_attributes(&h, m.attributes, m.attribute_count);
    queue_headers_text(&h, QUEUE_HEADER_ID, m.id);
    queue_headers_number(&h, QUEUE_HEADER_SENT, m.sent_ms);
    queue_headers_number(&h, QUEUE_HEADER_ORIGIN, m.origin);
    queue_headers_number(&h, QUEUE_HEADER_BEFORE, queue_reply_number(list, at));
    queue_headers_number(&h, QUEUE_HEADER_COUNT, queue_reply_number(list, at + 1));
    queue_headers_number(&h, QUEUE_HEADER_FIRST, queue_reply_number(list, at + 2));
    queue_headers_number(&h, QUEUE_HEADER_DUE, queue_reply_number(list, at + 3));
    move = MEM_NEW(struct move);
    move->partition = p;
    move->origin = m.origin;
    (void)queue_number(move->old, queue_reply_number(list, at));
    queue_hold(p->queue);
    p->window->moving++;
    if (bus_send(p->queue->conf.producer,
                 &(struct bus_message){.topic = p->queue->conf.topic,
                                       .partition = p->number,
                                       .value = m.body,
                                       .value_len = m.body_len,
                                       .headers = h.list,
                                       .header_count = h.count},
                 on_appended, move) != 0) {
        free(move);
        move_done(p);
        queue_release(p->queue);
    }
}

static void on_stragglers(struct queue_partition *p, void *arg, const struct store_reply *reply)
{
    (void)arg;
    for (size_t i = 0; i + 4 < store_reply_count(reply) && p->window->owned; i += 5)
        append_again(p, reply, i);
    move_done(p); /* the question itself */
}

void queue_move_stragglers(struct queue_partition *p)
{
    if (p->window->moving > 0)
        return;
    p->window->moving++;
    queue_call(p, &queue_stragglers_script, on_stragglers, NULL, 2, (const char *[]){AT_ONCE, LEAST_DUE_MS}, NULL);
}
