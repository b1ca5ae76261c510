#include "mm_pool.h"

#include <stdlib.h>
#include <string.h>

#include "id.h"
#include "mem.h"
#include "mm_search.h"

static uint64_t hash_of(const char *id)
{
    return id_hash(id, strlen(id));
}

struct mm_pool *mm_pools_find(const struct mm_pools *ps, const char *configuration)
{
    for (size_t i = 0; i < ps->count; i++) {
        if (strcmp(ps->list[i]->name, configuration) == 0)
            return ps->list[i];
    }
    return NULL;
}

struct mm_pool *mm_pools_add(struct mm_pools *ps, const struct mm_configuration *c)
{
    struct mm_pool *pool = mm_pools_add_gone(ps, c->name);

    pool->rules = c->rules;
    pool->plan = mm_plan_new(c->rules);
    pool->search = mm_search_new(pool->plan);
    pool->parts.plan = pool->plan;
    pool->additional_players = c->additional_players;
    pool->request_timeout_ms = c->request_timeout_ms;
    pool->acceptance_timeout_ms = c->acceptance_timeout_ms;
    return pool;
}

struct mm_pool *mm_pools_add_gone(struct mm_pools *ps, const char *configuration)
{
    struct mm_pool *pool = MEM_NEW(struct mm_pool);

    pool->name = mem_strdup(configuration);
    pool->newest_since_ms = INT64_MIN;
    ps->list = mem_realloc(ps->list, ps->count + 1, sizeof(struct mm_pool *));
    ps->list[ps->count++] = pool;
    return pool;
}

static void pool_free(struct mm_pool *pool)
{
    mm_parts_free(&pool->parts);
    mm_search_free(&pool->search);
    mm_plan_free(&pool->plan);
    mm_locations_free(&pool->locations);
    free(pool->name);
    free(pool);
}

void mm_pools_free(struct mm_pools *ps)
{
    for (uint32_t i = 0; i < ps->numbers; i++)
        mm_ticket_free(&ps->by_number[i]);
    for (size_t i = 0; i < ps->count; i++)
        pool_free(ps->list[i]);
    free(ps->list);
    free(ps->by_number);
    free(ps->spares);
    mm_table_free(&ps->tickets);
    mm_table_free(&ps->players);
    mm_table_free(&ps->sessions);
    mm_timers_free(&ps->timers);
    buf_free(&ps->texts);
    *ps = (struct mm_pools){0};
}

size_t mm_pools_bytes(const struct mm_pools *ps)
{
    size_t sum = ps->ticket_bytes + mm_table_bytes(&ps->tickets) + mm_table_bytes(&ps->players) +
                 mm_table_bytes(&ps->sessions) + mm_timers_bytes(&ps->timers);

    for (size_t i = 0; i < ps->count; i++)
        sum += mm_parts_bytes(&ps->list[i]->parts);
    return sum + ps->numbers_max * sizeof(struct mm_ticket *) + ps->spares_max * sizeof(uint32_t);
}

static uint32_t take_number(struct mm_pools *ps)
{
    if (ps->spare_count > 0)
        return ps->spares[--ps->spare_count];
    if (ps->numbers == ps->numbers_max) {
        ps->numbers_max += ps->numbers_max / 4 + 16;
        ps->by_number = mem_realloc(ps->by_number, ps->numbers_max, sizeof(struct mm_ticket *));
    }
    return ps->numbers++;
}

static void give_number_back(struct mm_pools *ps, uint32_t number)
{
    ps->by_number[number] = NULL;
    if (ps->spare_count == ps->spares_max) {
        ps->spares_max += ps->spares_max / 4 + 16;
        ps->spares = mem_realloc(ps->spares, ps->spares_max, sizeof(*ps->spares));
    }
    ps->spares[ps->spare_count++] = number;
}

static void enter_tables(struct mm_pools *ps, struct mm_ticket *t)
{
    const char *id = mm_ticket_id(t);

    mm_table_add(&ps->tickets, hash_of(id), t->number);
    for (size_t i = 0; i < t->player_count; i++) {
        id = mm_ticket_next(id);
        mm_table_add(&ps->players, hash_of(id), t->number);
    }
    if (mm_ticket_session(t)[0] != '\0')
        mm_table_add(&ps->sessions, hash_of(mm_ticket_session(t)), t->number);
}

static void leave_tables(struct mm_pools *ps, const struct mm_ticket *t)
{
    const char *id = mm_ticket_id(t);

    mm_table_remove(&ps->tickets, hash_of(id), t->number);
    for (size_t i = 0; i < t->player_count; i++) {
        id = mm_ticket_next(id);
        mm_table_remove(&ps->players, hash_of(id), t->number);
    }
    if (mm_ticket_session(t)[0] != '\0')
        mm_table_remove(&ps->sessions, hash_of(mm_ticket_session(t)), t->number);
}

/* A ticket that is new here came after all others; a restored one stands where it stood. */
static void take_place(struct mm_pools *ps, const struct mm_arrival *a, struct mm_ticket *t)
{
    struct mm_pool *pool = t->pool;
    int64_t since_ms = a->since_ms;

    if (a->order == 0 && since_ms < pool->newest_since_ms)
        since_ms = pool->newest_since_ms;
    if (pool->newest_since_ms < since_ms)
        pool->newest_since_ms = since_ms;
    if (t->facts != NULL)
        t->facts->since_ms = since_ms;
    t->order = a->order != 0 ? a->order : ps->arrivals + 1;
    if (ps->arrivals < t->order)
        ps->arrivals = t->order;
}

