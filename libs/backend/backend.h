/*
 * backend.h - what each daemon stands on: a Kafka producer and Redis, opened from the common settings, with their
 * states shown by /readyz and in the log.
 *
 * Order    open it first and close it last, but for what its call-backs use. Kafka's and Redis' states are the
 *          dependencies "kafka" and "redis". A fatal producer error ends the process (service_fail).
 * Threads  the loop's.
 */
#ifndef BACKEND_BACKEND_H
#define BACKEND_BACKEND_H

#include "bus.h"
#include "service.h"
#include "store.h"

#define BACKEND_QUEUE_MAX   100000 /* records sent and not yet confirmed */
#define BACKEND_PENDING_MAX 200000 /* Redis commands not yet answered */

struct backend_conf {
    const char *name; /* Kafka's client id: the daemon's */
    const struct service_conf *service;
    const enum topic_id *topics; /* produced to or read */
    size_t topic_count;
    int64_t message_timeout_ms;              /* 0: never give up */
    int64_t redis_timeout_ms;                /* 0: this daemon has no Redis */
    void (*on_redis)(void *arg, bool ready); /* may be NULL */
    void *arg;
};

struct backend {
    struct service *service;
    struct backend_conf conf;
    struct service_dep *kafka, *redis;
    struct bus_conf bus; /* for readers and groups */
    struct bus_producer *producer;
    struct store *store; /* NULL without Redis */
};

/* 0, or an error that was logged; ERR_INVALID names the wrong setting. Begins to connect. Figures go to game-metrics
 * from now on. */
int backend_open(struct backend *b, struct service *s, const struct backend_conf *conf);
void backend_close(struct backend *b); /* safe when open failed or never ran; safe to repeat */

#endif
