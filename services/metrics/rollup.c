/* rollup.c - see rollup.h. */
#include "rollup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "buf.h"
#include "err.h"
#include "mem.h"

struct metric {
    char *key; /* namespace, name and unit, each with its NUL */
    size_t key_len;
    struct period slots[2];
    UT_hash_handle hh;
};

struct rollup {
    int64_t period_ms;
    size_t metric_max, metric_count;
    int64_t newest_ms; /* greatest datum time so far */
    struct metric *metrics;
};

static int64_t period_start(const struct rollup *r, int64_t time_ms)
{
    return time_ms - time_ms % r->period_ms;
}

struct rollup *rollup_new(int64_t period_s, size_t metric_max)
{
    struct rollup *r = MEM_NEW(struct rollup);

    ASSERT(period_s > 0 && metric_max > 0);
    r->period_ms = period_s * 1000;
    r->metric_max = metric_max;
    return r;
}

static void metric_remove(struct rollup *r, struct metric *m)
{
    HASH_DEL(r->metrics, m);
    r->metric_count--;
    free(m->key);
    free(m);
}

void rollup_free(struct rollup **rollup)
{
    struct rollup *r = *rollup;

    if (r == NULL)
        return;
    while (r->metrics != NULL)
        metric_remove(r, r->metrics);
    free(r);
    *rollup = NULL;
}

/* ---- adding ----------------------------------------------------------------------------------------------------- */

static void make_room(struct rollup *r)
{
    int64_t oldest_kept_ms = period_start(r, r->newest_ms) - r->period_ms;
    struct metric *next;

    for (struct metric *m = r->metrics; m != NULL; m = next) {
        next = m->hh.next;
        if (m->slots[0].start_ms < oldest_kept_ms && m->slots[1].start_ms < oldest_kept_ms)
            metric_remove(r, m);
    }
}

/* NULL: there is no room. */
static struct metric *metric_of(struct rollup *r, const struct datum *d)
{
    const char *const parts[] = {d->namespace_, d->name, d->unit};
    struct buf key = {0};
    struct metric *m;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        buf_append(&key, parts[i], strlen(parts[i]) + 1);
    HASH_FIND(hh, r->metrics, key.data, key.len, m);
    if (m == NULL && r->metric_count == r->metric_max)
        make_room(r);
    if (m == NULL && r->metric_count < r->metric_max) {
        m = MEM_NEW(struct metric);
        m->key_len = key.len;
        m->key = buf_take(&key);
        /* The analyzer does not see that HASH_DEL moves the head: NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
        HASH_ADD_KEYPTR(hh, r->metrics, m->key, m->key_len, m);
        r->metric_count++;
    }
    buf_free(&key);
    return m;
}

/*
 * Neighbouring periods never share a slot, and only the newest one and its predecessor are ever asked for, so that a
 * slot with another start holds an older period.
 */
static struct period *slot_of(const struct rollup *r, struct metric *m, int64_t start_ms)
{
    return &m->slots[start_ms / r->period_ms % 2 != 0];
}

static void period_add(struct period *p, const struct datum *d)
{
    bool first = p->samples == 0;

    p->sum += d->sum;
    p->samples += d->samples;
    p->minimum = first ? d->minimum : fmin(p->minimum, d->minimum);
    p->maximum = first ? d->maximum : fmax(p->maximum, d->maximum);
}

enum rollup_result rollup_add(struct rollup *r, const struct datum *d)
{
    int64_t start_ms = period_start(r, d->time_ms);
    struct metric *m;
    struct period *p;

    if (d->time_ms > r->newest_ms)
        r->newest_ms = d->time_ms;
    if (start_ms < period_start(r, r->newest_ms) - r->period_ms)
        return ROLLUP_LATE;
    m = metric_of(r, d);
    if (m == NULL)
        return ROLLUP_FULL;
    p = slot_of(r, m, start_ms);
    if (p->start_ms != start_ms)
        *p = (struct period){.start_ms = start_ms};
    period_add(p, d);
    return ROLLUP_ADDED;
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

int64_t rollup_period_s(const struct rollup *r)
{
    return r->period_ms / 1000;
}

static const struct period *period_at(const struct rollup *r, struct metric *m, int64_t start_ms)
{
    const struct period *p = slot_of(r, m, start_ms);

    return p->start_ms == start_ms && p->samples > 0 ? p : NULL;
}

void rollup_each(const struct rollup *r, int64_t now_ms, rollup_row_fn *fn, void *arg)
{
    int64_t start_ms = period_start(r, now_ms > r->newest_ms ? now_ms : r->newest_ms);

    for (struct metric *m = r->metrics; m != NULL; m = m->hh.next) {
        const char *name = m->key + strlen(m->key) + 1;
        struct rollup_row row = {.namespace_ = m->key,
                                 .name = name,
                                 .unit = name + strlen(name) + 1,
                                 .last = period_at(r, m, start_ms - r->period_ms),
                                 .current = period_at(r, m, start_ms)};

        fn(arg, &row);
    }
}
