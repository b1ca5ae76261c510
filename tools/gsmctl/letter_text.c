#include "letter_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "safe_text.h"

#define KEY_MAX    64 /* bytes shown in a row */
#define REASON_MAX 200
#define HEADER_MAX 1024

enum { TOPIC_COLUMNS = 4, LETTER_COLUMNS = 8 };

const char *letter_age(int64_t ms, char out[LETTER_NUMBERS_SIZE])
{
    static const struct {
        int64_t ms;
        char unit;
    } units[] = {{86400000, 'd'}, {3600000, 'h'}, {60000, 'm'}, {1000, 's'}};
    size_t i = 0;

    while (i < 3 && ms < units[i].ms)
        i++;
    (void)snprintf(out, LETTER_NUMBERS_SIZE, "%" PRId64 "%c", ms > 0 ? ms / units[i].ms : 0, units[i].unit);
    return out;
}

/* ---- topics ------------------------------------------------------------------------------------------------------ */

static void add_head(struct columns *table, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        columns_add(table, names[i]);
}

void letter_text_topics_head(struct columns *table)
{
    static const char *const names[TOPIC_COLUMNS] = {"TOPIC", "MESSAGES", "OLDEST", "NEWEST"};

    add_head(table, names, TOPIC_COLUMNS);
}

static void add_time(struct columns *table, int64_t at_ms, int64_t now_ms)
{
    char time[CLOCK_RFC3339_SIZE], age[LETTER_NUMBERS_SIZE];

    if (at_ms == 0)
        columns_add(table, "-");
    else
        columns_addf(table, "%s (%s ago)", clock_rfc3339(at_ms, time), letter_age(now_ms - at_ms, age));
}

void letter_text_topic(struct columns *table, const struct letter_topic *t, int64_t now_ms)
{
    columns_add(table, t->name);
    columns_addf(table, "%" PRId64, t->messages);
    add_time(table, t->oldest_ms, now_ms);
    add_time(table, t->newest_ms, now_ms);
}

void letter_text_topics_write(struct columns *table, struct buf *out)
{
    columns_write(table, TOPIC_COLUMNS, out);
}

static void put_time(struct buf *out, const char *before, int64_t at_ms)
{
    char time[CLOCK_RFC3339_SIZE];

    buf_str(out, before);
    if (at_ms == 0)
        buf_str(out, "null");
    else
        buf_json_cstr(out, clock_rfc3339(at_ms, time));
}

void letter_json_topic(struct buf *out, const struct letter_topic *t)
{
    buf_str(out, "{\"topic\":");
    buf_json_cstr(out, t->name);
    buf_printf(out, ",\"messages\":%" PRId64, t->messages);
    put_time(out, ",\"oldest\":", t->oldest_ms);
    put_time(out, ",\"newest\":", t->newest_ms);
    buf_str(out, "}\n");
}

/* ---- letters ----------------------------------------------------------------------------------------------------- */

void letter_text_head(struct columns *table)
{
    static const char *const names[LETTER_COLUMNS] = {"ID",  "TIME", "FROM",  "ATTEMPTS",
                                                      "KEY", "TYPE", "BYTES", "REASON"};

    add_head(table, names, LETTER_COLUMNS);
}

static void add_safe(struct columns *table, const void *text, size_t len, size_t max)
{
    struct buf cell = {0};

    safe_text_line(&cell, text, len, max);
    columns_add(table, cell.len > 0 ? cell.data : "-");
    buf_free(&cell);
}

static void put_source(struct buf *out, const struct letter *l)
{
    safe_text_line(out, l->source_topic, strlen(l->source_topic), sizeof(l->source_topic));
    buf_str(out, l->source_topic[0] == '\0' ? "-" : "");
    if (l->source_partition >= 0 && l->source_offset >= 0)
        buf_printf(out, " %" PRId64 ":%" PRId64, l->source_partition, l->source_offset);
}

static const char *source_key(const struct letter *l, size_t *len)
{
    const char *key = bus_header_get(l->record, "dlq_source_key", len);

    if (key == NULL) {
        key = l->record->key;
        *len = l->record->key_len;
    }
    return key;
}

static int64_t bytes_of(const struct letter *l)
{
    return l->value_bytes >= 0 ? l->value_bytes : (int64_t)l->record->value_len;
}

void letter_text_row(struct columns *table, const struct letter *l)
{
    char id[LETTER_ID_SIZE], time[CLOCK_RFC3339_SIZE];
    struct buf source = {0};
    size_t key_len;
    const char *key = source_key(l, &key_len);

    columns_add(table, letter_id(l->record, id));
    columns_add(table, clock_rfc3339(l->record->timestamp_ms, time));
    put_source(&source, l);
    columns_add(table, source.data);
    buf_free(&source);
    columns_addf(table, "%" PRId64, l->attempts);
    add_safe(table, key, key_len, KEY_MAX);
    add_safe(table, l->type, strlen(l->type), sizeof(l->type));
    columns_addf(table, "%" PRId64, bytes_of(l));
    add_safe(table, l->reason, strlen(l->reason), REASON_MAX);
}

