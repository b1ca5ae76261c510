#include "bus_record.h"

#include <string.h>

bool bus_topic_find(const char *name, enum topic_id *out)
{
    for (int i = 0; i < TOPIC_COUNT; i++) {
        if (strcmp(name, topic_defs[i].name) == 0) {
            *out = (enum topic_id)i;
            return true;
        }
    }
    return false;
}

void bus_record_from(struct bus_record *out, enum topic_id topic, const rd_kafka_message_t *m)
{
    rd_kafka_timestamp_type_t type;

    *out = (struct bus_record){
        .topic = topic,
        .partition = m->partition,
        .offset = m->offset,
        .timestamp_ms = rd_kafka_message_timestamp(m, &type),
        .key = m->key,
        .key_len = m->key_len,
        .value = m->payload != NULL ? m->payload : "",
        .value_len = m->len,
        .native = m,
    };
}

const char *bus_header_get(const struct bus_record *r, const char *name, size_t *len)
{
    rd_kafka_headers_t *headers;
    const void *value;

    if (rd_kafka_message_headers(r->native, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return NULL;
    if (rd_kafka_header_get_last(headers, name, &value, len) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return NULL;
    return value;
}

bool bus_header_copy(const struct bus_record *r, const char *name, char *out, size_t out_size)
{
    size_t len;
    const char *value = bus_header_get(r, name, &len);

    out[0] = '\0';
    if (value == NULL || len >= out_size)
        return false;
    memcpy(out, value, len);
    out[len] = '\0';
    return true;
}

size_t bus_headers(const struct bus_record *r, struct bus_header *out, size_t max)
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t n, len;

    if (rd_kafka_message_headers(r->native, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    for (n = 0; n < max && rd_kafka_header_get_all(headers, n, &name, &value, &len) == RD_KAFKA_RESP_ERR_NO_ERROR; n++)
        out[n] = (struct bus_header){name, value, len};
    return n;
}
