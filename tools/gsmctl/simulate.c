#include "simulate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "err.h"
#include "file.h"
#include "mem.h"
#include "sim_report.h"
#include "sim_settings.h"

#define PROGRESS_MS       100
#define LIBRARY_PATH      "/usr/share/javascript/chart.js/chart.min.js"
#define LIBRARY_PACKAGE   "libjs-chart.js"
#define LIBRARY_MAX_BYTES ((size_t)4 << 20)
#define INPUTS_MAX        16

struct simulation {
    struct sim_settings asked;
    char *library; /* Chart.js; NULL: no page is asked for */
    struct sim_rules rules[SIM_RUNS_MAX];
    const struct sim_attribute *attribute; /* what ratings and bands are of; NULL: none */
    struct sim_population population;
    struct sim_traffic traffic;
    struct sim_run runs[SIM_RUNS_MAX];
    struct sim_stats stats[SIM_RUNS_MAX];
    int64_t began_ms, told_ms; /* real time */
    char error[SIM_ERROR_SIZE];
};

static int fault(struct simulation *s, const char *sentence)
{
    (void)snprintf(s->error, sizeof(s->error), "%s", sentence);
    return ERR_INVALID;
}

/* Before the work, not after it. */
static int load_library(struct simulation *s)
{
    size_t len;

    if (s->asked.html[0] == '\0')
        return 0;
    s->library = file_read(LIBRARY_PATH, LIBRARY_MAX_BYTES, &len, s->error, sizeof(s->error));
    if (s->library != NULL)
        return 0;
    return fault(s, "--html needs Chart.js, " LIBRARY_PATH ": apt-get install " LIBRARY_PACKAGE);
}

static bool may_write(struct simulation *s, const char *path)
{
    bool there = access(path, F_OK) == 0;
    FILE *file = path[0] == '\0' ? NULL : fopen(path, "ae");

    if (file != NULL)
        (void)fclose(file);
    if (file != NULL && !there)
        (void)unlink(path);
    else if (file == NULL && path[0] != '\0')
        (void)snprintf(s->error, sizeof(s->error), "%s: cannot be written: %s", path, strerror(errno));
    return s->error[0] == '\0';
}

/* Before the work, too; until there is something to write all is left as it is. */
static int try_outputs(struct simulation *s)
{
    return may_write(s, s->asked.csv) && may_write(s, s->asked.html) ? 0 : ERR_SYSTEM;
}

/* ---- what is read ---- */

static size_t run_count(const struct simulation *s)
{
    return s->asked.second == NULL ? 1 : 2;
}

static int load_rules(struct simulation *s)
{
    const char *paths[SIM_RUNS_MAX] = {s->asked.second == NULL ? s->asked.rules : s->asked.compare, s->asked.second};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < run_count(s); i++)
        rc = sim_rules_load(&s->rules[i], paths[i], s->asked.timeout_s, s->error);
    return rc;
}

static int find_attribute(struct simulation *s)
{
    const char *name = s->asked.attribute;
    const struct sim_attribute *found = NULL;

    if (name[0] == '\0')
        found = sim_rules_first_number(&s->rules[0]);
    for (size_t i = 0; found == NULL && name[0] != '\0' && i < run_count(s); i++)
        found = sim_rules_find(&s->rules[i], name);
    if ((found == NULL || found->type != MM_ATTRIBUTE_NUMBER) && name[0] != '\0')
        return fault(s, "--attribute: must be a number attribute of the rule set");
    if (found == NULL && s->asked.ratings[0] != '\0')
        return fault(s, "--ratings: the rule set has no number attribute that they could be; use --players");
    s->attribute = found;
    return 0;
}

/* One file of players serves both rule sets. */
static int compare_types(struct simulation *s)
{
    for (size_t i = 0; s->asked.second != NULL && i < s->rules[0].attribute_count; i++) {
        const struct sim_attribute *a = &s->rules[0].attributes[i], *b = sim_rules_find(&s->rules[1], a->name);

        if (b == NULL || b->type == a->type)
            continue;
        (void)snprintf(s->error, sizeof(s->error), "--compare: attribute \"%.100s\" must be of one type in both files",
                       a->name);
        return ERR_INVALID;
    }
    return 0;
}

static int load_population(struct simulation *s)
{
    if (s->asked.ratings[0] != '\0')
        return sim_population_from_ratings(&s->population, s->asked.ratings, s->attribute->name, s->error);
    return sim_population_from_players(&s->population, s->asked.players, s->rules, run_count(s), s->error);
}

static int make_traffic(struct simulation *s)
{
    const struct sim_asked asked = {.arrivals = s->asked.arrivals,
                                    .party = s->asked.party,
                                    .length_ms = s->asked.length_ms,
                                    .seed = (uint64_t)s->asked.seed};

    return sim_traffic_make(&s->traffic, &s->population, &asked, s->error);
}

/* ---- the runs ---- */

