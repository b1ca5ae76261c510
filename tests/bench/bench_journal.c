/*
 * What a replay costs on one core, without Kafka: a journal of n open tickets with real ratings is read record by
 * record as the matchmaker reads it, and the engine takes the tickets over.
 *
 *   bench_journal [N [MATCHMAKING_JSON [RATINGS]]]
 *
 * decode    text to transitions: the strict JSON reader and what is asked of each member
 * restore   transitions to waiting tickets
 * (`valgrind --tool=callgrind build/bench/bench_journal 10000` says where the instructions go.)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "decision.h"
#include "err.h"
#include "id.h"
#include "mem.h"
#include "mm_engine.h"

#define AT_MS 1767322984123

struct bench {
    const struct mm_catalog *catalog;
    const char *configuration;
    json_object **ratings; /* in the AWS shape */
    size_t rating_count;
    struct buf *records;
    size_t record_count;
};

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

static void add_ticket(const struct bench *b, size_t i, struct buf *out)
{
    char ticket[ID_UUID_SIZE], player[32];
    struct mm_transition t = {.kind = MM_TICKET,
                              .ticket_id = ticket,
                              .state = MM_SEARCHING,
                              .configuration = b->configuration,
                              .start_ms = AT_MS,
                              .players =
                                  &(struct mm_player){.id = player, .attributes = b->ratings[i % b->rating_count]},
                              .player_count = 1,
                              .issuer = {"", "", ""}};

    id_uuid_from(1, i, ticket);
    (void)snprintf(player, sizeof(player), "player-%08zu", i);
    if (out->len > 0)
        buf_str(out, ",");
    mm_transition_encode(&t, out);
}

static void write_records(struct bench *b, size_t n, size_t tick_bytes)
{
    struct journal_record r = {
        .type = JOURNAL_TICK, .epoch = 1, .at_ms = AT_MS, .nonce = "0123456789abcdef0123456789abcdef"};
    struct buf pending = {0};

    for (size_t i = 0; i < n; i++) {
        add_ticket(b, i, &pending);
        if (pending.len < tick_bytes && i + 1 < n)
            continue;
        b->records = mem_realloc(b->records, b->record_count + 1, sizeof(*b->records));
        b->records[b->record_count] = (struct buf){0};
        r.seq = (int64_t)b->record_count + 1;
        journal_encode(&r, pending.data, pending.len, &b->records[b->record_count++]);
        buf_clear(&pending);
    }
    buf_free(&pending);
}

static void free_records(struct bench *b)
{
    for (size_t i = 0; i < b->record_count; i++)
        buf_free(&b->records[i]);
    free(b->records);
    b->records = NULL;
    b->record_count = 0;
}

static void on_transition(void *arg, const struct mm_transition *t)
{
    (void)arg;
    (void)t;
}

/* Each record is let go before the next one is read, as in a replay. */
static void replay(struct bench *b, size_t n, size_t tick_bytes)
{
    struct mm_engine *e = mm_engine_new(b->catalog, b->catalog->configurations[0].partition, on_transition, NULL);
    int64_t began_us = clock_mono_us(), decode_us = 0, all_us;
    char error[MM_ERROR_SIZE];

    for (size_t i = 0; i < b->record_count; i++) {
        int64_t record_us = clock_mono_us();
        struct decision *d = decision_read(b->records[i].data, b->records[i].len, error);

        decode_us += clock_mono_us() - record_us;
        ASSERT(d != NULL);
        for (size_t k = 0; k < d->count; k++)
            mm_engine_restore(e, d->record.at_ms, &d->transitions[k]);
        decision_free(&d);
    }
    all_us = clock_mono_us() - began_us;
    printf("%4zu KB ticks  %8zu tickets  decode %7.1f ms  all %7.1f ms  %8.0f tickets/s\n", tick_bytes >> 10,
           mm_engine_waiting(e), (double)decode_us / 1e3, (double)all_us / 1e3, (double)n * 1e6 / (double)all_us);
    mm_engine_free(&e);
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {1 << 10, 16 << 10, 64 << 10, 512 << 10};
    size_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
    struct mm_catalog *catalog = NULL;
    char error[MM_ERROR_SIZE];
    struct bench b = {0};

    if (mm_catalog_load(&catalog, argc > 2 ? argv[2] : "deploy/config/matchmaking.json", 12, error) != 0) {
        (void)fprintf(stderr, "%s\n", error);
        return 2;
    }
    b.catalog = catalog;
    b.configuration = catalog->configurations[0].name;
    read_ratings(&b, argc > 3 ? argv[3] : "tests/data/ratings.txt");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        write_records(&b, n, sizes[i]);
        replay(&b, n, sizes[i]);
        free_records(&b);
    }
    for (size_t i = 0; i < b.rating_count; i++)
        json_object_put(b.ratings[i]);
    free(b.ratings);
    mm_catalog_free(&catalog);
    return 0;
}
