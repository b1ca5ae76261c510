#include "window.h"

#include <stdlib.h>

#include "err.h"
#include "mem.h"

struct slot {
    int64_t offset;
    struct event_id id; /* incarnation 0: none */
    bool finished;
};

struct window {
    struct event_seen accepted; /* of all records taken */
    struct event_seen finished; /* of the finished prefix */
    struct slot *slots;         /* a ring; ticket t is at t % cap */
    size_t cap;                 /* a power of two */
    uint64_t first, next;       /* tickets: first is the oldest in the ring */
    size_t open;                /* of those in the ring: not finished */
    int64_t next_offset;
    bool grown;
};

struct window *window_new(const struct event_seen *seen)
{
    struct window *w = MEM_NEW(struct window);

    w->accepted = *seen;
    w->finished = *seen;
    w->cap = 64;
    w->slots = mem_alloc(w->cap * sizeof(*w->slots));
    return w;
}

void window_free(struct window **w)
{
    if (*w != NULL)
        free((*w)->slots);
    free(*w);
    *w = NULL;
}

bool window_accept(struct window *w, const struct event_id *id)
{
    return event_seen_accept(&w->accepted, id);
}

static void grow(struct window *w)
{
    size_t cap = w->cap * 2;
    struct slot *slots = mem_alloc(cap * sizeof(*slots));

    for (uint64_t t = w->first; t < w->next; t++)
        slots[t % cap] = w->slots[t % w->cap];
    free(w->slots);
    w->slots = slots;
    w->cap = cap;
}

uint64_t window_take(struct window *w, int64_t offset, const struct event_id *id)
{
    if (w->next - w->first == w->cap)
        grow(w);
    w->slots[w->next % w->cap] = (struct slot){.offset = offset};
    if (id != NULL)
        w->slots[w->next % w->cap].id = *id;
    w->open++;
    return w->next++;
}

void window_finish(struct window *w, uint64_t ticket)
{
    struct slot *s = &w->slots[ticket % w->cap];

    ASSERT(ticket >= w->first && ticket < w->next && !s->finished);
    s->finished = true;
    w->open--;
    for (; w->first < w->next && w->slots[w->first % w->cap].finished; w->first++) {
        s = &w->slots[w->first % w->cap];
        w->next_offset = s->offset + 1;
        w->grown = true;
        if (s->id.incarnation != 0)
            (void)event_seen_accept(&w->finished, &s->id);
    }
}

bool window_committable(struct window *w, int64_t *next_offset, struct event_seen *seen)
{
    bool grown = w->grown;

    *next_offset = w->next_offset;
    *seen = w->finished;
    w->grown = false;
    return grown;
}

size_t window_ahead(const struct window *w)
{
    return (size_t)(w->next - w->first) - w->open;
}
