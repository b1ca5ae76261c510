#include <math.h>
#include <string.h>

#include "mm_checks.h"

/* A backfill ticket may have none: its session runs wherever it runs. */
static bool has_latency(const struct mm_facts *f)
{
    return f->location_count > 0 || !mm_facts_is_backfill(f);
}

#define ANYWHERE SIZE_MAX

/* The slowest ticket's latency at each location, INFINITY where some ticket's is not known. How many locations there
 * are; ANYWHERE: no ticket has latencies. */
static size_t slowest(const struct mm_question *q, float ms[MM_LOCATIONS_MAX])
{
    size_t count = ANYWHERE;

    for (size_t i = 0; i < q->l->ticket_count; i++) {
        const struct mm_facts *f = q->l->tickets[i].facts;
        const float *of_ticket = mm_facts_latency(f, q->rule->party);

        if (!has_latency(f))
            continue;
        if (count == ANYWHERE)
            memset(ms, 0, f->location_count * sizeof(*ms));
        count = f->location_count < count ? f->location_count : count;
        for (size_t j = 0; j < count; j++) {
            float at = of_ticket[j] > MM_LATENCY_UNKNOWN ? of_ticket[j] : INFINITY;

            ms[j] = at > ms[j] ? at : ms[j];
        }
    }
    return count;
}

/* How far the farthest ticket is from the rule's reference at a location that all tickets know. */
static double farthest(const struct mm_question *q, size_t location)
{
    double sum = 0, min = (double)INFINITY, max = 0, reference;
    size_t count = 0;

    for (size_t i = 0; i < q->l->ticket_count; i++) {
        const struct mm_facts *f = q->l->tickets[i].facts;
        double ms;

        if (!has_latency(f))
            continue;
        ms = (double)mm_facts_latency(f, q->rule->party)[location];
        sum += ms;
        min = ms < min ? ms : min;
        max = ms > max ? ms : max;
        count++;
    }
    reference = q->rule->distance_to_avg ? sum / (double)count : min;
    return fmax(max - reference, reference - min);
}

/* What the rule says of a location that all tickets know. */
static struct mm_worst judge(const struct mm_question *q, size_t location, float slowest_ms)
{
    const double *limits = q->force->limits;
    struct mm_worst w = mm_worst_begin();

    mm_worst_between(&w, (double)slowest_ms, (double)NAN, limits[MM_MAX_LATENCY]);
    if (!isnan(limits[MM_MAX_DISTANCE]))
        mm_worst_between(&w, farthest(q, location), (double)NAN, limits[MM_MAX_DISTANCE]);
    return w;
}

uint64_t mm_check_locations(const struct mm_question *q)
{
    float ms[MM_LOCATIONS_MAX];
    size_t count = slowest(q, ms);
    uint64_t mask = 0;

    if (count == ANYWHERE)
        return UINT64_MAX;
    for (size_t i = 0; i < count; i++)
        mask |= (uint64_t)(ms[i] < INFINITY && judge(q, i, ms[i]).verdict.passed) << i;
    return mask;
}

/* The location to show is the one whose worst number is best. */
struct mm_verdict mm_check_latency_rule(const struct mm_question *q)
{
    float ms[MM_LOCATIONS_MAX];
    size_t count = slowest(q, ms);
    struct mm_worst best = {.verdict = {.passed = count == ANYWHERE}};

    for (size_t i = 0; count != ANYWHERE && i < count; i++) {
        struct mm_worst w;

        if (!(ms[i] < INFINITY))
            continue;
        w = judge(q, i, ms[i]);
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
