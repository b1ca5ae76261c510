#include "results.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "players.h"
#include "report.h"

#define COUNTS_MAX (4 + COUNTER_COUNT + 1 + MODE_ROWS_MAX)

#define COUNTER_ROW(counter, key, label) {key, label, 0},
static const struct report_count counter_rows[COUNTER_COUNT] = {SWARM_COUNTERS(COUNTER_ROW)};

static const char *const notes[NOTE_COUNT] = {"error answered", "connection lost or refused"};

static size_t matched_players(const struct swarm *s)
{
    size_t matched = 0;

    for (size_t i = 0; i < s->count; i++)
        matched += s->players[i].matches > 0;
    return matched;
}

void results_progress(const struct swarm *s)
{
    bool tty = isatty(STDOUT_FILENO);

    printf("%s%6.1f s  connected %zu  queued %zu  matched %zu  matches %zu%s", tty ? "\r" : "", swarm_elapsed_s(s),
           s->connected, s->in_state[PLAYER_ASKED] + s->in_state[PLAYER_QUEUED], s->in_state[PLAYER_MATCHED],
           ledger_complete(s->ledger), tty ? "\033[K" : "\n");
    fflush(stdout);
}

/* All counts of the run, those of every mode first; out is ended by key == NULL. */
static void collect(const struct swarm *s, const struct mode_result *mode, struct report_count out[COUNTS_MAX])
{
    size_t matched = matched_players(s);
    size_t n = 0;

    out[n++] = (struct report_count){"players", "players", (int64_t)s->count};
    out[n++] = (struct report_count){"matches", "matches", (int64_t)ledger_complete(s->ledger)};
    out[n++] = (struct report_count){"unmatched", "players without a match", (int64_t)(s->count - matched)};
    for (size_t i = 0; i < COUNTER_COUNT; i++) {
        out[n] = counter_rows[i];
        out[n++].value = s->counters[i];
    }
    out[n++] = (struct report_count){"violations", "violations", (int64_t)ledger_violations(s->ledger)};
    for (size_t i = 0; mode->counts[i].key != NULL; i++)
        out[n++] = mode->counts[i];
    out[n] = (struct report_count){NULL, NULL, 0};
}

static int write_json(const char *path, const struct report *r)
{
    struct buf json = {0};
    FILE *file = fopen(path, "we");
    int rc = file == NULL ? -1 : 0;

    report_json(&json, r);
    if (file != NULL && fwrite(json.data, 1, json.len, file) != json.len)
        rc = -1;
    if (file != NULL && fclose(file) != 0)
        rc = -1;
    if (rc != 0)
        fprintf(stderr, "players: json: %s: %s\n", path, strerror(errno));
    buf_free(&json);
    return rc;
}

static void print_table(const struct swarm *s, const struct report *r, const struct mode_result *mode)
{
    size_t histograms = s->conf->quiet ? 0 : mode->histograms;
    struct buf out = {0};

    report_table(&out, r);
    if (mode->text != NULL && mode->text[0] != '\0')
        buf_printf(&out, "\n%s", mode->text);
    for (size_t i = 0; i < histograms; i++) {
        buf_str(&out, "\n");
        report_histogram(&out, &r->spreads[i]);
    }
    printf("%s%s after %.1f s\n\n%s", s->conf->quiet || !isatty(STDOUT_FILENO) ? "" : "\n", s->mode->name,
           swarm_elapsed_s(s), out.data);
    buf_free(&out);
}

static int verdict(const struct swarm *s, const struct mode_result *mode)
{
    const char *text;

    for (size_t i = 0; i < NOTE_COUNT; i++)
        if (s->notes[i][0] != '\0')
            printf("\nfirst %s: %s\n", notes[i], s->notes[i]);
    for (size_t i = 0; (text = ledger_violation_text(s->ledger, i)) != NULL; i++)
        printf("VIOLATION %s\n", text);
    if (s->interrupted)
        printf("FAILED: interrupted\n");
    else if (mode->failure != NULL)
        printf("FAILED: %s\n", mode->failure);
    if (ledger_violations(s->ledger) > 0)
        printf("FAILED: %zu violations\n", ledger_violations(s->ledger));
    return s->interrupted || mode->failure != NULL || ledger_violations(s->ledger) > 0;
}

int results_print(struct swarm *s)
{
    struct report_count counts[COUNTS_MAX];
    struct mode_result mode = {0};
    struct report r = {s->mode->name, counts, mode.spreads};
    int rc;

    s->mode->result(s, &mode);
    collect(s, &mode, counts);
    if (!s->conf->quiet && isatty(STDOUT_FILENO))
        results_progress(s);
    print_table(s, &r, &mode);
    rc = verdict(s, &mode);
    if (s->conf->json[0] != '\0' && write_json(s->conf->json, &r) != 0)
        rc = 1;
    return rc;
}
