#include "service.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "err.h"
#include "log.h"
#include "mem.h"
#include "service_life.h"

#define DRAIN_POLL_MS        5
#define CLOSE_MAX_MS         5000 /* after that, a handle was forgotten */
#define HTTP_BODY_MAX        (1 << 20)
#define SERVICE_EXIT_SETTING 2
#define SERVICE_BACKGROUND   3
#define METRICS_NAMESPACE    "GameMetrics"
#define METRICS_PERIOD_S     60 /* of the roll-ups; a gauge is sent once in each */

/* ---- the daemon's view ------------------------------------------------------------------------------------------ */

uv_loop_t *service_loop(struct service *s)
{
    return &s->loop;
}

struct metrics *service_metrics(struct service *s)
{
    return s->metrics;
}

const char *service_instance(const struct service *s)
{
    return s->instance;
}

bool service_draining(const struct service *s)
{
    return s->state >= SERVICE_DRAINING;
}

void service_set_emitter(struct service *s, metrics_emit_fn *emit, void *arg)
{
    s->emit = emit;
    s->emit_arg = arg;
}

int service_setting_wrong(const struct service *s, const char *env, const char *must)
{
    return conf_wrong(s->def->keys, s->def->conf, env, s->def->name, must);
}

static void emit_figures(struct service *s)
{
    if (s->emit != NULL)
        metrics_cloudwatch(s->metrics, clock_wall_ms(), METRICS_PERIOD_S, s->emit, s->emit_arg);
}

/* ---- the way out ------------------------------------------------------------------------------------------------ */

static void on_left_open(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        log_error("handle_left_open type=%s holds_loop=%d", uv_handle_type_name(uv_handle_get_type(handle)),
                  uv_is_active(handle) && uv_has_ref(handle));
}

/* The handles that hold the loop have owners that are half closed: nothing more can be freed safely. */
static void on_watchdog(uv_timer_t *timer)
{
    uv_walk(timer->loop, on_left_open, NULL);
    log_error("exit status=1 cause=close_stuck");
    _exit(EXIT_FAILURE);
}

static void begin_drain(struct service *s)
{
    log_info("draining cause=%s", s->cause);
    emit_figures(s); /* while the producer still takes them */
    s->state = SERVICE_DRAINING;
    s->drain_deadline_ms = clock_mono_ms() + s->def->base->shutdown_timeout_ms;
    service_ready_changed(s);
    (void)uv_timer_stop(&s->metrics_timer);
    if (s->def->hooks.drain != NULL)
        s->def->hooks.drain(s->def->daemon);
}

/* What the drain has left of its time is for closing: librdkafka's threads take seconds to end without a broker. */
static uint64_t close_max_ms(const struct service *s)
{
    int64_t left_ms = s->drain_deadline_ms - clock_mono_ms();

    return left_ms > CLOSE_MAX_MS ? (uint64_t)left_ms : CLOSE_MAX_MS;
}

static void begin_close(struct service *s)
{
    s->state = SERVICE_CLOSING;
    if (s->hooked)
        s->def->hooks.close(s->def->daemon);
    http_close(&s->http);
    uv_close((uv_handle_t *)&s->life, NULL);
    uv_close((uv_handle_t *)&s->metrics_timer, NULL);
    uv_update_time(&s->loop); /* close may have blocked for seconds */
    (void)uv_timer_start(&s->watchdog, on_watchdog, close_max_ms(s), 0);
}

static bool drain_ended(struct service *s)
{
    if (s->def->hooks.drained == NULL || s->def->hooks.drained(s->def->daemon))
        return true;
    if (!s->forced && clock_mono_ms() < s->drain_deadline_ms)
        return false;
    log_error("drain_cut reason=%s", s->forced ? "second_signal" : "deadline");
    s->status = EXIT_FAILURE;
    return true;
}

static void on_life(uv_timer_t *timer)
{
    struct service *s = timer->data;

    if (s->state == SERVICE_RUNNING)
        begin_drain(s);
    if (drain_ended(s))
        begin_close(s);
}

/* From a turn of its own, so that a daemon's hooks are never called from inside the daemon's own call. */
static void stop(struct service *s, const char *cause)
{
    if (s->cause != NULL)
        return;
    s->cause = cause;
    (void)uv_timer_start(&s->life, on_life, 0, DRAIN_POLL_MS);
}

void service_fail(struct service *s)
{
    s->status = EXIT_FAILURE;
    stop(s, "failure");
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct service *s = handle->data;

    if (s->cause != NULL)
        s->forced = true;
    stop(s, number == SIGTERM ? "SIGTERM" : "SIGINT");
}

static void on_metrics_timer(uv_timer_t *timer)
{
    emit_figures(timer->data);
}

/* ---- the way in ------------------------------------------------------------------------------------------------- */

/* The handles that do not hold the loop and stand to its end: a signal while closing must not kill the process. */
static uv_handle_t *background(struct service *s, size_t i)
{
    uv_handle_t *const handles[SERVICE_BACKGROUND] = {
        (uv_handle_t *)&s->sigterm,
        (uv_handle_t *)&s->sigint,
        (uv_handle_t *)&s->watchdog,
    };

    return handles[i];
}

