/*
 * kafka_tool.h - Kafka for a verb that does one thing after the other: it begins something, and the loop runs until
 * that is so.
 *
 * Errors   what goes wrong is printed on stderr where it happens, once: "gsmctl: VERB: brokers ...: why".
 * Ctrl-C   sets `interrupted` (the first one; the second ends the process), and ends a wait.
 */
#ifndef GSMCTL_KAFKA_TOOL_H
#define GSMCTL_KAFKA_TOOL_H

#include <stdbool.h>
#include <uv.h>

#include "bus.h"
#include "conf.h"

/* The settings of each such verb: a member of its struct, and rows at the beginning of its table. */
struct kafka_tool_conf {
    const char *brokers, *extra;
    int64_t timeout_s;
};

/* NOLINTBEGIN(bugprone-macro-parentheses): m is a member's name */
#define KAFKA_TOOL_ROWS(s, m)                                                                                          \
    CONF_ROW(s, m.brokers, STR, "KAFKA_BROKERS", "brokers", "127.0.0.1:9092", 1, 1024,                                 \
             "bootstrap list, host:port,host:port")                                                                    \
    CONF_SECRET_ROW(s, m.extra, STR, "KAFKA_CONF", "kafka-conf", "", 0, 4096,                                          \
                    "librdkafka properties, name=value separated by spaces")                                           \
    CONF_ROW(s, m.timeout_s, INT, "TIMEOUT_S", "timeout-s", "10", 1, 3600, "seconds to wait for Kafka's next answer")
/* NOLINTEND(bugprone-macro-parentheses) */

struct kafka_tool {
    const char *verb; /* "dlq list" */
    const struct kafka_tool_conf *conf;
    struct bus_conf bus;
    uv_loop_t loop;
    uv_timer_t tick; /* so that uv_run comes back */
    uv_signal_t on_int;
    bool interrupted;
};

void kafka_tool_open(struct kafka_tool *t, const char *verb, const struct kafka_tool_conf *conf);
void kafka_tool_close(struct kafka_tool *t); /* after all that is on its loop was closed */

/* One line on stderr; returns the exit status 1. */
int kafka_tool_fail(const struct kafka_tool *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Runs the loop until done says so. False: timeout_s passed without that `progress` (of done's making; it may stand
 * still by its own will) changed, or somebody pressed Ctrl-C.
 */
typedef bool kafka_tool_done_fn(void *arg, int64_t *progress);
bool kafka_tool_wait(struct kafka_tool *t, kafka_tool_done_fn *done, void *arg);

#endif
