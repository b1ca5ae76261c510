/* service_life.h - what a running daemon holds; for the files of this module only. */
#ifndef SERVICE_SERVICE_LIFE_H
#define SERVICE_SERVICE_LIFE_H

#include <limits.h>

#include "service.h"

#define SERVICE_DEPS_MAX   16
#define SERVICE_REASON_MAX 200 /* bytes */

enum service_state {
    SERVICE_OPENING, /* the loop does not turn yet */
    SERVICE_RUNNING,
    SERVICE_DRAINING, /* no new work; waiting for what is under way */
    SERVICE_CLOSING,  /* every handle is being closed */
};

struct service_dep {
    struct service *service;
    const char *name;
    bool ready;
    bool told; /* set at least once */
    char reason[SERVICE_REASON_MAX + 1];
};

struct service {
    const struct service_def *def;
    enum service_state state;
    int status;        /* of the exit */
    const char *cause; /* of the stop; NULL: none asked for yet */
    bool hooked;       /* open was called, so close must be */
    bool forced;       /* a second signal: do not wait */
    int64_t started_ms, drain_deadline_ms;
    char instance[HOST_NAME_MAX + 1];

    uv_loop_t loop;
    uv_signal_t sigterm, sigint;
    uv_timer_t life;          /* runs the way out, from the stop to the close */
    uv_timer_t metrics_timer; /* sends figures to game-metrics */
    uv_timer_t watchdog;      /* a loop that does not end after the close */
    struct http_server *http;

    struct metrics *metrics;
    metrics_emit_fn *emit;
    void *emit_arg;

    struct service_dep deps[SERVICE_DEPS_MAX];
    size_t dep_count;
    bool was_ready; /* as last logged */
};

/* service_health.c: the three endpoints; `arg` is the service. */
void service_healthz(void *arg, struct http_request *req);
void service_readyz(void *arg, struct http_request *req);
void service_metrics_page(void *arg, struct http_request *req);
/* Logs a change of service_ready. */
void service_ready_changed(struct service *s);

/* service_process.c: descriptors, SIGPIPE, the instance's name. */
void service_process_setup(struct service *s);

#endif
