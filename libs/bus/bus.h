/*
 * bus.h - Kafka on the loop: one producer, readers of partitions one chooses, and group members.
 *
 * Loop      librdkafka wakes the loop by an eventfd; at most BUS_BATCH_MAX events, or 10 ms of them, are handled a
 *           turn, so that one busy topic does not hold up the rest. Nothing here blocks the loop. Call-backs come from
 *           the loop, never from inside the call that causes them.
 * Settings  `extra` (KAFKA_CONF) is applied last: "name=value name=value". A property is given to the handles that know
 *           it; prefix "producer." or "consumer." limits it. A broken one is ERR_INVALID with a log line that names it.
 * Stopping  *_stop begins and *_stopped tells; then *_close. Close without stop, or before stopped, is allowed and
 *           forced. Close sets the pointer to NULL; NULL is fine. Not from inside a call-back of the same object.
 *           librdkafka's side ends in the thread pool (3 s when no broker answers), so the loop must run until its
 *           handles are gone.
 * Errors    a fatal error (fencing, a lost idempotence sequence) calls on_fatal once: the process should end.
 * Threads   the loop's only.
 */
#ifndef BUS_BUS_H
#define BUS_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "topics.h"

#define BUS_BATCH_MAX 256

struct bus_conf {
    const char *brokers;   /* host:port,host:port */
    const char *extra;     /* KAFKA_CONF */
    const char *client_id; /* for people and broker logs */
};

/* Checks `extra` without connecting: 0, or ERR_INVALID and a sentence that names the property, never its value. */
int bus_conf_check(const struct bus_conf *conf, char *error, size_t error_size);

struct bus_header {
    const char *name;
    const void *value;
    size_t len;
};

/* ---- producer: idempotent, acks=all, in order a partition ------------------------------------------------------- */

struct bus_producer;

struct bus_producer_conf {
    const struct bus_conf *bus;
    /*
     * 0: never give up (publishers that must not drop from the middle), also when the topic is missing: what it gets
     * waits for it, in order; but for fleeting ones, and those without a call-back. What a broker refuses for good, as
     * its disk is full, is a fatal error: sent behind others, it would be taken for a repeat.
     */
    int64_t message_timeout_ms;
    int64_t linger_ms;         /* 0: send at once */
    size_t queue_max_messages; /* beyond it bus_send says ERR_BUSY */
    const enum topic_id
        *topics; /* all that this process produces to or reads: their presence and partition counts make readiness */
    size_t topic_count;
    /* Reachable, with all topics there and of the right partition count? Called on changes; reason is for people. */
    void (*on_state)(void *arg, bool ready, const char *reason);
    void (*on_fatal)(void *arg, const char *reason);
    void *arg;
};

struct bus_message {
    enum topic_id topic;
    int32_t partition; /* -1: by key */
    const void *key;
    size_t key_len;
    const void *value;
    size_t value_len;
    const struct bus_header *headers; /* copied */
    size_t header_count;
    bool fleeting; /* worth nothing in another topic of that name: given up when the topic is missing */
};

/*
 * err: 0, ERR_TIMEOUT, ERR_TOO_LARGE, ERR_UNAVAILABLE (given up: it may or may not be in the log). offset: -1 unless
 * err is 0. Failures are logged here: the first at once, then at most every 10 s with their count.
 */
typedef void bus_delivery_fn(void *arg, int err, int32_t partition, int64_t offset);

int bus_producer_open(struct bus_producer **out, uv_loop_t *loop, const struct bus_producer_conf *conf);

/*
 * Copies everything. 0: delivered (may be NULL) will be called exactly once. Else it will not: ERR_BUSY, ERR_TOO_LARGE
 * (for the topic), ERR_UNAVAILABLE (after a fatal error), ERR_CLOSED (inside bus_producer_close). ASSERTs that the
 * topic is one of `topics`.
 */
int bus_send(struct bus_producer *p, const struct bus_message *m, bus_delivery_fn *delivered, void *arg);
size_t bus_producer_pending(const struct bus_producer *p); /* sent, not yet reported */

/*
 * Deletes the records of a partition before `offset`: they are gone for every reader, and the log's start is `offset`.
 * trimmed (may be NULL) is called exactly once: 0, ERR_UNAVAILABLE, or ERR_CLOSED inside bus_producer_close. Failures
 * are logged, once in a row of the same kind (the mock cluster knows no such request).
 */
