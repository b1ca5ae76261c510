#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dlq.h"
#include "dlq_move.h"
#include "move_progress.h"
#include "topic_log.h"

struct dlq_redrive_conf {
    struct kafka_tool_conf kafka;
    const char *to, *rate;
    int64_t max;
    bool dry_run;
};

#define DLQ_REDRIVE(X)                                                                                                 \
    X(to, STR, "DLQ_TO", "to", "", 0, 249, "topic to send to, each by its key; empty: each to where it came from")     \
    X(rate, STR, "DLQ_RATE", "rate", "", 0, 32, "letters a second, as 100 or 100/s; empty: as fast as it goes")        \
    X(max, INT, "DLQ_MAX", "max", "0", 0, INT64_MAX, "letters to send; 0: all that are there at the start")            \
    X(dry_run, BOOL, "DLQ_DRY_RUN", "dry-run", "false", 0, 0, "only tell what would be done")

#define ROW(...) CONF_ROW(struct dlq_redrive_conf, __VA_ARGS__)
static const struct conf_key dlq_redrive_keys[] = {KAFKA_TOOL_ROWS(struct dlq_redrive_conf, kafka) DLQ_REDRIVE(ROW)
                                                       CONF_END};
#undef ROW

enum { STAYS = 3 }; /* exit status */

/* ---- what would be done ------------------------------------------------------------------------------------------ */

struct rehearsal {
    const struct dlq_move_conf *conf;
    int64_t moved[TOPIC_COUNT], stayed, seen;
};

static void on_record(void *arg, const struct bus_record *r)
{
    struct rehearsal *h = arg;
    struct letter_again again;
    struct letter l;
    const char *why;

    if (h->conf->max > 0 && h->seen >= h->conf->max)
        return;
    h->seen++;
    letter_read(&l, r);
    why = dlq_move_message(h->conf, &l, &again);
    if (why == NULL) {
        h->moved[again.message.topic]++;
        return;
    }
    h->stayed++;
    dlq_move_say_stays(&l, why);
}

static int rehearse(struct kafka_tool *tool, const struct dlq_move_conf *conf)
{
    struct rehearsal h = {.conf = conf};
    struct bus_bounds bounds[BUS_PARTITIONS_MAX];
    struct topic_log *log = topic_log_open(tool);
    bool ok = log != NULL && topic_log_bounds(log, conf->topic, bounds) &&
              topic_log_read(log, conf->topic, bounds, on_record, &h);

    topic_log_close(&log);
    if (!ok)
        return 1;
    for (int i = 0; i < TOPIC_COUNT; i++) {
        if (h.moved[i] > 0)
            (void)printf("%" PRId64 " would go to %s\n", h.moved[i], topic_defs[i].name);
    }
    (void)printf("%" PRId64 " would stay\n", h.stayed);
    return h.stayed > 0 ? STAYS : 0;
}

/* ---- and done ---------------------------------------------------------------------------------------------------- */

static int redrive(struct kafka_tool *tool, const struct dlq_move_conf *conf)
{
    struct dlq_moved done;
    int rc = dlq_move(tool, conf, &done);

    (void)printf("%" PRId64 " moved, %" PRId64 " stay, %" PRId64 " left\n", done.moved, done.stayed, done.left);
    if (rc != 0 && done.left > 0)
        (void)fprintf(stderr, "the same command goes on where this one ended\n");
    return rc == 0 && done.stayed > 0 ? STAYS : rc;
}

static int wrong(const char *what, const char *value, const char *must)
{
    (void)fprintf(stderr, "gsmctl: dlq redrive: %s \"%s\": %s\n", what, value, must);
    return 2;
}

/* 0, or the exit status 2, with a sentence. */
static int read_wishes(const struct dlq_redrive_conf *conf, struct dlq_move_conf *out)
{
    out->to = TOPIC_COUNT;
    out->max = conf->max;
    out->rate = 0;
    if (conf->to[0] != '\0' && !topic_find(conf->to, &out->to))
        return wrong("--to", conf->to, "no topic of ours has that name");
    if (conf->to[0] != '\0' && out->to == out->topic)
        return wrong("--to", conf->to, "they are in that topic");
    if (conf->rate[0] != '\0' && !move_rate_parse(conf->rate, &out->rate))
        return wrong("--rate", conf->rate, "must be a number of letters a second, as 100 or 100/s");
    return 0;
}

int dlq_redrive(int argc, char **argv)
{
    const char *name = dlq_take_word(&argc, argv);
    struct dlq_redrive_conf conf;
    struct dlq_move_conf move;
    struct kafka_tool tool;
    enum conf_result loaded = conf_load(dlq_redrive_keys, &conf, argc, argv, "gsmctl dlq redrive TOPIC",
                                        "send dead letters again, and delete them when they have arrived; exit status "
                                        "3: some cannot be sent, and stay");
    int rc;

    if (loaded != CONF_OK)
        return loaded == CONF_HELP ? 0 : 2;
    if (dlq_topic("dlq redrive", name, &move.topic) != 0 || read_wishes(&conf, &move) != 0)
        return 2;
    kafka_tool_open(&tool, "dlq redrive", &conf.kafka);
    rc = conf.dry_run ? rehearse(&tool, &move) : redrive(&tool, &move);
    kafka_tool_close(&tool);
    return tool.interrupted ? DLQ_INTERRUPTED : rc;
}
