/*
 * What libs/queue does on a real Kafka and a real Redis, both empty (`deploy/kafka/kafka up`, redis-server).
 *
 *   bench_queue BROKERS REDIS_URL [SECONDS [BACKLOG]]
 *
 * cycles    8 workers: send ten of 256 bytes, receive up to ten, delete them, again
 * latency   1,000 messages a second to 8 receivers that wait: from queue_send to the call-back of the receive
 * backlog   instead of both, with BACKLOG: so many are sent and nobody receives: what Redis holds then, and how long
 *           the first receive takes
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "err.h"
#include "log.h"
#include "queue.h"

enum {
    WORKERS = 8,
    TOGETHER = 10,
    BODY_BYTES = 256,
    SECONDS = 10,
    SAMPLES_MAX = 1000000,
    SENT_A_TICK = 5,
    TICK_MS = 5,
    PENDING_MAX = 10000,
    WINDOWS_FULL_MS = 5000
};

enum phase { WARM_UP, CYCLES, DRAIN, LATENCY, BACKLOG, END };

struct worker {
    int on_their_way; /* sent or deleted, not yet answered */
};

static struct bench {
    uv_loop_t loop;
    uv_timer_t phase_timer, send_timer;
    struct store *store;
    struct bus_producer *producer;
    struct queue *queue;
    struct worker workers[WORKERS];
    enum phase phase;
    uint64_t seconds;
    int64_t sent, backlog, deleted, since_us;
    int64_t samples_us[SAMPLES_MAX];
    size_t sample_count;
} b;

static void receive(struct worker *w);
static void on_phase(uv_timer_t *timer);

/* ---- a worker ---------------------------------------------------------------------------------------------------- */

static void on_sent(void *arg, int err, int32_t partition, int64_t offset)
{
    struct worker *w = arg;

    (void)partition;
    (void)offset;
    ASSERT(err == 0);
    if (w != NULL && --w->on_their_way == 0)
        receive(w);
}

static void send_one(struct worker *w)
{
    char body[BODY_BYTES] = {0};
    int64_t now_us = clock_mono_us();

    memcpy(body, &now_us, sizeof(now_us));
    ASSERT(queue_send(b.queue, &(struct queue_send){.body = body, .body_len = sizeof(body)}, on_sent, w) == 0);
    b.sent++;
}

static void send_ten(struct worker *w)
{
    w->on_their_way = TOGETHER;
    for (int i = 0; i < TOGETHER; i++)
        send_one(w);
}

static void go_on(struct worker *w)
{
    if (b.phase <= CYCLES)
        send_ten(w);
    else if (b.phase < END)
        receive(w);
}

static void on_deleted(void *arg, int err)
{
    struct worker *w = arg;

    ASSERT(err == 0);
    b.deleted++;
    if (--w->on_their_way == 0)
        go_on(w);
}

static void on_received(void *arg, int err, const struct queue_message *messages, size_t count)
{
    struct worker *w = arg;
    int64_t sent_us, now_us = clock_mono_us();

    if (b.phase == END)
        return;
    ASSERT(err == 0);
    w->on_their_way = (int)count;
    for (size_t i = 0; i < count; i++) {
        memcpy(&sent_us, messages[i].body, sizeof(sent_us));
        if (b.sample_count < SAMPLES_MAX)
            b.samples_us[b.sample_count++] = now_us - sent_us;
        ASSERT(queue_delete(b.queue, messages[i].receipt, on_deleted, w) == 0);
    }
    if (count == 0)
        go_on(w);
}

static void receive(struct worker *w)
{
    ASSERT(queue_receive(b.queue, &(struct queue_receive){TOGETHER, 30000, b.phase <= CYCLES ? 1000 : 20000},
                         on_received, w) == 0);
}

/* ---- a backlog --------------------------------------------------------------------------------------------------- */

static void on_first(void *arg, int err, const struct queue_message *messages, size_t count)
{
    (void)arg;
    (void)messages;
    ASSERT(err == 0);
    printf("backlog    first receive: %zu in %.1f ms\n", count, (double)(clock_mono_us() - b.since_us) / 1000.0);
    uv_stop(&b.loop);
}

static void on_memory(void *arg, const struct store_reply *reply)
{
    const char *text = store_reply_str(reply, NULL), *used = text != NULL ? strstr(text, "used_memory_human:") : NULL;

    (void)arg;
    ASSERT(used != NULL);
    printf("backlog    %" PRId64 " messages in Kafka; Redis: %.*s\n", b.sent, (int)strcspn(used, "\r"), used);
    b.since_us = clock_mono_us();
    ASSERT(queue_receive(b.queue, &(struct queue_receive){TOGETHER, 30000, 0}, on_first, NULL) == 0);
}

static void send_more(uv_timer_t *timer)
{
    while (b.sent < b.backlog && bus_producer_pending(b.producer) < PENDING_MAX / 2)
        send_one(NULL);
    if (b.sent < b.backlog || bus_producer_pending(b.producer) > 0)
        return;
    (void)uv_timer_stop(timer);
    ASSERT(uv_timer_start(&b.phase_timer, on_phase, WINDOWS_FULL_MS, 0) == 0);
}

