/* What a plan is to a ticket. */
#include <math.h>
#include <string.h>

#include "mm_gather.h"
#include "mm_plan.h"

static bool append_text(const struct mm_equal *equal, const struct mm_facts *f, struct buf *out)
{
    const char *text = f->players[0].data[equal->slot].string;

    for (size_t i = 1; i < f->player_count; i++) {
        if (strcmp(f->players[i].data[equal->slot].string, text) != 0)
            return false;
    }
    buf_append(out, text, strlen(text) + 1);
    return true;
}

static bool append_number(const struct mm_equal *equal, const struct mm_facts *f, struct buf *out)
{
    struct mm_bound as = {.slot = equal->slot, .party = equal->party};
    struct mm_spread s = mm_plan_spread(&as, f);
    double number = s.low + 0.0; /* of the two zeros, one */

    if (s.low < s.high)
        return false;
    buf_append(out, &number, sizeof(number));
    return true;
}

bool mm_plan_partition(const struct mm_plan *p, const struct mm_facts *f, struct buf *out)
{
    for (size_t i = 0; i < p->equal_count; i++) {
        const struct mm_equal *equal = &p->equals[i];

        if (!(equal->text ? append_text(equal, f, out) : append_number(equal, f, out)))
            return false;
    }
    return true;
}

/* One value a team, as the rules see it. */
static struct mm_spread spread_of_backfill(const struct mm_bound *b, const struct mm_facts *f)
{
    struct mm_spread s = {(double)INFINITY, -(double)INFINITY};

    for (size_t i = 0; i < f->player_count; i++) {
        double sum = 0, count = 0, v;
        double least = (double)INFINITY, most = -(double)INFINITY;

        for (size_t j = 0; j < f->player_count; j++) {
            if (f->players[j].team != f->players[i].team)
                continue;
            v = f->players[j].data[b->slot].number;
            sum += v;
            count++;
            least = fmin(least, v);
            most = fmax(most, v);
        }
        v = b->party == MM_PARTY_MIN ? least : b->party == MM_PARTY_MAX ? most : sum / count;
        s.low = fmin(s.low, v);
        s.high = fmax(s.high, v);
    }
    return s;
}

struct mm_spread mm_plan_spread(const struct mm_bound *b, const struct mm_facts *f)
{
    double v;

    if (mm_facts_is_backfill(f) && !b->whole)
        return spread_of_backfill(b, f);
    v = mm_ticket_number(f, b->slot, b->party);
    return (struct mm_spread){v, v};
}

static uint64_t within_reach(const struct mm_facts *f, enum mm_aggregation party, double limit_ms)
{
    const float *latency_ms = mm_facts_latency(f, party);
    uint64_t mask = 0;

    for (size_t i = 0; i < f->location_count; i++) {
        bool within = latency_ms[i] > MM_LATENCY_UNKNOWN && !((double)latency_ms[i] > limit_ms);

        mask |= (uint64_t)within << i;
    }
    return mask;
}

uint64_t mm_plan_locations(const struct mm_plan *p, const struct mm_phase *phase, const struct mm_facts *f)
{
    uint64_t mask = UINT64_MAX;

    if (f->location_count == 0 && mm_facts_is_backfill(f))
        return UINT64_MAX;
    for (size_t i = 0; i < p->reach_count; i++) {
        const struct mm_reach *reach = &p->reaches[i];
        double limit_ms = phase == NULL ? reach->widest_ms : phase->rules[reach->rule].limits[MM_MAX_LATENCY];

        mask &= within_reach(f, reach->party, limit_ms);
    }
    return mask;
}
