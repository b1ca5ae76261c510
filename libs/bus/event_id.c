#include "event_id.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "decimal.h"
#include "err.h"

enum { FIELD_COUNT = 5 };

#define NUMBER_MAX INT64_C(9007199254740991) /* 2^53 - 1, as in the journal */

const char *event_id_format(const struct event_id *id, char out[EVENT_ID_SIZE])
{
    (void)snprintf(out, EVENT_ID_SIZE, "%" PRId64 "-%" PRId32 "-%" PRId64 "-%" PRId64 "-%" PRId32, id->incarnation,
                   id->partition, id->epoch, id->seq, id->index);
    return out;
}

int event_id_parse(const char *text, size_t len, struct event_id *out)
{
    static const int64_t max[FIELD_COUNT] = {NUMBER_MAX, EVENT_PARTITIONS_MAX - 1, NUMBER_MAX, NUMBER_MAX, INT32_MAX};
    const char *at = text;
    const char *end = text + len;
    int64_t field[FIELD_COUNT];

    for (int i = 0; i < FIELD_COUNT; i++) {
        if (i > 0 && (at == end || *at++ != '-'))
            return ERR_INVALID;
        at = decimal_read(at, end, max[i], &field[i]);
        if (at == NULL)
            return ERR_INVALID;
    }
    if (at != end || field[0] == 0)
        return ERR_INVALID;
    *out = (struct event_id){.incarnation = field[0],
                             .partition = (int32_t)field[1],
                             .epoch = field[2],
                             .seq = field[3],
                             .index = (int32_t)field[4]};
    return 0;
}

static int compare(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int event_id_compare(const struct event_id *a, const struct event_id *b)
{
    int order = compare(a->incarnation, b->incarnation);

    if (order == 0)
        order = compare(a->epoch, b->epoch);
    if (order == 0)
        order = compare(a->seq, b->seq);
    return order != 0 ? order : compare(a->index, b->index);
}

struct event_id event_id_of_letter(int32_t partition, int64_t offset, int64_t time_ms)
{
    int32_t behind = topic_defs[TOPIC_JOURNAL].partitions + partition;

    ASSERT(behind < EVENT_PARTITIONS_MAX && time_ms > 0);
    return (struct event_id){.incarnation = time_ms, .partition = behind, .seq = offset};
}

bool event_seen_accept(struct event_seen *s, const struct event_id *id)
{
    ASSERT(id->partition >= 0 && id->partition < EVENT_PARTITIONS_MAX && id->incarnation > 0);

    struct event_id *greatest = &s->greatest[id->partition];

    if (event_id_compare(id, greatest) <= 0)
        return false;
    *greatest = *id;
    return true;
}

size_t event_seen_format(const struct event_seen *s, char *out, size_t out_size)
{
    size_t len = 0;

    ASSERT(out_size > 0);
    out[0] = '\0';
    for (size_t i = 0; i < EVENT_PARTITIONS_MAX; i++) {
        char id[EVENT_ID_SIZE];

        if (s->greatest[i].incarnation == 0)
            continue;
        len += (size_t)snprintf(out + len, out_size - len, "%s%s", len > 0 ? " " : "",
                                event_id_format(&s->greatest[i], id));
        ASSERT(len < out_size);
    }
    return len;
}

int event_seen_parse(struct event_seen *s, const char *text)
{
    memset(s, 0, sizeof(*s));
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        struct event_id id;

        if (event_id_parse(text, len, &id) != 0 || !event_seen_accept(s, &id)) {
            memset(s, 0, sizeof(*s));
            return ERR_INVALID;
        }
        text += len;
        text += *text == ' ' && text[1] != '\0';
    }
    return 0;
}
