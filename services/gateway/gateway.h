/*
 * gateway.h - what the gateway's modules share: one of everything, opened and closed by gateway.c.
 *
 * Threads  the loop's only.
 */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "backend.h"
#include "buf.h"
#include "gateway_conf.h"
#include "gateway_metrics.h"
#include "id.h"
#include "mm_catalog.h"
#include "service.h"
#include "ws.h"

#define GATEWAY_ID_SIZE 17

struct departures;
struct generation;
struct heartbeat;
struct outbox;
struct reaper;
struct session;
struct taking;

enum gateway_stage {
    GATEWAY_SERVING,   /* players are let in once all dependencies are ready */
    GATEWAY_FINISHING, /* nobody new, no new requests; what is on its way to Kafka may arrive */
    GATEWAY_CLOSING    /* every connection is being closed */
};

struct gateway {
    struct gateway_conf conf;
    struct service *service;
    struct metrics *metrics;  /* (of service) */
    char id[GATEWAY_ID_SIZE]; /* random: presence names this very process (PROTOCOLS P1) */
    char source[80];          /* ce_source of what is sent */
    int32_t slot;             /* our partition of the outbox, shared with other gateways */
    struct mm_catalog *catalog;
    struct backend backend;
    bool refuse_duplicates; /* DUPLICATE_CONNECTION */
    struct generation *generation;
    struct heartbeat *heartbeat;
    struct outbox *outbox;
    struct taking *taking;
    struct departures *departures;
    struct reaper *reaper;
    struct ws *ws;
    struct session *by_connection; /* uthash: all whose socket stands */
    struct session *by_player;     /* uthash: of each player the newest, until its socket is gone */
    size_t session_count;          /* with those that only wait for an answer */
    size_t operations;             /* requests that wait for an answer of Redis or Kafka */
    size_t requests_waiting;       /* requests behind one of those on their connection */
    enum gateway_stage stage;
    int64_t stage_ms; /* since when */
    uv_timer_t ping_timer;
    bool ping_timer_open;
    struct buf scratch; /* for messages under construction, never across calls */
};

extern const struct service_hooks gateway_hooks;

/* Redis may have lost whom we hold: writes it again (PROTOCOLS P5). */
void gateway_announce(struct gateway *g);

static inline void gateway_count(struct gateway *g, size_t metric)
{
    metrics_add(g->metrics, metric, 1);
}

#endif
