/*
 * One against one on one core: real ratings, sampled with replacement, fixed seed.
 *
 *   bench_engine [RATINGS [N_MAX]]
 *
 * at once   n tickets wait (as after a restart) and one tick matches them: the time of the tick
 * arrive    n tickets come at 10,000 a second of virtual time, and every tick due is made: the time of it all
 * apart     n tickets wait that cannot meet, past all expansions: bytes a ticket, by the engine's count and malloc's;
 *           then others come, 10,000 a second for ten seconds, that meet each other: the processor's share, beside the
 *           same with nobody else there
 */
#include "bench_world.h"

#define ARRIVALS_PER_S 10000
#define PASSERS_BY     100000
#define TIMEOUT_S      3600
#define BEGIN_MS       1000000

static const struct bench_rules duel = {
    "duel",
    "{\"ruleLanguageVersion\":\"1.0\",\"playerAttributes\":[{\"name\":\"skill\",\"type\":\"number\",\"default\":1500}],"
    "\"teams\":[{\"name\":\"red\",\"minPlayers\":1,\"maxPlayers\":1},{\"name\":\"blue\",\"minPlayers\":1,"
    "\"maxPlayers\":1}],\"rules\":[{\"name\":\"CloseSkill\",\"type\":\"distance\",\"measurements\":[\"max(flatten("
    "teams[*].players.attributes[skill]))\"],\"referenceValue\":\"min(flatten(teams[*].players.attributes[skill]))\","
    "\"maxDistance\":50}],\"expansions\":[{\"target\":\"rules[CloseSkill].maxDistance\",\"steps\":["
    "{\"waitTimeSeconds\":2,\"value\":100},{\"waitTimeSeconds\":5,\"value\":200},{\"waitTimeSeconds\":10,\"value\":500}"
    ","
    "{\"waitTimeSeconds\":15,\"value\":3000}]}]}"};

struct bench {
    const struct mm_catalog *catalog;
    json_object **skills;
    size_t skill_count;
    uint64_t seed;
    size_t matched; /* tickets */
    int64_t now_ms, waited_ms;
};

static void on_transition(void *arg, const struct mm_transition *t)
{
    struct bench *b = arg;

    if (t->kind != MM_MATCH)
        return;
    for (size_t i = 0; i < t->team_count; i++)
        b->waited_ms += b->now_ms - t->teams[i].players[0].start_ms;
    b->matched += t->team_count;
}

static struct mm_engine *begin(struct bench *b)
{
    b->seed = 20000;
    b->matched = 0;
    b->waited_ms = 0;
    b->now_ms = BEGIN_MS;
    return mm_engine_new(b->catalog, 0, on_transition, b);
}

static json_object *sample(struct bench *b)
{
    return b->skills[dice_below(&b->seed, b->skill_count)];
}

static void arrive(struct mm_engine *e, const struct bench *b, size_t i, json_object *with)
{
    struct mm_player player = {.attributes = with};
    struct bench_names names;

    bench_name(&names, i, i, 1);
    bench_start(e, &names, &player, 1, b->now_ms);
}

static void restore(struct mm_engine *e, const struct bench *b, size_t i, json_object *with)
{
    struct bench_names names;
    struct mm_player player = {.id = names.player[0], .attributes = with};

    bench_name(&names, i, i, 1);
    mm_engine_restore(e, b->now_ms,
                      &(struct mm_transition){.kind = MM_TICKET,
                                              .ticket_id = names.ticket,
                                              .state = MM_SEARCHING,
                                              .configuration = "bench",
                                              .start_ms = b->now_ms,
                                              .reason = "",
                                              .game_session = "",
                                              .players = &player,
                                              .player_count = 1});
}

static double at_once(struct bench *b, size_t n, double *restored)
{
    struct mm_engine *e = begin(b);
    int64_t began_us = bench_cpu_us(), us;

    for (size_t i = 0; i < n; i++)
        restore(e, b, i, sample(b));
    *restored = bench_rate(n, bench_cpu_us() - began_us);
    began_us = bench_cpu_us();
    bench_tick(e, b->now_ms);
    us = bench_cpu_us() - began_us;
    mm_engine_free(&e);
    return bench_rate(n, us);
}