/* ---- the phases -------------------------------------------------------------------------------------------------- */

static int by_value(const void *left, const void *right)
{
    const int64_t *x = left, *y = right;

    return (*x > *y) - (*x < *y);
}

static double percentile_ms(double share)
{
    return b.sample_count == 0 ? 0 : (double)b.samples_us[(size_t)(share * (double)(b.sample_count - 1))] / 1000.0;
}

static void report(const char *what)
{
    double seconds = (double)(clock_mono_us() - b.since_us) / 1e6;

    qsort(b.samples_us, b.sample_count, sizeof(b.samples_us[0]), by_value);
    printf("%-10s %9.0f sent/s %9.0f deleted/s   sent to received: p50 %.1f ms, p99 %.1f ms, most %.1f ms\n", what,
           (double)b.sent / seconds, (double)b.deleted / seconds, percentile_ms(0.5), percentile_ms(0.99),
           percentile_ms(1));
}

static void count_from_now(void)
{
    b.sent = b.deleted = 0;
    b.sample_count = 0;
    b.since_us = clock_mono_us();
}

static void on_send(uv_timer_t *timer)
{
    (void)timer;
    for (int i = 0; i < SENT_A_TICK; i++)
        send_one(NULL);
}

static void set_phase(enum phase phase, uint64_t seconds)
{
    b.phase = phase;
    count_from_now();
    ASSERT(uv_timer_start(&b.phase_timer, on_phase, seconds * 1000, 0) == 0);
}

static void on_phase(uv_timer_t *timer)
{
    (void)timer;
    switch (b.phase) {
    case BACKLOG:
        ASSERT(store_command(b.store, on_memory, NULL, 2, (const char *[]){"INFO", "memory"}, NULL) == 0);
        break;
    case WARM_UP:
        set_phase(CYCLES, b.seconds);
        break;
    case CYCLES:
        report("cycles");
        set_phase(DRAIN, 3);
        break;
    case DRAIN:
        ASSERT(uv_timer_start(&b.send_timer, on_send, 0, TICK_MS) == 0);
        set_phase(LATENCY, b.seconds);
        break;
    default:
        report("latency");
        b.phase = END;
        uv_stop(&b.loop);
        break;
    }
}

/* ---- set-up ------------------------------------------------------------------------------------------------------ */

static void begin_when_ready(void)
{
    static bool begun;

    if (begun || !store_ready(b.store) || !bus_producer_ready(b.producer))
        return;
    begun = true;
    if (b.backlog > 0) {
        b.phase = BACKLOG;
        ASSERT(uv_timer_start(&b.send_timer, send_more, 0, 1) == 0);
        return;
    }
    for (int i = 0; i < WORKERS; i++)
        send_ten(&b.workers[i]);
    set_phase(WARM_UP, 8); /* joining the group takes some seconds */
}

static void on_state(void *arg, bool ready, const char *reason)
{
    (void)arg;
    (void)reason;
    if (ready && b.store != NULL && b.producer != NULL)
        begin_when_ready();
}

static void on_fatal(void *arg, const char *reason)
{
    (void)arg;
    (void)fprintf(stderr, "bench_queue: %s\n", reason);
    exit(1);
}

int main(int argc, char **argv)
{
    static const enum topic_id topics[] = {TOPIC_EVENTS_DLQ};
    struct bus_conf bus = {.client_id = "bench", .extra = ""};

    if (argc < 3) {
        (void)fprintf(stderr, "usage: bench_queue BROKERS REDIS_URL [SECONDS [BACKLOG]]\n");
        return 2;
    }
    bus.brokers = argv[1];
    b.backlog = argc > 4 ? strtoll(argv[4], NULL, 10) : 0;
    b.seconds = argc > 3 ? strtoull(argv[3], NULL, 10) : SECONDS;
    ASSERT(uv_loop_init(&b.loop) == 0);
    ASSERT(uv_timer_init(&b.loop, &b.phase_timer) == 0);
    ASSERT(uv_timer_init(&b.loop, &b.send_timer) == 0);
    ASSERT(store_open(&b.store, &b.loop,
                      &(struct store_conf){
                          .url = argv[2], .timeout_ms = 5000, .pending_max = PENDING_MAX, .on_state = on_state}) == 0);
    ASSERT(bus_producer_open(&b.producer, &b.loop,
                             &(struct bus_producer_conf){.bus = &bus,
                                                         .queue_max_messages = PENDING_MAX,
                                                         .topics = topics,
                                                         .topic_count = 1,
                                                         .on_state = on_state,
                                                         .on_fatal = on_fatal}) == 0);
    ASSERT(queue_open(&b.queue, &b.loop,
                      &(struct queue_conf){.name = "bench",
                                           .topic = TOPIC_EVENTS_DLQ,
                                           .bus = &bus,
                                           .producer = b.producer,
                                           .store = b.store,
                                           .instance_id = "bench",
                                           .on_fatal = on_fatal}) == 0);
    uv_run(&b.loop, UV_RUN_DEFAULT);
    return 0;
}
