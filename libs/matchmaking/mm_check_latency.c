#include <math.h>

#include "mm_checks.h"
#include "mm_latencies.h"

/* A backfill ticket may have none: its session runs wherever it runs. */
static bool has_latency(const struct mm_facts *f)
{
    return f->location_count > 0 || !mm_facts_is_backfill(f);
}

static uint64_t acceptable_to(const struct mm_facts *f, enum mm_aggregation party, double max_ms)
{
    const float *ms = mm_facts_latency(f, party);
    uint64_t mask = 0;

    for (size_t i = 0; i < f->location_count; i++) {
        bool known = ms[i] > MM_LATENCY_UNKNOWN;

        mask |= (uint64_t)(known && (isnan(max_ms) || (double)ms[i] <= max_ms)) << i;
    }
    return mask;
}

struct spread { /* of the tickets' latencies at one location */
    double sum, min, max;
    size_t count;
};

/* location: one that all tickets know. */
static struct spread spread_at(const struct mm_question *q, size_t location)
{
    struct spread at = {.min = (double)INFINITY, .max = -(double)INFINITY};

    for (size_t i = 0; i < q->l->ticket_count; i++) {
        const struct mm_facts *f = q->l->tickets[i].facts;
        double ms;

        if (!has_latency(f))
            continue;
        ms = (double)mm_facts_latency(f, q->rule->party)[location];
        at.sum += ms;
        at.min = ms < at.min ? ms : at.min;
        at.max = ms > at.max ? ms : at.max;
        at.count++;
    }
    return at;
}

/* How far the farthest ticket is from the rule's reference. */
static double farthest(const struct spread *at, bool from_avg)
{
    double reference = from_avg ? at->sum / (double)at->count : at->min;

    return fmax(at->max - reference, reference - at->min);
}

/* Locations known of all tickets, and within max_ms of all; UINT64_MAX when no ticket has latencies. */
static uint64_t acceptable_to_all(const struct mm_question *q, double max_ms)
{
    uint64_t mask = UINT64_MAX;

    for (size_t i = 0; i < q->l->ticket_count && mask != 0; i++) {
        if (has_latency(q->l->tickets[i].facts))
            mask &= acceptable_to(q->l->tickets[i].facts, q->rule->party, max_ms);
    }
    return mask;
}

uint64_t mm_check_locations(const struct mm_question *q)
{
    uint64_t mask = acceptable_to_all(q, q->force->limits[MM_MAX_LATENCY]);

    if (mask == UINT64_MAX || isnan(q->force->limits[MM_MAX_DISTANCE]))
        return mask;
    for (size_t i = 0; i < MM_LOCATIONS_MAX; i++) {
        struct spread at;

        if ((mask >> i & 1) == 0)
            continue;
        at = spread_at(q, i);
        if (farthest(&at, q->rule->distance_to_avg) > q->force->limits[MM_MAX_DISTANCE])
            mask &= ~(UINT64_C(1) << i);
    }
    return mask;
}

/* The worst of one location; the location to show is the one whose worst is best. */
static struct mm_worst judge_at(const struct mm_question *q, size_t location)
{
    struct spread at = spread_at(q, location);
    struct mm_worst w = mm_worst_begin();

    mm_worst_between(&w, at.max, (double)NAN, q->force->limits[MM_MAX_LATENCY]);
    if (!isnan(q->force->limits[MM_MAX_DISTANCE]))
        mm_worst_between(&w, farthest(&at, q->rule->distance_to_avg), (double)NAN, q->force->limits[MM_MAX_DISTANCE]);
    return w;
}

struct mm_verdict mm_check_latency_rule(const struct mm_question *q)
{
    uint64_t known = acceptable_to_all(q, (double)NAN);
    struct mm_worst best = {.verdict = {.passed = known == UINT64_MAX}};

    if (known == UINT64_MAX)
        return best.verdict;
    for (size_t i = 0; i < MM_LOCATIONS_MAX; i++) {
        struct mm_worst w;

        if ((known >> i & 1) == 0)
            continue;
        w = judge_at(q, i);
        if (!best.verdict.measured || w.margin > best.margin)
            best = w;
    }
    return best.verdict;
}

uint64_t mm_check_latency(const struct mm_ruleset *r, const struct mm_phase *phase, const struct mm_lineup *l)
{
    uint64_t mask = UINT64_MAX;

    for (size_t i = 0; i < r->rule_count; i++) {
        struct mm_question q = {.r = r, .rule = &r->rules[i], .phase = phase, .force = &phase->rules[i], .l = l};

        if (r->rules[i].type == MM_RULE_LATENCY && r->rules[i].enforced)
            mask &= mm_check_locations(&q);
    }
    return mask;
}
