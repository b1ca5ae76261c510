#include <math.h>

#include "mm_engine_private.h"
#include "mm_why.h"

#define HEADS_MAX 64 /* parts of a pool are looked at side by side, not more of them than this */

struct head { /* of a queue by age */
    struct mm_walk walk;
    uint64_t order;
    uint32_t number;
    bool more;
};

struct queue { /* all that is found in a pool, oldest first, but for one ticket */
    const struct mm_pools *pools;
    const struct mm_ticket *but;
    struct head heads[HEADS_MAX];
    size_t count;
};

static void advance(struct head *h)
{
    h->more = mm_walk_next(&h->walk, &h->order, &h->number);
}

static void add_head(struct queue *q, const struct mm_index *index)
{
    struct head *h = &q->heads[q->count];

    if (q->count == HEADS_MAX)
        return;
    *h = (struct head){.more = false};
    mm_walk_begin(&h->walk, index, &(struct mm_range){0, 0, (double)INFINITY, 0, UINT64_MAX, UINT64_MAX});
    advance(h);
    q->count++;
}

/* The ticket's own part comes first, so that it is never left out. */
static void queue_begin(struct queue *q, const struct mm_pools *pools, const struct mm_ticket *t)
{
    const struct mm_parts *parts = &t->pool->parts;

    q->pools = pools;
    q->but = t;
    q->count = 0;
    for (size_t i = 0; i <= parts->count; i++) {
        const struct mm_part *part = i == 0 ? t->part : parts->list[i - 1];

        if (part == NULL || (i > 0 && part == t->part))
            continue;
        add_head(q, &part->index);
        add_head(q, &part->backfills);
    }
}

static void queue_end(struct queue *q)
{
    for (size_t i = 0; i < q->count; i++)
        mm_walk_free(&q->heads[i].walk);
}

static const struct mm_ticket *pop(struct queue *q)
{
    struct head *oldest = NULL;
    const struct mm_ticket *t;

    for (size_t i = 0; i < q->count; i++) {
        struct head *h = &q->heads[i];

        if (h->more && (oldest == NULL || h->order < oldest->order))
            oldest = h;
    }
    if (oldest == NULL)
        return NULL;
    t = q->pools->by_number[oldest->number];
    advance(oldest);
    return t;
}

static const struct mm_facts *next_facts(void *arg)
{
    struct queue *q = arg;
    const struct mm_ticket *t = pop(q);

    if (t == q->but && t != NULL)
        t = pop(q);
    return t == NULL ? NULL : t->facts;
}

/* What is proposed is in no search. */
static void describe(const struct mm_engine *e, int64_t now_ms, const struct mm_ticket *t, struct buf *out)
{
    const struct mm_pool *pool = t->pool;
    int64_t estimate_ms = mm_pool_estimate_ms(pool);
    struct queue q;
    struct mm_why w = {
        .ticket_id = mm_ticket_id(t),
        .configuration = pool->name,
        .state = t->proposed ? "REQUIRES_ACCEPTANCE" : "SEARCHING",
        .rules = pool->rules,
        .facts = t->proposed ? NULL : t->facts,
        .now_ms = now_ms,
        .since_ms = t->since_ms,
        .expires_ms = mm_ticket_expiry_ms(t),
        .estimated_wait_ms = estimate_ms < 0 ? (double)NAN : (double)estimate_ms,
        .waiting = pool->count,
        .next = next_facts,
        .arg = &q,
    };

    queue_begin(&q, &e->pools, t);
    mm_why_write(&w, out);
    queue_end(&q);
}

void engine_describe(struct mm_engine *e, int64_t now_ms, const struct mm_command *c)
{
    const struct mm_ticket *t = mm_ticket_find(&e->pools, c->ticket_id);
    struct buf text = {0};

    if (t == NULL || !mm_ticket_has(t, c->issuer.player_id)) {
        engine_refuse(e, c, "ticket_not_found", "no such ticket is open");
        return;
    }
    describe(e, now_ms, t, &text);
    e->emit(e->emit_arg, &(struct mm_transition){
                             .kind = MM_WHY, .ticket_id = c->ticket_id, .why_text = text.data, .issuer = c->issuer});
    buf_free(&text);
}
