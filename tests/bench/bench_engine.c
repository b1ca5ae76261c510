/*
 * The engine alone, one against one, on one core: real ratings (one a line), sampled with replacement, fixed seed.
 *
 *   bench_engine [MATCHMAKING_JSON [RATINGS [N_MAX]]]
 *
 * arrive    n tickets come at 1,000 a second of virtual time, and every tick due is made: the time of it all
 * at once   n tickets wait (as after a restart) and one tick matches them: the time of restoring, and of the tick
 * apart     n tickets wait that cannot meet: bytes a ticket by the engine's own count and by malloc's; then others
 *           come that match each other, two by two: what a ticket's whole way costs beside so many that wait
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "id.h"
#include "mem.h"
#include "mm_engine.h"

#define ARRIVALS_PER_S 1000
#define PASSERS_BY     100000

struct bench {
    const struct mm_catalog *catalog;
    const char *configuration;
    json_object **ratings; /* in the AWS shape */
    size_t rating_count;
    uint64_t random;
    size_t matched; /* tickets */
};

static void on_transition(void *arg, const struct mm_transition *t)
{
    struct bench *b = arg;

    b->matched += t->kind == MM_MATCH ? t->team_count : 0;
}

static json_object *sample(struct bench *b)
{
    b->random = b->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return b->ratings[(b->random >> 33) % b->rating_count];
}

static json_object *attributes(double skill)
{
    json_object *all = json_object_new_object(), *tagged = json_object_new_object();

    json_object_object_add(tagged, "N", json_object_new_double(skill));
    json_object_object_add(all, "skill", tagged);
    return all;
}

static void read_ratings(struct bench *b, const char *path)
{
    FILE *f = fopen(path, "re");
    char line[64];

    if (f == NULL) {
        perror(path);
        exit(2);
    }
    while (fgets(line, sizeof(line), f) != NULL) {
        b->ratings = mem_realloc(b->ratings, b->rating_count + 1, sizeof(json_object *));
        b->ratings[b->rating_count++] = attributes(strtod(line, NULL));
    }
    (void)fclose(f);
}

struct names {
    char ticket[ID_UUID_SIZE], player[32];
};

/* Ids as long as they are in life. */
static void name(struct names *out, size_t i)
{
    id_uuid_from(1, i, out->ticket);
    (void)snprintf(out->player, sizeof(out->player), "player-%08zu", i);
}

static void arrive(struct mm_engine *e, const struct bench *b, size_t i, int64_t now_ms, json_object *with)
{
    struct names id;
    struct mm_command c = {.type = MM_START,
                           .ticket_id = id.ticket,
                           .configuration = b->configuration,
                           .players = &(struct mm_player){.id = id.player, .attributes = with},
                           .player_count = 1,
                           .issuer = {id.player, "", ""},
                           .issued_ms = now_ms,
                           .start_ms = now_ms};

    name(&id, i);
    mm_engine_apply(e, now_ms, &c);
}

static void restore(struct mm_engine *e, const struct bench *b, size_t i, int64_t now_ms, json_object *with)
{
    struct names id;
    struct mm_transition t = {.kind = MM_TICKET,
                              .ticket_id = id.ticket,
                              .state = MM_SEARCHING,
                              .configuration = b->configuration,
                              .start_ms = now_ms,
                              .players = &(struct mm_player){.id = id.player, .attributes = with},
                              .player_count = 1};

    name(&id, i);
    mm_engine_restore(e, now_ms, &t);
}

static struct mm_engine *begin(struct bench *b)
{
    b->random = 20000;
    b->matched = 0;
    return mm_engine_new(b->catalog, b->catalog->configurations[0].partition, on_transition, b);
}

static double rate(size_t n, int64_t us)
{
    return (double)n * 1e6 / (double)(us > 0 ? us : 1);
}

static void bench_arrive(struct bench *b, size_t n)
{
    struct mm_engine *e = begin(b);
    int64_t now_ms = 1000000, began_us = clock_mono_us(), us;
    size_t most = 0;

    for (size_t i = 0; i < n; i++) {
        now_ms += i % ARRIVALS_PER_S == 0 ? 0 : 1000 / ARRIVALS_PER_S;
        if (mm_engine_due_ms(e) <= now_ms)
            mm_engine_tick(e, now_ms, SIZE_MAX);
        arrive(e, b, i, now_ms, sample(b));
        most = mm_engine_waiting(e) > most ? mm_engine_waiting(e) : most;
    }
    us = clock_mono_us() - began_us;
    printf("arrive   %8zu  %9.1f ms  %9.0f tickets/s  matched %zu, waiting at most %zu\n", n, (double)us / 1e3,
           rate(n, us), b->matched, most);
    mm_engine_free(&e);
}

static void bench_at_once(struct bench *b, size_t n)
{
    struct mm_engine *e = begin(b);
    int64_t began_us = clock_mono_us(), restored_us, us;

    for (size_t i = 0; i < n; i++)
        restore(e, b, i, 1000000, sample(b));
    restored_us = clock_mono_us() - began_us;
    began_us = clock_mono_us();
    mm_engine_tick(e, 1000000, SIZE_MAX);
    us = clock_mono_us() - began_us;
    printf("at once  %8zu  %9.1f ms  %9.0f tickets/s  matched %zu; restored at %.0f tickets/s\n", n, (double)us / 1e3,
           rate(n, us), b->matched, rate(n, restored_us));
    mm_engine_free(&e);
}

static void bench_apart(struct bench *b, size_t n)
{
    json_object *nearby = attributes(-1e9);
    size_t heap_bytes = mallinfo2().uordblks + mallinfo2().hblkhd;
    struct mm_engine *e = begin(b);
    int64_t began_us, us;
    size_t bytes;

    for (size_t i = 0; i < n; i++) {
        json_object *alone = attributes((double)i * 1e4);

        arrive(e, b, i, 1000000, alone);
        json_object_put(alone);
    }
    heap_bytes = mallinfo2().uordblks + mallinfo2().hblkhd - heap_bytes;
    bytes = mm_engine_bytes(e);
    began_us = clock_mono_us();
    for (size_t i = 0; i < PASSERS_BY; i++)
        arrive(e, b, n + i, 1000000, nearby);
    us = clock_mono_us() - began_us;
    printf("apart    %8zu  %9.3f us a ticket passing by  %4.0f bytes a waiting ticket (%.0f by malloc)\n", n,
           (double)us / PASSERS_BY, (double)bytes / (double)n, (double)heap_bytes / (double)n);
    mm_engine_free(&e);
    json_object_put(nearby);
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {1000, 10000, 100000, 1000000};
    size_t most = argc > 3 ? strtoull(argv[3], NULL, 10) : SIZE_MAX;
    struct mm_catalog *catalog = NULL;
    char error[MM_ERROR_SIZE];
    struct bench b = {0};

    if (mm_catalog_load(&catalog, argc > 1 ? argv[1] : "deploy/config/matchmaking.json", 1 << 20, error) != 0) {
        (void)fprintf(stderr, "%s\n", error);
        return 2;
    }
    b.catalog = catalog;
    b.configuration = catalog->configurations[0].name;
    read_ratings(&b, argc > 2 ? argv[2] : "tests/data/ratings.txt");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && sizes[i] <= most; i++) {
        bench_arrive(&b, sizes[i]);
        bench_at_once(&b, sizes[i]);
        bench_apart(&b, sizes[i]);
    }
    for (size_t i = 0; i < b.rating_count; i++)
        json_object_put(b.ratings[i]);
    free(b.ratings);
    mm_catalog_free(&catalog);
    return 0;
}
