#include "dead_letter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"

#define NUMBER_SIZE 24
#define OUR_HEADERS 6
#define KEEP_MAX    4194304 /* bytes of a value: no topic of ours takes more */

struct dead_letter {
    enum topic_id topic;
    int32_t partition;
    int64_t offset;
    char *key, *value; /* value: NULL when it is too large to be kept */
    size_t key_len, value_len, bytes;
    struct header {
        char *name, *value;
        size_t len;
    } headers[DEAD_LETTER_HEADERS_MAX];
    size_t header_count;
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
    d->value = r->value_len <= KEEP_MAX ? mem_dup(r->value, r->value_len) : NULL;
    d->value_len = r->value_len;
    d->bytes = sizeof(*d) + d->key_len + (d->value != NULL ? d->value_len : 0);
    d->header_count = bus_headers(r, headers, DEAD_LETTER_HEADERS_MAX);
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

struct origin { /* as header values */
    char partition[NUMBER_SIZE], offset[NUMBER_SIZE], bytes[NUMBER_SIZE];
};

/* Into out, of OUR_HEADERS; the last one is the caller's. */
static size_t origin_headers(const struct dead_letter *d, const char *reason, struct origin *o, struct bus_header *out)
{
    (void)snprintf(o->partition, sizeof(o->partition), "%" PRId32, d->partition);
    (void)snprintf(o->offset, sizeof(o->offset), "%" PRId64, d->offset);
    (void)snprintf(o->bytes, sizeof(o->bytes), "%zu", d->value_len);
    out[0] = text_header("dlq_reason", reason);
    out[1] = text_header("dlq_source_topic", topic_defs[d->topic].name);
    out[2] = text_header("dlq_source_partition", o->partition);
    out[3] = text_header("dlq_source_offset", o->offset);
    out[4] = text_header("dlq_attempts", "1");
    return 5;
}

/* The place it came from is worth more than nothing, and must not hold up the others. */
static int send_origin(const struct dead_letter *d, const char *reason, struct bus_producer *p,
                       const struct dead_letter_to *to, bus_delivery_fn *delivered, void *arg)
{
    struct bus_header headers[OUR_HEADERS];
    struct origin origin = {0};
    size_t n = origin_headers(d, reason, &origin, headers);
    struct bus_message m = {.topic = to->topic,
                            .partition = to->partition,
                            .key = to->key,
                            .key_len = to->key != NULL ? strlen(to->key) : 0,
                            .value = "",
                            .headers = headers};

    headers[n++] = text_header("dlq_value_bytes", origin.bytes);
    m.header_count = n;
    return bus_send(p, &m, delivered, arg);
}

static int send_whole(const struct dead_letter *d, const char *reason, struct bus_producer *p,
                      const struct dead_letter_to *to, bus_delivery_fn *delivered, void *arg)
{
    struct bus_header headers[DEAD_LETTER_HEADERS_MAX + OUR_HEADERS];
    struct origin origin = {0};
    size_t n = 0;
    struct bus_message m = {.topic = to->topic,
                            .partition = to->partition,
                            .key = to->key != NULL ? to->key : d->key,
                            .key_len = to->key != NULL ? strlen(to->key) : d->key_len,
                            .value = d->value,
                            .value_len = d->value_len,
                            .headers = headers};

    for (; n < d->header_count; n++)
        headers[n] = (struct bus_header){d->headers[n].name, d->headers[n].value, d->headers[n].len};
    n += origin_headers(d, reason, &origin, headers + n);
    if (d->key != NULL)
        headers[n++] = (struct bus_header){"dlq_source_key", d->key, d->key_len};
    m.header_count = n;
    return bus_send(p, &m, delivered, arg);
}

int dead_letter_send(const struct dead_letter *d, const char *reason, struct bus_producer *p,
                     const struct dead_letter_to *to, bus_delivery_fn *delivered, void *arg)
{
    int rc = d->value != NULL ? send_whole(d, reason, p, to, delivered, arg) : ERR_TOO_LARGE;

    return rc == ERR_TOO_LARGE ? send_origin(d, reason, p, to, delivered, arg) : rc;
}
