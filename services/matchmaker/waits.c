#include "waits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "mem.h"
#include "tickets.h"

#define WEIGHT      0.1
#define WRITE_IN_MS 1000
#define AGAIN_IN_MS 10000
#define KEEP_MS     3600000 /* a mean that has not moved for so long is no news */

struct wait {
    char *configuration;
    double mean_ms;
    int64_t told_ms;                 /* the mean that Redis was told; -1: none */
    int64_t told_at_ms, moved_at_ms; /* monotonic */
    UT_hash_handle hh;
};

struct waits {
    struct wait *by_configuration;
    int64_t next_write_ms; /* monotonic */
};

struct waits *waits_new(void)
{
    return MEM_NEW(struct waits);
}

void waits_free(struct waits **wp)
{
    struct wait *x = *wp != NULL ? (*wp)->by_configuration : NULL;

    if (*wp != NULL)
        HASH_CLEAR(hh, (*wp)->by_configuration);
    while (x != NULL) {
        struct wait *next = x->hh.next; /* clearing a table leaves its elements linked */

        free(x->configuration);
        free(x);
        x = next;
    }
    free(*wp);
    *wp = NULL;
}

static struct wait *find(const struct waits *w, const char *configuration)
{
    struct wait *x;

    HASH_FIND_STR(w->by_configuration, configuration, x);
    return x;
}

void waits_observe(struct waits *w, const char *configuration, int64_t wait_ms)
{
    struct wait *x = find(w, configuration);

    if (x != NULL) {
        x->mean_ms += WEIGHT * ((double)wait_ms - x->mean_ms);
        return;
    }
    x = MEM_NEW(struct wait);
    x->configuration = mem_strdup(configuration);
    x->mean_ms = (double)wait_ms;
    x->told_ms = -1;
    HASH_ADD_KEYPTR(hh, w->by_configuration, x->configuration, strlen(x->configuration), x);
}

double waits_mean_ms(const struct waits *w, const char *configuration)
{
    const struct wait *x = find(w, configuration);

    return x != NULL ? x->mean_ms : -1;
}

static bool is_due(const struct wait *x, int64_t mono_ms)
{
    return x->moved_at_ms == mono_ms || (mono_ms - x->told_at_ms >= AGAIN_IN_MS && mono_ms - x->moved_at_ms < KEEP_MS);
}

static void write_mean(struct wait *x, struct store *s, int64_t mono_ms)
{
    int64_t mean_ms = llround(x->mean_ms);

    if (mean_ms != x->told_ms)
        x->moved_at_ms = mono_ms;
    if (!is_due(x, mono_ms) || wait_write(s, x->configuration, mean_ms) != 0)
        return;
    x->told_ms = mean_ms;
    x->told_at_ms = mono_ms;
}

void waits_write(struct waits *w, struct store *s, int64_t mono_ms)
{
    if (mono_ms < w->next_write_ms)
        return;
    w->next_write_ms = mono_ms + WRITE_IN_MS;
    for (struct wait *x = w->by_configuration; x != NULL; x = x->hh.next)
        write_mean(x, s, mono_ms);
}
