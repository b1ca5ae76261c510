/*
 * gsmctl - the operator's tool: `gsmctl NOUN VERB --flags` or `gsmctl VERB --flags`, one table row a verb.
 */
#include <stdio.h>
#include <string.h>

#include "bus.h"
#include "conf.h"
#include "dlq.h"
#include "err.h"
#include "log.h"
#include "queue_stats.h"
#include "rules.h"
#include "simulate.h"
#include "ticket.h"

static int topics_create(int argc, char **argv);

static const struct verb {
    const char *noun, *name, *summary; /* name "": the noun is the verb */
    int (*run)(int argc, char **argv); /* argv[0] is the verb; the exit status */
} verbs[] = {
    {"topics", "create", "create the topics that are missing in Kafka; what is there is left as it is", topics_create},
    {"rules", "check", "tell all that is wrong with rule set files", rules_check},
    {"ticket", "why", "tell why a ticket waits: ticket why ID", ticket_why},
    {"dlq", "list", "list the dead-letter topics, or the letters of one: dlq list [TOPIC]", dlq_list},
    {"dlq", "show", "show one letter: dlq show TOPIC PARTITION:OFFSET", dlq_show},
    {"dlq", "redrive", "send letters again to where they came from: dlq redrive TOPIC", dlq_redrive},
    {"dlq", "purge", "delete all letters of a topic: dlq purge TOPIC", dlq_purge},
    {"queue", "stats", "tell how many messages lie in each queue, and since when", queue_stats_run},
    {"simulate", "", "try a rule set, or two side by side, on a virtual clock", simulate},
};
enum { VERB_COUNT = sizeof(verbs) / sizeof(verbs[0]) };

struct topics_create_conf {
    const char *brokers, *extra;
    int64_t replication, timeout_s;
};

#define TOPICS_CREATE(X)                                                                                               \
    X(brokers, STR, "KAFKA_BROKERS", "brokers", "127.0.0.1:9092", 1, 1024, "bootstrap list, host:port,host:port")      \
    X(extra, STR, "KAFKA_CONF", "kafka-conf", "", 0, 4096, "librdkafka properties, name=value separated by spaces")    \
    X(replication, INT, "REPLICATION", "replication", "1", 1, 9, "copies of each partition")                           \
    X(timeout_s, INT, "TIMEOUT_S", "timeout-s", "30", 1, 3600, "seconds to wait for Kafka")

#define ROW(...) CONF_ROW(struct topics_create_conf, __VA_ARGS__)
static const struct conf_key topics_create_keys[] = {TOPICS_CREATE(ROW) CONF_END};
#undef ROW

static int topics_create(int argc, char **argv)
{
    struct topics_create_conf conf;
    char error[512];
    enum conf_result loaded = conf_load(topics_create_keys, &conf, argc, argv, "gsmctl topics create",
                                        "create the topics that are missing in Kafka");
    struct bus_conf bus;

    if (loaded != CONF_OK)
        return loaded == CONF_HELP ? 0 : 2;
    bus = (struct bus_conf){.brokers = conf.brokers, .extra = conf.extra, .client_id = "gsmctl"};
    if (bus_topics_create(&bus, (int)conf.replication, (int)conf.timeout_s * 1000, error, sizeof(error)) != 0) {
        (void)fprintf(stderr, "gsmctl: topics create: brokers %s: %s\n", conf.brokers, error);
        return 1;
    }
    (void)printf("%d topics are there\n", TOPIC_COUNT);
    return 0;
}

static int usage(FILE *out)
{
    (void)fprintf(out, "usage: gsmctl NOUN VERB [--flags]; --help after a verb tells its flags\n\n");
    for (size_t i = 0; i < VERB_COUNT; i++)
        (void)fprintf(out, "  %s %s\t%s\n", verbs[i].noun, verbs[i].name, verbs[i].summary);
    return out == stdout ? 0 : 2;
}

/* No row of the table was meant. */
static int without_verb(int argc, char **argv)
{
    const char *last = argv[argc - 1];

    if (argc <= 3 && strcmp(last, "--help") == 0)
        return usage(stdout);
    if (argc == 2 && strcmp(last, "--version") == 0)
        return printf("gsmctl %s\n", CONF_VERSION) < 0;
    if (argc > 1)
        (void)fprintf(stderr, "gsmctl: \"%s%s%s\" is no command\n", argv[1], argc > 2 ? " " : "",
                      argc > 2 ? argv[2] : "");
    return usage(stderr);
}

int main(int argc, char **argv)
{
    log_setup("gsmctl", LOG_WARN);
    for (size_t i = 0; argc >= 2 && i < VERB_COUNT; i++) {
        int words = verbs[i].name[0] == '\0' ? 1 : 2;

        if (argc > words && strcmp(argv[1], verbs[i].noun) == 0 && (words == 1 || strcmp(argv[2], verbs[i].name) == 0))
            return verbs[i].run(argc - words, argv + words);
    }
    return without_verb(argc, argv);
}
