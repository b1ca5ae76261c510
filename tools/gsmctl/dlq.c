#include "dlq.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const enum topic_id dlq_topics[] = {TOPIC_QUEUE_DLQ, TOPIC_EVENTS_DLQ, TOPIC_COUNT};

const char *dlq_take_word(int *argc, char **argv)
{
    const char *word = *argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;

    if (word == NULL)
        return NULL;
    memmove(&argv[1], &argv[2], (size_t)(*argc - 2) * sizeof(*argv));
    (*argc)--;
    return word;
}

int dlq_topic(const char *verb, const char *name, enum topic_id *out)
{
    for (const enum topic_id *t = dlq_topics; name != NULL && *t != TOPIC_COUNT; t++) {
        *out = *t;
        if (strcmp(name, topic_defs[*t].name) == 0)
            return 0;
    }
    if (name == NULL)
        (void)fprintf(stderr, "gsmctl: %s: needs a topic:", verb);
    else
        (void)fprintf(stderr, "gsmctl: %s: \"%s\" is no dead-letter topic; there are:", verb, name);
    for (const enum topic_id *t = dlq_topics; *t != TOPIC_COUNT; t++)
        (void)fprintf(stderr, " %s", topic_defs[*t].name);
    (void)fputc('\n', stderr);
    return 2;
}