static void open_handles(struct service *s)
{
    ASSERT(uv_loop_init(&s->loop) == 0);
    ASSERT(uv_signal_init(&s->loop, &s->sigterm) == 0 && uv_signal_init(&s->loop, &s->sigint) == 0);
    ASSERT(uv_timer_init(&s->loop, &s->life) == 0 && uv_timer_init(&s->loop, &s->metrics_timer) == 0);
    ASSERT(uv_timer_init(&s->loop, &s->watchdog) == 0);
    s->sigterm.data = s->sigint.data = s->life.data = s->metrics_timer.data = s;
    for (size_t i = 0; i < SERVICE_BACKGROUND; i++)
        uv_unref(background(s, i));
    ASSERT(uv_signal_start(&s->sigterm, on_signal, SIGTERM) == 0);
    ASSERT(uv_signal_start(&s->sigint, on_signal, SIGINT) == 0);
    ASSERT(uv_timer_start(&s->metrics_timer, on_metrics_timer, (uint64_t)s->def->base->metrics_interval_ms,
                          (uint64_t)s->def->base->metrics_interval_ms) == 0);
}

static size_t count_routes(const struct http_route *routes)
{
    size_t count = 0;

    while (routes != NULL && routes[count].method != NULL)
        count++;
    return count;
}

static int open_http(struct service *s)
{
    const struct http_route common[] = {
        {"GET", "/healthz", service_healthz, s},
        {"GET", "/readyz", service_readyz, s},
        {"GET", "/metrics", service_metrics_page, s},
    };
    const size_t common_count = sizeof(common) / sizeof(common[0]);
    const struct http_conf conf = {s->def->base->http_address, (uint16_t)s->def->base->http_port, HTTP_BODY_MAX};
    size_t own_count = count_routes(s->def->routes);
    struct http_route *routes = mem_alloc((common_count + own_count + 1) * sizeof(*routes));
    int rc;

    for (size_t i = 0; i < own_count; i++) { /* first, so that a daemon may replace a common one */
        routes[i] = s->def->routes[i];
        if (routes[i].arg == NULL)
            routes[i].arg = s->def->daemon;
    }
    memcpy(&routes[own_count], common, sizeof(common));
    rc = http_open(&s->http, &s->loop, &conf, routes);
    free(routes);
    return rc;
}

/* ERR_INVALID: a setting is wrong. */
static int open_all(struct service *s)
{
    int rc = open_http(s);

    if (rc == ERR_INVALID)
        return service_setting_wrong(s, "HTTP_ADDRESS", "must be an IPv4 or IPv6 address");
    if (rc != 0)
        return rc;
    s->hooked = true;
    return s->def->hooks.open(s, s->def->daemon);
}

static void service_open(struct service *s)
{
    int rc;

    open_handles(s);
    rc = open_all(s);
    if (rc != 0) {
        s->status = rc == ERR_INVALID ? SERVICE_EXIT_SETTING : EXIT_FAILURE;
        s->cause = "open_failed";
        begin_close(s);
        return;
    }
    s->state = SERVICE_RUNNING;
    log_info("start instance=%s version=%s http=%s:%u", s->instance, CONF_VERSION, s->def->base->http_address,
             http_port(s->http));
    service_ready_changed(s);
}

/* Everything that is left after the loop's last turn. */
static void service_end(struct service *s)
{
    for (size_t i = 0; i < SERVICE_BACKGROUND; i++)
        uv_close(background(s, i), NULL);
    (void)uv_run(&s->loop, UV_RUN_NOWAIT);
    if (s->hooked && s->def->hooks.closed != NULL)
        s->def->hooks.closed(s->def->daemon);
    if (uv_loop_close(&s->loop) != 0) {
        uv_walk(&s->loop, on_left_open, NULL);
        s->status = EXIT_FAILURE;
    }
    metrics_free(&s->metrics);
    if (s->status != SERVICE_EXIT_SETTING) /* the one line about the setting is enough */
        log_info("exit status=%d cause=%s uptime_ms=%" PRId64, s->status, s->cause, clock_mono_ms() - s->started_ms);
}

/* glibc would raise it with the first large block that is freed, and then keep what a flood of large records took. */
#define LARGE_BLOCK_BYTES 131072

int service_main(const struct service_def *def, int argc, char **argv)
{
    enum conf_result loaded = conf_load(def->keys, def->conf, argc, argv, def->name, def->summary);
    struct service s = {.def = def, .started_ms = clock_mono_ms()};
    enum log_level level;

    if (loaded != CONF_OK)
        return loaded == CONF_HELP ? EXIT_SUCCESS : SERVICE_EXIT_SETTING;
    ASSERT(log_level_parse(def->base->log_level, &level) == 0);
    log_setup(def->name, level);
    service_process_setup(&s);
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK_BYTES);
    s.metrics = metrics_new(def->metrics, def->metric_count, METRICS_NAMESPACE);
    service_open(&s);
    (void)uv_run(&s.loop, UV_RUN_DEFAULT);
    service_end(&s);
    return s.status;
}
