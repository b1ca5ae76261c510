#include "bus_handle.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utlist.h>

#include "bus_log.h"
#include "err.h"
#include "log.h"
#include "mem.h"

struct call { /* of bus_handle_run */
    bus_blocking_fn *blocking;
    bus_done_fn *done;
    void *job;
    struct call *prev, *next;
};

enum { TURN_MAX_NS = 10000000, LOOK_IN_MS = 1000, LEAVE_TRIES = 20, LEAVE_TRY_MS = 50 };

struct bus_handle {
    uv_loop_t *loop; /* not owned */
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;
    int wake_fd;
    uv_poll_t poll;
    uv_idle_t more;
    uv_timer_t look_in;
    int open_handles; /* of the three above: freed when none is open and rk is destroyed */
    char *name;
    const struct bus_handle_ops *ops;
    void *arg; /* not owned */
    bool held, draining;
    bool leaving;     /* a group member that was asked to */
    bool left_behind; /* rk is not destroyed */
    bool closed;
    struct call *calls;   /* that wait for the one in the thread pool */
    struct call *running; /* NULL: none */
    uv_work_t work;
};

static void free_when_done(struct bus_handle *h)
{
    if (h->open_handles > 0 || h->rk != NULL)
        return;
    if (h->wake_fd >= 0)
        (void)close(h->wake_fd);
    free(h->name);
    free(h);
}

static void log_event(const struct bus_handle *h, rd_kafka_event_t *event)
{
    const char *facility, *text;
    int level;

    if (rd_kafka_event_log(event, &facility, &text, &level) == 0)
        bus_log(h->name, level, facility, text);
}

/* False: that was all for now. */
static bool drain(struct bus_handle *h)
{
    uint64_t until_ns = uv_hrtime() + TURN_MAX_NS;
    bool more = true;
    size_t n = 0;

    ASSERT(!h->draining);
    h->draining = true;
    while (n < BUS_BATCH_MAX && !h->held && (n == 0 || uv_hrtime() < until_ns)) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(h->queue, 0);

        more = event != NULL;
        if (!more)
            break;
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_LOG)
            log_event(h, event);
        else
            h->ops->on_event(h->arg, event);
        rd_kafka_event_destroy(event);
        n++;
    }
    if (n > 0 && h->ops->on_turn != NULL)
        h->ops->on_turn(h->arg);
    h->draining = false;
    return more && !h->held;
}

static void on_more(uv_idle_t *idle)
{
    struct bus_handle *h = idle->data;

    if (!drain(h))
        (void)uv_idle_stop(idle);
}

static void drain_turn(struct bus_handle *h)
{
    if (drain(h))
        (void)uv_idle_start(&h->more, on_more);
}

static void on_wake(uv_poll_t *poll, int status, int events)
{
    struct bus_handle *h = poll->data;
    uint64_t count;

    (void)status;
    (void)events;
    (void)!read(h->wake_fd, &count, sizeof(count));
    drain_turn(h);
}

static void on_look_in(uv_timer_t *timer)
{
    drain_turn(timer->data);
}

static void watch(struct bus_handle *h)
{
    static const uint64_t one = 1; /* an eventfd takes 8 bytes, and librdkafka does not tell when a write fails */

    rd_kafka_queue_io_event_enable(h->queue, h->wake_fd, &one, sizeof(one));
    h->poll.data = h->more.data = h->look_in.data = h;
    ASSERT(uv_poll_init(h->loop, &h->poll, h->wake_fd) == 0);
    ASSERT(uv_poll_start(&h->poll, UV_READABLE, on_wake) == 0);
    ASSERT(uv_idle_init(h->loop, &h->more) == 0);
    ASSERT(uv_idle_start(&h->more, on_more) == 0); /* what came before the wake-up was enabled */
    ASSERT(uv_timer_init(h->loop, &h->look_in) == 0);
    ASSERT(uv_timer_start(&h->look_in, on_look_in, LOOK_IN_MS, LOOK_IN_MS) == 0);
    h->open_handles = 3;
}

/* The librdkafka handle and its one queue for everything: reports, records, rebalances, errors, logs. */
static int start(struct bus_handle *h, const struct bus_conf *conf, const struct bus_setting *settings)
{
    char error[512];
    rd_kafka_conf_t *rc;

    if (bus_conf_build(&rc, h->ops->type, conf, settings, error, sizeof(error)) != 0)
        goto invalid;
    rd_kafka_conf_set_events(rc, h->ops->events | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG);
    h->rk = rd_kafka_new(h->ops->type, rc, error, sizeof(error));
    if (h->rk == NULL) {
        rd_kafka_conf_destroy(rc);
        goto invalid;
    }
    if (h->ops->type == RD_KAFKA_CONSUMER) {
        ASSERT(rd_kafka_poll_set_consumer(h->rk) == RD_KAFKA_RESP_ERR_NO_ERROR);
        h->queue = rd_kafka_queue_get_consumer(h->rk);
    } else {
        h->queue = rd_kafka_queue_get_main(h->rk);
    }
    ASSERT(rd_kafka_set_log_queue(h->rk, h->queue) == RD_KAFKA_RESP_ERR_NO_ERROR);
    return 0;
invalid:
    log_error("kafka_conf handle=%s: %s", h->name, error);
    return ERR_INVALID;
}