bool mm_ticket_enter(struct mm_ticket *t)
{
    struct mm_parts *parts = &t->pool->parts;

    t->part = mm_parts_find(parts, t->facts);
    if (t->part != NULL)
        mm_part_insert(parts, t->part, t->facts, t->order, t->number);
    return t->part != NULL;
}

static void leave_part(struct mm_ticket *t)
{
    if (t->part != NULL)
        mm_part_remove(&t->pool->parts, t->part, t->facts, t->order);
    t->part = NULL;
}

struct mm_ticket *mm_ticket_add(struct mm_pools *ps, struct mm_pool *pool, const struct mm_arrival *a)
{
    struct mm_ticket *t = mm_ticket_new(a, &ps->texts);

    t->pool = pool;
    take_place(ps, a, t);
    t->number = take_number(ps);
    ps->by_number[t->number] = t;
    enter_tables(ps, t);
    pool->count++;
    ps->waiting++;
    ps->ticket_bytes += mm_ticket_bytes(t);
    return t;
}

void mm_ticket_remove(struct mm_pools *ps, struct mm_ticket **t)
{
    struct mm_pool *pool = (*t)->pool;

    leave_part(*t);
    mm_timers_cancel(&ps->timers, (*t)->number);
    leave_tables(ps, *t);
    give_number_back(ps, (*t)->number);
    pool->count--;
    ps->waiting--;
    ps->ticket_bytes -= mm_ticket_bytes(*t);
    mm_ticket_free(t);
}

void mm_ticket_propose(struct mm_pools *ps, struct mm_ticket *t)
{
    leave_part(t);
    mm_timers_cancel(&ps->timers, t->number);
    t->proposed = true;
}

void mm_ticket_back(struct mm_ticket *t)
{
    t->proposed = false;
    t->is_back = t->facts != NULL && mm_ticket_enter(t);
}

void mm_pools_walk(const struct mm_pools *ps, struct mm_cursor *c)
{
    c->next = 0;
    c->until = ps->arrivals;
}

/* What came after the beginning has a greater order, whatever its number is. */
struct mm_ticket *mm_pools_next(const struct mm_pools *ps, struct mm_cursor *c)
{
    while (c->next < ps->numbers) {
        struct mm_ticket *t = ps->by_number[c->next++];

        if (t != NULL && t->order <= c->until)
            return t;
    }
    return NULL;
}

static bool is_ticket(const void *owner, uint32_t number, const void *key)
{
    const struct mm_pools *ps = owner;

    return strcmp(mm_ticket_id(ps->by_number[number]), key) == 0;
}

static bool is_players(const void *owner, uint32_t number, const void *key)
{
    const struct mm_pools *ps = owner;

    return mm_ticket_has(ps->by_number[number], key);
}

static bool is_for_session(const void *owner, uint32_t number, const void *key)
{
    const struct mm_pools *ps = owner;

    return strcmp(mm_ticket_session(ps->by_number[number]), key) == 0;
}

static struct mm_ticket *numbered(const struct mm_pools *ps, uint32_t number)
{
    return number == MM_TABLE_NONE ? NULL : ps->by_number[number];
}

struct mm_ticket *mm_ticket_find(const struct mm_pools *ps, const char *ticket_id)
{
    return numbered(ps, mm_table_find(&ps->tickets, hash_of(ticket_id), is_ticket, ps, ticket_id));
}

struct mm_ticket *mm_ticket_of_player(const struct mm_pools *ps, const char *player_id)
{
    return numbered(ps, mm_table_find(&ps->players, hash_of(player_id), is_players, ps, player_id));
}

struct mm_ticket *mm_ticket_of_session(const struct mm_pools *ps, const char *game_session)
{
    return numbered(ps, mm_table_find(&ps->sessions, hash_of(game_session), is_for_session, ps, game_session));
}

struct mm_ticket *mm_ticket_due(const struct mm_pools *ps, int64_t now_ms)
{
    return mm_timers_due_ms(&ps->timers) > now_ms ? NULL : numbered(ps, mm_timers_first(&ps->timers));
}

void mm_ticket_wake(struct mm_pools *ps, const struct mm_ticket *t, int64_t at_ms)
{
    mm_timers_set(&ps->timers, t->number, t->order, at_ms);
}

struct mm_ticket *mm_pool_oldest(const struct mm_pools *ps, const struct mm_pool *pool)
{
    uint32_t number;

    return mm_parts_oldest(&pool->parts, &number) ? ps->by_number[number] : NULL;
}

void mm_pool_waited(struct mm_pool *pool, int64_t wait_ms)
{
    pool->waits[pool->wait_count++ % MM_WAITS_KEPT] = wait_ms;
}

int64_t mm_pool_estimate_ms(const struct mm_pool *pool)
{
    size_t kept = pool->wait_count < MM_WAITS_KEPT ? pool->wait_count : MM_WAITS_KEPT;
    int64_t sum = 0;

    for (size_t i = 0; i < kept; i++)
        sum += pool->waits[i];
    return kept == 0 ? -1 : sum / (int64_t)kept;
}
