/* pages.c - see pages.h. */
#include "pages.h"

#include <inttypes.h>
#include <stddef.h>

/* ---- Prometheus ------------------------------------------------------------------------------------------------- */

/* Not ..._sum and ..._count: those endings belong to histograms. */
static const struct gauge {
    const char *name, *help;
    size_t offset; /* in struct period */
} gauges[] = {
    {"metrics_last_period_added", "Sum of a metric's values in the last complete period", offsetof(struct period, sum)},
    {"metrics_last_period_samples", "How many values a metric had in the last complete period",
     offsetof(struct period, samples)},
    {"metrics_last_period_minimum", "Smallest value of a metric in the last complete period",
     offsetof(struct period, minimum)},
    {"metrics_last_period_maximum", "Largest value of a metric in the last complete period",
     offsetof(struct period, maximum)},
};

struct series {
    const struct gauge *gauge;
    struct buf *out;
};

/* JSON's escapes are Prometheus' too, as names have no control characters. */
static void write_label(struct buf *out, const char *name, const char *value)
{
    buf_str(out, name);
    buf_json_cstr(out, value);
}

static void write_series(void *arg, const struct rollup_row *row)
{
    const struct series *s = arg;
    const void *value;

    if (row->last == NULL)
        return;
    value = (const char *)row->last + s->gauge->offset;
    buf_str(s->out, s->gauge->name);
    write_label(s->out, "{namespace=", row->namespace_);
    write_label(s->out, ",metric=", row->name);
    write_label(s->out, ",unit=", row->unit);
    buf_str(s->out, "} ");
    buf_json_num(s->out, *(const double *)value);
    buf_str(s->out, "\n");
}

void pages_prometheus(const struct rollup *r, int64_t now_ms, struct buf *out)
{
    for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++) {
        struct series s = {&gauges[i], out};

        buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", s.gauge->name, s.gauge->help, s.gauge->name);
        rollup_each(r, now_ms, write_series, &s);
    }
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

struct list {
    int64_t period_s;
    struct buf *out;
    const char *separator;
};

static void write_number(struct buf *out, const char *name, double value)
{
    buf_str(out, name);
    buf_json_num(out, value);
}

static void write_period(struct buf *out, const char *name, const struct period *p)
{
    buf_str(out, name);
    if (p == NULL) {
        buf_str(out, "null");
        return;
    }
    write_number(out, "{\"Timestamp\":", (double)p->start_ms / 1000);
    write_number(out, ",\"Sum\":", p->sum);
    write_number(out, ",\"SampleCount\":", p->samples);
    write_number(out, ",\"Minimum\":", p->minimum);
    write_number(out, ",\"Maximum\":", p->maximum);
    write_number(out, ",\"Average\":", p->sum / p->samples);
    buf_str(out, "}");
}

static void write_row(void *arg, const struct rollup_row *row)
{
    struct list *l = arg;

    buf_str(l->out, l->separator);
    buf_str(l->out, "{\"Namespace\":");
    buf_json_cstr(l->out, row->namespace_);
    buf_str(l->out, ",\"MetricName\":");
    buf_json_cstr(l->out, row->name);
    buf_printf(l->out, ",\"Unit\":\"%s\",\"Period\":%" PRId64, row->unit, l->period_s);
    write_period(l->out, ",\"Last\":", row->last);
    write_period(l->out, ",\"Current\":", row->current);
    buf_str(l->out, "}");
    l->separator = ",";
}

void pages_json(const struct rollup *r, int64_t now_ms, struct buf *out)
{
    struct list l = {rollup_period_s(r), out, ""};

    buf_str(out, "{\"metrics\":[");
    rollup_each(r, now_ms, write_row, &l);
    buf_str(out, "]}");
}