typedef void bus_trimmed_fn(void *arg, int err);
void bus_trim(struct bus_producer *p, enum topic_id topic, int32_t partition, int64_t offset, bus_trimmed_fn *trimmed,
              void *arg);

#define BUS_PARTITIONS_MAX 64 /* of a topic */

struct bus_bounds {
    int64_t start, end; /* offsets: of the first record that is left, and of the next one */
};

/*
 * Where the logs of all partitions of a topic begin and end. err: 0, ERR_NOT_FOUND: Kafka has no such topic,
 * ERR_UNAVAILABLE: it did not answer, ERR_CLOSED: the producer was closed first; reason is for people. bounds:
 * topic_defs[topic].partitions of them, NULL unless err is 0. Called exactly once, from the loop.
 */
typedef void bus_bounds_fn(void *arg, int err, const char *reason, const struct bus_bounds *bounds);
void bus_producer_bounds(struct bus_producer *p, enum topic_id topic, bus_bounds_fn *fn, void *arg);
bool bus_producer_ready(const struct bus_producer *p);
/* Kafka answers, and nothing of ours waits for a missing topic: what is sent now is soon reported. */
bool bus_producer_writable(const struct bus_producer *p);
void bus_producer_close(struct bus_producer **p); /* reports not yet in are delivered as ERR_CLOSED, inside this call */

/* ---- records ---------------------------------------------------------------------------------------------------- */

struct bus_record {
    enum topic_id topic;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* the broker's append time; where the topic lets senders say it, never later than now */
    const char *key;      /* NULL when there is none; not NUL-terminated */
    size_t key_len;
    const char *value; /* NULL only in a copy; not NUL-terminated; "" for a tombstone */
    size_t value_len;
    const void *native;            /* for bus_header_get and bus_headers; of a copy NULL, and then: */
    const struct bus_header *kept; /* its headers */
    size_t kept_count, kept_bytes; /* kept_bytes: of memory */
};

#define BUS_HEADERS_KEPT_MAX 32

/*
 * A copy that owns all it points to; headers beyond BUS_HEADERS_KEPT_MAX are left behind, and of a value larger than
 * value_max there is only value_len: value is NULL.
 */
struct bus_record *bus_record_keep(const struct bus_record *r, size_t value_max);
void bus_record_free(struct bus_record **r); /* a copy; NULL is fine */

/* The last header of that name, valid as long as the record; NULL when absent. Not NUL-terminated. */
const char *bus_header_get(const struct bus_record *r, const char *name, size_t *len);
/* The same as text: 0, and "" in out when it is absent; ERR_INVALID (and ""): not UTF-8, a NUL inside, or too long. */
int bus_header_text(const struct bus_record *r, const char *name, char *out, size_t out_size);
/* All headers, in order, up to max; returns how many. They are valid as long as the record. */
size_t bus_headers(const struct bus_record *r, struct bus_header *out, size_t max);

/* ---- reader: partitions and offsets of one's own choice, no group ----------------------------------------------- */

struct bus_reader;

enum { BUS_BEGINNING = -2, BUS_END = -1 }; /* logical offsets; BUS_TAIL(n): the last n records */
#define BUS_TAIL(n) (-2000 - (int64_t)(n))

enum bus_lost {
    BUS_LOST_POSITION,  /* no record has that offset (any more): trimmed away, expired, or the log is another one */
    BUS_LOST_PARTITION, /* its topic does not exist (any more), or may not be read; logged here, once for all of it */
};

struct bus_reader_conf {
    const struct bus_conf *bus;
    const char *name; /* for log lines: "journal", "outbox" */
    /* Fetched and not yet called back; 0: 4 MB. librdkafka 2.0 looks only once a second whether a full queue has room,
     * so this is also the most that is read a second. */
    size_t queue_max_bytes;
    /* The record is valid inside the call only. */
    void (*on_record)(void *arg, const struct bus_record *r);
    /* The end of a partition was reached; next_offset is where the next record will be. After each catching up. May be
     * NULL. */
    void (*on_end)(void *arg, enum topic_id topic, int32_t partition, int64_t next_offset);
    /* After the last record of one turn of the loop: the place to batch. May be NULL. */
    void (*on_batch)(void *arg);
    /* The partition is dropped, as after bus_reader_remove. */
    void (*on_lost)(void *arg, enum topic_id topic, int32_t partition, enum bus_lost why, const char *reason);
    void *arg;
};

