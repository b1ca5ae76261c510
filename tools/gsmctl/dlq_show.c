#include <inttypes.h>
#include <stdio.h>

#include "dlq.h"
#include "letter.h"
#include "letter_text.h"
#include "topic_log.h"

struct dlq_show_conf {
    struct kafka_tool_conf kafka;
};

static const struct conf_key dlq_show_keys[] = {KAFKA_TOOL_ROWS(struct dlq_show_conf, kafka) CONF_END};

static void on_record(void *arg, const struct bus_record *r)
{
    struct buf *out = arg;
    struct letter l;

    letter_read(&l, r);
    letter_text_whole(out, &l);
}

static int show(struct kafka_tool *tool, struct topic_log *log, enum topic_id topic, int32_t partition, int64_t offset)
{
    struct bus_bounds bounds[BUS_PARTITIONS_MAX], range[BUS_PARTITIONS_MAX] = {0};
    struct buf out = {0};
    bool ok = topic_log_bounds(log, topic, bounds);

    if (!ok)
        return 1;
    if (offset >= bounds[partition].start && offset < bounds[partition].end) {
        range[partition] = (struct bus_bounds){offset, offset + 1};
        ok = topic_log_read(log, topic, range, on_record, &out);
    }
    if (ok && out.len == 0)
        return kafka_tool_fail(tool, "%s has no letter %" PRId32 ":%" PRId64 " (any more)", topic_defs[topic].name,
                               partition, offset);
    if (ok)
        (void)fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
    return ok ? 0 : 1;
}

int dlq_show(int argc, char **argv)
{
    const char *name = dlq_take_word(&argc, argv), *id = dlq_take_word(&argc, argv);
    enum topic_id topic;
    struct dlq_show_conf conf;
    struct kafka_tool tool;
    struct topic_log *log;
    int32_t partition;
    int64_t offset;
    enum conf_result loaded = conf_load(dlq_show_keys, &conf, argc, argv, "gsmctl dlq show TOPIC PARTITION:OFFSET",
                                        "one dead letter: why, where from, how often, when, headers, body");
    int rc = 1;

    if (loaded != CONF_OK)
        return loaded == CONF_HELP ? 0 : 2;
    if (dlq_topic("dlq show", name, &topic) != 0)
        return 2;
    if (id == NULL || !letter_id_parse(id, &partition, &offset) || partition >= topic_defs[topic].partitions) {
        (void)fprintf(stderr, "gsmctl: dlq show: needs a letter's id, PARTITION:OFFSET, as dlq list shows it\n");
        return 2;
    }
    kafka_tool_open(&tool, "dlq show", &conf.kafka);
    log = topic_log_open(&tool);
    if (log != NULL)
        rc = show(&tool, log, topic, partition, offset);
    topic_log_close(&log);
    kafka_tool_close(&tool);
    return tool.interrupted ? DLQ_INTERRUPTED : rc;
}
