/*
 * queue_private.h - what the files of libs/queue share.
 *
 * A queue outlives queue_close until every call on its way is answered: then fn is called with a NULL reply, and
 * `closed` is set.
 */
#ifndef QUEUE_QUEUE_PRIVATE_H
#define QUEUE_QUEUE_PRIVATE_H

#include "buf.h"
#include "queue.h"
#include "queue_message.h"
#include "queue_scripts.h"

#define QUEUE_NUMBER_SIZE 24

struct queue_window;
struct queue_waiter;
struct queue_deletes;
struct survey;

struct queue_partition {
    struct queue *queue;
    int32_t number;
    char keys[KEY_COUNT][QUEUE_KEY_SIZE];
    int64_t flight, visible;       /* how many, as last said; of the latter, less what was asked for since */
    struct queue_deletes *deletes; /* of this turn; NULL: none */
    struct queue_window *window;   /* NULL: not ours to fill */
};

struct queue {
    struct queue_conf conf;
    char name[QUEUE_NAME_MAX + 1];
    struct queue_partition *partitions;
    int32_t partition_count;
    int32_t next_sent, next_asked; /* partitions, round robin */
    uint64_t sent_ms;              /* the loop's time when next_sent was sent to last */
    struct bus_group *group;       /* NULL: fills no window */
    bool closed;
    size_t calls;   /* on their way to Redis or Kafka */
    size_t handles; /* open */

    uv_timer_t flush_timer; /* one shot: deletes of this turn */
    uv_timer_t look_timer;  /* windows */
    uv_timer_t wait_timer;  /* receives that wait */
    struct queue_waiter *waiting, *waiting_end;
    uint64_t searches;
    bool searching;          /* one that waits is asking around */
    bool news;               /* meanwhile something became visible */
    bool full;               /* a window is: its partition is held */
    bool ahead;              /* of a load: the group is held */
    struct survey *counting; /* wait for Kafka's answer */
    int last_looks;          /* that are to be answered before the group is left */
};

/* ---- queue_call.c ------------------------------------------------------------------------------------------------ */

typedef void queue_call_fn(struct queue_partition *p, void *arg, const struct store_reply *reply);

/*
 * Runs a script with the partition's keys. fn is called exactly once, always from the loop or from store_close: with
 * NULL when Redis does not answer or the queue is closed. An error reply is logged and is NULL too. argc at most 8.
 */
void queue_call(struct queue_partition *p, struct store_script *script, queue_call_fn *fn, void *arg, int argc,
                const char *const *argv, const size_t *lens);

void queue_hold(struct queue *q); /* one more call on its way, one less: the latter may free a closed queue */
void queue_release(struct queue *q);
void queue_free_when_done(struct queue *q); /* closed, nothing on its way, no handle open */

int queue_lost(const struct queue *q); /* the error for a NULL reply */
const char *queue_number(char out[QUEUE_NUMBER_SIZE], int64_t n);
int64_t queue_reply_number(const struct store_reply *r, size_t i); /* an integer or decimal text; else -1 */

/* ---- the others -------------------------------------------------------------------------------------------------- */

void queue_deletes_flush(struct queue *q);
void queue_deletes_close(struct queue *q);
/* As queue_delete; fn may be NULL. */
void queue_delete_at(struct queue_partition *p, const struct queue_receipt *r, queue_done_fn *fn, void *arg);

void queue_news(struct queue *q); /* something became visible: receives that wait look */
void queue_waiting_close(struct queue *q);
void queue_waiting_timer(uv_timer_t *timer);

int queue_windows_open(struct queue *q, uv_loop_t *loop);
void queue_windows_stop(struct queue *q); /* once */
void queue_windows_close(struct queue *q);
void queue_windows_free(struct queue *q);

/* A message that was received too often, to the dead-letter topic; deleted when it is there. */
void queue_bury(struct queue_partition *p, const char *offset, int64_t receive_count, const char *packed, size_t len);
#define QUEUE_HIDDEN_MS 30000 /* until it is tried again */

/* queue_send.c: a message as Kafka is given it: its attributes, and what is known of it. */
struct queue_headers {
    struct bus_header list[QUEUE_ATTRIBUTES_MAX + QUEUE_OWN_HEADERS_MAX + 5];
    size_t count;
    char numbers[7][QUEUE_NUMBER_SIZE];
    size_t number_count;
};
void queue_headers_text(struct queue_headers *h, const char *name, const char *value);
void queue_headers_number(struct queue_headers *h, const char *name, int64_t n);
void queue_headers_attributes(struct queue_headers *h, const struct bus_header *attributes, size_t count);

#endif
