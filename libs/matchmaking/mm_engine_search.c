#include <math.h>

#include "mm_engine_private.h"

#include "mm_rules.h"

/* A partner whose time-out is due, though no tick came to see it, ends here: nobody is matched after their time-out. */
static struct mm_ticket *find_partner(struct mm_engine *e, int64_t now_ms, const struct mm_ticket *t)
{
    double window = mm_rules_window(t->pool->rules, now_ms - t->since_ms);
    struct mm_ticket *partner = mm_ticket_partner(&e->pools, t, window);

    while (partner != NULL && engine_is_expired(partner, now_ms)) {
        engine_expire(e, now_ms, partner);
        partner = mm_ticket_partner(&e->pools, t, window);
    }
    return partner;
}

/* One that came back was not there when those who came after it looked for somebody. */
static struct mm_ticket *find_younger(struct mm_engine *e, int64_t now_ms, const struct mm_ticket *t)
{
    struct mm_ticket *n;

    mm_ticket_walk_younger(&e->pools, t);
    while ((n = mm_ticket_next_younger(&e->pools)) != NULL) {
        if (fabs(n->key - t->key) <= mm_rules_window(t->pool->rules, now_ms - n->since_ms) &&
            !engine_is_expired(n, now_ms))
            return n;
    }
    return NULL;
}

static void match(struct mm_engine *e, int64_t now_ms, struct mm_ticket *older, struct mm_ticket *newer)
{
    const struct engine_seat seats[] = {{older, 0}, {newer, 1}};

    engine_match(e, now_ms, &(struct engine_line){.pool = older->pool, .seats = seats, .seat_count = 2});
}

/* When there is something to do about t next: its window widens, or its time is over. */
static void schedule(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t)
{
    int64_t expiry_ms = mm_ticket_expiry_ms(t);
    int64_t step_ms = t->indexed ? mm_rules_next_step(t->pool->rules, now_ms - t->since_ms) : INT64_MAX;

    if (step_ms < INT64_MAX && t->since_ms + step_ms < expiry_ms)
        mm_ticket_wake(&e->pools, t, t->since_ms + step_ms);
    else
        mm_ticket_wake(&e->pools, t, expiry_ms);
}

void engine_search(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t)
{
    struct mm_ticket *partner = t->indexed ? find_partner(e, now_ms, t) : NULL;
    struct mm_ticket *younger = partner == NULL && t->indexed && t->is_back ? find_younger(e, now_ms, t) : NULL;

    t->is_back = false;
    if (partner != NULL)
        match(e, now_ms, partner, t);
    else if (younger != NULL)
        match(e, now_ms, t, younger);
    else
        schedule(e, now_ms, t);
}
