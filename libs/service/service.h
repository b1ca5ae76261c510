/*
 * service.h - what all daemons share: one loop, signals, drain, internal HTTP, dependencies, life cycle.
 *
 * Life     conf -> open -> run -> (SIGTERM or SIGINT) drain -> close. service_main does it all; the daemon gives the
 *          hooks. Shutdown has a deadline (SHUTDOWN_TIMEOUT_MS): after it, close runs although drained() still says no,
 *          and the exit status is 1.
 * HTTP     internal only: /healthz 200 while the loop turns; /readyz 200 or 503 with
 *          {"ready":bool,"draining":bool,"dependencies":{"kafka":{"ready":bool,"reason":"..."},...}}; /metrics; and the
 *          daemon's own routes, which may replace these.
 * Exit     0 a clean stop, 1 it failed (said in the log), 2 a wrong setting (one line on stderr).
 * Threads  everything here belongs to the loop's thread.
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "conf.h"
#include "http.h"
#include "metrics.h"

/*
 * The settings every daemon has. A daemon's struct holds a `struct service_conf`, and its table begins with the rows of
 * that member: SERVICE_ROWS(struct my_conf, service, "9102").
 */
struct service_conf {
    const char *log_level;
    const char *http_address;
    int64_t http_port;
    int64_t shutdown_timeout_ms;
    int64_t metrics_interval_ms;
    const char *instance;
    const char *kafka_brokers;
    const char *kafka_conf;
    const char *redis_url;
};

/* NOLINTBEGIN(bugprone-macro-parentheses): m is a member's name */
#define SERVICE_ROWS(s, m, default_port)                                                                               \
    CONF_ROW(s, m.log_level, ENUM, "LOG_LEVEL", "log-level", "info", 0, 0, "debug|info|warn|error what is logged")     \
    CONF_ROW(s, m.http_address, STR, "HTTP_ADDRESS", "http-address", "127.0.0.1", 2, 45,                               \
             "IP address of the internal HTTP server (health, metrics); never make it public")                         \
    CONF_ROW(s, m.http_port, INT, "HTTP_PORT", "http-port", default_port, 0, 65535,                                    \
             "port of the internal HTTP server; 0 takes a free one")                                                   \
    CONF_ROW(s, m.shutdown_timeout_ms, INT, "SHUTDOWN_TIMEOUT_MS", "shutdown-timeout-ms", "10000", 100, 600000,        \
             "milliseconds a stop may take before it is forced")                                                       \
    CONF_ROW(s, m.metrics_interval_ms, INT, "METRICS_INTERVAL_MS", "metrics-interval-ms", "5000", 100, 60000,          \
             "milliseconds between the figures sent to game-metrics")                                                  \
    CONF_ROW(s, m.instance, NAME, "INSTANCE", "instance", "", 0, 64,                                                   \
             "name of this process among its peers, stable across restarts; empty: the host's name")                   \
    CONF_ROW(s, m.kafka_brokers, STR, "KAFKA_BROKERS", "kafka-brokers", "127.0.0.1:9092", 1, 1024,                     \
             "bootstrap list, host:port,host:port")                                                                    \
    CONF_SECRET_ROW(s, m.kafka_conf, STR, "KAFKA_CONF", "kafka-conf", "", 0, 4096,                                     \
                    "librdkafka properties, name=value separated by spaces; they win over our own")                    \
    CONF_SECRET_ROW(s, m.redis_url, STR, "REDIS_URL", "redis-url", "redis://127.0.0.1:6379/0", 8, 1024,                \
                    "redis://[user:password@]host:port[/db]; of a cluster: "                                           \
                    "redis+cluster://[user:password@]host:port,host:port,... "                                         \
                    "naming some of its nodes; hosts are IP addresses")
/* NOLINTEND(bugprone-macro-parentheses) */

struct service;
struct service_dep;

struct service_hooks {
    /*
     * Acquires what it needs without waiting for the world: 0, or an error that it has logged; ERR_INVALID: a setting
     * is wrong (see service_setting_wrong), exit 2.
     */
    int (*open)(struct service *s, void *daemon);
    /* Begins to stop: no new work. May be NULL. */
    void (*drain)(void *daemon);
    /* Polled every 5 ms after drain: true when nothing is left to do. NULL: at once. */
    bool (*drained)(void *daemon);
    /* Closes all handles (uv_close); called once after open, also a failed one, with what was acquired so far. */
    void (*close)(void *daemon);
    /* After close, when the loop has ended: what must be freed outside it (libwebsockets). May be NULL. */
    void (*closed)(void *daemon);
};

struct service_def {
    const char *name, *summary;
    const struct conf_key *keys;
    void *conf;                /* filled by service_main */
    struct service_conf *base; /* points into conf */
    const struct metric_def *metrics;
    size_t metric_count;
    const struct http_route
        *routes; /* the daemon's own, ended by method == NULL; arg NULL means `daemon`; may be NULL */
    struct service_hooks hooks;
    void *daemon; /* handed to the hooks */
};

/* The whole life of a daemon; returns the exit status. */
int service_main(const struct service_def *def, int argc, char **argv);

uv_loop_t *service_loop(struct service *s);
struct metrics *service_metrics(struct service *s);
const char *service_instance(const struct service *s); /* INSTANCE, or the host's name */
bool service_draining(const struct service *s);
/* The same way out as SIGTERM, with exit status 1: for faults that only a restart mends. The caller has logged why. */
void service_fail(struct service *s);

/*
 * For open: one line on stderr that names the setting (by its variable, a STR), its value unless it is secret, and
 * `must`: "must be ...". Returns ERR_INVALID always.
 */
int service_setting_wrong(const struct service *s, const char *env, const char *must);

/*
 * A dependency, not ready at first ("starting"). name: static. service_dep_set logs one line a change of state and is
 * cheap when nothing changes; reason is copied, up to 200 bytes.
 */
struct service_dep *service_dep_add(struct service *s, const char *name);
void service_dep_set(struct service_dep *d, bool ready, const char *reason);
bool service_ready(const struct service *s);

/*
 * Figures to game-metrics: emit is called every metrics_interval_ms with each document (see metrics_cloudwatch), and
 * once when drain begins.
 */
void service_set_emitter(struct service *s, metrics_emit_fn *emit, void *arg);

#endif
