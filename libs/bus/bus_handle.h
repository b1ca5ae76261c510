/*
 * bus_handle.h - one librdkafka handle on the loop: queue -> eventfd -> uv_poll. Internal to libs/bus.
 *
 * Events   up to BUS_BATCH_MAX a turn are handed to on_event, which must not destroy them; on_turn follows. Log lines
 *          are taken here. librdkafka wakes us only when its queue turns from empty to not empty, so a full batch
 *          comes back by uv_idle and a timer looks in once a second (which also counts as the poll that group
 *          members owe).
 * Blocking bus_handle_run does a blocking call in the thread pool, one at a time a handle; the others wait.
 * Closing  never blocks the loop: librdkafka's handle is destroyed in the thread pool, after a running job; the loop
 *          must run until that has ended. No call-back after bus_handle_close, but `done` of each job.
 *          Not from inside a call-back.
 */
#ifndef BUS_BUS_HANDLE_H
#define BUS_BUS_HANDLE_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <uv.h>

#include "bus_conf.h"

struct bus_handle;

struct bus_handle_ops {
    rd_kafka_type_t type;
    int events; /* RD_KAFKA_EVENT_* beside LOG and ERROR */
    void (*on_event)(void *arg, rd_kafka_event_t *event);
    void (*on_turn)(void *arg); /* may be NULL */
};

/* name: for log lines, copied. ops: kept by reference. ERR_INVALID: a setting is wrong; logged here. */
int bus_handle_open(struct bus_handle **out, uv_loop_t *loop, const char *name, const struct bus_conf *conf,
                    const struct bus_setting *settings, const struct bus_handle_ops *ops, void *arg);
rd_kafka_t *bus_handle_rk(const struct bus_handle *h);
rd_kafka_queue_t *bus_handle_queue(const struct bus_handle *h);
void bus_handle_hold(struct bus_handle *h, bool hold); /* while held, events stay in the queue */
void bus_handle_drain_all(struct bus_handle *h);       /* now, however many; for closing */

/* job: blocking's (in the pool), then done's, which frees it. closed: the handle and its owner are gone. */
typedef void bus_blocking_fn(rd_kafka_t *rk, void *job);
typedef void bus_done_fn(void *job, bool closed);
void bus_handle_run(struct bus_handle *h, bus_blocking_fn *blocking, bus_done_fn *done, void *job);
bool bus_handle_running(const struct bus_handle *h);

/* A group member begins to leave: a rebalance follows, then rd_kafka_consumer_closed. False: it cannot (any more). */
bool bus_handle_leave(struct bus_handle *h);

/* librdkafka's handle cannot be destroyed: bus_handle_close is not to try, it lives as long as the process. */
void bus_handle_leave_behind(struct bus_handle *h);

void bus_handle_close(struct bus_handle **h); /* NULL is fine */

#endif
