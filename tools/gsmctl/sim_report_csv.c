#include <stdio.h>
#include <string.h>

#include "sim_csv.h"
#include "sim_report.h"

static void append_header(struct buf *out, const struct sim_report *r)
{
    static const char *const of_run[] = {"end_s", "state", "wait_s", "match", "team"};
    const struct sim_population *p = r->runs[0].traffic->population;
    char name[256];

    buf_str(out, "ticket,arrival_s,players");
    for (size_t run = 0; run < r->run_count; run++) {
        for (size_t i = 0; i < sizeof(of_run) / sizeof(of_run[0]); i++) {
            (void)snprintf(name, sizeof(name), "%.200s%s%s", r->run_count > 1 ? r->names[run] : "",
                           r->run_count > 1 ? "." : "", of_run[i]);
            buf_str(out, ",");
            sim_csv_append(out, name);
        }
    }
    for (size_t i = 0; i < p->column_count; i++) {
        (void)snprintf(name, sizeof(name), "%s%.200s", p->columns[i].latency ? "latency:" : "", p->columns[i].name);
        buf_str(out, ",");
        sim_csv_append(out, name);
    }
    buf_str(out, "\n");
}

static void append_outcome(struct buf *out, const struct sim_run *run, size_t ticket)
{
    const struct sim_outcome *o = &run->outcomes[ticket];

    if (o->state == SIM_SEARCHING)
        buf_printf(out, ",,%s,,,", sim_state_names[o->state]);
    else
        buf_printf(out, ",%.3f,%s,%.3f,", (double)o->end_ms / 1000, sim_state_names[o->state],
                   (double)(o->end_ms - run->traffic->list[ticket].at_ms) / 1000);
    if (o->state == SIM_COMPLETED) {
        buf_printf(out, "%u,", (unsigned)o->match);
        sim_csv_append(out, run->teams[o->team]);
    } else if (o->state != SIM_SEARCHING)
        buf_str(out, ",");
}

static void append_players(struct buf *out, struct buf *cell, const struct sim_traffic *t, const struct sim_arrival *a)
{
    const struct sim_population *p = t->population;

    for (size_t i = 0; i < p->column_count; i++) {
        buf_clear(cell);
        for (size_t j = 0; j < a->count; j++)
            buf_printf(cell, "%s%s", j > 0 ? "|" : "", sim_population_text(p, t->persons[a->first + j], i));
        buf_str(out, ",");
        sim_csv_append(out, cell->data);
    }
    buf_str(out, "\n");
}

void sim_report_csv(struct buf *out, const struct sim_report *r)
{
    const struct sim_traffic *t = r->runs[0].traffic;
    struct buf cell = {0};

    append_header(out, r);
    for (size_t i = 0; i < t->count; i++) {
        buf_printf(out, "%zu,%.3f,%u", i + 1, (double)t->list[i].at_ms / 1000, (unsigned)t->list[i].count);
        for (size_t run = 0; run < r->run_count; run++)
            append_outcome(out, &r->runs[run], i);
        append_players(out, &cell, t, &t->list[i]);
    }
    buf_free(&cell);
}
