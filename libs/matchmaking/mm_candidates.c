#include "mm_candidates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "mm_gather.h"
#include "mm_search.h"

#define SORTED_AT_ONCE 1000 /* of more candidates the oldest so many are sorted, then the next */

enum { TICKETS, BACKFILLS };

void mm_candidates_init(struct mm_candidates *c, const struct mm_plan *plan)
{
    *c = (struct mm_candidates){.plan = plan};
}

void mm_candidates_free(struct mm_candidates *c)
{
    mm_walk_free(&c->streams[TICKETS].walk);
    mm_walk_free(&c->streams[BACKFILLS].walk);
    free(c->list);
    free(c->keys);
}

struct mm_narrow mm_narrow_none(void)
{
    struct mm_narrow n = {.locations = UINT64_MAX};

    for (size_t i = 0; i < MM_BOUNDS_MAX; i++)
        n.spreads[i] = (struct mm_spread){(double)INFINITY, -(double)INFINITY};
    return n;
}

static double window_of(const struct mm_plan *p, const struct mm_phase *phase, size_t bound)
{
    return phase == NULL ? p->widest[bound] : mm_plan_window(p, phase, bound);
}

void mm_candidate_read(struct mm_candidate *out, const struct mm_plan *p, const struct mm_phase *phase,
                       struct mm_ticket *t)
{
    out->ticket = t;
    out->backfill = mm_facts_is_backfill(t->facts);
    out->seated = false;
    out->locations = mm_plan_locations(p, phase, t->facts);
    for (size_t i = 0; i < p->bound_count; i++)
        out->spreads[i] = mm_plan_spread(&p->bounds[i], t->facts);
}

bool mm_narrow_by(const struct mm_plan *p, const struct mm_phase *phase, const struct mm_narrow *in,
                  const struct mm_candidate *c, struct mm_narrow *out, int *bound)
{
    *bound = MM_NEVER;
    if ((in->locations & c->locations) == 0 || (in->backfill && c->backfill))
        return false;
    out->locations = in->locations & c->locations;
    out->backfill = in->backfill || c->backfill;
    for (size_t i = 0; i < p->bound_count; i++) {
        struct mm_spread *s = &out->spreads[i];

        s->low = fmin(in->spreads[i].low, c->spreads[i].low);
        s->high = fmax(in->spreads[i].high, c->spreads[i].high);
        if (s->high - s->low <= window_of(p, phase, i))
            continue;
        *bound = (int)i;
        return false;
    }
    return true;
}

static void advance(struct mm_stream *s)
{
    if (!mm_walk_next(&s->walk, &s->order, &s->number))
        s->order = UINT64_MAX;
}

void mm_candidates_begin(struct mm_candidates *c, const struct mm_candidates_query *q)
{
    struct mm_range r = {0, 0, (double)INFINITY, q->after, q->before, UINT64_MAX};

    c->q = *q;
    c->count = c->key_count = c->players = 0;
    c->done = false;
    mm_walk_begin(&c->streams[BACKFILLS].walk, &q->part->backfills, &r);
    if (c->plan->bound_count > 0) {
        r.low = q->narrow.spreads[0].low;
        r.high = q->narrow.spreads[0].high;
        r.window = window_of(c->plan, q->phase, 0);
    }
    r.marks = q->narrow.locations;
    mm_walk_begin(&c->streams[TICKETS].walk, &q->part->index, &r);
    advance(&c->streams[TICKETS]);
    advance(&c->streams[BACKFILLS]);
}

/* The stream of the next by backfillPriority; NULL: that was all. */
static struct mm_stream *next_stream(struct mm_candidates *c)
{
    enum mm_backfill_priority priority = c->plan->rules->algorithm.backfill;
    struct mm_stream *tickets = &c->streams[TICKETS], *backfills = &c->streams[BACKFILLS];

    if (backfills->order == UINT64_MAX)
        return tickets->order == UINT64_MAX ? NULL : tickets;
    if (tickets->order == UINT64_MAX || priority == MM_BACKFILL_HIGH)
        return backfills;
    if (priority == MM_BACKFILL_LOW)
        return tickets;
    return backfills->order < tickets->order ? backfills : tickets;
}

static struct mm_candidate *append(struct mm_candidates *c)
{
    if (c->count == c->capacity) {
        c->capacity += c->capacity / 2 + 16;
        c->list = mem_realloc(c->list, c->capacity, sizeof(*c->list));
    }
    return &c->list[c->count++];
}

/* Those that do not go with the driver are left out here, once. */
static void take_one(struct mm_candidates *c, int64_t *work)
{
    struct mm_stream *s = next_stream(c);
    struct mm_candidate *candidate;
    struct mm_narrow narrow;
    struct mm_ticket *t;
    int bound;

    if (s == NULL || *work <= 0) {
        c->done = true;
        return;
    }
    *work -= MM_WORK_LOOK;
    t = c->q.pools->by_number[s->number];
    advance(s);
    if (t == c->q.around || t == c->q.another || mm_ticket_expiry_ms(t) <= c->q.now_ms)
        return;
    candidate = append(c);
    mm_candidate_read(candidate, c->plan, c->q.phase, t);
    if (!mm_narrow_by(c->plan, c->q.phase, &c->q.narrow, candidate, &narrow, &bound))
        c->count--;
}

/* Where each stands is known: how many players are before it. */
static void count_players(struct mm_candidates *c, size_t from)
{
    for (size_t i = from; i < c->count; i++) {
        c->list[i].upto = c->players;
        c->players += c->list[i].ticket->player_count;
    }
}

/* ---- sorts ---- */