static double arriving(struct bench *b, size_t n)
{
    struct mm_engine *e = begin(b);
    int64_t began_us = bench_cpu_us(), us;

    for (size_t i = 0; i < n; i++) {
        b->now_ms += i % (ARRIVALS_PER_S / 1000) == 0;
        bench_tick(e, b->now_ms);
        arrive(e, b, i, sample(b));
    }
    us = bench_cpu_us() - began_us;
    mm_engine_free(&e);
    return bench_rate(n, us);
}

static void stand_apart(struct mm_engine *e, struct bench *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        json_object *alone = bench_skill((double)(i + 1) * 1e4);

        arrive(e, b, i, alone);
        json_object_put(alone);
    }
    b->now_ms += 60000;
    bench_tick(e, b->now_ms);
}

struct apart {
    double bytes, malloc_bytes; /* a ticket */
    double us;                  /* a ticket that passes by */
    double waited_ms;           /* of virtual time, from its arrival to its match */
};

static struct apart apart(struct bench *b, size_t n)
{
    size_t heap_bytes = mallinfo2().uordblks + mallinfo2().hblkhd;
    struct mm_engine *e = begin(b);
    struct apart out = {0};
    int64_t began_us;

    stand_apart(e, b, n);
    heap_bytes = mallinfo2().uordblks + mallinfo2().hblkhd - heap_bytes;
    out.bytes = n > 0 ? (double)mm_engine_bytes(e) / (double)n : 0;
    out.malloc_bytes = n > 0 ? (double)heap_bytes / (double)n : 0;
    began_us = bench_cpu_us();
    for (size_t i = 0; i < PASSERS_BY; i++) {
        b->now_ms += i % (ARRIVALS_PER_S / 1000) == 0;
        bench_tick(e, b->now_ms);
        arrive(e, b, n + i, sample(b));
    }
    out.us = (double)(bench_cpu_us() - began_us) / PASSERS_BY;
    out.waited_ms = (double)b->waited_ms / (double)(b->matched > 0 ? b->matched : 1);
    mm_engine_free(&e);
    return out;
}

static void all(struct bench *b, size_t most)
{
    static const size_t sizes[] = {1000, 10000, 100000, 371970, 1000000};

    printf(
        "| tickets | all waiting at once | arriving one by one | restored | bytes a ticket (malloc's count) | 10,000/s "
        "passing by: share of a core | their wait |\n|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && sizes[i] <= most; i++) {
        double restored, once = at_once(b, sizes[i], &restored), one_by_one = arriving(b, sizes[i]);
        struct apart a = apart(b, sizes[i]), empty = apart(b, 0);

        printf("| %zu | %.0f/s | %.0f/s | %.0f/s | %.0f (%.0f) | %.2f %%, with an empty pool %.2f %% | %.1f ms |\n",
               sizes[i], once, one_by_one, restored, a.bytes, a.malloc_bytes, a.us / 100 * ARRIVALS_PER_S / 100,
               empty.us / 100 * ARRIVALS_PER_S / 100, a.waited_ms);
        (void)fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    struct numbers ratings = bench_ratings(argc > 1 ? argv[1] : "tests/data/ratings.txt");
    struct mm_catalog *catalog = bench_catalog(duel, TIMEOUT_S);
    struct bench b = {.catalog = catalog, .skill_count = ratings.count};

    b.skills = mem_alloc(ratings.count * sizeof(json_object *));
    for (size_t i = 0; i < ratings.count; i++)
        b.skills[i] = bench_skill(ratings.list[i]);
    if (argc > 2 && argv[2][0] == '=')
        (void)arriving(&b, strtoull(argv[2] + 1, NULL, 10)); /* for instruction counts */
    else
        all(&b, argc > 2 ? strtoull(argv[2], NULL, 10) : SIZE_MAX);
    for (size_t i = 0; i < ratings.count; i++)
        json_object_put(b.skills[i]);
    free(b.skills);
    numbers_free(&ratings);
    mm_catalog_free(&catalog);
    return 0;
}
