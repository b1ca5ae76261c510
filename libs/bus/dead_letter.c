#include "dead_letter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"

#define NUMBER_SIZE 24
#define OUR_HEADERS 6

struct dead_letter {
    enum topic_id topic;
    int32_t partition;
    int64_t offset;
    char *key, *value;
    size_t key_len, value_len;
    struct header {
        char *name, *value;
        size_t len;
    } headers[DEAD_LETTER_HEADERS_MAX];
    size_t header_count;
    size_t bytes; /* of all this */
};

struct dead_letter *dead_letter_keep(const struct bus_record *r)
{
    struct dead_letter *d = MEM_NEW(struct dead_letter);
    struct bus_header headers[DEAD_LETTER_HEADERS_MAX];

    d->topic = r->topic;
    d->partition = r->partition;
    d->offset = r->offset;
    d->key = r->key != NULL ? mem_dup(r->key, r->key_len) : NULL;
    d->key_len = r->key_len;
    d->value = mem_dup(r->value, r->value_len);
    d->value_len = r->value_len;
    d->header_count = bus_headers(r, headers, DEAD_LETTER_HEADERS_MAX);
    d->bytes = sizeof(*d) + r->key_len + r->value_len;
    for (size_t i = 0; i < d->header_count; i++) {
        d->headers[i] =
            (struct header){mem_strdup(headers[i].name), mem_dup(headers[i].value, headers[i].len), headers[i].len};
        d->bytes += strlen(headers[i].name) + headers[i].len;
    }
    return d;
}

void dead_letter_free(struct dead_letter **dp)
{
    struct dead_letter *d = *dp;

    if (d == NULL)
        return;
    for (size_t i = 0; i < d->header_count; i++) {
        free(d->headers[i].name);
        free(d->headers[i].value);
    }
    free(d->key);
    free(d->value);
    free(d);
    *dp = NULL;
}

int64_t dead_letter_offset(const struct dead_letter *d)
{
    return d->offset;
}

size_t dead_letter_bytes(const struct dead_letter *d)
{
    return d->bytes;
}

static struct bus_header text_header(const char *name, const char *value)
{
    return (struct bus_header){name, value, strlen(value)};
}

int dead_letter_send(const struct dead_letter *d, const char *reason, struct bus_producer *p,
                     const struct dead_letter_to *to, bus_delivery_fn *delivered, void *arg)
{
    struct bus_header headers[DEAD_LETTER_HEADERS_MAX + OUR_HEADERS], *ours = headers + d->header_count;
    char partition[NUMBER_SIZE], offset[NUMBER_SIZE], bytes[NUMBER_SIZE];
    size_t n = 0;
    struct bus_message m;
    int rc;

    for (; n < d->header_count; n++)
        headers[n] = (struct bus_header){d->headers[n].name, d->headers[n].value, d->headers[n].len};
    (void)snprintf(partition, sizeof(partition), "%" PRId32, d->partition);
    (void)snprintf(offset, sizeof(offset), "%" PRId64, d->offset);
    headers[n++] = text_header("dlq_reason", reason);
    headers[n++] = text_header("dlq_source_topic", topic_defs[d->topic].name);
    headers[n++] = text_header("dlq_source_partition", partition);
    headers[n++] = text_header("dlq_source_offset", offset);
    headers[n++] = text_header("dlq_attempts", "1");
    if (d->key != NULL)
        headers[n++] = (struct bus_header){"dlq_source_key", d->key, d->key_len};
    m = (struct bus_message){
        .topic = to->topic,
        .partition = to->partition,
        .key = to->key != NULL ? to->key : d->key,
        .key_len = to->key != NULL ? strlen(to->key) : d->key_len,
        .value = d->value,
        .value_len = d->value_len,
        .headers = headers,
        .header_count = n,
    };
    rc = bus_send(p, &m, delivered, arg);
    if (rc == ERR_TOO_LARGE) { /* the place it came from is worth more than nothing, and must not hold up the others */
        (void)snprintf(bytes, sizeof(bytes), "%zu", d->value_len);
        ours[OUR_HEADERS - 1] = text_header("dlq_value_bytes", bytes);
        m.key = to->key;
        m.key_len = to->key != NULL ? strlen(to->key) : 0;
        m.value = "";
        m.value_len = 0;
        m.headers = ours;
        m.header_count = OUR_HEADERS;
        rc = bus_send(p, &m, delivered, arg);
    }
    return rc;
}
