#include "mm_pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "id.h"
#include "mem.h"

#define OWNER(type, member, pointer) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

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

struct mm_pool *mm_pools_add(struct mm_pools *ps, const char *configuration, const struct mm_rules *rules,
                             int64_t request_timeout_ms)
{
    struct mm_pool *pool = MEM_NEW(struct mm_pool);

    pool->name = mem_strdup(configuration);
    pool->rules = rules;
    pool->request_timeout_ms = request_timeout_ms;
    pool->newest_since_ms = INT64_MIN;
    ps->list = mem_realloc(ps->list, ps->count + 1, sizeof(struct mm_pool *));
    ps->list[ps->count++] = pool;
    return pool;
}

void mm_pools_free(struct mm_pools *ps)
{
    struct mm_ticket *t;

    while ((t = mm_ticket_due(ps, INT64_MAX)) != NULL)
        mm_ticket_remove(ps, &t);
    for (size_t i = 0; i < ps->count; i++) {
        free(ps->list[i]->name);
        free(ps->list[i]);
    }
    free(ps->list);
    mm_table_free(&ps->tickets);
    mm_table_free(&ps->players);
    mm_timers_free(&ps->timers);
    *ps = (struct mm_pools){0};
}

size_t mm_pools_bytes(const struct mm_pools *ps)
{
    return ps->ticket_bytes + mm_table_bytes(&ps->tickets) + mm_table_bytes(&ps->players) +
           mm_timers_bytes(&ps->timers);
}

const char *mm_ticket_next_player(const char *id)
{
    return id + strlen(id) + 1;
}

bool mm_ticket_has(const struct mm_ticket *t, const char *player_id)
{
    const char *id = mm_ticket_id(t);

    for (size_t i = 0; i < t->player_count; i++) {
        id = mm_ticket_next_player(id);
        if (strcmp(id, player_id) == 0)
            return true;
    }
    return false;
}

/* With what malloc(3) adds on 64-bit machines. */
static size_t ticket_size(const struct mm_ticket *t)
{
    const char *id = mm_ticket_id(t);

    for (size_t i = 0; i < t->player_count; i++)
        id = mm_ticket_next_player(id);
    return ((size_t)(mm_ticket_next_player(id) - (const char *)t) + 8 + 15) / 16 * 16;
}

static struct mm_ticket *ticket_new(const struct mm_arrival *a)
{
    size_t len = strlen(a->ticket_id) + 1;
    struct mm_ticket *t;
    char *to;

    for (size_t i = 0; i < a->player_count; i++)
        len += strlen(a->players[i].id) + 1;
    t = mem_alloc(offsetof(struct mm_ticket, ids) + len);
    t->start_ms = a->start_ms;
    t->player_count = (uint8_t)a->player_count;
    t->indexed = a->indexed;
    to = stpcpy(t->ids, a->ticket_id) + 1;
    for (size_t i = 0; i < a->player_count; i++)
        to = stpcpy(to, a->players[i].id) + 1;
    return t;
}

static void enter_tables(struct mm_pools *ps, struct mm_ticket *t)
{
    const char *id = mm_ticket_id(t);

    mm_table_add(&ps->tickets, hash_of(id), t);
    for (size_t i = 0; i < t->player_count; i++) {
        id = mm_ticket_next_player(id);
        mm_table_add(&ps->players, hash_of(id), t);
    }
}

static void leave_tables(struct mm_pools *ps, const struct mm_ticket *t)
{
    const char *id = mm_ticket_id(t);

    mm_table_remove(&ps->tickets, hash_of(id), t);
    for (size_t i = 0; i < t->player_count; i++) {
        id = mm_ticket_next_player(id);
        mm_table_remove(&ps->players, hash_of(id), t);
    }
}

struct mm_ticket *mm_ticket_add(struct mm_pools *ps, struct mm_pool *pool, const struct mm_arrival *a)
{
    struct mm_ticket *t = ticket_new(a);

    t->pool = pool;
    t->since_ms = a->start_ms > pool->newest_since_ms ? a->start_ms : pool->newest_since_ms;
    pool->newest_since_ms = t->since_ms;
    t->node.key = a->value;
    t->node.order = t->timer.order = ++ps->arrivals;
    if (t->indexed)
        mm_index_insert(&pool->index, &t->node);
    enter_tables(ps, t);
    pool->count++;
    ps->waiting++;
    ps->ticket_bytes += ticket_size(t);
    return t;
}

void mm_ticket_remove(struct mm_pools *ps, struct mm_ticket **t)
{
    struct mm_pool *pool = (*t)->pool;

    if ((*t)->indexed)
        mm_index_remove(&pool->index, &(*t)->node);
    mm_timers_cancel(&ps->timers, &(*t)->timer);
    leave_tables(ps, *t);
    pool->count--;
    ps->waiting--;
    ps->ticket_bytes -= ticket_size(*t);
    free(*t);
    *t = NULL;
}

static bool is_ticket(const void *item, const void *key)
{
    return strcmp(mm_ticket_id(item), key) == 0;
}

static bool is_players(const void *item, const void *key)
{
    return mm_ticket_has(item, key);
}

struct mm_ticket *mm_ticket_find(const struct mm_pools *ps, const char *ticket_id)
{
    return mm_table_find(&ps->tickets, hash_of(ticket_id), is_ticket, ticket_id);
}

struct mm_ticket *mm_ticket_of_player(const struct mm_pools *ps, const char *player_id)
{
    return mm_table_find(&ps->players, hash_of(player_id), is_players, player_id);
}

struct mm_ticket *mm_ticket_due(const struct mm_pools *ps, int64_t now_ms)
{
    struct mm_timer *first = mm_timers_first(&ps->timers);

    if (first == NULL || mm_timers_due_ms(&ps->timers) > now_ms)
        return NULL;
    return OWNER(struct mm_ticket, timer, first);
}

struct mm_ticket *mm_ticket_partner(const struct mm_ticket *t, double window)
{
    struct mm_node *n = mm_index_oldest(&t->pool->index, t->node.key, window, t->node.order);

    return n == NULL ? NULL : OWNER(struct mm_ticket, node, n);
}

struct mm_ticket *mm_pool_oldest(const struct mm_pool *pool)
{
    struct mm_node *n = mm_index_oldest(&pool->index, 0, (double)INFINITY, UINT64_MAX);

    return n == NULL ? NULL : OWNER(struct mm_ticket, node, n);
}