/* The key of a map that a ticket's players agree on most, or least. */
static const char *anchor_key(const struct mm_sort *s, const struct mm_facts *f)
{
    const struct mm_map *map = f->players[0].data[s->slot].map;
    const struct mm_pair *best = NULL;

    for (size_t i = 0; i < map->count; i++) {
        if (best == NULL || (s->max_key ? map->pairs[i].value > best->value : map->pairs[i].value < best->value))
            best = &map->pairs[i];
    }
    return best == NULL ? NULL : best->key;
}

/* Over the players who have the key. */
static bool map_value(const struct mm_sort *s, const struct mm_facts *f, const char *key, double *out)
{
    double sum = 0, least = (double)INFINITY, most = -(double)INFINITY;
    size_t count = 0;

    for (size_t i = 0; i < f->player_count; i++) {
        const struct mm_map *map = f->players[i].data[s->slot].map;

        for (size_t j = 0; j < map->count; j++) {
            if (strcmp(map->pairs[j].key, key) != 0)
                continue;
            sum += map->pairs[j].value;
            least = fmin(least, map->pairs[j].value);
            most = fmax(most, map->pairs[j].value);
            count++;
        }
    }
    *out = s->party == MM_PARTY_MIN ? least : s->party == MM_PARTY_MAX ? most : sum / (double)count;
    return count > 0;
}

/* False: there is none. Of strings: whether it is the anchor's. */
static bool sort_value(const struct mm_sort *s, const struct mm_facts *anchor, const struct mm_facts *f, double *out)
{
    const char *key;

    switch (s->type) {
    case MM_ATTRIBUTE_NUMBER:
        *out = mm_ticket_number(f, s->slot, s->party);
        return true;
    case MM_ATTRIBUTE_STRING_NUMBER_MAP:
        key = anchor_key(s, anchor);
        return key != NULL && map_value(s, f, key, out);
    case MM_ATTRIBUTE_STRING:
        *out = strcmp(f->players[0].data[s->slot].string, anchor->players[0].data[s->slot].string) != 0;
        return true;
    default:
        return false;
    }
}

/* Smaller comes first; without a value, last. */
static double sort_key(const struct mm_sort *s, const struct mm_facts *anchor, const struct mm_facts *f)
{
    double v, of_anchor;

    if (!sort_value(s, anchor, f, &v))
        return (double)INFINITY;
    if (s->distance && sort_value(s, anchor, anchor, &of_anchor))
        v = fabs(v - of_anchor);
    return s->descending ? -v : v;
}

/* Any number that has nothing to do with the order of arrival. */
static double drawn_key(uint64_t shuffle, uint64_t order)
{
    uint64_t mixed = (order ^ shuffle * UINT64_C(0xbf58476d1ce4e5b9)) * UINT64_C(0x9e3779b97f4a7c15);

    return (double)((mixed ^ mixed >> 29) * UINT64_C(0xbf58476d1ce4e5b9) >> 11);
}

static size_t keys_each(const struct mm_candidates *c)
{
    return c->q.shuffle != 0 ? 1 : c->plan->sort_count;
}

static void add_keys(struct mm_candidates *c, struct mm_candidate *candidate)
{
    if (c->key_count + keys_each(c) > c->keys_max) {
        c->keys_max += c->keys_max / 2 + keys_each(c);
        c->keys = mem_realloc(c->keys, c->keys_max, sizeof(*c->keys));
    }
    candidate->keys = c->key_count;
    if (c->q.shuffle != 0) {
        c->keys[c->key_count++] = drawn_key(c->q.shuffle, candidate->ticket->order);
        return;
    }
    for (size_t i = 0; i < c->plan->sort_count; i++)
        c->keys[c->key_count++] = sort_key(&c->plan->sorts[i], c->q.around->facts, candidate->ticket->facts);
}

static int compare(const void *a, const void *b, void *candidates)
{
    const struct mm_candidates *c = candidates;
    const struct mm_candidate *one = a, *other = b;

    if (c->plan->rules->algorithm.backfill == MM_BACKFILL_HIGH && one->backfill != other->backfill)
        return one->backfill ? -1 : 1;
    if (c->plan->rules->algorithm.backfill == MM_BACKFILL_LOW && one->backfill != other->backfill)
        return one->backfill ? 1 : -1;
    for (size_t i = 0; i < keys_each(c); i++) {
        double x = c->keys[one->keys + i], y = c->keys[other->keys + i];

        if (x < y || x > y)
            return x < y ? -1 : 1;
    }
    return one->ticket->order < other->ticket->order ? -1 : one->ticket->order > other->ticket->order;
}

static void take_sorted(struct mm_candidates *c, int64_t *work)
{
    size_t first = c->count;

    while (!c->done && c->count - first < SORTED_AT_ONCE)
        take_one(c, work);
    for (size_t i = first; i < c->count; i++)
        add_keys(c, &c->list[i]);
    if (c->count > first)
        qsort_r(&c->list[first], c->count - first, sizeof(*c->list), compare, c);
}

struct mm_candidate *mm_candidates_get(struct mm_candidates *c, size_t i, int64_t *work)
{
    while (i >= c->count && !c->done) {
        size_t before = c->count;

        if (keys_each(c) > 0 && !c->q.by_age)
            take_sorted(c, work);
        else
            take_one(c, work);
        count_players(c, before);
    }
    return i < c->count ? &c->list[i] : NULL;
}

bool mm_candidates_lack(const struct mm_candidates *c, size_t i, size_t players)
{
    if (!c->done)
        return false;
    return i >= c->count ? players > 0 : c->players - c->list[i].upto < players;
}
