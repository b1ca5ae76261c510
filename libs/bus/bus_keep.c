#include <stdlib.h>
#include <string.h>

#include "bus.h"
#include "mem.h"

struct kept { /* in one block with all it points to */
    struct bus_record record;
    struct bus_header headers[BUS_HEADERS_KEPT_MAX];
    char bytes[];
};

static const void *put(char **at, const void *data, size_t len)
{
    const void *copy = *at;

    if (data == NULL)
        return NULL;
    memcpy(*at, data, len);
    *at += len;
    return copy;
}

struct bus_record *bus_record_keep(const struct bus_record *r, size_t value_max)
{
    struct bus_header headers[BUS_HEADERS_KEPT_MAX];
    size_t count = bus_headers(r, headers, BUS_HEADERS_KEPT_MAX), value_len = r->value_len, bytes = r->key_len;
    struct kept *k;
    char *at;

    if (value_len > value_max)
        value_len = 0;
    bytes += value_len;
    for (size_t i = 0; i < count; i++)
        bytes += strlen(headers[i].name) + 1 + headers[i].len;
    k = mem_alloc(sizeof(*k) + bytes);
    at = k->bytes;
    for (size_t i = 0; i < count; i++) {
        k->headers[i].name = put(&at, headers[i].name, strlen(headers[i].name) + 1);
        k->headers[i].value = put(&at, headers[i].value, headers[i].len);
        k->headers[i].len = headers[i].len;
    }
    k->record = *r;
    k->record.key = put(&at, r->key, r->key_len);
    k->record.value = value_len == r->value_len ? put(&at, r->value, value_len) : NULL;
    k->record.native = NULL;
    k->record.kept = k->headers;
    k->record.kept_count = count;
    k->record.kept_bytes = sizeof(*k) + bytes;
    return &k->record;
}

void bus_record_free(struct bus_record **r)
{
    free(*r); /* the first member of its block */
    *r = NULL;
}
