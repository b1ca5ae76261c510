#include "letter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "decimal.h"
#include "event_id.h"

#define HISTORY      "dlq_"
#define OWN_HEADERS  4 /* letter_to_source adds */
#define QUEUE_PREFIX "queue_"

static int64_t number_of(const struct bus_record *r, const char *name, int64_t absent)
{
    char text[LETTER_NUMBERS_SIZE];
    const char *end;
    int64_t value;

    (void)bus_header_text(r, name, text, sizeof(text));
    end = text + strlen(text);
    return decimal_read(text, end, INT64_MAX, &value) == end ? value : absent;
}

void letter_read(struct letter *l, const struct bus_record *r)
{
    *l = (struct letter){.record = r};
    (void)bus_header_text(r, "dlq_reason", l->reason, sizeof(l->reason));
    (void)bus_header_text(r, "dlq_source_topic", l->source_topic, sizeof(l->source_topic));
    (void)bus_header_text(r, "dlq_source_time", l->source_time, sizeof(l->source_time));
    (void)bus_header_text(r, "dlq_start_time", l->start_time, sizeof(l->start_time));
    (void)bus_header_text(r, "ce_type", l->type, sizeof(l->type));
    l->source_partition = number_of(r, "dlq_source_partition", -1);
    l->source_offset = number_of(r, "dlq_source_offset", -1);
    l->attempts = number_of(r, "dlq_attempts", 0);
    l->redrives = number_of(r, "dlq_redrives", 0);
    l->value_bytes = r->value_len == 0 ? number_of(r, "dlq_value_bytes", -1) : -1;
}

const char *letter_id(const struct bus_record *r, char *out)
{
    (void)snprintf(out, LETTER_ID_SIZE, "%" PRId32 ":%" PRId64, r->partition, r->offset);
    return out;
}

bool letter_id_parse(const char *text, int32_t *partition, int64_t *offset)
{
    const char *end = text + strlen(text);
    int64_t number = 0;
    const char *at = decimal_read(text, end, BUS_PARTITIONS_MAX - 1, &number);

    *partition = (int32_t)number;
    at = at != NULL && *at == ':' ? decimal_read(at + 1, end, INT64_MAX - 1, offset) : NULL;
    return at == end;
}

/* ---- sent again -------------------------------------------------------------------------------------------------- */

static void add(struct letter_again *a, const char *name, const void *value, size_t len)
{
    a->headers[a->message.header_count++] = (struct bus_header){name, value, len};
}

static void add_text(struct letter_again *a, const char *name, const char *value)
{
    add(a, name, value, strlen(value));
}

static bool begins(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* What letter_to_source says anew, and what a queue counts. */
static bool is_stale(const char *name)
{
    static const char *const ours[] = {"dlq_redrives", "dlq_start_time"};

    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (strcmp(name, ours[i]) == 0)
            return true;
    }
    return begins(name, QUEUE_PREFIX) && strcmp(name, "queue_id") != 0;
}

static bool comes_again(const struct bus_header *headers, size_t i, size_t count)
{
    for (size_t j = i + 1; j < count; j++) {
        if (strcmp(headers[j].name, headers[i].name) == 0)
            return true;
    }
    return false;
}

/* Its own headers, and of each that tells its history the last. NULL, or why not. */
static const char *copy_headers(struct letter_again *out, const struct bus_record *r)
{
    struct bus_header all[LETTER_HEADERS_MAX + 1];
    size_t count = bus_headers(r, all, LETTER_HEADERS_MAX + 1);

    if (count > LETTER_HEADERS_MAX - OWN_HEADERS)
        return "it has too many headers";
    for (size_t i = 0; i < count; i++) {
        if (!is_stale(all[i].name) && !(begins(all[i].name, HISTORY) && comes_again(all, i, count)))
            add(out, all[i].name, all[i].value, all[i].len);
    }
    return NULL;
}

static const char *begin(struct letter_again *out, const struct letter *l)
{
    const struct bus_record *r = l->record;
    size_t len;
    const char *key = bus_header_get(r, "dlq_source_key", &len);

    *out = (struct letter_again){.message = {.partition = -1, .value = r->value, .value_len = r->value_len}};
    out->message.headers = out->headers;
    out->message.key = key != NULL ? key : r->key;
    out->message.key_len = key != NULL ? len : r->key_len;
    if (l->value_bytes >= 0)
        return "its value was too large to be kept with it";
    return copy_headers(out, r);
}

/* E1, P2: by the id it had it would be a repeat of what came after it. */
static void rename_event(struct letter_again *out, const struct bus_record *r)
{
    struct event_id id = event_id_of_letter(r->partition, r->offset, r->timestamp_ms);

    for (size_t i = 0; i < out->message.header_count; i++) {
        if (strcmp(out->headers[i].name, "ce_id") == 0)
            out->headers[i].name = "dlq_event_id"; /* one that stands behind it is older, and as the last one counts */
    }
    add_text(out, "ce_id", event_id_format(&id, out->event_id));
}

const char *letter_to_source(struct letter_again *out, const struct letter *l)
{
    const struct bus_record *r = l->record;
    const char *why = begin(out, l), *time = l->source_time;

    if (why != NULL)
        return why;
    if (!topic_find(l->source_topic, &out->message.topic) || l->source_partition < 0 || l->source_offset < 0 ||
        l->source_partition >= topic_defs[out->message.topic].partitions)
        return "it does not say where it came from";
    out->message.partition = (int32_t)l->source_partition;
    if (out->message.topic == TOPIC_EVENTS)
        rename_event(out, r);
    if (time[0] == '\0') { /* an older version's: it was there before it was here */
        time = clock_rfc3339(r->timestamp_ms, out->time);
        add_text(out, "dlq_source_time", time);
    }
    add_text(out, "dlq_start_time", l->start_time[0] != '\0' ? l->start_time : time);
    (void)snprintf(out->redrives, sizeof(out->redrives), "%" PRId64, l->redrives + 1);
    add_text(out, "dlq_redrives", out->redrives);
    return NULL;
}

const char *letter_to(struct letter_again *out, const struct letter *l, enum topic_id topic)
{
    const char *why = begin(out, l);

    out->message.topic = topic;
    return why;
}

bool letter_put_back(struct letter_again *out, const struct letter *l)
{
    const struct bus_record *r = l->record;
    struct bus_header all[LETTER_HEADERS_MAX + 1];
    size_t count = bus_headers(r, all, LETTER_HEADERS_MAX + 1);

    *out = (struct letter_again){.message = {.topic = r->topic,
                                             .partition = r->partition,
                                             .key = r->key,
                                             .key_len = r->key_len,
                                             .value = r->value,
                                             .value_len = r->value_len,
                                             .header_count = count}};
    out->message.headers = out->headers;
    if (count > LETTER_HEADERS_MAX)
        return false;
    memcpy(out->headers, all, count * sizeof(*all));
    return true;
}
