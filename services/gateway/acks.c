#include "acks.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"

#define ACKS_FIRST 4

static void acks_grow(struct acks *a)
{
    size_t size = a->size == 0 ? ACKS_FIRST : a->size * 2;
    struct acks_entry *ring = mem_realloc(NULL, size, sizeof(*ring));

    for (size_t i = 0; i < a->count; i++)
        ring[i] = a->ring[(a->head + i) % a->size];
    free(a->ring);
    a->ring = ring;
    a->head = 0;
    a->size = size;
}

static struct acks_entry *acks_pop(struct acks *a)
{
    struct acks_entry *e = &a->ring[a->head];

    ASSERT(a->count > 0);
    a->head = (a->head + 1) % a->size;
    a->count--;
    return e;
}

void acks_pushed(struct acks *a, const char *inbox_id, size_t len)
{
    struct acks_entry *e;

    if (len == 0 || len >= ACKS_ID_SIZE)
        return;
    if (a->count == ACKS_MAX)
        (void)acks_pop(a);
    if (a->count == a->size)
        acks_grow(a);
    e = &a->ring[(a->head + a->count) % a->size];
    memcpy(e->inbox_id, inbox_id, len);
    e->inbox_id[len] = '\0';
    e->ping = a->sequence + 1;
    a->count++;
}

void acks_want(struct acks *a, int64_t now_ms)
{
    a->wanted = true;
    if (a->asked_ms == 0)
        a->asked_ms = now_ms;
}

bool acks_ping(struct acks *a, int64_t now_us, uint8_t payload[ACKS_PING_BYTES])
{
    if (!a->wanted || a->awaited)
        return false;
    a->wanted = false;
    a->awaited = true;
    a->sequence++;
    a->written_us = now_us;
    memcpy(payload, &a->sequence, ACKS_PING_BYTES);
    return true;
}

bool acks_pong(struct acks *a, const void *payload, size_t len, int64_t now_us, int64_t *latency_us)
{
    if (!a->awaited || len != ACKS_PING_BYTES || memcmp(payload, &a->sequence, len) != 0)
        return false;
    *latency_us = now_us - a->written_us;
    a->awaited = false;
    a->asked_ms = a->wanted ? now_us / 1000 : 0;
    return true;
}

const char *acks_next(struct acks *a)
{
    uint64_t answered = a->awaited ? a->sequence - 1 : a->sequence;

    if (a->count == 0 || a->ring[a->head].ping > answered)
        return NULL;
    return acks_pop(a)->inbox_id;
}

bool acks_overdue(const struct acks *a, int64_t now_ms, int64_t timeout_ms)
{
    return a->asked_ms != 0 && now_ms - a->asked_ms > timeout_ms;
}

bool acks_quiet(const struct acks *a, int64_t now_ms, int64_t interval_ms)
{
    return a->asked_ms == 0 && now_ms - a->written_us / 1000 >= interval_ms;
}

void acks_free(struct acks *a)
{
    free(a->ring);
    *a = (struct acks){0};
}
