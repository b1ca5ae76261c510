#include "ledger.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "mem.h"

struct match {
    char *id;
    char *teams;               /* as the first one told them */
    struct ledger_match story; /* sides: so many as there are players; owned */
    size_t told;
    UT_hash_handle hh;
};

struct ticket {
    char *id;
    const struct match *match; /* (owned by the ledger) */
    UT_hash_handle hh;
};

struct ledger {
    struct match *matches;
    struct ticket *tickets;
    size_t complete, open, violations;
    char texts[LEDGER_TEXTS_MAX][256];
    ledger_complete_fn *on_complete;
    void *arg;
};

struct ledger *ledger_new(ledger_complete_fn *on_complete, void *arg)
{
    struct ledger *l = MEM_NEW(struct ledger);

    l->on_complete = on_complete;
    l->arg = arg;
    return l;
}

/* Clearing a table leaves its elements linked. */
static void free_matches(struct ledger *l)
{
    struct match *m = l->matches;

    HASH_CLEAR(hh, l->matches);
    while (m != NULL) {
        struct match *next = m->hh.next;

        free(m->story.sides);
        free(m->teams);
        free(m->id);
        free(m);
        m = next;
    }
}

static void free_tickets(struct ledger *l)
{
    struct ticket *t = l->tickets;

    HASH_CLEAR(hh, l->tickets);
    while (t != NULL) {
        struct ticket *next = t->hh.next;

        free(t->id);
        free(t);
        t = next;
    }
}

void ledger_free(struct ledger **l)
{
    if (*l == NULL)
        return;
    free_matches(*l);
    free_tickets(*l);
    free(*l);
    *l = NULL;
}

void ledger_violation(struct ledger *l, const char *format, ...)
{
    va_list args;

    if (l->violations < LEDGER_TEXTS_MAX) {
        va_start(args, format);
        vsnprintf(l->texts[l->violations], sizeof(l->texts[0]), format, args);
        va_end(args);
    }
    l->violations++;
}

static struct match *match_of(struct ledger *l, const struct found *f)
{
    struct match *m;

    HASH_FIND_STR(l->matches, f->match_id, m);
    if (m == NULL) {
        m = MEM_NEW(struct match);
        m->id = mem_strdup(f->match_id);
        m->teams = mem_strdup(f->teams);
        m->story.made_ms = f->made_ms;
        m->story.count = f->players;
        m->story.sides = mem_alloc(f->players * sizeof(*m->story.sides));
        memcpy(m->story.shape, f->shape, sizeof(m->story.shape));
        HASH_ADD_KEYPTR(hh, l->matches, m->id, strlen(m->id), m);
        l->open++;
    }
    return m;
}

static void check_ticket(struct ledger *l, const struct match *m, const char *ticket_id, const char *player)
{
    struct ticket *t;

    if (ticket_id[0] == '\0')
        return;
    HASH_FIND_STR(l->tickets, ticket_id, t);
    if (t == NULL) {
        t = MEM_NEW(struct ticket);
        t->id = mem_strdup(ticket_id);
        t->match = m;
        HASH_ADD_KEYPTR(hh, l->tickets, t->id, strlen(t->id), t);
    } else if (t->match != m) {
        ledger_violation(l, "matched twice: ticket %s of %s is in %s and %s", ticket_id, player, t->match->id, m->id);
    }
}

bool ledger_add(struct ledger *l, const struct found *f, const struct ledger_side *side)
{
    struct match *m = match_of(l, f);

    for (size_t i = 0; i < m->told; i++)
        if (strcmp(m->story.sides[i].name, side->name) == 0)
            return false;
    check_ticket(l, m, f->ticket_id, side->name);
    if (strcmp(m->teams, f->teams) != 0)
        ledger_violation(l, "match %s: %s was told of %s, but %s of %s", m->id, side->name, f->teams,
                         m->story.sides[0].name, m->teams);
    if (m->told == m->story.count) {
        ledger_violation(l, "match %s: %s is one player too many", m->id, side->name);
        return true;
    }
    m->story.sides[m->told++] = *side;
    if (m->told == m->story.count) {
        l->open--;
        l->complete++;
        l->on_complete(l->arg, &m->story);
    }
    return true;
}

size_t ledger_complete(const struct ledger *l)
{
    return l->complete;
}

size_t ledger_open(const struct ledger *l)
{
    return l->open;
}

void ledger_finish(struct ledger *l)
{
    struct match *m, *next;

    HASH_ITER (hh, l->matches, m, next)
        if (m->told < m->story.count)
            ledger_violation(l, "match %s: %zu of its %zu players were told, %s is one", m->id, m->told, m->story.count,
                             m->story.sides[0].name);
}

size_t ledger_violations(const struct ledger *l)
{
    return l->violations;
}

const char *ledger_violation_text(const struct ledger *l, size_t i)
{
    return i < l->violations && i < LEDGER_TEXTS_MAX ? l->texts[i] : NULL;
}