int bus_reader_open(struct bus_reader **out, uv_loop_t *loop, const struct bus_reader_conf *conf);
/* Start reading a partition at an offset or logical offset, when its topic is there; ASSERTs that it is not read
 * yet. */
void bus_reader_add(struct bus_reader *r, enum topic_id topic, int32_t partition, int64_t offset);
/* After it returns, no call-back comes for the partition. A partition not read is fine. */
void bus_reader_remove(struct bus_reader *r, enum topic_id topic, int32_t partition);
/* Back-pressure: while held, records stay in librdkafka's bounded queue. Nothing is refetched. Nothing is called back.
 */
void bus_reader_hold(struct bus_reader *r, bool hold);

/* As bus_producer_bounds. Not called when the reader is closed first. */
void bus_reader_bounds(struct bus_reader *r, enum topic_id topic, bus_bounds_fn *fn, void *arg);
void bus_reader_close(struct bus_reader **r);

/* ---- group: the partitions of one topic shared among processes, static membership ------------------------------- */

struct bus_group;

struct bus_group_conf {
    const struct bus_conf *bus;
    const char *group_id;
    const char *instance_id; /* static membership: stable across restarts, unique among living members */
    enum topic_id topic;
    /* Only on_assign and on_revoke are called, for what a rebalance changes; nothing is fetched: the position is kept
     * elsewhere. */
    bool balance_only;
    /*
     * The partition is ours. offset: the committed one, or -1; metadata: what was committed with it, or "". Both -1 and
     * "" with balance_only. Reading goes on at `offset` (or the log's start when there is none).
     */
    void (*on_assign)(void *arg, int32_t partition, int64_t offset, const char *metadata);
    void (*on_revoke)(void *arg, int32_t partition); /* commit inside the call is still possible */
    void (*on_record)(void *arg, const struct bus_record *r);
    void (*on_batch)(void *arg);
    /* A second process has our instance_id: the broker has fenced us twice in a minute. May be NULL. */
    void (*on_fatal)(void *arg, const char *reason);
    void *arg;
};

int bus_group_open(struct bus_group **out, uv_loop_t *loop, const struct bus_group_conf *conf);
void bus_group_hold(struct bus_group *g, bool hold); /* records stay in the queue; rebalances are still served */
/*
 * One partition, and the others go on. What was fetched of it is dropped and fetched again afterwards: for long holds.
 * Not with balance_only. May be called from inside on_record: it is the last one then. An assignment ends it; a
 * partition that is not ours, or is just going back: nothing.
 */
void bus_group_hold_one(struct bus_group *g, int32_t partition, bool hold);
/*
 * Goes back to the first record appended at or after since_ms (wall clock), and at least to what was committed last
 * (the log's start when nothing was): what was read since is read again. Nothing more of the partition is called back
 * until the broker has said where that is; then on_revoke and on_assign are called, the latter
 * with that offset and "" as metadata. May be called from inside on_assign. A partition that is not ours, or is revoked
 * meanwhile: nothing. The mock cluster knows no times: there the partition stays where it is. Not with balance_only.
 */
void bus_group_rewind(struct bus_group *g, int32_t partition, int64_t since_ms);

/* offset: the next to read. metadata at most 4,000 bytes, copied. Not waited for; a failed one is logged. */
void bus_group_commit(struct bus_group *g, int32_t partition, int64_t offset, const char *metadata);
void bus_group_stop(struct bus_group *g); /* leaves: on_revoke is called for all */
bool bus_group_stopped(const struct bus_group *g);
bool bus_group_joined(const struct bus_group *g); /* an assignment (even an empty one) has arrived */
void bus_group_close(struct bus_group **g);

/* ---- set-up, for tools: these block ----------------------------------------------------------------------------- */

/* Creates the topics of the table that are missing, with their settings. 0, or an error and a sentence. */
int bus_topics_create(const struct bus_conf *conf, int replication, int timeout_ms, char *error, size_t error_size);

/* librdkafka's mock cluster with the topics of the table, in this process. bootstrap: "127.0.0.1:port". */
struct bus_mock;
int bus_mock_open(struct bus_mock **out, const char **bootstrap);
void bus_mock_fence(struct bus_mock *m);  /* the next heartbeat of a group's member is answered with "fenced" */
void bus_mock_refuse(struct bus_mock *m); /* the next records that are sent are refused for good */
void bus_mock_close(struct bus_mock **m);

#endif