static void on_progress(void *arg, const struct sim_run *run, int64_t now_ms, size_t arrived)
{
    struct simulation *s = arg;
    int64_t real_ms = clock_mono_ms();

    if (real_ms - s->told_ms < PROGRESS_MS)
        return;
    s->told_ms = real_ms;
    if (isatty(STDERR_FILENO))
        (void)fprintf(stderr, "\r%s: %3d %%  minute %.1f of %.1f  tickets %zu  matches %zu ", run->rules->label,
                      (int)(100 * now_ms / s->asked.length_ms), (double)now_ms / 60000,
                      (double)s->asked.length_ms / 60000, arrived, run->match_count);
}

static void run_all(struct simulation *s)
{
    for (size_t i = 0; i < run_count(s); i++) {
        s->began_ms = s->told_ms = clock_mono_ms();
        sim_run_make(&s->runs[i], &s->rules[i], &s->traffic, on_progress, s);
        sim_stats_make(&s->stats[i], &s->runs[i], s->attribute);
        (void)fprintf(stderr, "%s%s: %zu tickets and %zu matches in %.1f minutes of play, simulated in %.2f s\n",
                      isatty(STDERR_FILENO) ? "\r\033[K" : "", s->rules[i].label, s->traffic.count,
                      s->runs[i].match_count, (double)s->asked.length_ms / 60000,
                      (double)(clock_mono_ms() - s->began_ms) / 1000);
    }
}

/* ---- the reports ---- */

/* Every setting that the outcome hangs on, as it is in force. */
static void list_inputs(const struct simulation *s, struct sim_input *inputs, char seed[24], char timeout[24])
{
    const struct sim_settings *c = &s->asked;
    const struct sim_input all[] = {
        {"players", c->players},
        {"ratings", c->ratings},
        {"attribute", s->attribute == NULL ? "" : s->attribute->name},
        {"party", c->ratings[0] == '\0' ? "" : c->party},
        {"arrivals", c->arrivals},
        {"for", c->length},
        {"seed", seed},
        {"time-out, s", timeout},
    };

    (void)snprintf(seed, 24, "%" PRId64, c->seed);
    (void)snprintf(timeout, 24, "%" PRId64, c->timeout_s);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (all[i].value[0] != '\0')
            *inputs++ = all[i];
    }
    *inputs = (struct sim_input){NULL, NULL};
}

static int write_report(struct simulation *s, const struct sim_report *r, const char *path,
                        void (*make)(struct buf *out, const struct sim_report *r, const char *library))
{
    struct buf text = {0};
    int rc;

    if (path[0] == '\0')
        return 0;
    make(&text, r, s->library);
    rc = file_write(path, text.data, text.len, s->error, sizeof(s->error));
    buf_free(&text);
    return rc;
}

static void make_csv(struct buf *out, const struct sim_report *r, const char *library)
{
    (void)library;
    sim_report_csv(out, r);
}

static int report(struct simulation *s)
{
    bool namesakes = s->asked.second != NULL && strcmp(s->rules[0].label, s->rules[1].label) == 0;
    struct sim_stats *stats[SIM_RUNS_MAX] = {&s->stats[0], &s->stats[1]};
    struct sim_input inputs[INPUTS_MAX];
    char seed[24], timeout[24];
    struct buf text = {0};
    struct sim_report r = {
        .runs = s->runs, .stats = stats, .run_count = run_count(s), .bands = s->attribute, .inputs = inputs};
    int rc;

    r.names[0] = namesakes ? "A" : s->rules[0].label;
    r.names[1] = namesakes ? "B" : s->rules[1].label;
    list_inputs(s, inputs, seed, timeout);
    sim_report_text(&text, &r);
    (void)fwrite(text.data, 1, text.len, stdout);
    buf_free(&text);
    rc = write_report(s, &r, s->asked.csv, make_csv);
    return rc != 0 ? rc : write_report(s, &r, s->asked.html, sim_report_html);
}

static void release(struct simulation *s)
{
    for (size_t i = 0; i < SIM_RUNS_MAX; i++) {
        sim_stats_free(&s->stats[i]);
        sim_run_free(&s->runs[i]);
        sim_rules_free(&s->rules[i]);
    }
    sim_traffic_free(&s->traffic);
    sim_population_free(&s->population);
    free(s->library);
}

static int prepare(struct simulation *s)
{
    static int (*const steps[])(struct simulation * s) = {
        load_library, load_rules, find_attribute, compare_types, load_population, make_traffic, try_outputs,
    };
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sizeof(steps) / sizeof(steps[0]); i++)
        rc = steps[i](s);
    return rc;
}

int simulate(int argc, char **argv)
{
    struct simulation *s = MEM_NEW(struct simulation);
    enum conf_result loaded = sim_settings_load(&s->asked, argc, argv);
    int status = 0;

    if (loaded != CONF_OK)
        status = loaded == CONF_HELP ? 0 : 2;
    else if (prepare(s) != 0)
        status = 2;
    else {
        run_all(s);
        status = report(s) == 0 ? 0 : 1;
    }
    if (s->error[0] != '\0')
        (void)fprintf(stderr, "gsmctl: simulate: %s\n", s->error);
    release(s);
    free(s);
    return status;
}
