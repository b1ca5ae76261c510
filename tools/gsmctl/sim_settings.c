#include "sim_settings.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "sim_traffic.h"

#define SETTINGS(X)                                                                                                    \
    X(rules, STR, "SIMULATE_RULES", "rules", "", 0, 4096, "the rule set, a file")                                      \
    X(compare, STR, "SIMULATE_COMPARE", "compare", "", 0, 4096,                                                        \
      "in place of --rules: --compare A.json B.json, both on the same tickets, side by side")                          \
    X(players, STR, "SIMULATE_PLAYERS", "players", "", 0, 4096,                                                        \
      "who plays, a CSV file; its header names attributes, and may have party and latency:LOCATION")                   \
    X(ratings, STR, "SIMULATE_RATINGS", "ratings", "", 0, 4096,                                                        \
      "in place of --players: a file of numbers, one a line")                                                          \
    X(attribute, STR, "SIMULATE_ATTRIBUTE", "attribute", "", 0, 1024,                                                  \
      "what --ratings are, and what bands are made of; empty: the rule set's first number attribute")                  \
    X(party, STR, "SIMULATE_PARTY", "party", "1:1", 1, 255,                                                            \
      "with --ratings, sizes of tickets and their weights: 1:70,2:20,5:10")                                            \
    X(arrivals, STR, "SIMULATE_ARRIVALS", "arrivals", "poisson:1", 1, 4096,                                            \
      "poisson:RATE, tickets a second drawn at random; or a file of times in seconds, taken in order")                 \
    X(length, STR, "SIMULATE_FOR", "for", "1h", 2, 8, "how long is played: 90s, 30m, 1h, 2d")                          \
    X(seed, INT, "SIMULATE_SEED", "seed", "1", 0, INT64_MAX, "the same seed gives the same report")                    \
    X(timeout_s, INT, "SIMULATE_TIMEOUT", "timeout", "120", 1, 43200, "seconds until a ticket times out")              \
    X(csv, STR, "SIMULATE_CSV", "csv", "", 0, 4096, "writes every ticket to this file")                                \
    X(html, STR, "SIMULATE_HTML", "html", "", 0, 4096, "writes a page with plots to this file")

#define ROW(...) CONF_ROW(struct sim_settings, __VA_ARGS__)
static const struct conf_key settings_keys[] = {SETTINGS(ROW) CONF_END};
#undef ROW

/* Takes the second file of --compare out of argv, which then has one value a flag. */
static const char *take_second(int *argc, char **argv)
{
    for (int i = 1; i < *argc && argv[i] != NULL; i++) {
        int at = strcmp(argv[i], "--compare") == 0 ? i + 2 : strncmp(argv[i], "--compare=", 10) == 0 ? i + 1 : *argc;
        const char *second = at < *argc ? argv[at] : NULL;

        if (second == NULL || strncmp(second, "--", 2) == 0)
            continue;
        memmove(&argv[at], &argv[at + 1], (size_t)(*argc - at) * sizeof(*argv));
        (*argc)--;
        return second;
    }
    return NULL;
}

/* A report would replace what is read, or the other report. */
static bool is_named_twice(const struct sim_settings *s, const char *output)
{
    const char *all[] = {s->rules, s->compare, s->second, s->players, s->ratings, s->arrivals, s->csv, s->html};
    size_t n = 0;

    for (size_t i = 0; output[0] != '\0' && i < sizeof(all) / sizeof(all[0]); i++)
        n += all[i] != NULL && strcmp(all[i], output) == 0;
    return n > 1;
}

/* What is wrong with it as a whole; NULL: nothing. */
static const char *fault_of(const struct sim_settings *s)
{
    if ((s->rules[0] != '\0') == (s->compare[0] != '\0'))
        return "one of --rules FILE and --compare A.json B.json must be given";
    if (s->compare[0] != '\0' && s->second == NULL)
        return "--compare: two files must follow: --compare A.json B.json";
    if ((s->players[0] != '\0') == (s->ratings[0] != '\0'))
        return "one of --players FILE.csv and --ratings FILE must be given";
    if (s->length_ms == 0)
        return "--for: must be a number and s, m, h or d, from 1s to 7d, as in 90s or 1h";
    if (is_named_twice(s, s->csv) || is_named_twice(s, s->html))
        return "--csv and --html: must be files that no other setting names";
    return NULL;
}

enum conf_result sim_settings_load(struct sim_settings *out, int argc, char **argv)
{
    const char *second = take_second(&argc, argv), *fault;
    enum conf_result loaded =
        conf_load(settings_keys, out, argc, argv, "gsmctl simulate", "try a rule set on a virtual clock");

    if (loaded != CONF_OK)
        return loaded;
    out->second = second;
    out->length_ms = sim_duration_ms(out->length);
    fault = fault_of(out);
    if (fault == NULL)
        return CONF_OK;
    (void)fprintf(stderr, "gsmctl: simulate: %s\n", fault);
    return CONF_BAD;
}
