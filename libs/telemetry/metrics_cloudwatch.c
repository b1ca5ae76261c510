/* A set of metrics as CloudWatch PutMetricData documents. */
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "metrics_set.h"

struct sender {
    struct metrics *m;
    int64_t wall_ms;
    bool gauges; /* their period has begun */
    struct buf json, key;
    metrics_emit_fn *emit;
    void *arg;
};

static const struct {
    const char *name;
    double scale; /* from the base unit */
} units[] = {
    [METRIC_COUNT] = {"Count", 1},
    [METRIC_SECONDS] = {"Milliseconds", 1000},
    [METRIC_BYTES] = {"Bytes", 1},
};

/* Rows with one CloudWatchName (a counter's labels) are one metric there: the first of them speaks for all. */
static bool first_of_name(const struct metrics *m, size_t id)
{
    for (size_t i = 0; i < id; i++) {
        if (strcmp(m->defs[i].cloudwatch_name, m->defs[id].cloudwatch_name) == 0)
            return false;
    }
    return true;
}

static int64_t take_increase(struct metrics *m, const char *cloudwatch_name)
{
    int64_t increase = 0;

    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->defs[i].cloudwatch_name, cloudwatch_name) != 0)
            continue;
        increase += m->values[i].value - m->values[i].sent;
        m->values[i].sent = m->values[i].value;
    }
    return increase;
}

static void write_value(struct sender *s, double value)
{
    buf_str(&s->json, ",\"Value\":");
    buf_json_num(&s->json, value);
}

static void write_statistics(struct sender *s, const struct histogram *h, double scale)
{
    const struct {
        const char *name;
        double value;
    } parts[] = {
        {",\"StatisticValues\":{\"SampleCount\":", (double)h->fresh_count},
        {",\"Sum\":", h->fresh_sum * scale},
        {",\"Minimum\":", h->fresh_min * scale},
        {",\"Maximum\":", h->fresh_max * scale},
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        buf_str(&s->json, parts[i].name);
        buf_json_num(&s->json, parts[i].value);
    }
    buf_str(&s->json, "}");
}

/* Writes the figure of a row; false when there is nothing to tell. */
static bool write_figure(struct sender *s, size_t id)
{
    const struct metric_def *def = &s->m->defs[id];
    struct histogram *h = s->m->values[id].histogram;
    double scale = units[def->unit].scale;

    if (def->kind == METRIC_COUNTER) {
        write_value(s, (double)take_increase(s->m, def->cloudwatch_name) * scale);
        return true;
    }
    if (def->kind == METRIC_GAUGE) {
        write_value(s, (double)s->m->values[id].value * scale);
        return s->gauges;
    }
    if (h->fresh_count == 0)
        return false;
    write_statistics(s, h, scale);
    h->fresh_count = 0;
    h->fresh_sum = 0;
    return true;
}

static void send_row(struct sender *s, size_t id)
{
    const struct metric_def *def = &s->m->defs[id];

    buf_clear(&s->json);
    buf_str(&s->json, "{\"Namespace\":");
    buf_json_cstr(&s->json, s->m->namespace_);
    buf_str(&s->json, ",\"MetricData\":[{\"MetricName\":");
    buf_json_cstr(&s->json, def->cloudwatch_name);
    buf_printf(&s->json, ",\"Timestamp\":%" PRId64 ".%03" PRId64 ",\"Unit\":\"%s\"", s->wall_ms / 1000,
               s->wall_ms % 1000, units[def->unit].name);
    if (!write_figure(s, id))
        return;
    buf_str(&s->json, "}]}");
    buf_clear(&s->key);
    buf_printf(&s->key, "%s/%s", s->m->namespace_, def->cloudwatch_name);
    s->emit(s->arg, s->key.data, s->json.data, s->json.len);
}

void metrics_cloudwatch(struct metrics *m, int64_t wall_ms, int64_t period_s, metrics_emit_fn *emit, void *arg)
{
    int64_t period = wall_ms / (period_s * 1000);
    struct sender s = {.m = m, .wall_ms = wall_ms, .gauges = period != m->sent_period, .emit = emit, .arg = arg};

    m->sent_period = period;
    for (size_t i = 0; i < m->count; i++) {
        if (*m->defs[i].cloudwatch_name != '\0' && first_of_name(m, i))
            send_row(&s, i);
    }
    buf_free(&s.json);
    buf_free(&s.key);
}
