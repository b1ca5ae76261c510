#include "bus_probe.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"

enum { PROBE_MS = 250, WATCH_MS = 2000, METADATA_TIMEOUT_MS = 2000, REASON_SIZE = 256 };

struct bus_probe {
    struct bus_handle *handle; /* not owned */
    char *brokers;
    uint32_t wanted; /* a bit a topic */
    bus_probe_change_fn *on_change;
    void *arg;        /* not owned */
    uv_timer_t timer; /* one shot: the next question */
    bool ready, reachable;
    char reason[REASON_SIZE]; /* the last told */
    char cause[REASON_SIZE];  /* the last error of librdkafka, "" when none is known */
};

struct metadata_job {
    struct bus_probe *probe;
    uint32_t wanted;
    rd_kafka_resp_err_t err; /* no broker answered */
    char fault[REASON_SIZE]; /* what is wrong with the topics, or "" */
};

static void tell(struct bus_probe *p, bool ready, const char *reason)
{
    if (ready == p->ready && strcmp(reason, p->reason) == 0)
        return;
    p->ready = ready;
    (void)snprintf(p->reason, sizeof(p->reason), "%s", reason);
    p->on_change(p->arg, ready, p->reason);
}

static const struct rd_kafka_metadata_topic *find_topic(const struct rd_kafka_metadata *md, const char *name)
{
    for (int i = 0; i < md->topic_cnt; i++) {
        if (strcmp(md->topics[i].topic, name) == 0)
            return &md->topics[i];
    }
    return NULL;
}

/* What is wrong with the topic, in words; false when nothing is. */
static bool topic_fault(const struct rd_kafka_metadata *md, const struct topic_def *def, char *out, size_t out_size)
{
    const struct rd_kafka_metadata_topic *topic = find_topic(md, def->name);

    if (topic == NULL || topic->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        (void)snprintf(out, out_size, "topic %s is missing", def->name);
    else if (topic->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        (void)snprintf(out, out_size, "topic %s: %s", def->name, rd_kafka_err2str(topic->err));
    else if (topic->partition_cnt != def->partitions)
        (void)snprintf(out, out_size, "topic %s has %d partitions, %" PRId32 " are needed", def->name,
                       topic->partition_cnt, def->partitions);
    else
        return false;
    return true;
}

static void in_pool(rd_kafka_t *rk, void *arg)
{
    struct metadata_job *job = arg;
    const struct rd_kafka_metadata *md;

    /* All topics: asking for some by name would let the broker create them. */
    job->err = rd_kafka_metadata(rk, 1, NULL, &md, METADATA_TIMEOUT_MS);
    if (job->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    for (int i = 0; i < TOPIC_COUNT; i++) {
        if ((job->wanted & (1U << i)) != 0 && topic_fault(md, &topic_defs[i], job->fault, sizeof(job->fault)))
            break;
    }
    rd_kafka_metadata_destroy(md);
}

static void on_timer(uv_timer_t *timer);

static void ask_in(struct bus_probe *p, uint64_t delay_ms)
{
    ASSERT(uv_timer_start(&p->timer, on_timer, delay_ms, 0) == 0);
}

static void tell_unreachable(struct bus_probe *p, rd_kafka_resp_err_t err)
{
    char reason[REASON_SIZE];

    (void)snprintf(reason, sizeof(reason), "cannot reach %.100s: %.120s", p->brokers,
                   p->cause[0] != '\0' ? p->cause : rd_kafka_err2str(err));
    tell(p, false, reason);
}

static void on_answer(struct bus_probe *p, const struct metadata_job *job)
{
    p->reachable = job->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (!p->reachable) {
        tell_unreachable(p, job->err);
        return;
    }
    p->cause[0] = '\0';
    if (job->fault[0] != '\0') {
        tell(p, false, job->fault);
        return;
    }
    tell(p, true, "ok");
}

static void on_done(void *arg, bool closed)
{
    struct metadata_job *job = arg;

    if (!closed) {
        on_answer(job->probe, job);
        ask_in(job->probe, job->probe->ready ? WATCH_MS : PROBE_MS);
    }
    free(job);
}

static void on_timer(uv_timer_t *timer)
{
    struct bus_probe *p = timer->data;
    struct metadata_job *job;

    if (bus_handle_running(p->handle))
        return; /* its end asks again */
    job = MEM_NEW(struct metadata_job);
    job->probe = p;
    job->wanted = p->wanted;
    bus_handle_run(p->handle, in_pool, on_done, job);
}

void bus_probe_open(struct bus_probe **out, uv_loop_t *loop, const struct bus_probe_conf *conf)
{
    struct bus_probe *p = MEM_NEW(struct bus_probe);

    p->handle = conf->handle;
    p->brokers = mem_strdup(conf->brokers);
    p->on_change = conf->on_change;
    p->arg = conf->arg;
    for (size_t i = 0; i < conf->topic_count; i++)
        p->wanted |= 1U << conf->topics[i];
    p->timer.data = p;
    ASSERT(uv_timer_init(loop, &p->timer) == 0);
    ask_in(p, 0);
    *out = p;
}

bool bus_probe_ready(const struct bus_probe *p)
{
    return p->ready;
}

bool bus_probe_reachable(const struct bus_probe *p)
{
    return p->reachable;
}

void bus_probe_error(struct bus_probe *p, const char *text)
{
    /* "127.0.0.1:9092/1: Connect to ipv4#127.0.0.1:9092 failed: Connection refused (after 0ms in state CONNECT)" */
    const char *named = strstr(text, ": ");
    const char *failed = strstr(text, " failed: ");
    const char *begin = failed != NULL ? failed + strlen(" failed: ") : named != NULL ? named + strlen(": ") : text;
    const char *end = strstr(begin, " (after ");
    int len = (int)(end != NULL ? end - begin : (ptrdiff_t)strlen(begin));

    (void)snprintf(p->cause, sizeof(p->cause), "%.*s", len, begin);
}

void bus_probe_down(struct bus_probe *p)
{
    ask_in(p, 0); /* a connection may have been closed only to be made again: the answer tells */
}

static void on_closed(uv_handle_t *handle)
{
    struct bus_probe *p = handle->data;

    free(p->brokers);
    free(p);
}

void bus_probe_close(struct bus_probe **probe)
{
    struct bus_probe *p = *probe;

    *probe = NULL;
    if (p != NULL)
        uv_close((uv_handle_t *)&p->timer, on_closed);
}
