#include "report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define BAR_WIDTH 40

static const struct {
    const char *name;
    double percent;
} columns[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"max", 100}};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

void samples_add(struct samples *s, double value)
{
    if (s->count == s->cap) {
        s->cap = s->cap == 0 ? 64 : s->cap * 2;
        s->values = mem_realloc(s->values, s->cap, sizeof(*s->values));
    }
    s->values[s->count++] = value;
    s->sorted = false;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static void sort(struct samples *s)
{
    if (!s->sorted && s->count > 0)
        qsort(s->values, s->count, sizeof(*s->values), compare);
    s->sorted = true;
}

double samples_percentile(struct samples *s, double percent)
{
    double rank = ceil(percent / 100 * (double)s->count - 1e-9); /* 99.9 of 1000 is 999, not a bit more */

    if (s->count == 0)
        return 0;
    sort(s);
    return s->values[rank < 1 ? 0 : (size_t)rank - 1];
}

double samples_mean(const struct samples *s)
{
    double sum = 0;

    for (size_t i = 0; i < s->count; i++)
        sum += s->values[i];
    return s->count == 0 ? 0 : sum / (double)s->count;
}

void samples_free(struct samples *s)
{
    free(s->values);
    *s = (struct samples){0};
}

void report_table(struct buf *out, const struct report *r)
{
    for (const struct report_count *c = r->counts; c->key != NULL; c++)
        buf_printf(out, "%-34s %10lld\n", c->label, (long long)c->value);
    buf_printf(out, "\n%-34s %10s %9s", "", "n", "mean");
    for (size_t i = 0; i < COLUMNS; i++)
        buf_printf(out, " %9s", columns[i].name);
    buf_str(out, "\n");
    for (const struct report_spread *s = r->spreads; s->key != NULL; s++) {
        buf_printf(out, "%-34s %10zu %9.1f", s->label, s->samples->count, samples_mean(s->samples));
        for (size_t i = 0; i < COLUMNS; i++)
            buf_printf(out, " %9.1f", samples_percentile(s->samples, columns[i].percent));
        buf_str(out, "\n");
    }
}

/* What follows 0, 1, 2, 5, 10, 20, 50, ... */
static double next_edge(double edge)
{
    double power;

    if (edge < 1)
        return 1;
    power = pow(10, floor(log10(edge) + 1e-9));
    return edge < 1.5 * power ? 2 * power : edge < 4 * power ? 5 * power : 10 * power;
}

struct row {
    double from, to;
    size_t count;
};

/* Steps `row` to the next one and takes its values, which are sorted, from values[*at]. */
static void next_row(struct row *row, const struct samples *s, size_t *at)
{
    size_t first = *at;

    row->from = row->to;
    row->to = next_edge(row->from);
    while (*at < s->count && s->values[*at] < row->to)
        (*at)++;
    row->count = *at - first;
}

static size_t largest_row(const struct samples *s)
{
    struct row row = {0};
    size_t largest = 1;

    for (size_t at = 0; at < s->count;) {
        next_row(&row, s, &at);
        largest = row.count > largest ? row.count : largest;
    }
    return largest;
}

static void draw_row(struct buf *out, const struct row *row, size_t largest)
{
    static const char bar[BAR_WIDTH + 1] = "########################################";
    size_t width = (row->count * BAR_WIDTH + largest - 1) / largest; /* rounded up: one value shows */

    buf_printf(out, "  %8.0f - %-8.0f %8zu %.*s\n", row->from, row->to, row->count, (int)width, bar);
}

void report_histogram(struct buf *out, const struct report_spread *s)
{
    size_t largest, at = 0;
    struct row row = {0};

    sort(s->samples);
    largest = largest_row(s->samples);
    buf_printf(out, "%s\n", s->label);
    while (at < s->samples->count) {
        bool first = at == 0;

        next_row(&row, s->samples, &at);
        if (row.count > 0 || !first)
            draw_row(out, &row, largest);
    }
}

static void json_spread(struct buf *out, const struct report_spread *s)
{
    buf_str(out, ",");
    buf_json_cstr(out, s->key);
    buf_printf(out, ":{\"n\":%zu,\"mean\":", s->samples->count);
    buf_json_num(out, samples_mean(s->samples));
    for (size_t i = 0; i < COLUMNS; i++) {
        buf_printf(out, ",\"%s\":", columns[i].name);
        buf_json_num(out, samples_percentile(s->samples, columns[i].percent));
    }
    buf_str(out, "}");
}

void report_json(struct buf *out, const struct report *r)
{
    buf_str(out, "{\"name\":");
    buf_json_cstr(out, r->name);
    for (const struct report_count *c = r->counts; c->key != NULL; c++) {
        buf_str(out, ",");
        buf_json_cstr(out, c->key);
        buf_printf(out, ":%lld", (long long)c->value);
    }
    for (const struct report_spread *s = r->spreads; s->key != NULL; s++)
        json_spread(out, s);
    buf_str(out, "}\n");
}
