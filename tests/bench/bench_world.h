/*
 * bench_world.h - what benchmarks of the engine share: a rule set by name, tickets drawn from ratings with a fixed
 * seed, and the clock. Attributes are JSON already when the clock runs, as they come out of a record once for all that
 * is done with it. Ids are as long as they are in life.
 */
#ifndef BENCH_WORLD_H
#define BENCH_WORLD_H

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dice.h"
#include "id.h"
#include "mem.h"
#include "mm_engine.h"
#include "mm_ruleset.h"
#include "numbers.h"

struct bench_rules {
    const char *name, *text;
};

static char *bench_load(void *arg, const char *name, size_t *len, char error[MM_ERROR_SIZE])
{
    const struct bench_rules *rules = arg;

    (void)name;
    (void)error;
    *len = strlen(rules->text);
    return mem_strdup(rules->text);
}

static struct mm_catalog *bench_catalog(struct bench_rules rules, int64_t timeout_s)
{
    struct mm_catalog *catalog = NULL;
    char text[512], error[MM_ERROR_SIZE];

    (void)snprintf(text, sizeof(text),
                   "{\"MatchmakingConfigurations\":[{\"Name\":\"bench\",\"RuleSetName\":\"%s\",\"Partition\":0,"
                   "\"RequestTimeoutSeconds\":%d}]}",
                   rules.name, (int)timeout_s);
    if (mm_catalog_parse(&catalog, text, strlen(text), 1, bench_load, &rules, error) != 0) {
        (void)fprintf(stderr, "%s\n", error);
        exit(2);
    }
    return catalog;
}

static struct numbers bench_ratings(const char *path)
{
    struct numbers ratings = {0};
    char error[256];

    if (numbers_load(&ratings, path, error, sizeof(error)) != 0) {
        (void)fprintf(stderr, "%s\n", error);
        exit(2);
    }
    return ratings;
}

static json_object *bench_skill(double skill)
{
    json_object *all = json_object_new_object(), *tagged = json_object_new_object();

    json_object_object_add(tagged, "N", json_object_new_double(skill));
    json_object_object_add(all, "skill", tagged);
    return all;
}

struct bench_names {
    char ticket[ID_UUID_SIZE], player[MM_TICKET_PLAYERS_MAX][32];
};

/* first: the number of the ticket's first player. */
static void bench_name(struct bench_names *out, size_t ticket, size_t first, size_t players)
{
    id_uuid_from(1, ticket, out->ticket);
    for (size_t i = 0; i < players; i++)
        (void)snprintf(out->player[i], sizeof(out->player[i]), "player-%08zu", first + i);
}

static inline void bench_start(struct mm_engine *e, struct bench_names *names, struct mm_player *players, size_t count,
                               int64_t now_ms)
{
    struct mm_command c = {.type = MM_START,
                           .ticket_id = names->ticket,
                           .configuration = "bench",
                           .match_id = "",
                           .game_session = "",
                           .players = players,
                           .player_count = count,
                           .issuer = {names->player[0], "", ""},
                           .issued_ms = now_ms,
                           .start_ms = now_ms};

    for (size_t i = 0; i < count; i++)
        players[i].id = names->player[i];
    mm_engine_apply(e, now_ms, &c);
}

static inline void bench_tick(struct mm_engine *e, int64_t now_ms)
{
    if (mm_engine_due_ms(e) <= now_ms)
        mm_engine_tick(e, now_ms, SIZE_MAX);
}

/* Of this process: other work on the machine counts only as far as it takes the caches. */
static inline int64_t bench_cpu_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static inline double bench_rate(size_t n, int64_t us)
{
    return (double)n * 1e6 / (double)(us > 0 ? us : 1);
}

#endif
