#include "sim_match.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"
#include "numbers.h"

#define MATCH_PLAYERS_MAX 200 /* FlexMatch's largest match */

struct sim_matches sim_matches_gather(const struct sim_run *run)
{
    struct sim_matches m = {mem_alloc((run->match_count + 2) * sizeof(size_t)),
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

void sim_matches_free(struct sim_matches *m)
{
    free(m->first);
    free(m->tickets);
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

static void measure_quality(struct sim_stats *s, const struct sim_run *run, const struct sim_matches *m)
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

static void count_sizes(struct sim_stats *s, const struct sim_run *run, const struct sim_matches *m)
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

/* ---- latency ---- */

/* Of the players at one location; INFINITY when it is not known of all. */
static double worst_latency(const struct sim_run *run, size_t column, const size_t *tickets, size_t count)
{
    double worst = 0;

    for (size_t i = 0; i < count; i++) {
        const struct sim_arrival *t = &run->traffic->list[tickets[i]];

        for (size_t j = 0; j < t->count; j++) {
            double ms = INFINITY;

            (void)number_parse(
                sim_population_text(run->traffic->population, run->traffic->persons[t->first + j], column), &ms);
            worst = fmax(worst, ms);
        }
    }
    return worst;
}

static void measure_latency(struct sim_stats *s, const struct sim_run *run, const struct sim_matches *m)
{
    const struct sim_population *p = run->traffic->population;

    for (size_t i = 0; i < run->match_count; i++) {
        double best = INFINITY;

        for (size_t column = 0; column < p->column_count; column++) {
            if (p->columns[column].latency)
                best = fmin(best, worst_latency(run, column, &m->tickets[m->first[i]], m->first[i + 1] - m->first[i]));
        }
        if (isfinite(best))
            samples_add(&s->latency_ms, best);
    }
}

void sim_matches_measure(struct sim_stats *out, const struct sim_run *run, const struct sim_matches *m)
{
    measure_quality(out, run, m);
    measure_latency(out, run, m);
    count_sizes(out, run, m);
}
