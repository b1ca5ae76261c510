/* queue_message.c - see queue_message.h. */
#include "queue_message.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "err.h"
#include "topics.h"

enum { NUMBER_DIGITS_MAX = 15 }; /* below 2^53: scripts count in doubles */

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

static void put(struct buf *b, uint64_t n, size_t bytes)
{
    for (size_t i = bytes; i > 0; i--) {
        char byte = (char)(n >> (8 * (i - 1)));

        buf_append(b, &byte, 1);
    }
}

/* Decimal digits only. */
static bool number_read(const char *text, size_t len, int64_t *out)
{
    int64_t n = 0;

    if (len == 0 || len > NUMBER_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        n = n * 10 + (text[i] - '0');
    }
    *out = n;
    return true;
}

/* ---- from a record ---------------------------------------------------------------------------------------------- */

enum own { OWN_ID, OWN_SENT, OWN_DELAY, OWN_DUE, OWN_COUNT, OWN_FIRST, OWN_ORIGIN, OWN_BEFORE, OWN_NAMES };

static const char *const own_names[OWN_NAMES] = {
    [OWN_ID] = QUEUE_HEADER_ID,         [OWN_SENT] = QUEUE_HEADER_SENT,    [OWN_DELAY] = QUEUE_HEADER_DELAY,
    [OWN_DUE] = QUEUE_HEADER_DUE,       [OWN_COUNT] = QUEUE_HEADER_COUNT,  [OWN_FIRST] = QUEUE_HEADER_FIRST,
    [OWN_ORIGIN] = QUEUE_HEADER_ORIGIN, [OWN_BEFORE] = QUEUE_HEADER_BEFORE};

static enum own own_of(const char *name)
{
    enum own own = 0;

    while (own < OWN_NAMES && strcmp(own_names[own], name) != 0)
        own++;
    return own;
}

/* What the headers say, or what stands for it. */
struct said {
    int64_t numbers[OWN_NAMES]; /* OWN_ID: not used */
    char id[QUEUE_ID_MAX + 1];
};

static void read_headers(const struct queue_record *r, struct said *said)
{
    *said = (struct said){.numbers = {[OWN_SENT] = r->timestamp_ms, [OWN_ORIGIN] = r->offset, [OWN_BEFORE] = -1}};
    (void)snprintf(said->id, sizeof(said->id), "%" PRId32 "-%" PRId64, r->partition, r->offset);
    for (size_t i = 0; i < r->header_count; i++) {
        const struct bus_header *h = &r->headers[i];
        enum own own = own_of(h->name);

        if (own == OWN_ID && h->len > 0 && h->len <= QUEUE_ID_MAX && memchr(h->value, '\0', h->len) == NULL)
            (void)snprintf(said->id, sizeof(said->id), "%.*s", (int)h->len, (const char *)h->value);
        else if (own != OWN_ID && own != OWN_NAMES)
            (void)number_read(h->value, h->len, &said->numbers[own]);
    }
    if (said->numbers[OWN_ORIGIN] > r->offset)
        said->numbers[OWN_ORIGIN] = r->offset;
    if (said->numbers[OWN_DUE] == 0 && said->numbers[OWN_DELAY] > 0)
        said->numbers[OWN_DUE] = r->timestamp_ms + said->numbers[OWN_DELAY];
}

static bool is_attribute(const struct bus_header *h)
{
    return own_of(h->name) == OWN_NAMES && strlen(h->name) <= UINT16_MAX;
}

static void put_text(struct buf *b, const char *text)
{
    size_t len = strlen(text);

    put(b, len, 2);
    buf_append(b, text, len + 1);
}

static void put_attributes(struct buf *b, const struct queue_record *r)
{
    size_t count = 0;

    for (size_t i = 0; i < r->header_count; i++)
        count += is_attribute(&r->headers[i]) && count < QUEUE_ATTRIBUTES_MAX;
    put(b, count, 1);
    for (size_t i = 0; i < r->header_count && count > 0; i++) {
        const struct bus_header *h = &r->headers[i];

        if (!is_attribute(h))
            continue;
        put_text(b, h->name);
        put(b, h->len, 4);
        buf_append(b, h->value, h->len);
        count--;
    }
}