int bus_handle_open(struct bus_handle **out, uv_loop_t *loop, const char *name, const struct bus_conf *conf,
                    const struct bus_setting *settings, const struct bus_handle_ops *ops, void *arg)
{
    struct bus_handle *h = MEM_NEW(struct bus_handle);
    int rc;

    h->loop = loop;
    h->name = mem_strdup(name);
    h->ops = ops;
    h->arg = arg;
    h->wake_fd = -1;
    rc = start(h, conf, settings);
    if (rc != 0) {
        free_when_done(h);
        return rc;
    }
    h->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    ASSERT(h->wake_fd >= 0);
    watch(h);
    *out = h;
    return 0;
}

rd_kafka_t *bus_handle_rk(const struct bus_handle *h)
{
    return h->rk;
}

rd_kafka_queue_t *bus_handle_queue(const struct bus_handle *h)
{
    return h->queue;
}

void bus_handle_hold(struct bus_handle *h, bool hold)
{
    if (h->held && !hold)
        (void)uv_idle_start(&h->more, on_more);
    h->held = hold;
}

void bus_handle_drain_all(struct bus_handle *h)
{
    while (drain(h))
        ;
}

static void start_work(struct bus_handle *h, uv_work_cb work, uv_after_work_cb after)
{
    h->work.data = h;
    ASSERT(uv_queue_work(h->loop, &h->work, work, after) == 0);
}

/* A member that is leaving ends only when its last rebalance is answered, else rd_kafka_destroy never returns. */
static void leave(struct bus_handle *h)
{
    for (int i = 0; i < LEAVE_TRIES && !rd_kafka_consumer_closed(h->rk); i++) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(h->queue, LEAVE_TRY_MS);

        if (event == NULL)
            continue;
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
            (void)rd_kafka_assign(h->rk, NULL);
        rd_kafka_event_destroy(event);
    }
}

static void in_pool_destroy(uv_work_t *work)
{
    struct bus_handle *h = work->data;

    if (h->leaving && !h->left_behind)
        leave(h);
    rd_kafka_queue_destroy(h->queue);
    if (!h->left_behind)
        rd_kafka_destroy_flags(h->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

static void after_destroy(uv_work_t *work, int status)
{
    struct bus_handle *h = work->data;

    (void)status;
    h->rk = NULL;
    free_when_done(h);
}

static void in_pool_job(uv_work_t *work)
{
    struct bus_handle *h = work->data;

    h->running->blocking(h->rk, h->running->job);
}

static void end_call(struct bus_handle *h, struct call *c)
{
    c->done(c->job, h->closed);
    free(c);
}

static void run_next(struct bus_handle *h);

static void after_job(uv_work_t *work, int status)
{
    struct bus_handle *h = work->data;
    struct call *c = h->running;

    (void)status;
    h->running = NULL;
    end_call(h, c);
    run_next(h);
}

/* Of a handle that is closed what waits is not begun. */
static void run_next(struct bus_handle *h)
{
    struct call *c;

    while (h->running == NULL && (c = h->calls) != NULL) {
        DL_DELETE(h->calls, c);
        if (h->closed) {
            end_call(h, c);
            continue;
        }
        h->running = c;
        start_work(h, in_pool_job, after_job);
    }
    if (h->closed && h->running == NULL)
        start_work(h, in_pool_destroy, after_destroy);
}

void bus_handle_run(struct bus_handle *h, bus_blocking_fn *blocking, bus_done_fn *done, void *job)
{
    struct call *c = MEM_NEW(struct call);

    ASSERT(!h->closed);
    *c = (struct call){.blocking = blocking, .done = done, .job = job};
    DL_APPEND(h->calls, c);
    run_next(h);
}

bool bus_handle_running(const struct bus_handle *h)
{
    return h->running != NULL;
}

bool bus_handle_leave(struct bus_handle *h)
{
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(h->rk, h->queue);

    h->leaving = error == NULL;
    rd_kafka_error_destroy(error);
    return h->leaving;
}

void bus_handle_leave_behind(struct bus_handle *h)
{
    h->left_behind = true;
}

static void on_closed(uv_handle_t *handle)
{
    struct bus_handle *h = handle->data;

    h->open_handles--;
    free_when_done(h);
}

void bus_handle_close(struct bus_handle **handle)
{
    struct bus_handle *h = *handle;

    *handle = NULL;
    if (h == NULL)
        return;
    ASSERT(!h->draining);
    rd_kafka_queue_io_event_enable(h->queue, -1, NULL, 0);
    h->closed = true;
    uv_close((uv_handle_t *)&h->poll, on_closed);
    uv_close((uv_handle_t *)&h->more, on_closed);
    uv_close((uv_handle_t *)&h->look_in, on_closed);
    if (h->running == NULL)
        run_next(h);
}
