#include "partitions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bookmark.h"
#include "err.h"
#include "log.h"
#include "mem.h"

enum { PARTITIONS_MAX = 64 };

struct partitions {
    struct partitions_conf conf;
    char generation[GENERATION_SIZE];
    struct partition *ours[PARTITIONS_MAX];
    int64_t finished_to[PARTITIONS_MAX]; /* everything before it was finished once, under whatever generation */
};

struct partitions *partitions_new(const struct partitions_conf *conf)
{
    struct partitions *ps = MEM_NEW(struct partitions);

    ps->conf = *conf;
    return ps;
}

static void partition_free(struct partition *p)
{
    p->owner->ours[p->number] = NULL;
    window_free(&p->window);
    free(p);
}

void partitions_free(struct partitions **psp)
{
    struct partitions *ps = *psp;

    for (int32_t i = 0; ps != NULL && i < PARTITIONS_MAX; i++)
        if (ps->ours[i] != NULL)
            partition_free(ps->ours[i]);
    free(ps);
    *psp = NULL;
}

/* ---- committing -------------------------------------------------------------------------------------------------- */

static void commit_at(struct partition *p, int64_t offset, const struct event_seen *seen)
{
    struct bookmark b = {.seen = *seen};
    char metadata[BOOKMARK_SIZE];

    memcpy(b.generation, p->generation, sizeof(b.generation));
    p->owner->conf.commit(p->owner->conf.arg, p->number, offset, bookmark_format(&b, metadata));
}

static void note_finished(struct partition *p, int64_t next_offset)
{
    int64_t *to = &p->owner->finished_to[p->number];

    *to = next_offset > *to ? next_offset : *to;
}

static void commit(struct partition *p)
{
    struct event_seen seen;
    int64_t next_offset;

    if (p->rewinding || !window_committable(p->window, &next_offset, &seen))
        return;
    note_finished(p, next_offset);
    commit_at(p, next_offset, &seen);
}

void partitions_commit(struct partitions *ps)
{
    for (int i = 0; i < PARTITIONS_MAX; i++)
        if (ps->ours[i] != NULL)
            commit(ps->ours[i]);
}

/* ---- which Redis ------------------------------------------------------------------------------------------------- */

static void go_back(struct partition *p)
{
    struct partitions *ps = p->owner;

    commit(p); /* under the old generation: it is what is known to be finished, and says that it has to go back */
    log_info("rewind partition=%d was=%s is=%s", (int)p->number, p->generation, ps->generation);
    p->rewinding = true;
    ps->conf.drop(ps->conf.arg, p);
    ps->conf.rewind(ps->conf.arg, p->number);
}

/* Takes a place for one of this generation, and says so at once: it may take long until there is more to commit. */
static void adopt(struct partition *p)
{
    memcpy(p->generation, p->owner->generation, sizeof(p->generation));
    if (p->offset >= 0)
        commit_at(p, p->offset, &p->seen);
}

static void judge(struct partition *p)
{
    if (p->generation[0] == '\0')
        adopt(p);
    else if (!p->rewinding && strcmp(p->generation, p->owner->generation) != 0)
        go_back(p);
}

void partitions_generation(struct partitions *ps, const char *generation)
{
    (void)snprintf(ps->generation, sizeof(ps->generation), "%s", generation);
    for (int i = 0; i < PARTITIONS_MAX; i++)
        if (ps->ours[i] != NULL)
            judge(ps->ours[i]);
}

bool partitions_known(const struct partitions *ps)
{
    return ps->generation[0] != '\0';
}

/* ---- assignment -------------------------------------------------------------------------------------------------- */

void partitions_assign(struct partitions *ps, int32_t number, int64_t offset, const char *metadata)
{
    struct partition *p = MEM_NEW(struct partition);
    struct bookmark b;

    ASSERT(number >= 0 && number < PARTITIONS_MAX && ps->ours[number] == NULL);
    if (bookmark_parse(&b, metadata) != 0)
        log_warn("commit_metadata_unreadable partition=%d", (int)number);
    *p = (struct partition){
        .owner = ps, .number = number, .offset = offset, .seen = b.seen, .window = window_new(&b.seen)};
    memcpy(p->generation, b.generation, sizeof(p->generation));
    ps->ours[number] = p;
    note_finished(p, offset);
    if (partitions_known(ps))
        judge(p);
}

void partitions_revoke(struct partitions *ps, int32_t number)
{
    struct partition *p = ps->ours[number];

    if (p == NULL)
        return;
    commit(p);
    if (!p->rewinding)
        ps->conf.drop(ps->conf.arg, p);
    partition_free(p);
}

struct partition *partitions_find(struct partitions *ps, int32_t number)
{
    struct partition *p = number < PARTITIONS_MAX ? ps->ours[number] : NULL;

    return p == NULL || p->rewinding ? NULL : p;
}

size_t partitions_count(const struct partitions *ps)
{
    size_t n = 0;

    for (int i = 0; i < PARTITIONS_MAX; i++)
        n += ps->ours[i] != NULL;
    return n;
}

size_t partitions_ahead(const struct partitions *ps)
{
    size_t greatest = 0;

    for (int i = 0; i < PARTITIONS_MAX; i++) {
        size_t ahead = ps->ours[i] != NULL ? window_ahead(ps->ours[i]->window) : 0;

        greatest = ahead > greatest ? ahead : greatest;
    }
    return greatest;
}

bool partition_again(const struct partition *p, int64_t offset)
{
    return offset < p->owner->finished_to[p->number];
}
