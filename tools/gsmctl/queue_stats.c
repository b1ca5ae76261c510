/*
 * All from Kafka, so that it needs no daemon: logs begin and end somewhere, and how far the queue was read its journal
 * says. What a ruler has read and not yet said is visible here; the matchmaker's metrics tell the two apart.
 */
#include "queue_stats.h"

#include <inttypes.h>
#include <stdio.h>

#include "clock.h"
#include "columns.h"
#include "dlq.h"
#include "json.h"
#include "letter_text.h"
#include "topic_log.h"

struct queue_stats_conf {
    struct kafka_tool_conf kafka;
    bool json, watch;
};

#define QUEUE_STATS(X)                                                                                                 \
    X(json, BOOL, "QUEUE_JSON", "json", "false", 0, 0, "one JSON object a line")                                       \
    X(watch, BOOL, "QUEUE_WATCH", "watch", "false", 0, 0, "again every two seconds, until Ctrl-C")

#define ROW(...) CONF_ROW(struct queue_stats_conf, __VA_ARGS__)
static const struct conf_key queue_stats_keys[] = {KAFKA_TOOL_ROWS(struct queue_stats_conf, kafka) QUEUE_STATS(ROW)
                                                       CONF_END};
#undef ROW

enum { COLUMNS = 5, WATCH_MS = 2000, JOURNAL_TAIL = 16 }; /* records: some may be reigns, or void */

struct stats {
    enum topic_id queue;
    int64_t visible, oldest_ms; /* oldest_ms 0: there is none */
};

/* Nobody receives dead letters; of the commands only the matchmakers know. */
static const char *in_flight(const struct stats *s, const char *unknown)
{
    return s->queue == TOPIC_QUEUE ? unknown : "0";
}

/* ---- how far the queue was read ---------------------------------------------------------------------------------- */

/* Positions only grow. */
static void on_journal(void *arg, const struct bus_record *r)
{
    int64_t *positions = arg, position;
    json_object *o = NULL;

    if (json_parse(r->value, r->value_len, &o, NULL) == 0 && json_object_is_type(o, json_type_object) &&
        json_get_int(o, "$", "position", 0, INT64_MAX, &position, NULL) == 0 && position > positions[r->partition])
        positions[r->partition] = position;
    json_object_put(o);
}

static bool skip_read(struct topic_log *log, struct bus_bounds *queue)
{
    struct bus_bounds journal[BUS_PARTITIONS_MAX];
    int64_t positions[BUS_PARTITIONS_MAX] = {0};

    if (!topic_log_bounds(log, TOPIC_JOURNAL, journal))
        return false;
    for (int32_t p = 0; p < topic_defs[TOPIC_JOURNAL].partitions; p++) {
        if (journal[p].end - JOURNAL_TAIL > journal[p].start)
            journal[p].start = journal[p].end - JOURNAL_TAIL;
    }
    if (!topic_log_read(log, TOPIC_JOURNAL, journal, on_journal, positions))
        return false;
    for (int32_t p = 0; p < topic_defs[TOPIC_QUEUE].partitions; p++) {
        if (positions[p] > queue[p].start)
            queue[p].start = positions[p] < queue[p].end ? positions[p] : queue[p].end;
    }
    return true;
}

/* ---- a queue ----------------------------------------------------------------------------------------------------- */

static void on_first(void *arg, const struct bus_record *r)
{
    struct stats *s = arg;

    if (s->oldest_ms == 0 || r->timestamp_ms < s->oldest_ms)
        s->oldest_ms = r->timestamp_ms;
}

static bool measure(struct topic_log *log, enum topic_id topic, struct stats *s)
{
    struct bus_bounds bounds[BUS_PARTITIONS_MAX];

    *s = (struct stats){.queue = topic};
    if (!topic_log_bounds(log, topic, bounds) || (topic == TOPIC_QUEUE && !skip_read(log, bounds)))
        return false;
    for (int32_t p = 0; p < topic_defs[topic].partitions; p++) {
        s->visible += bounds[p].end - bounds[p].start;
        if (bounds[p].end > bounds[p].start)
            bounds[p].end = bounds[p].start + 1;
    }
    return topic_log_read(log, topic, bounds, on_first, s);
}

