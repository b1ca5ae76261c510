/*
 * queue.h - SQS' promises over a Kafka topic: visibility time-outs, receive counts, delays, dead letters (PROTOCOLS
 * Q1-Q4).
 *
 * A queue is a topic. Kafka keeps the messages; Redis holds a window of each partition, in which they are visible, in
 * flight or delayed. The windows are filled by the members of the consumer group "queue-NAME", each its partitions; any
 * process receives from, and deletes in, all of them. A window is bounded, so a backlog costs Kafka's disk and not
 * Redis' memory. The committed offset is the end of the deleted prefix: when Redis comes back empty, what was not
 * deleted behind it comes again, with its receive count begun anew.
 *
 * Promises   At least once. Oldest first, best effort. A message is with one receiver while its time runs, unless Redis
 *            was lost meanwhile. What is received max_receives times without being deleted goes to the dead-letter
 *            topic on the receive after that, with its id, body, attributes, sent time and count, and where from
 *            and why (the dlq_ headers of dead_letter.h).
 * Long life  What holds up a full window (a long visibility time-out, a delay) is appended again at the tail, with id,
 *            sent time and count; its handles stay good. Else one message would hold up all behind it.
 * Redis      Must not evict keys. Time is its clock; sent times and delays are the broker's.
 * Loop       Nothing blocks. Call-backs come from the loop, never from inside the call that causes them, but for
 *            queue_close.
 * Threads    the loop's only.
 */
#ifndef QUEUE_QUEUE_H
#define QUEUE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "bus.h"
#include "store.h"

#define QUEUE_RECEIVE_MAX       10
#define QUEUE_WAIT_MAX_MS       20000
#define QUEUE_VISIBILITY_MAX_MS 43200000
#define QUEUE_DELAY_MAX_MS      900000
#define QUEUE_IN_FLIGHT_MAX     120000
#define QUEUE_WINDOW_BYTES      4194304 /* of a partition, in Redis */
#define QUEUE_WINDOW_SPAN       100000  /* offsets from the first that is not deleted to the last that is loaded */

struct queue;

struct queue_conf {
    const char *name; /* 1..80 of [A-Za-z0-9_-]; copied */
    enum topic_id topic;
    const struct bus_conf *bus;
    struct bus_producer *producer; /* not owned; knows topic and dead_topic */
    struct store *store;           /* not owned */
    const char *instance_id;       /* of the group's member, as in bus_group_conf; NULL: this process fills no window */
    int64_t retention_ms;          /* since it was sent; 0: as long as Kafka keeps it */
    int64_t max_receives;          /* 0: any number, nothing is dead-lettered */
    enum topic_id dead_topic;      /* when max_receives is not 0 */
    int64_t in_flight_max;         /* 0: QUEUE_IN_FLIGHT_MAX; approximate: the sum of what each partition last said */
    int64_t window_bytes;          /* 0: QUEUE_WINDOW_BYTES */
    int64_t window_span;           /* 0: QUEUE_WINDOW_SPAN */
    void (*on_fatal)(void *arg, const char *reason); /* as bus_group_conf's */
    void *arg;
};

/* 0 and *out, or ERR_INVALID (logged). The producer and the store may be without a connection. */
int queue_open(struct queue **out, uv_loop_t *loop, const struct queue_conf *conf);

/* Commits and leaves the group; without one, at once. Receiving and deleting go on. */
void queue_stop(struct queue *q);
bool queue_stopped(const struct queue *q);

/*
 * Receives that wait and deletes that were not sent are answered with ERR_CLOSED inside this call, the rest with it
 * when Kafka and the store have answered or were closed. Closing the producer or the store comes after this. NULL is
 * fine.
 */
void queue_close(struct queue **q);

/* ---- sending ----------------------------------------------------------------------------------------------------- */

struct queue_send {
    const char *id; /* 1..100 bytes; NULL: a new UUID */
    const void *body;
    size_t body_len;
    const struct bus_header *attributes; /* up to 32; no name begins with "queue_" */
    size_t attribute_count;
    int64_t delay_ms; /* 0..QUEUE_DELAY_MAX_MS */
};

/* As bus_send, and ERR_INVALID: one of these is not as said. What is delivered is safe. */
int queue_send(struct queue *q, const struct queue_send *m, bus_delivery_fn *delivered, void *arg);

/* ---- receiving --------------------------------------------------------------------------------------------------- */

struct queue_message { /* valid inside the call-back */
    const char *id;
    const char *receipt; /* opaque; at most 160 bytes with its NUL; new for every receive */
    const char *body;    /* not NUL-terminated */
    size_t body_len;
    const struct bus_header *attributes;
    size_t attribute_count;
    int64_t sent_ms, first_receive_ms; /* wall clock */
    int64_t receive_count;             /* this one included */
};

/*
 * err: 0 (with 0 messages: there were none in time), ERR_BUSY: too many are in flight (only with wait_ms 0),
 * ERR_UNAVAILABLE: Redis did not answer, ERR_CLOSED.
 */
typedef void queue_received_fn(void *arg, int err, const struct queue_message *messages, size_t count);

struct queue_receive {
    size_t max;            /* 1..QUEUE_RECEIVE_MAX */
    int64_t visibility_ms; /* 0..QUEUE_VISIBILITY_MAX_MS */
    int64_t wait_ms;       /* 0..QUEUE_WAIT_MAX_MS; until there is at least one */
};

/* A message that is in a window is found, wherever it is; one is enough for an answer. 0, or ERR_INVALID: a number out
 * of its range. */
int queue_receive(struct queue *q, const struct queue_receive *how, queue_received_fn *fn, void *arg);

/*
 * err: 0; ERR_NOT_FOUND: it is deleted already, or was received again since (SQS calls both a success);
 * ERR_INVALID (visibility): it would be hidden for longer than QUEUE_VISIBILITY_MAX_MS since it was received;
 * ERR_UNAVAILABLE: it may or may not be done; ERR_CLOSED.
 */
typedef void queue_done_fn(void *arg, int err);

/* Both: 0, or ERR_INVALID: no handle of this queue, or a number out of its range. Deletes of one turn of the loop go
 * together. A handle whose time is over is good until the message is received again. */
int queue_delete(struct queue *q, const char *receipt, queue_done_fn *fn, void *arg);
int queue_change_visibility(struct queue *q, const char *receipt, int64_t visibility_ms, queue_done_fn *fn, void *arg);

/* ---- the whole queue --------------------------------------------------------------------------------------------- */

/*
 * What is not in a window yet is visible, whatever it will be: that is known when it is loaded. Just after Redis was
 * emptied, until a member has opened the windows again, so is all that the topic still holds.
 */
struct queue_stats {
    int64_t visible, in_flight, delayed;
    int64_t backlog;   /* of visible: waits in Kafka for a place in a window */
    int64_t oldest_ms; /* since the oldest one in a window was sent; -1: there is none */
};

/* err: 0, ERR_UNAVAILABLE: Kafka or Redis did not answer, ERR_CLOSED; stats NULL unless 0. */
typedef void queue_stats_fn(void *arg, int err, const struct queue_stats *stats);
void queue_stats(struct queue *q, queue_stats_fn *fn, void *arg);

/*
 * Everything sent before now goes, whatever its state; what is not in a window yet, when it would get there. `Now` is
 * told by Redis' clock, `sent` by the broker's.
 */
void queue_purge(struct queue *q, queue_done_fn *fn, void *arg);

#endif
