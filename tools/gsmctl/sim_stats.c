#include "sim_stats.h"

#include <math.h>
#include <stdlib.h>

#include "mem.h"
#include "sim_match.h"

static double seconds_waited(const struct sim_run *run, size_t ticket)
{
    return (double)(run->outcomes[ticket].end_ms - run->traffic->list[ticket].at_ms) / 1000;
}

static void count_tickets(struct sim_stats *s, const struct sim_run *run)
{
    s->tickets = run->traffic->count;
    s->players = run->traffic->person_count;
    s->matches = run->match_count;
    for (size_t i = 0; i < s->tickets; i++) {
        s->states[run->outcomes[i].state]++;
        if (run->outcomes[i].state != SIM_COMPLETED)
            continue;
        s->matched_players += run->traffic->list[i].count;
        samples_add(&s->wait_s, seconds_waited(run, i));
    }
}

/* ---- bands ---- */

static double average(const struct sim_run *run, size_t ticket, const struct sim_attribute *a)
{
    const struct sim_arrival *t = &run->traffic->list[ticket];
    double sum = 0;

    for (size_t i = 0; i < t->count; i++)
        sum += sim_population_number(run->traffic->population, run->traffic->persons[t->first + i], a);
    return sum / t->count;
}

static void band_take(struct sim_band *b, const struct sim_run *run, size_t ticket, double value)
{
    enum sim_state state = run->outcomes[ticket].state;

    b->from = b->tickets == 0 ? value : fmin(b->from, value);
    b->to = b->tickets == 0 ? value : fmax(b->to, value);
    b->tickets++;
    b->matched += state == SIM_COMPLETED;
    b->timed_out += state == SIM_TIMED_OUT;
    if (state == SIM_COMPLETED)
        samples_add(&b->wait_s, seconds_waited(run, ticket));
}

static void make_bands(struct sim_stats *s, const struct sim_run *run, const struct sim_attribute *a)
{
    struct samples values = {0};
    double edges[SIM_BANDS]; /* of each band, its greatest value */

    for (size_t i = 0; i < run->traffic->count; i++) {
        double value = average(run, i, a);

        if (!isnan(value))
            samples_add(&values, value);
    }
    for (size_t i = 0; i < SIM_BANDS; i++)
        edges[i] = samples_percentile(&values, 100.0 * (double)(i + 1) / SIM_BANDS);
    samples_free(&values);
    for (size_t i = 0; i < run->traffic->count; i++) {
        double value = average(run, i, a);
        size_t band = 0;

        while (band < SIM_BANDS && !(value <= edges[band]))
            band++;
        if (band < SIM_BANDS)
            band_take(&s->bands[band], run, i, value);
    }
    for (size_t i = 0; i < SIM_BANDS; i++) { /* a value that many have fills several tenths: what is empty goes */
        if (s->bands[i].tickets > 0)
            s->bands[s->band_count++] = s->bands[i];
    }
}

/* ---- time ---- */

static struct sim_moment *moment_at(struct sim_stats *s, int64_t at_ms)
{
    size_t i = (size_t)((double)at_ms / 1000 / s->moment_s);

    return &s->moments[i < SIM_MOMENTS ? i : SIM_MOMENTS - 1];
}

static void make_moments(struct sim_stats *s, const struct sim_run *run, const struct sim_matches *m)
{
    int64_t *change = mem_alloc(SIM_MOMENTS * sizeof(*change)), waiting = 0;

    s->moment_s = (double)run->traffic->length_ms / 1000 / SIM_MOMENTS;
    for (size_t i = 0; i < run->traffic->count; i++) {
        const struct sim_outcome *o = &run->outcomes[i];
        struct sim_moment *arrival = moment_at(s, run->traffic->list[i].at_ms), *end = moment_at(s, o->end_ms);

        arrival->arrived++;
        change[arrival - s->moments]++;
        change[end - s->moments] -= o->state != SIM_SEARCHING;
        end->timed_out += o->state == SIM_TIMED_OUT;
    }
    for (size_t i = 0; i < run->match_count; i++)
        moment_at(s, run->outcomes[m->tickets[m->first[i]]].end_ms)->matches++;
    for (size_t i = 0; i < SIM_MOMENTS; i++) {
        waiting += change[i];
        s->moments[i].waiting = (size_t)waiting;
    }
    free(change);
}

void sim_stats_make(struct sim_stats *out, const struct sim_run *run, const struct sim_attribute *bands)
{
    struct sim_matches m = sim_matches_gather(run);

    *out = (struct sim_stats){0};
    count_tickets(out, run);
    sim_matches_measure(out, run, &m);
    if (bands != NULL)
        make_bands(out, run, bands);
    make_moments(out, run, &m);
    sim_matches_free(&m);
}

double sim_band_wait_s(struct sim_band *b, double percent)
{
    if (b->wait_s.count == 0)
        return (double)NAN;
    return samples_percentile(&b->wait_s, percent);
}

void sim_stats_free(struct sim_stats *s)
{
    samples_free(&s->wait_s);
    samples_free(&s->latency_ms);
    for (size_t i = 0; i < s->quality_count; i++) {
        samples_free(&s->qualities[i].spread);
        samples_free(&s->qualities[i].team_difference);
    }
    for (size_t i = 0; i < s->band_count; i++)
        samples_free(&s->bands[i].wait_s);
    free(s->qualities);
    free(s->sizes);
    *s = (struct sim_stats){0};
}
