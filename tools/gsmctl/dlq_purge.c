#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "dlq.h"
#include "topic_log.h"

struct dlq_purge_conf {
    struct kafka_tool_conf kafka;
    bool yes;
};

#define DLQ_PURGE(X) X(yes, BOOL, "DLQ_YES", "yes", "false", 0, 0, "do not ask")

#define ROW(...) CONF_ROW(struct dlq_purge_conf, __VA_ARGS__)
static const struct conf_key dlq_purge_keys[] = {KAFKA_TOOL_ROWS(struct dlq_purge_conf, kafka) DLQ_PURGE(ROW) CONF_END};
#undef ROW

struct purge {
    struct bus_producer *producer;
    size_t asked, answered;
    int err;
    char trouble[256];
};

static void on_state(void *arg, bool ready, const char *reason)
{
    struct purge *p = arg;

    (void)snprintf(p->trouble, sizeof(p->trouble), "%s", ready ? "" : reason);
}

static void on_fatal(void *arg, const char *reason)
{
    on_state(arg, false, reason);
}

static void on_trimmed(void *arg, int err)
{
    struct purge *p = arg;

    p->answered++;
    p->err = err != 0 ? err : p->err;
}

static bool is_done(void *arg, int64_t *progress)
{
    struct purge *p = arg;

    *progress = (int64_t)p->answered;
    return p->answered == p->asked;
}

static int64_t count(const struct bus_bounds *bounds, enum topic_id topic)
{
    int64_t n = 0;

    for (int32_t p = 0; p < topic_defs[topic].partitions; p++)
        n += bounds[p].end - bounds[p].start;
    return n;
}

static bool agreed(const char *topic, int64_t letters)
{
    int answer;

    (void)printf("Delete the %" PRId64 " letters of %s for good? [y/N] ", letters, topic);
    (void)fflush(stdout);
    answer = getchar();
    return answer != EOF && tolower(answer) == 'y';
}

/* Up to where they ended when they were counted: what has come since stays. */
static int delete_all(struct kafka_tool *tool, enum topic_id topic, const struct bus_bounds *bounds)
{
    struct purge p = {0};
    const struct bus_producer_conf conf = {.bus = &tool->bus,
                                           .queue_max_messages = 10,
                                           .topics = &topic,
                                           .topic_count = 1,
                                           .on_state = on_state,
                                           .on_fatal = on_fatal,
                                           .arg = &p};
    bool done;

    if (bus_producer_open(&p.producer, &tool->loop, &conf) != 0)
        return 1;
    for (int32_t i = 0; i < topic_defs[topic].partitions; i++) {
        if (bounds[i].end == bounds[i].start)
            continue;
        p.asked++;
        bus_trim(p.producer, topic, i, bounds[i].end, on_trimmed, &p);
    }
    done = kafka_tool_wait(tool, is_done, &p) && p.err == 0;
    bus_producer_close(&p.producer);
    return done ? 0 : kafka_tool_fail(tool, "brokers %s: not all were deleted: %s", tool->conf->brokers, p.trouble);
}

static int purge(struct kafka_tool *tool, enum topic_id topic, bool yes)
{
    struct bus_bounds bounds[BUS_PARTITIONS_MAX];
    struct topic_log *log = topic_log_open(tool);
    bool known = log != NULL && topic_log_bounds(log, topic, bounds);
    int64_t letters = known ? count(bounds, topic) : 0;
    int rc;

    topic_log_close(&log);
    if (!known)
        return 1;
    if (letters > 0 && !yes && !agreed(topic_defs[topic].name, letters)) {
        (void)printf("nothing was deleted\n");
        return 1;
    }
    rc = delete_all(tool, topic, bounds);
    if (rc == 0)
        (void)printf("%" PRId64 " deleted\n", letters);
    return rc;
}

int dlq_purge(int argc, char **argv)
{
    const char *name = dlq_take_word(&argc, argv);
    enum topic_id topic;
    struct dlq_purge_conf conf;
    struct kafka_tool tool;
    enum conf_result loaded =
        conf_load(dlq_purge_keys, &conf, argc, argv, "gsmctl dlq purge TOPIC", "delete all letters of a topic");
    int rc;

    if (loaded != CONF_OK)
        return loaded == CONF_HELP ? 0 : 2;
    if (dlq_topic("dlq purge", name, &topic) != 0)
        return 2;
    kafka_tool_open(&tool, "dlq purge", &conf.kafka);
    rc = purge(&tool, topic, conf.yes);
    kafka_tool_close(&tool);
    return tool.interrupted ? DLQ_INTERRUPTED : rc;
}