static void add_row(struct columns *table, const struct stats *s, int64_t now_ms)
{
    char age[LETTER_NUMBERS_SIZE];

    columns_add(table, topic_defs[s->queue].name);
    columns_addf(table, "%" PRId64, s->visible);
    columns_add(table, in_flight(s, "-"));
    columns_add(table, "0");
    columns_add(table, s->oldest_ms != 0 ? letter_age(now_ms - s->oldest_ms, age) : "-");
}

static void add_json(struct buf *out, const struct stats *s, int64_t now_ms)
{
    buf_str(out, "{\"queue\":");
    buf_json_cstr(out, topic_defs[s->queue].name);
    buf_printf(out, ",\"visible\":%" PRId64 ",\"in_flight\":%s,\"delayed\":0,\"oldest_age_seconds\":", s->visible,
               in_flight(s, "null"));
    if (s->oldest_ms != 0)
        buf_printf(out, "%" PRId64 "}\n", now_ms > s->oldest_ms ? (now_ms - s->oldest_ms) / 1000 : 0);
    else
        buf_str(out, "null}\n");
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static bool show(struct topic_log *log, bool as_json)
{
    static const enum topic_id queues[] = {TOPIC_QUEUE, TOPIC_QUEUE_DLQ, TOPIC_EVENTS_DLQ};
    static const char *const head[COLUMNS] = {"QUEUE", "VISIBLE", "IN FLIGHT", "DELAYED", "OLDEST"};
    struct columns table = {0};
    struct buf out = {0};
    bool ok = true;

    for (size_t i = 0; i < COLUMNS; i++)
        columns_add(&table, head[i]);
    for (size_t i = 0; ok && i < sizeof(queues) / sizeof(queues[0]); i++) {
        struct stats s;

        ok = measure(log, queues[i], &s);
        if (ok && as_json)
            add_json(&out, &s, clock_wall_ms());
        else if (ok)
            add_row(&table, &s, clock_wall_ms());
    }
    if (ok && !as_json)
        columns_write(&table, COLUMNS, &out);
    buf_free(&table.cells);
    if (ok)
        (void)fwrite(out.data, 1, out.len, stdout);
    (void)fflush(stdout);
    buf_free(&out);
    return ok;
}

static bool has_waited(void *arg, int64_t *progress)
{
    *progress = clock_mono_ms();
    return *progress >= *(int64_t *)arg;
}

static bool show_again_and_again(struct kafka_tool *tool, struct topic_log *log, bool as_json)
{
    int64_t next_ms;

    while (show(log, as_json)) {
        next_ms = clock_mono_ms() + WATCH_MS;
        if (!kafka_tool_wait(tool, has_waited, &next_ms))
            return true; /* Ctrl-C */
        if (!as_json)
            (void)putchar('\n');
    }
    return false;
}

int queue_stats_run(int argc, char **argv)
{
    struct queue_stats_conf conf;
    struct kafka_tool tool;
    struct topic_log *log;
    enum conf_result loaded = conf_load(queue_stats_keys, &conf, argc, argv, "gsmctl queue stats",
                                        "how many messages lie in each queue, and since when the oldest does");
    bool ok = false;

    if (loaded != CONF_OK)
        return loaded == CONF_HELP ? 0 : 2;
    kafka_tool_open(&tool, "queue stats", &conf.kafka);
    log = topic_log_open(&tool);
    if (log != NULL)
        ok = conf.watch ? show_again_and_again(&tool, log, conf.json) : show(log, conf.json);
    topic_log_close(&log);
    kafka_tool_close(&tool);
    return tool.interrupted ? DLQ_INTERRUPTED : ok ? 0 : 1;
}
