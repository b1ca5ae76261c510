#include "sim_table.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

struct maker {
    struct sim_table *out;
    struct sim_stats *const *stats;
    size_t runs;
};

static struct sim_row *add_row(struct sim_table *t, int decimals, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static struct sim_row *add_row(struct sim_table *t, int decimals, const char *format, ...)
{
    struct sim_row *row;
    va_list args;

    t->rows = mem_realloc(t->rows, t->count + 1, sizeof(*t->rows));
    row = &t->rows[t->count++];
    *row = (struct sim_row){.decimals = decimals};
    for (size_t i = 0; i < SIM_RUNS_MAX; i++)
        row->values[i] = NAN;
    va_start(args, format);
    (void)vsnprintf(row->label, sizeof(row->label), format, args);
    va_end(args);
    return row;
}

/* ---- counts and shares ---- */

static double percent(size_t part, size_t whole)
{
    return whole == 0 ? (double)NAN : 100 * (double)part / (double)whole;
}

static double get_tickets(const struct sim_stats *s)
{
    return (double)s->tickets;
}
static double get_players(const struct sim_stats *s)
{
    return (double)s->players;
}
static double get_completed(const struct sim_stats *s)
{
    return (double)s->states[SIM_COMPLETED];
}
static double get_matched_share(const struct sim_stats *s)
{
    return percent(s->states[SIM_COMPLETED], s->tickets);
}
static double get_timed_out(const struct sim_stats *s)
{
    return (double)s->states[SIM_TIMED_OUT];
}
static double get_timed_out_share(const struct sim_stats *s)
{
    return percent(s->states[SIM_TIMED_OUT], s->tickets);
}
static double get_searching(const struct sim_stats *s)
{
    return (double)s->states[SIM_SEARCHING];
}
static double get_refused(const struct sim_stats *s)
{
    return (double)s->states[SIM_REFUSED];
}
static double get_matches(const struct sim_stats *s)
{
    return (double)s->matches;
}
static double get_players_a_match(const struct sim_stats *s)
{
    return s->matches == 0 ? (double)NAN : (double)s->matched_players / (double)s->matches;
}

static const struct {
    const char *label;
    double (*get)(const struct sim_stats *s);
    int decimals;
} counts[] = {
    {"tickets", get_tickets, 0},
    {"players", get_players, 0},
    {"tickets matched", get_completed, 0},
    {"tickets matched, %", get_matched_share, 2},
    {"tickets timed out", get_timed_out, 0},
    {"tickets timed out, %", get_timed_out_share, 2},
    {"tickets still waiting at the end", get_searching, 0},
    {"tickets refused", get_refused, 0},
    {"matches", get_matches, 0},
    {"players a match, mean", get_players_a_match, 2},
};

static void add_counts(const struct maker *m)
{
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct sim_row *row = add_row(m->out, counts[i].decimals, "%s", counts[i].label);

        for (size_t run = 0; run < m->runs; run++)
            row->values[run] = counts[i].get(m->stats[run]);
    }
}

/* ---- samples ---- */

/* samples: of each run; NULL: it has none. */
static void add_samples(const struct maker *m, struct samples *const samples[SIM_RUNS_MAX])
{
    static const struct {
        const char *label;
        double percent;
    } ranks[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"max", 100}};
    struct sim_row *row = add_row(m->out, 2, "  mean");

    for (size_t run = 0; run < m->runs; run++) {
        if (samples[run] != NULL && samples[run]->count > 0)
            row->values[run] = samples_mean(samples[run]);
    }
    for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++) {
        row = add_row(m->out, 2, "  %s", ranks[i].label);
        for (size_t run = 0; run < m->runs; run++) {
            if (samples[run] != NULL && samples[run]->count > 0)
                row->values[run] = samples_percentile(samples[run], ranks[i].percent);
        }
    }
}

static void add_latencies(const struct maker *m)
{
    struct samples *latencies[SIM_RUNS_MAX] = {NULL};
    size_t known = 0;

    for (size_t run = 0; run < m->runs; run++) {
        latencies[run] = &m->stats[run]->latency_ms;
        known += latencies[run]->count;
    }
    if (known == 0)
        return;
    add_row(m->out, 0, "latency of a match's worst-off player, ms")->heading = true;
    add_samples(m, latencies);
}

static void add_waits(const struct maker *m)
{
    struct samples *waits[SIM_RUNS_MAX] = {NULL};

    for (size_t run = 0; run < m->runs; run++)
        waits[run] = &m->stats[run]->wait_s;
    add_row(m->out, 0, "wait of matched tickets, s")->heading = true;
    add_samples(m, waits);
}

static struct sim_quality *find_quality(const struct sim_stats *s, const char *attribute)
{
    for (size_t i = 0; i < s->quality_count; i++) {
        if (strcmp(s->qualities[i].attribute, attribute) == 0)
            return &s->qualities[i];
    }
    return NULL;
}

static void add_quality(const struct maker *m, const char *attribute)
{
    struct samples *spreads[SIM_RUNS_MAX] = {NULL}, *differences[SIM_RUNS_MAX] = {NULL};

    for (size_t run = 0; run < m->runs; run++) {
        struct sim_quality *q = find_quality(m->stats[run], attribute);

        spreads[run] = q == NULL ? NULL : &q->spread;
        differences[run] = q == NULL ? NULL : &q->team_difference;
    }
    add_row(m->out, 0, "%.50s: spread in a match", attribute)->heading = true;
    add_samples(m, spreads);
    add_row(m->out, 0, "%.50s: difference of team averages", attribute)->heading = true;
    add_samples(m, differences);
}

static void add_qualities(const struct maker *m)
{
    for (size_t run = 0; run < m->runs; run++) {
        for (size_t i = 0; i < m->stats[run]->quality_count; i++) {
            const char *attribute = m->stats[run]->qualities[i].attribute;

            if (run == 0 || find_quality(m->stats[0], attribute) == NULL)
                add_quality(m, attribute);
        }
    }
}

/* ---- sizes ---- */

static size_t matches_of(const struct sim_stats *s, size_t players)
{
    for (size_t i = 0; i < s->size_count; i++) {
        if (s->sizes[i].players == players)
            return s->sizes[i].matches;
    }
    return 0;
}

/* The smallest size above `players` that occurs in any run; 0: none. */
static size_t next_size(const struct maker *m, size_t players)
{
    size_t next = 0;

    for (size_t run = 0; run < m->runs; run++) {
        for (size_t i = 0; i < m->stats[run]->size_count; i++) {
            size_t n = m->stats[run]->sizes[i].players;

            next = n > players && (next == 0 || n < next) ? n : next;
        }
    }
    return next;
}

static void add_sizes(const struct maker *m)
{
    add_row(m->out, 0, "matches by number of players")->heading = true;
    for (size_t players = next_size(m, 0); players != 0; players = next_size(m, players)) {
        struct sim_row *row = add_row(m->out, 0, "  %zu", players);

        for (size_t run = 0; run < m->runs; run++)
            row->values[run] = (double)matches_of(m->stats[run], players);
    }
}

void sim_table_make(struct sim_table *out, struct sim_stats *const *stats, size_t runs)
{
    struct maker m = {out, stats, runs};

    *out = (struct sim_table){0};
    add_counts(&m);
    add_waits(&m);
    add_qualities(&m);
    add_latencies(&m);
    add_sizes(&m);
}

void sim_table_free(struct sim_table *t)
{
    free(t->rows);
    *t = (struct sim_table){0};
}
