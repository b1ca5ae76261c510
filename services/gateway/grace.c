#include "grace.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "err.h"
#include "mem.h"

struct grace {
    int64_t delay_ms, retry_ms;
    void *arg;
    struct gone *by_player; /* WAITING, RETRYING and BUSY */
    struct gone *waiting, *retrying, *busy;
};

struct grace *grace_new(int64_t delay_ms, int64_t retry_ms, void *arg)
{
    struct grace *g = MEM_NEW(struct grace);

    g->delay_ms = delay_ms;
    g->retry_ms = retry_ms;
    g->arg = arg;
    return g;
}

static struct gone **grace_list(struct grace *g, const struct gone *e)
{
    switch (e->state) {
    case GONE_WAITING:
        return &g->waiting;
    case GONE_RETRYING:
        return &g->retrying;
    case GONE_BUSY:
    case GONE_BACK:
        break;
    }
    return &g->busy;
}

static void grace_unlink(struct grace *g, struct gone *e)
{
    DL_DELETE(*grace_list(g, e), e);
    if (e->state != GONE_BACK)
        HASH_DEL(g->by_player, e);
}

static void grace_clear(struct grace *g, struct gone **list)
{
    while (*list != NULL)
        grace_done(g, *list);
}

void grace_free(struct grace **g)
{
    if (*g == NULL)
        return;
    grace_clear(*g, &(*g)->waiting);
    grace_clear(*g, &(*g)->retrying);
    grace_clear(*g, &(*g)->busy);
    free(*g);
    *g = NULL;
}

struct gone *grace_add(struct grace *g, const char *player, const char *connection, int64_t now_ms)
{
    size_t len = strlen(player);
    struct gone *e = mem_alloc(sizeof(*e) + len + 1);

    grace_forget(g, player);
    ASSERT(strlen(connection) < sizeof(e->connection));
    memcpy(e->connection, connection, strlen(connection) + 1);
    memcpy(e->player, player, len + 1);
    e->arg = g->arg;
    e->due_ms = now_ms + g->delay_ms;
    e->state = GONE_WAITING;
    DL_APPEND(g->waiting, e);
    HASH_ADD_KEYPTR(hh, g->by_player, e->player, len, e);
    return e;
}

void grace_forget(struct grace *g, const char *player)
{
    struct gone *e;

    HASH_FIND_STR(g->by_player, player, e);
    if (e == NULL)
        return;
    if (e->state != GONE_BUSY) {
        grace_done(g, e);
        return;
    }
    HASH_DEL(g->by_player, e);
    e->state = GONE_BACK;
}

struct gone *grace_take(struct grace *g, int64_t now_ms)
{
    struct gone *e = g->retrying;

    if (e == NULL || e->due_ms > now_ms)
        e = g->waiting;
    if (e == NULL || e->due_ms > now_ms)
        return NULL;
    DL_DELETE(*grace_list(g, e), e);
    e->state = GONE_BUSY;
    DL_APPEND(g->busy, e);
    return e;
}

void grace_done(struct grace *g, struct gone *e)
{
    grace_unlink(g, e);
    started_clear(&e->tickets);
    free(e);
}

void grace_again(struct grace *g, struct gone *e, int64_t now_ms)
{
    if (e->state == GONE_BACK) {
        grace_done(g, e);
        return;
    }
    DL_DELETE(g->busy, e);
    e->due_ms = now_ms + g->retry_ms;
    e->state = GONE_RETRYING;
    DL_APPEND(g->retrying, e);
}

const struct gone *grace_all(const struct grace *g)
{
    return g->by_player;
}

int64_t grace_next_ms(const struct grace *g)
{
    const struct gone *a = g->waiting, *b = g->retrying;

    if (a == NULL || b == NULL)
        return a != NULL ? a->due_ms : b != NULL ? b->due_ms : -1;
    return a->due_ms < b->due_ms ? a->due_ms : b->due_ms;
}

size_t grace_count(const struct grace *g)
{
    return HASH_COUNT(g->by_player);
}
