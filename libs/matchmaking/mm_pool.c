#include "mm_pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

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
    buf_free(&ps->texts);
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

const char *mm_ticket_details(const struct mm_ticket *t)
{
    const char *text = mm_ticket_id(t);

    for (size_t i = 0; i < (size_t)t->player_count + 1; i++)
        text = mm_ticket_next_player(text);
    return text;
}

/* With what malloc(3) adds on 64-bit machines. */
static size_t ticket_size(const struct mm_ticket *t)
{
    const char *end = mm_ticket_details(t);

    for (size_t i = 0; i < 2 * (size_t)t->player_count; i++)
        end = mm_ticket_next_player(end);
    return ((size_t)(end - (const char *)t) + 8 + 15) / 16 * 16;
}

static void add_json(struct buf *out, json_object *value)
{
    size_t len = 0;
    const char *text = value != NULL ? json_text(value, &len) : "";

    buf_append(out, text, len);
    buf_append(out, "", 1);
}

static void gather_texts(struct buf *out, const struct mm_arrival *a)
{
    buf_clear(out);
    buf_append(out, a->ticket_id, strlen(a->ticket_id) + 1);
    for (size_t i = 0; i < a->player_count; i++)
        buf_append(out, a->players[i].id, strlen(a->players[i].id) + 1);
    for (size_t i = 0; i < a->player_count; i++) {
        add_json(out, a->players[i].attributes);
        add_json(out, a->players[i].latency_ms);
    }
}

static struct mm_ticket *ticket_new(struct mm_pools *ps, const struct mm_arrival *a)
{
    struct mm_ticket *t;

    gather_texts(&ps->texts, a);
    t = mem_alloc(offsetof(struct mm_ticket, ids) + ps->texts.len);
    t->start_ms = a->start_ms;
    t->player_count = (uint8_t)a->player_count;
    t->indexed = a->indexed;
    memcpy(t->ids, ps->texts.data, ps->texts.len);
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

/* A ticket that is new here came after all others; a restored one stands where it stood. */
static void take_place(struct mm_pools *ps, const struct mm_arrival *a, struct mm_ticket *t)
{
    struct mm_pool *pool = t->pool;

    t->since_ms = a->order != 0 ? a->since_ms : a->start_ms;
    if (a->order == 0 && t->since_ms < pool->newest_since_ms)
        t->since_ms = pool->newest_since_ms;
    if (pool->newest_since_ms < t->since_ms)
        pool->newest_since_ms = t->since_ms;
    t->node.order = t->timer.order = a->order != 0 ? a->order : ps->arrivals + 1;
    if (ps->arrivals < t->node.order)
        ps->arrivals = t->node.order;
}

struct mm_ticket *mm_ticket_add(struct mm_pools *ps, struct mm_pool *pool, const struct mm_arrival *a)
{
    struct mm_ticket *t = ticket_new(ps, a);

    t->pool = pool;
    take_place(ps, a, t);
    t->node.key = a->value;
    DL_APPEND(ps->all, t);
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

    for (struct mm_cursor *c = ps->cursors; c != NULL; c = c->next_cursor)
        c->next = c->next == *t ? (*t)->next : c->next;
    DL_DELETE(ps->all, *t);
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

void mm_pools_walk(struct mm_pools *ps, struct mm_cursor *c)
{
    c->next = ps->all;
    c->until = ps->arrivals;
    DL_APPEND2(ps->cursors, c, prev_cursor, next_cursor);
}

/* What came after the beginning was appended behind everything else. */
struct mm_ticket *mm_pools_next(struct mm_cursor *c)
{
    struct mm_ticket *t = c->next;

    if (t == NULL || t->node.order > c->until)
        return NULL;
    c->next = t->next;
    return t;
}

void mm_pools_walked(struct mm_pools *ps, struct mm_cursor *c)
{
    DL_DELETE2(ps->cursors, c, prev_cursor, next_cursor);
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
