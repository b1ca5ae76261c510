/* A set of metrics as Prometheus text. */
#include <inttypes.h>
#include <string.h>

#include "metrics_set.h"

void metrics_head(struct buf *out, const char *name, const char *help, enum metric_kind kind)
{
    static const char *const kinds[] = {
        [METRIC_COUNTER] = "counter",
        [METRIC_GAUGE] = "gauge",
        [METRIC_HISTOGRAM] = "histogram",
    };

    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kinds[kind]);
}

static void write_bucket(struct buf *out, const struct metric_def *def, const char *bound, uint64_t count)
{
    buf_printf(out, "%s_bucket{%s%sle=\"%s\"} %" PRIu64 "\n", def->name, def->labels, *def->labels == '\0' ? "" : ",",
               bound, count);
}

/* NAME or NAME{labels}, and a space. */
static void write_series(struct buf *out, const struct metric_def *def, const char *suffix)
{
    buf_printf(out, *def->labels == '\0' ? "%s%s%s " : "%s%s{%s} ", def->name, suffix, def->labels);
}

static void write_histogram(struct buf *out, const struct metric_def *def, const struct histogram *h)
{
    const double *bounds = metrics_bounds(def->unit);
    struct buf bound = {0};
    uint64_t below = 0;

    for (size_t i = 0; i < METRICS_BUCKETS; i++) {
        below += h->buckets[i];
        buf_clear(&bound);
        buf_json_num(&bound, bounds[i]);
        write_bucket(out, def, bound.data, below);
    }
    buf_free(&bound);
    write_bucket(out, def, "+Inf", h->count);
    write_series(out, def, "_sum");
    buf_json_num(out, h->sum);
    buf_str(out, "\n");
    write_series(out, def, "_count");
    buf_printf(out, "%" PRIu64 "\n", h->count);
}

void metrics_prometheus(const struct metrics *m, struct buf *out)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct metric_def *def = &m->defs[i];

        if (i == 0 || strcmp(def->name, m->defs[i - 1].name) != 0)
            metrics_head(out, def->name, def->help, def->kind);
        if (def->kind == METRIC_HISTOGRAM) {
            write_histogram(out, def, m->values[i].histogram);
            continue;
        }
        write_series(out, def, "");
        buf_printf(out, "%" PRId64 "\n", m->values[i].value);
    }
    metrics_process(m, out);
}
