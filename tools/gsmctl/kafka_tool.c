#include "kafka_tool.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include "clock.h"
#include "err.h"

enum { TICK_MS = 20 };

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

/* A second one is not ours any more: it ends the process. */
static void on_interrupt(uv_signal_t *handle, int number)
{
    struct kafka_tool *t = handle->data;

    (void)number;
    t->interrupted = true;
    (void)uv_signal_stop(handle);
}

void kafka_tool_open(struct kafka_tool *t, const char *verb, const struct kafka_tool_conf *conf)
{
    *t = (struct kafka_tool){.verb = verb, .conf = conf};
    t->bus = (struct bus_conf){.brokers = conf->brokers, .extra = conf->extra, .client_id = "gsmctl"};
    ASSERT(uv_loop_init(&t->loop) == 0);
    ASSERT(uv_timer_init(&t->loop, &t->tick) == 0);
    ASSERT(uv_timer_start(&t->tick, on_tick, TICK_MS, TICK_MS) == 0);
    ASSERT(uv_signal_init(&t->loop, &t->on_int) == 0);
    t->on_int.data = t;
    ASSERT(uv_signal_start(&t->on_int, on_interrupt, SIGINT) == 0);
}

void kafka_tool_close(struct kafka_tool *t)
{
    uv_close((uv_handle_t *)&t->tick, NULL);
    uv_close((uv_handle_t *)&t->on_int, NULL);
    (void)uv_run(&t->loop, UV_RUN_DEFAULT);
    ASSERT(uv_loop_close(&t->loop) == 0);
}

int kafka_tool_fail(const struct kafka_tool *t, const char *format, ...)
{
    va_list args;

    (void)fprintf(stderr, "gsmctl: %s: ", t->verb);
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    return 1;
}

bool kafka_tool_wait(struct kafka_tool *t, kafka_tool_done_fn *done, void *arg)
{
    int64_t moved_ms = clock_mono_ms(), before = 0, progress = 0;

    while (!done(arg, &progress)) {
        if (progress != before)
            moved_ms = clock_mono_ms();
        before = progress;
        if (t->interrupted || clock_mono_ms() - moved_ms > t->conf->timeout_s * 1000)
            return false;
        (void)uv_run(&t->loop, UV_RUN_ONCE);
    }
    return true;
}
