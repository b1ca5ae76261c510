#include "bus_record.h"

#include <string.h>

#include "clock.h"
#include "err.h"
#include "utf8.h"

/* Our topics take the broker's time. Where one does not, a sender's far future must not become a partition's clock. */
static int64_t append_time_ms(const rd_kafka_message_t *m)
{
    rd_kafka_timestamp_type_t type;
    int64_t said_ms = rd_kafka_message_timestamp(m, &type), now_ms;

    if (type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME)
        return said_ms;
    now_ms = clock_wall_ms();
    return said_ms < now_ms ? said_ms : now_ms;
}

void bus_record_from(struct bus_record *out, enum topic_id topic, const rd_kafka_message_t *m)
{
    *out = (struct bus_record){
        .topic = topic,
        .partition = m->partition,
        .offset = m->offset,
        .timestamp_ms = append_time_ms(m),
        .key = m->key,
        .key_len = m->key_len,
        .value = m->payload != NULL ? m->payload : "",
        .value_len = m->len,
        .native = m,
    };
}

static const char *kept_header(const struct bus_record *r, const char *name, size_t *len)
{
    for (size_t i = r->kept_count; i > 0; i--) {
        if (strcmp(r->kept[i - 1].name, name) == 0) {
            *len = r->kept[i - 1].len;
            return r->kept[i - 1].value;
        }
    }
    return NULL;
}

const char *bus_header_get(const struct bus_record *r, const char *name, size_t *len)
{
    rd_kafka_headers_t *headers;
    const void *value;

    if (r->native == NULL)
        return kept_header(r, name, len);
    if (rd_kafka_message_headers(r->native, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return NULL;
    if (rd_kafka_header_get_last(headers, name, &value, len) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return NULL;
    return value;
}

int bus_header_text(const struct bus_record *r, const char *name, char *out, size_t out_size)
{
    size_t len;
    const char *value = bus_header_get(r, name, &len);

    out[0] = '\0';
    if (value == NULL)
        return 0;
    if (len >= out_size || memchr(value, '\0', len) != NULL || utf8_prefix(value, len) < len)
        return ERR_INVALID;
    memcpy(out, value, len);
    out[len] = '\0';
    return 0;
}

size_t bus_headers(const struct bus_record *r, struct bus_header *out, size_t max)
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t n, len;

    for (n = 0; r->native == NULL && n < max && n < r->kept_count; n++)
        out[n] = r->kept[n];
    if (r->native == NULL)
        return n;
    if (rd_kafka_message_headers(r->native, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    for (n = 0; n < max && rd_kafka_header_get_all(headers, n, &name, &value, &len) == RD_KAFKA_RESP_ERR_NO_ERROR; n++)
        out[n] = (struct bus_header){name, value, len};
    return n;
}
