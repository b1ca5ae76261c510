#include "mm_part.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "id.h"
#include "mem.h"

static bool is_part(const void *owner, uint32_t number, const void *key)
{
    const struct mm_parts *ps = owner;
    const struct mm_part *part = ps->list[number];
    const struct buf *asked = key;

    return part->key_len == asked->len && (asked->len == 0 || memcmp(part->key, asked->data, asked->len) == 0);
}

static size_t part_bytes(const struct mm_part *part)
{
    return sizeof(*part) + part->key_len;
}

static struct mm_part *part_new(struct mm_parts *ps, uint64_t hash)
{
    struct mm_part *part = mem_alloc(sizeof(*part) + ps->key.len);

    part->index.marked = ps->plan->reach_count > 0;
    part->hash = hash;
    part->number = (uint32_t)ps->count;
    part->key_len = ps->key.len;
    if (ps->key.len > 0)
        memcpy(part->key, ps->key.data, ps->key.len);
    if (ps->count == ps->capacity) {
        ps->capacity += ps->capacity / 2 + 4;
        ps->list = mem_realloc(ps->list, ps->capacity, sizeof(struct mm_part *));
    }
    ps->list[ps->count++] = part;
    ps->bytes += part_bytes(part);
    mm_table_add(&ps->by_key, hash, part->number);
    return part;
}

/* The last one takes the number of the one that goes. */
static void part_free(struct mm_parts *ps, struct mm_part *part)
{
    struct mm_part *last = ps->list[--ps->count];

    mm_table_remove(&ps->by_key, part->hash, part->number);
    if (last != part) {
        mm_table_remove(&ps->by_key, last->hash, last->number);
        last->number = part->number;
        ps->list[last->number] = last;
        mm_table_add(&ps->by_key, last->hash, last->number);
    }
    ps->bytes -= part_bytes(part);
    free(part);
}

struct mm_part *mm_parts_find(struct mm_parts *ps, const struct mm_facts *f)
{
    uint64_t hash;
    uint32_t number;

    if (ps->plan->equal_count == 0 && ps->count > 0)
        return ps->list[0];
    buf_clear(&ps->key);
    if (!mm_plan_partition(ps->plan, f, &ps->key))
        return NULL;
    hash = id_hash(ps->key.len > 0 ? ps->key.data : "", ps->key.len);
    number = mm_table_find(&ps->by_key, hash, is_part, ps, &ps->key);
    return number != MM_TABLE_NONE ? ps->list[number] : part_new(ps, hash);
}

static double key_of(const struct mm_plan *p, const struct mm_facts *f)
{
    return p->bound_count > 0 ? mm_plan_spread(&p->bounds[0], f).low : 0;
}

void mm_part_insert(struct mm_parts *ps, struct mm_part *part, const struct mm_facts *f, uint64_t order,
                    uint32_t number)
{
    struct mm_entry e = {.order = order, .item = number, .players = f->player_count};

    part->count++;
    part->newest = order > part->newest ? order : part->newest;
    if (mm_facts_is_backfill(f)) {
        mm_index_insert(&part->backfills, &e);
        part->backfill_players += f->player_count;
        return;
    }
    e.key = key_of(ps->plan, f);
    e.marks = mm_plan_locations(ps->plan, NULL, f);
    mm_index_insert(&part->index, &e);
    part->sizes[f->player_count]++;
}

void mm_part_remove(struct mm_parts *ps, struct mm_part *part, const struct mm_facts *f, uint64_t order)
{
    part->count--;
    if (mm_facts_is_backfill(f)) {
        mm_index_remove(&part->backfills, 0, order);
        part->backfill_players -= f->player_count;
    } else {
        mm_index_remove(&part->index, key_of(ps->plan, f), order);
        part->sizes[f->player_count]--;
    }
    if (part->index.root == NULL && part->backfills.root == NULL && part->key_len > 0)
        part_free(ps, part);
}

#define HALVINGS 64 /* from 1 up, then down again: any window that means something is met */

/* The widest window of those tried that has no more than max players in it. */
static struct mm_range narrow(const struct mm_index *index, double key, size_t max)
{
    struct mm_range r = {key, key, (double)INFINITY, 0, UINT64_MAX, UINT64_MAX};

    if (mm_index_players(index, &r) <= max)
        return r;
    r.window = 1;
    for (int i = 0; i < HALVINGS && mm_index_players(index, &r) <= max; i++)
        r.window *= 2;
    for (int i = 0; i < 2 * HALVINGS && mm_index_players(index, &r) > max; i++)
        r.window /= 2;
    return r;
}

size_t mm_part_near(const struct mm_parts *ps, const struct mm_part *part, const struct mm_facts *f,
                    struct mm_entry *out, size_t max)
{
    struct mm_range r;

    if (ps->plan->bound_count == 0)
        return 0;
    r = narrow(&part->index, key_of(ps->plan, f), max);
    return mm_index_scan(&part->index, &r, out, max);
}

static bool is_older(const struct mm_index *index, uint64_t *order, uint32_t *number)
{
    struct mm_walk walk = {0};
    bool found;

    mm_walk_begin(&walk, index, &(struct mm_range){0, 0, (double)INFINITY, 0, *order, UINT64_MAX});
    found = mm_walk_next(&walk, order, number);
    mm_walk_free(&walk);
    return found;
}

bool mm_parts_oldest(const struct mm_parts *ps, uint32_t *number)
{
    uint64_t order = UINT64_MAX;
    bool found = false;

    for (size_t i = 0; i < ps->count; i++) {
        found = is_older(&ps->list[i]->index, &order, number) || found;
        found = is_older(&ps->list[i]->backfills, &order, number) || found;
    }
    return found;
}

size_t mm_parts_bytes(const struct mm_parts *ps)
{
    size_t sum = ps->bytes + ps->capacity * sizeof(struct mm_part *) + mm_table_bytes(&ps->by_key);

    for (size_t i = 0; i < ps->count; i++)
        sum += ps->list[i]->index.bytes + ps->list[i]->backfills.bytes;
    return sum;
}

void mm_parts_free(struct mm_parts *ps)
{
    while (ps->count > 0) {
        struct mm_part *part = ps->list[ps->count - 1];

        mm_index_free(&part->index);
        mm_index_free(&part->backfills);
        part_free(ps, part);
    }
    free(ps->list);
    mm_table_free(&ps->by_key);
    buf_free(&ps->key);
    *ps = (struct mm_parts){.plan = ps->plan};
}
