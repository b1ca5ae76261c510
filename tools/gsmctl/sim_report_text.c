#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim_report.h"

#define LABEL_WIDTH   42
#define VALUE_WIDTH   14 /* or as wide as a name */
#define MOMENTS_SHOWN 12

static void append_number(struct buf *out, int width, double value, int decimals)
{
    if (isnan(value))
        buf_printf(out, "%*s", width, "-");
    else
        buf_printf(out, "%*.*f", width, decimals, value);
}

static int column_width(const struct sim_report *r, size_t run)
{
    int len = (int)strlen(r->names[run]);

    return len > VALUE_WIDTH ? len : VALUE_WIDTH;
}

static void append_names(struct buf *out, const struct sim_report *r)
{
    buf_printf(out, "%-*s", LABEL_WIDTH, "");
    for (size_t i = 0; i < r->run_count; i++)
        buf_printf(out, " %*s", column_width(r, i), r->names[i]);
    buf_str(out, "\n");
}

static void append_figures(struct buf *out, const struct sim_report *r)
{
    struct sim_table table = {0};

    sim_table_make(&table, r->stats, r->run_count);
    append_names(out, r);
    for (size_t i = 0; i < table.count; i++) {
        const struct sim_row *row = &table.rows[i];

        if (row->heading) {
            buf_printf(out, "%s\n", row->label);
            continue;
        }
        buf_printf(out, "%-*s", LABEL_WIDTH, row->label);
        for (size_t run = 0; run < r->run_count; run++) {
            buf_str(out, " ");
            append_number(out, column_width(r, run), row->values[run], row->decimals);
        }
        buf_str(out, "\n");
    }
    sim_table_free(&table);
}

static void append_band(struct buf *out, struct sim_band *b)
{
    append_number(out, 11, 100 * (double)b->matched / (double)b->tickets, 2);
    append_number(out, 10, sim_band_wait_s(b, 50), 2);
    append_number(out, 10, sim_band_wait_s(b, 90), 2);
    append_number(out, 10, sim_band_wait_s(b, 99), 2);
}

/* The bands of all runs are the same: the tickets are. */
static void append_bands(struct buf *out, const struct sim_report *r)
{
    if (r->bands == NULL || r->stats[0]->band_count == 0)
        return;
    buf_printf(out, "\nby %s, tenths of the tickets; waits of the matched, s\n%-24s%9s", r->bands->name, "", "tickets");
    for (size_t run = 0; run < r->run_count; run++)
        buf_printf(out, "%11s%10s%10s%10s", "matched %", "p50", "p90", "p99");
    if (r->run_count > 1)
        buf_printf(out, "   (%s, then %s)", r->names[0], r->names[1]);
    buf_str(out, "\n");
    for (size_t i = 0; i < r->stats[0]->band_count; i++) {
        const struct sim_band *b = &r->stats[0]->bands[i];

        buf_printf(out, "%10.6g - %-11.6g%9zu", b->from, b->to, b->tickets);
        for (size_t run = 0; run < r->run_count; run++)
            append_band(out, &r->stats[run]->bands[i]);
        buf_str(out, "\n");
    }
}

static void append_moments(struct buf *out, const struct sim_report *r)
{
    enum { MERGED = SIM_MOMENTS / MOMENTS_SHOWN };
    double minutes = r->stats[0]->moment_s * MERGED / 60;

    buf_printf(out, "\nover time%-15s", "");
    for (size_t run = 0; run < r->run_count; run++)
        buf_printf(out, "%15s%15s", "matches a min", "then waiting");
    buf_str(out, "\n");
    for (size_t i = 0; i < SIM_MOMENTS; i += MERGED) {
        size_t rows = i / MERGED + 1;

        buf_printf(out, "to minute %-14.4g", (double)rows * minutes);
        for (size_t run = 0; run < r->run_count; run++) {
            const struct sim_moment *m = &r->stats[run]->moments[i];
            size_t matches = 0;

            for (size_t j = 0; j < MERGED; j++)
                matches += m[j].matches;
            buf_printf(out, "%15.1f%15zu", (double)matches / minutes, m[MERGED - 1].waiting);
        }
        buf_str(out, "\n");
    }
}

static void append_refusals(struct buf *out, const struct sim_report *r)
{
    for (size_t i = 0; i < r->run_count; i++) {
        if (r->runs[i].refusal[0] != '\0')
            buf_printf(out, "\n%s: the first refused ticket: %s\n", r->names[i], r->runs[i].refusal);
    }
}

void sim_report_text(struct buf *out, const struct sim_report *r)
{
    append_figures(out, r);
    append_bands(out, r);
    append_moments(out, r);
    append_refusals(out, r);
}