static void pack(struct buf *b, const struct queue_record *r, const struct said *said)
{
    put(b, (uint64_t)said->numbers[OWN_SENT], 8);
    put(b, (uint64_t)said->numbers[OWN_ORIGIN], 8);
    put_text(b, said->id);
    put_attributes(b, r);
    buf_append(b, r->value, r->value_len);
}

size_t queue_message_frame(const struct queue_record *r, struct buf *out)
{
    struct buf packed = {0};
    struct said said;
    size_t len;

    read_headers(r, &said);
    pack(&packed, r, &said);
    put(out, (uint64_t)r->offset, 8);
    put(out, (uint64_t)said.numbers[OWN_DUE], 8);
    put(out, (uint64_t)said.numbers[OWN_COUNT], 8);
    put(out, (uint64_t)said.numbers[OWN_FIRST], 8);
    put(out, (uint64_t)said.numbers[OWN_BEFORE], 8);
    put(out, packed.len, 4);
    buf_append(out, packed.data, packed.len);
    len = packed.len;
    buf_free(&packed);
    return len;
}

/* ---- unpacking --------------------------------------------------------------------------------------------------- */

struct cursor {
    const char *at;
    size_t left;
    bool broken;
};

static const char *take(struct cursor *c, size_t len)
{
    const char *at = c->at;

    if (c->broken || len > c->left) {
        c->broken = true;
        return "";
    }
    c->at += len;
    c->left -= len;
    return at;
}

static uint64_t take_number(struct cursor *c, size_t bytes)
{
    const char *at = take(c, bytes);
    uint64_t n = 0;

    for (size_t i = 0; i < bytes && !c->broken; i++)
        n = n << 8 | (unsigned char)at[i];
    return n;
}

static const char *take_text(struct cursor *c)
{
    size_t len = (size_t)take_number(c, 2);
    const char *text = take(c, len + 1);

    if (!c->broken && strlen(text) != len)
        c->broken = true;
    return text;
}

int queue_message_unpack(struct queue_packed *out, const char *packed, size_t len)
{
    struct cursor c = {packed, len, false};

    out->sent_ms = (int64_t)take_number(&c, 8);
    out->origin = (int64_t)take_number(&c, 8);
    out->id = take_text(&c);
    out->attribute_count = (size_t)take_number(&c, 1);
    if (out->attribute_count > QUEUE_ATTRIBUTES_MAX)
        return ERR_INVALID;
    for (size_t i = 0; i < out->attribute_count; i++) {
        struct bus_header *h = &out->attributes[i];

        h->name = take_text(&c);
        h->len = (size_t)take_number(&c, 4);
        h->value = take(&c, h->len);
    }
    out->body_len = c.left;
    out->body = take(&c, c.left);
    return c.broken ? ERR_INVALID : 0;
}

/* ---- receipts ---------------------------------------------------------------------------------------------------- */

#define RECEIPT_PARTS 3

const char *queue_receipt_format(const struct queue_receipt *r, const char *queue, char out[QUEUE_RECEIPT_SIZE])
{
    int len = snprintf(out, QUEUE_RECEIPT_SIZE, "%" PRId32 ".%" PRId64 ".%" PRId64 ".%s", r->partition, r->origin,
                       r->receive_count, queue);

    ASSERT(len > 0 && len < QUEUE_RECEIPT_SIZE);
    return out;
}

int queue_receipt_parse(struct queue_receipt *out, const char *text, const char *queue, int32_t partitions)
{
    int64_t parts[RECEIPT_PARTS];

    for (size_t i = 0; i < RECEIPT_PARTS; i++) {
        size_t len = strcspn(text, ".");

        if (text[len] == '\0' || !number_read(text, len, &parts[i]))
            return ERR_INVALID;
        text += len + 1;
    }
    if (strcmp(text, queue) != 0 || parts[0] >= partitions || parts[2] == 0)
        return ERR_INVALID;
    *out = (struct queue_receipt){(int32_t)parts[0], parts[1], parts[2]};
    return 0;
}
