#include "watch.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

struct watched *watch_find(const struct watch *w, const char *id)
{
    struct watched *e = w->all;

    while (e != NULL && strcmp(e->id, id) != 0)
        e = e->next;
    return e;
}

static struct watched *watch_add(struct watch *w, const char *id)
{
    struct watched *e = MEM_NEW(struct watched);

    e->missing_ms = -1;
    e->arg = w->arg;
    memcpy(e->id, id, sizeof(e->id));
    e->next = w->all;
    w->all = e;
    return e;
}

void watch_list(struct watch *w, const char *const *ids, size_t count)
{
    struct watched **place = &w->all, *e;

    for (e = w->all; e != NULL; e = e->next)
        e->listed = false;
    for (size_t i = 0; i < count; i++) {
        if (strlen(ids[i]) != GATEWAY_ID_SIZE - 1)
            continue;
        e = watch_find(w, ids[i]);
        e = e != NULL ? e : watch_add(w, ids[i]);
        e->listed = true;
    }
    while ((e = *place) != NULL) {
        if (e->listed) {
            place = &e->next;
            continue;
        }
        *place = e->next;
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
    const struct watched *e = contact_ms < patience_ms ? NULL : w->all;

    while (e != NULL && (e->missing_ms < 0 || now_ms - e->missing_ms < patience_ms))
        e = e->next;
    return e;
}

void watch_free(struct watch *w)
{
    watch_list(w, NULL, 0);
}
