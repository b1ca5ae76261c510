#include <math.h>
#include <stdlib.h>

#include "mm_engine_private.h"
#include "mm_why.h"

#define HEADS_MAX 64  /* parts of a pool are looked at side by side, not more of them than this */
#define NEAR_MAX  200 /* those nearest in number come first: in a large pool the oldest say little */

struct head { /* of a queue by age */
    struct mm_walk walk;
    uint64_t order;
    uint32_t number;
    bool more;
};

struct queue { /* what is found in a pool, but for one ticket: those near it, then the others by age */
    const struct mm_pools *pools;
    const struct mm_ticket *but;
    struct mm_entry near[NEAR_MAX]; /* by order */
    size_t near_count, near_at, near_passed;
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

static int by_order(const void *a, const void *b)
{
    uint64_t x = ((const struct mm_entry *)a)->order, y = ((const struct mm_entry *)b)->order;

    return (x > y) - (x < y);
}

/* The ticket's own part comes first, so that it is never left out. */
static void queue_begin(struct queue *q, const struct mm_pools *pools, const struct mm_ticket *t)
{
    const struct mm_parts *parts = &t->pool->parts;

    *q = (struct queue){.pools = pools, .but = t};
    if (t->part != NULL)
        q->near_count = mm_part_near(parts, t->part, t->facts, q->near, NEAR_MAX);
    qsort(q->near, q->near_count, sizeof(q->near[0]), by_order);
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

static bool pop_oldest(struct queue *q, uint64_t *order, uint32_t *number)
{
    struct head *oldest = NULL;

    for (size_t i = 0; i < q->count; i++) {
        struct head *h = &q->heads[i];

        if (h->more && (oldest == NULL || h->order < oldest->order))
            oldest = h;
    }
    if (oldest == NULL)
        return false;
    *order = oldest->order;
    *number = oldest->number;
    advance(oldest);
    return true;
}

/* Orders only grow from call to call. */
static bool was_near(struct queue *q, uint64_t order)
{
    while (q->near_passed < q->near_count && q->near[q->near_passed].order < order)
        q->near_passed++;
    return q->near_passed < q->near_count && q->near[q->near_passed].order == order;
}

static const struct mm_ticket *pop(struct queue *q)
{
    uint64_t order;
    uint32_t number;

    if (q->near_at < q->near_count)
        return q->pools->by_number[q->near[q->near_at++].item];
    while (pop_oldest(q, &order, &number)) {
        if (!was_near(q, order))
            return q->pools->by_number[number];
    }
    return NULL;
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
        .since_ms = mm_ticket_since_ms(t),
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

bool mm_engine_why(const struct mm_engine *e, int64_t now_ms, const char *ticket_id, struct buf *out)
{
    const struct mm_ticket *t = mm_ticket_find(&e->pools, ticket_id);

    if (t != NULL)
        describe(e, now_ms, t, out);
    return t != NULL;
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
