#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "columns.h"
#include "dlq.h"
#include "letter.h"
#include "letter_text.h"
#include "mem.h"
#include "safe_text.h"
#include "topic_log.h"

struct dlq_list_conf {
    struct kafka_tool_conf kafka;
    int64_t limit;
    bool json;
};

#define DLQ_LIST(X)                                                                                                    \
    X(limit, INT, "DLQ_LIMIT", "limit", "100", 1, 100000, "messages to show, the newest")                              \
    X(json, BOOL, "DLQ_JSON", "json", "false", 0, 0, "one JSON object a line")

#define ROW(...) CONF_ROW(struct dlq_list_conf, __VA_ARGS__)
static const struct conf_key dlq_list_keys[] = {KAFKA_TOOL_ROWS(struct dlq_list_conf, kafka) DLQ_LIST(ROW) CONF_END};
#undef ROW

static void print_buf(struct buf *text)
{
    if (text->len > 0)
        (void)fwrite(text->data, 1, text->len, stdout);
    buf_free(text);
}

/* ---- all topics -------------------------------------------------------------------------------------------------- */

struct extent { /* of a topic */
    int64_t oldest_ms, newest_ms;
};

static void on_edge(void *arg, const struct bus_record *r)
{
    struct extent *e = arg;

    if (e->oldest_ms == 0 || r->timestamp_ms < e->oldest_ms)
        e->oldest_ms = r->timestamp_ms;
    if (r->timestamp_ms > e->newest_ms)
        e->newest_ms = r->timestamp_ms;
}

/* The first and the last record of each partition say it. */
static bool measure(struct topic_log *log, enum topic_id topic, int64_t *count, struct extent *e)
{
    struct bus_bounds bounds[BUS_PARTITIONS_MAX], first[BUS_PARTITIONS_MAX], last[BUS_PARTITIONS_MAX];

    if (!topic_log_bounds(log, topic, bounds))
        return false;
    for (int32_t p = 0; p < topic_defs[topic].partitions; p++) {
        bool empty = bounds[p].end == bounds[p].start;

        *count += bounds[p].end - bounds[p].start;
        first[p] = (struct bus_bounds){bounds[p].start, bounds[p].start + !empty};
        last[p] = (struct bus_bounds){bounds[p].end - !empty, bounds[p].end};
    }
    return topic_log_read(log, topic, first, on_edge, e) && topic_log_read(log, topic, last, on_edge, e);
}

static int list_topics(struct topic_log *log, bool as_json)
{
    struct columns table = {0};
    struct buf out = {0};
    int64_t now_ms = clock_wall_ms();

    letter_text_topics_head(&table);
    for (const enum topic_id *t = dlq_topics; *t != TOPIC_COUNT; t++) {
        struct letter_topic row = {.name = topic_defs[*t].name};
        struct extent e = {0};

        if (!measure(log, *t, &row.messages, &e)) {
            buf_free(&table.cells);
            buf_free(&out);
            return 1;
        }
        row.oldest_ms = e.oldest_ms;
        row.newest_ms = e.newest_ms;
        if (as_json)
            letter_json_topic(&out, &row);
        else
            letter_text_topic(&table, &row, now_ms);
    }
    if (as_json)
        buf_free(&table.cells);
    else
        letter_text_topics_write(&table, &out);
    print_buf(&out);
    return 0;
}

/* ---- one --------------------------------------------------------------------------------------------------------- */

struct found {
    struct bus_record **list;
    size_t count, cap;
};

static void on_record(void *arg, const struct bus_record *r)
{
    struct found *f = arg;

    if (f->count == f->cap) {
        f->cap = f->cap * 2 + 64;
        f->list = mem_realloc(f->list, f->cap, sizeof(*f->list));
    }
    f->list[f->count++] = bus_record_keep(r, 0); /* how large it is will do */
}

static int by_time(const void *a, const void *b)
{
    const struct bus_record *x = *(struct bus_record *const *)a, *y = *(struct bus_record *const *)b;
    int order = (x->timestamp_ms > y->timestamp_ms) - (x->timestamp_ms < y->timestamp_ms);

    if (order == 0)
        order = (x->partition > y->partition) - (x->partition < y->partition);
    return order != 0 ? order : (x->offset > y->offset) - (x->offset < y->offset);
}

static void print_found(struct found *f, size_t limit, bool as_json)
{
    size_t first = f->count > limit ? f->count - limit : 0;
    struct columns table = {0};
    struct buf out = {0};

    if (f->count > 0)
        qsort(f->list, f->count, sizeof(*f->list), by_time);
    letter_text_head(&table);
    for (size_t i = first; i < f->count; i++) {
        struct letter l;

        letter_read(&l, f->list[i]);
        if (as_json)
            letter_json(&out, &l);
        else
            letter_text_row(&table, &l);
    }
    if (as_json)
        buf_free(&table.cells);
    else
        letter_text_write(&table, &out);
    print_buf(&out);
}

static int list_topic(struct topic_log *log, enum topic_id topic, const struct dlq_list_conf *conf)
{
    struct bus_bounds bounds[BUS_PARTITIONS_MAX];
    struct found found = {0};
    int64_t messages = 0;
    bool ok = topic_log_bounds(log, topic, bounds);

    for (int32_t p = 0; ok && p < topic_defs[topic].partitions; p++) {
        messages += bounds[p].end - bounds[p].start;
        if (bounds[p].end - conf->limit > bounds[p].start)
            bounds[p].start = bounds[p].end - conf->limit;
    }
    ok = ok && topic_log_read(log, topic, bounds, on_record, &found);
    if (ok)
        print_found(&found, (size_t)conf->limit, conf->json);
    if (ok && messages > conf->limit)
        (void)fprintf(stderr, "the newest %" PRId64 " of %" PRId64 "; --limit shows more\n", conf->limit, messages);
    for (size_t i = 0; i < found.count; i++)
        bus_record_free(&found.list[i]);
    free(found.list);
    return ok ? 0 : 1;
}

int dlq_list(int argc, char **argv)
{
    const char *name = dlq_take_word(&argc, argv);
    enum topic_id topic = TOPIC_COUNT;
    struct dlq_list_conf conf;
    struct kafka_tool tool;
    struct topic_log *log;
    enum conf_result loaded = conf_load(dlq_list_keys, &conf, argc, argv, "gsmctl dlq list [TOPIC]",
                                        "the dead-letter topics, or the letters of one, the newest last");
    int rc = 1;

    if (loaded != CONF_OK)
        return loaded == CONF_HELP ? 0 : 2;
    if (name != NULL && dlq_topic("dlq list", name, &topic) != 0)
        return 2;
    kafka_tool_open(&tool, "dlq list", &conf.kafka);
    log = topic_log_open(&tool);
    if (log != NULL)
        rc = name == NULL ? list_topics(log, conf.json) : list_topic(log, topic, &conf);
    topic_log_close(&log);
    kafka_tool_close(&tool);
    return tool.interrupted ? DLQ_INTERRUPTED : rc;
}