void letter_text_write(struct columns *table, struct buf *out)
{
    columns_write(table, LETTER_COLUMNS, out);
}

/* Whatever bytes it has: as JSON has no others, those that are no UTF-8 are written as a terminal would get them. */
static void put_json_bytes(struct buf *out, const char *before, const char *text, size_t len)
{
    struct buf safe = {0};

    buf_str(out, before);
    if (text == NULL) {
        buf_str(out, "null");
        return;
    }
    if (!json_utf8_valid(text, len)) {
        safe_text_line(&safe, text, len, SIZE_MAX);
        text = safe.data;
        len = safe.len;
    }
    buf_json_str(out, text, len);
    buf_free(&safe);
}

static void put_json_number(struct buf *out, const char *name, int64_t value)
{
    buf_printf(out, ",\"%s\":", name);
    if (value >= 0)
        buf_printf(out, "%" PRId64, value);
    else
        buf_str(out, "null");
}

void letter_json(struct buf *to, const struct letter *l)
{
    struct buf json = {0}, *out = &json;
    char id[LETTER_ID_SIZE];
    size_t key_len;
    const char *key = source_key(l, &key_len);

    buf_printf(out, "{\"id\":\"%s\"", letter_id(l->record, id));
    put_time(out, ",\"time\":", l->record->timestamp_ms);
    put_json_bytes(out, ",\"source_topic\":", l->source_topic, strlen(l->source_topic));
    put_json_number(out, "source_partition", l->source_partition);
    put_json_number(out, "source_offset", l->source_offset);
    put_json_number(out, "attempts", l->attempts);
    put_json_number(out, "redrives", l->redrives);
    put_json_bytes(out, ",\"key\":", key, key_len);
    put_json_bytes(out, ",\"type\":", l->type, strlen(l->type));
    put_json_number(out, "bytes", bytes_of(l));
    buf_printf(out, ",\"value_kept\":%s", l->value_bytes < 0 ? "true" : "false");
    put_json_bytes(out, ",\"reason\":", l->reason, strlen(l->reason));
    buf_str(out, "}\n");
    safe_text_json(to, json.data);
    buf_free(&json);
}

/* ---- one, whole -------------------------------------------------------------------------------------------------- */

static void put_line(struct buf *out, const char *name, const void *text, size_t len)
{
    buf_printf(out, "%-10s", name);
    safe_text_line(out, text, len, HEADER_MAX);
    buf_str(out, "\n");
}

static void put_headers(struct buf *out, const struct letter *l)
{
    struct bus_header headers[LETTER_HEADERS_MAX];
    size_t count = bus_headers(l->record, headers, LETTER_HEADERS_MAX);

    buf_str(out, "headers\n");
    for (size_t i = 0; i < count; i++) {
        buf_str(out, "  ");
        safe_text_line(out, headers[i].name, strlen(headers[i].name), HEADER_MAX);
        buf_str(out, ": ");
        safe_text_line(out, headers[i].value, headers[i].len, HEADER_MAX);
        buf_str(out, "\n");
    }
}

static void put_body(struct buf *out, const struct letter *l)
{
    if (l->value_bytes >= 0) {
        buf_printf(out, "value     not here: its %" PRId64 " bytes were too large; it is at ", l->value_bytes);
        put_source(out, l);
        buf_str(out, " as long as that topic keeps it\n");
        return;
    }
    buf_printf(out, "value     %zu bytes\n", l->record->value_len);
    if (l->record->value_len > 0)
        safe_text_body(out, l->record->value, l->record->value_len);
}

void letter_text_whole(struct buf *out, const struct letter *l)
{
    char id[LETTER_ID_SIZE], time[CLOCK_RFC3339_SIZE];
    size_t key_len;
    const char *key = source_key(l, &key_len);

    buf_printf(out, "letter    %s %s\n", topic_defs[l->record->topic].name, letter_id(l->record, id));
    put_line(out, "why", l->reason, strlen(l->reason));
    buf_str(out, "from      ");
    put_source(out, l);
    buf_printf(out, "%s%s\n", l->source_time[0] != '\0' ? ", of " : "", l->source_time);
    buf_printf(out, "attempts  %" PRId64 "\nredrives  %" PRId64 "\n", l->attempts, l->redrives);
    buf_printf(out, "when      %s\n", clock_rfc3339(l->record->timestamp_ms, time));
    if (key != NULL)
        put_line(out, "key", key, key_len);
    put_headers(out, l);
    put_body(out, l);
}
