#include "sim_stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"

#define MATCH_PLAYERS_MAX 200 /* FlexMatch's largest match */

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

/* ---- matches ---- */

struct matches {   /* tickets by match */
    size_t *first; /* [match_count + 1]: of match m, from 0, tickets[first[m]] .. tickets[first[m + 1] - 1] */
    size_t *tickets;
};

static struct matches gather(const struct sim_run *run)
{
    struct matches m = {mem_alloc((run->match_count + 2) * sizeof(size_t)),
                        mem_alloc(run->traffic->count * sizeof(size_t))};

    for (size_t i = 0; i < run->traffic->count; i++)
        m.first[run->outcomes[i].match + 1] += run->outcomes[i].match != 0;
    for (size_t i = 1; i <= run->match_count + 1; i++)
        m.first[i] += m.first[i - 1];
    for (size_t i = 0; i < run->traffic->count; i++) {
        if (run->outcomes[i].match != 0)
            m.tickets[m.first[run->outcomes[i].match]++] = i;
    }
    return m; /* placing the tickets has moved each beginning to its end, which is the next one's beginning */
}

struct team_sum {
    double sum;
    size_t players;
};

struct range {
    double least, greatest;
};

static void range_take(struct range *r, double value)
{
    r->least = fmin(r->least, value);
    r->greatest = fmax(r->greatest, value);
}

static void measure_match(struct sim_quality *q, const struct sim_run *run, const struct sim_attribute *a,
                          const size_t *tickets, size_t count, struct team_sum *teams)
{
    struct range players = {INFINITY, -INFINITY}, averages = players;

    memset(teams, 0, run->team_count * sizeof(*teams));
    for (size_t i = 0; i < count; i++) {
        const struct sim_arrival *t = &run->traffic->list[tickets[i]];
        struct team_sum *team = &teams[run->outcomes[tickets[i]].team];

        for (size_t j = 0; j < t->count; j++) {
            double value = sim_population_number(run->traffic->population, run->traffic->persons[t->first + j], a);

            range_take(&players, value);
            team->sum += value;
            team->players++;
        }
    }
    for (size_t i = 0; i < run->team_count; i++) {
        if (teams[i].players > 0)
            range_take(&averages, teams[i].sum / (double)teams[i].players);
    }
    samples_add(&q->spread, players.greatest - players.least);
    samples_add(&q->team_difference, averages.greatest - averages.least);
}

static void measure_quality(struct sim_stats *s, const struct sim_run *run, const struct matches *m)
{
    struct team_sum *teams = mem_alloc(run->team_count * sizeof(*teams));

    s->qualities = mem_alloc(run->rules->attribute_count * sizeof(*s->qualities));
    for (size_t i = 0; i < run->rules->attribute_count; i++) {
        const struct sim_attribute *a = &run->rules->attributes[i];
        struct sim_quality *q = &s->qualities[s->quality_count];

        if (!a->used || a->type != MM_ATTRIBUTE_NUMBER)
            continue;
        s->quality_count++;
        q->attribute = a->name;
        for (size_t j = 0; j < run->match_count; j++)
            measure_match(q, run, a, &m->tickets[m->first[j]], m->first[j + 1] - m->first[j], teams);
    }
    free(teams);
}

static void count_sizes(struct sim_stats *s, const struct sim_run *run, const struct matches *m)
{
    size_t by_players[MATCH_PLAYERS_MAX + 1] = {0};

    for (size_t i = 0; i < run->match_count; i++) {
        size_t players = 0;

        for (size_t j = m->first[i]; j < m->first[i + 1]; j++)
            players += run->traffic->list[m->tickets[j]].count;
        ASSERT(players <= MATCH_PLAYERS_MAX);
        by_players[players]++;
    }
    for (size_t n = 0; n <= MATCH_PLAYERS_MAX; n++) {
        if (by_players[n] == 0)
            continue;
        s->sizes = mem_realloc(s->sizes, s->size_count + 1, sizeof(*s->sizes));
        s->sizes[s->size_count++] = (struct sim_size){n, by_players[n]};
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

static void make_moments(struct sim_stats *s, const struct sim_run *run, const struct matches *m)
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
    struct matches m = gather(run);

    *out = (struct sim_stats){0};
    count_tickets(out, run);
    measure_quality(out, run, &m);
    count_sizes(out, run, &m);
    if (bands != NULL)
        make_bands(out, run, bands);
    make_moments(out, run, &m);
    free(m.first);
    free(m.tickets);
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
