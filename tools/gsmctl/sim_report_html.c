#include <math.h>
#include <string.h>

#include "err.h"
#include "sim_report.h"

#define QUANTILES 200 /* points of a curve of shares */

/* sim_page.html, as the linker put it in. */
extern const char _binary_tools_gsmctl_sim_page_html_start[], _binary_tools_gsmctl_sim_page_html_end[];

/* ---- the data ---- */

static void append_value(struct buf *out, double value)
{
    if (isnan(value))
        buf_str(out, "null");
    else
        buf_json_num(out, round(value * 1e6) / 1e6);
}

static void append_member(struct buf *out, const char *key, double value)
{
    buf_printf(out, "%s\"%s\":", out->data[out->len - 1] == '{' ? "" : ",", key);
    append_value(out, value);
}

static const char *comma(size_t i)
{
    return i == 0 ? "" : ",";
}

/* [[value, the share of `whole` that is at or below it, in percent], ...] */
static void append_shares(struct buf *out, struct samples *s, size_t whole)
{
    double share = whole == 0 ? 0 : (double)s->count / (double)whole;

    buf_str(out, "[");
    for (size_t i = 0; s->count > 0 && i <= QUANTILES; i++) {
        double percent = 100.0 * (double)i / QUANTILES;

        buf_printf(out, "%s[", comma(i));
        append_value(out, samples_percentile(s, percent));
        buf_str(out, ",");
        append_value(out, percent * share);
        buf_str(out, "]");
    }
    buf_str(out, "]");
}

static void append_bands(struct buf *out, struct sim_stats *s)
{
    for (size_t i = 0; i < s->band_count; i++) {
        struct sim_band *b = &s->bands[i];

        buf_printf(out, "%s{", comma(i));
        append_member(out, "from", b->from);
        append_member(out, "to", b->to);
        append_member(out, "tickets", (double)b->tickets);
        append_member(out, "matched", 100 * (double)b->matched / (double)b->tickets);
        append_member(out, "timed_out", (double)b->timed_out);
        append_member(out, "p50", sim_band_wait_s(b, 50));
        append_member(out, "p90", sim_band_wait_s(b, 90));
        append_member(out, "p99", sim_band_wait_s(b, 99));
        buf_str(out, "}");
    }
}

static void append_moments(struct buf *out, const struct sim_stats *s)
{
    double minutes = s->moment_s / 60;

    for (size_t i = 0; i < SIM_MOMENTS; i++) {
        buf_printf(out, "%s{", comma(i));
        append_member(out, "minute", (double)(i + 1) * minutes);
        append_member(out, "waiting", (double)s->moments[i].waiting);
        append_member(out, "matches", (double)s->moments[i].matches / minutes);
        buf_str(out, "}");
    }
}

static void append_quality(struct buf *out, const struct sim_stats *s)
{
    for (size_t i = 0; i < s->quality_count; i++) {
        buf_printf(out, "%s{\"attribute\":", comma(i));
        buf_json_cstr(out, s->qualities[i].attribute);
        buf_str(out, ",\"spread\":");
        append_shares(out, &s->qualities[i].spread, s->matches);
        buf_str(out, ",\"difference\":");
        append_shares(out, &s->qualities[i].team_difference, s->matches);
        buf_str(out, "}");
    }
}

static void append_run(struct buf *out, const char *name, const struct sim_run *run, struct sim_stats *s)
{
    buf_str(out, "{\"name\":");
    buf_json_cstr(out, name);
    buf_str(out, ",\"path\":");
    buf_json_cstr(out, run->rules->path);
    buf_str(out, ",\"rules\":");
    buf_json_cstr(out, run->rules->text);
    buf_str(out, ",\"refusal\":");
    buf_json_cstr(out, run->refusal);
    buf_str(out, ",\"waits\":");
    append_shares(out, &s->wait_s, s->tickets);
    buf_str(out, ",\"latency\":");
    append_shares(out, &s->latency_ms, s->latency_ms.count);
    buf_str(out, ",\"bands\":[");
    append_bands(out, s);
    buf_str(out, "],\"moments\":[");
    append_moments(out, s);
    buf_str(out, "],\"sizes\":[");
    for (size_t i = 0; i < s->size_count; i++)
        buf_printf(out, "%s[%zu,%zu]", comma(i), s->sizes[i].players, s->sizes[i].matches);
    buf_str(out, "],\"quality\":[");
    append_quality(out, s);
    buf_str(out, "]}");
}

static void append_figures(struct buf *out, const struct sim_report *r)
{
    struct sim_table table = {0};

    sim_table_make(&table, r->stats, r->run_count);
    for (size_t i = 0; i < table.count; i++) {
        buf_printf(out, "%s{\"label\":", comma(i));
        buf_json_cstr(out, table.rows[i].label);
        buf_printf(out, ",\"heading\":%s,\"decimals\":%d,\"values\":[", table.rows[i].heading ? "true" : "false",
                   table.rows[i].decimals);
        for (size_t run = 0; run < r->run_count; run++) {
            buf_str(out, comma(run));
            append_value(out, table.rows[i].values[run]);
        }
        buf_str(out, "]}");
    }
    sim_table_free(&table);
}

static void append_data(struct buf *out, const struct sim_report *r)
{
    buf_str(out, "{\"inputs\":[");
    for (size_t i = 0; r->inputs[i].label != NULL; i++) {
        buf_printf(out, "%s[", comma(i));
        buf_json_cstr(out, r->inputs[i].label);
        buf_str(out, ",");
        buf_json_cstr(out, r->inputs[i].value);
        buf_str(out, "]");
    }
    buf_str(out, "],\"bands\":");
    if (r->bands == NULL)
        buf_str(out, "null");
    else
        buf_json_cstr(out, r->bands->name);
    buf_str(out, ",\"figures\":[");
    append_figures(out, r);
    buf_str(out, "],\"runs\":[");
    for (size_t i = 0; i < r->run_count; i++) {
        buf_str(out, comma(i));
        append_run(out, r->names[i], &r->runs[i], r->stats[i]);
    }
    buf_str(out, "]}");
}

/* ---- the page ---- */

/* With '<' as `escape`: as text of a page, or inside a JSON string in a script, which must not end there. */
static void append_escaped(struct buf *out, const char *text, const char *escape)
{
    for (; *text != '\0'; text++) {
        if (*text == '<')
            buf_str(out, escape);
        else
            buf_append(out, text, 1);
    }
}

/* The page up to the mark; returns what is behind it. */
static const char *append_until(struct buf *out, const char *page, const char *mark)
{
    const char *end = _binary_tools_gsmctl_sim_page_html_end,
               *at = memmem(page, (size_t)(end - page), mark, strlen(mark));

    ASSERT(at != NULL);
    buf_append(out, page, (size_t)(at - page));
    return at + strlen(mark);
}

void sim_report_html(struct buf *out, const struct sim_report *r, const char *library)
{
    const char *page = _binary_tools_gsmctl_sim_page_html_start;
    struct buf data = {0};

    append_data(&data, r);
    page = append_until(out, page, "@TITLE@");
    buf_str(out, "Simulation of ");
    for (size_t i = 0; i < r->run_count; i++) {
        buf_str(out, i == 0 ? "" : " and ");
        append_escaped(out, r->names[i], "&lt;");
    }
    page = append_until(out, page, "@LIBRARY@");
    buf_str(out, library);
    page = append_until(out, page, "@DATA@");
    append_escaped(out, data.data, "\\u003c");
    buf_append(out, page, (size_t)(_binary_tools_gsmctl_sim_page_html_end - page));
    buf_free(&data);
}
