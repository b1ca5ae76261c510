#include "dead_letter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "err.h"
#include "mem.h"

#define NUMBER_SIZE 24
#define OUR_HEADERS 7
#define KEEP_MAX    4194304 /* bytes of a value: no topic of ours takes more */

struct dead_letter {
    struct bus_record *record;
};

struct dead_letter *dead_letter_keep(const struct bus_record *r)
{
    struct dead_letter *d = MEM_NEW(struct dead_letter);

    d->record = bus_record_keep(r, KEEP_MAX);
    return d;
}

void dead_letter_free(struct dead_letter **d)
{
    if (*d != NULL)
        bus_record_free(&(*d)->record);
    free(*d);
    *d = NULL;
}

int64_t dead_letter_offset(const struct dead_letter *d)
{
    return d->record->offset;
}

size_t dead_letter_bytes(const struct dead_letter *d)
{
    return sizeof(*d) + d->record->kept_bytes;
}

static struct bus_header text_header(const char *name, const char *value)
{
    return (struct bus_header){name, value, strlen(value)};
}

struct origin { /* as header values */
    char partition[NUMBER_SIZE], offset[NUMBER_SIZE], bytes[NUMBER_SIZE], attempts[NUMBER_SIZE];
    char time[CLOCK_RFC3339_SIZE];
};

/* Into out, of OUR_HEADERS; the last one is the caller's. */
static size_t origin_headers(const struct bus_record *r, const char *reason, int64_t attempts, struct origin *o,
                             struct bus_header *out)
{
    (void)snprintf(o->partition, sizeof(o->partition), "%" PRId32, r->partition);
    (void)snprintf(o->offset, sizeof(o->offset), "%" PRId64, r->offset);
    (void)snprintf(o->bytes, sizeof(o->bytes), "%zu", r->value_len);
    (void)snprintf(o->attempts, sizeof(o->attempts), "%" PRId64, attempts > 0 ? attempts : 1);
    (void)clock_rfc3339(r->timestamp_ms, o->time);
    out[0] = text_header("dlq_reason", reason);
    out[1] = text_header("dlq_source_topic", topic_defs[r->topic].name);
    out[2] = text_header("dlq_source_partition", o->partition);
    out[3] = text_header("dlq_source_offset", o->offset);
    out[4] = text_header("dlq_source_time", o->time);
    out[5] = text_header("dlq_attempts", o->attempts);
    return 6;
}

/* The place it came from is worth more than nothing, and must not hold up the others. */
static int send_origin(const struct bus_record *r, const char *reason, struct bus_producer *p,
                       const struct dead_letter_to *to, bus_delivery_fn *delivered, void *arg)
{
    struct bus_header headers[OUR_HEADERS];
    struct origin origin = {0};
    size_t n = origin_headers(r, reason, to->attempts, &origin, headers);
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

static int send_whole(const struct bus_record *r, const char *reason, struct bus_producer *p,
                      const struct dead_letter_to *to, bus_delivery_fn *delivered, void *arg)
{
    struct bus_header headers[BUS_HEADERS_KEPT_MAX + OUR_HEADERS];
    struct origin origin = {0};
    size_t n = bus_headers(r, headers, BUS_HEADERS_KEPT_MAX);
    struct bus_message m = {.topic = to->topic,
                            .partition = to->partition,
                            .key = to->key != NULL ? to->key : r->key,
                            .key_len = to->key != NULL ? strlen(to->key) : r->key_len,
                            .value = r->value,
                            .value_len = r->value_len,
                            .headers = headers};

    n += origin_headers(r, reason, to->attempts, &origin, headers + n);
    if (r->key != NULL)
        headers[n++] = (struct bus_header){"dlq_source_key", r->key, r->key_len};
    m.header_count = n;
    return bus_send(p, &m, delivered, arg);
}

int dead_letter_send(const struct dead_letter *d, const char *reason, struct bus_producer *p,
                     const struct dead_letter_to *to, bus_delivery_fn *delivered, void *arg)
{
    const struct bus_record *r = d->record;
    int rc = r->value != NULL ? send_whole(r, reason, p, to, delivered, arg) : ERR_TOO_LARGE;

    return rc == ERR_TOO_LARGE ? send_origin(r, reason, p, to, delivered, arg) : rc;
}
