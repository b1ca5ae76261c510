#include "watch.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

static void watch_add(struct watch *w, const char *id)
{
    struct watched *e = MEM_NEW(struct watched);

    e->missing_ms = -1;
    e->arg = w->arg;
    memcpy(e->id, id, sizeof(e->id));
    e->listed = true;
    HASH_ADD_STR(w->by_id, id, e);
}

void watch_list(struct watch *w, const char *const *ids, size_t count)
{
    struct watched *e, *next;

    for (e = w->by_id; e != NULL; e = e->hh.next)
        e->listed = false;
    for (size_t i = 0; i < count; i++) {
        if (strlen(ids[i]) != GATEWAY_ID_SIZE - 1)
            continue;
        HASH_FIND_STR(w->by_id, ids[i], e);
        if (e == NULL)
            watch_add(w, ids[i]);
        else
            e->listed = true;
    }
    for (e = w->by_id; e != NULL; e = next) {
        next = e->hh.next;
        if (e->listed)
            continue;
        HASH_DEL(w->by_id, e);
        free(e);
    }
}

void watch_looked(struct watched *e, bool alive, int64_t now_ms)
{
    if (alive)
        e->missing_ms = -1;
    else if (e->missing_ms < 0)
        e->missing_ms = now_ms;
}

const struct watched *watch_dead(const struct watch *w, int64_t now_ms, int64_t contact_ms, int64_t patience_ms)
{
    const struct watched *e = contact_ms < patience_ms ? NULL : w->by_id;

    while (e != NULL && (e->missing_ms < 0 || now_ms - e->missing_ms < patience_ms))
        e = e->hh.next;
    return e;
}

void watch_free(struct watch *w)
{
    watch_list(w, NULL, 0);
}
