#include "leaving.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "gateways.h"
#include "mem.h"
#include "presence.h"
#include "session.h"

struct leaving {
    struct gateway *g;
    leaving_fn *fn;
    void *arg;
    const struct started *tickets; /* (the caller's) */
    bool dead;
    bool said, failed; /* a PlayerLeft was sent; one failed */
    size_t waiting;    /* PlayerLeft on their way */
    char gateway[GATEWAY_ID_SIZE];
    char held[ID_CONNECTION_SIZE], named[ID_CONNECTION_SIZE]; /* connection: the index', the presence's */
    char player[];
};

static void leaving_end(struct leaving *l, enum leaving_end end)
{
    l->fn(l->arg, end);
    free(l);
}

/* ---- forget ----------------------------------------------------------------------------------------------------- */

static void on_dropped(void *arg, bool ok, bool yes)
{
    (void)yes;
    leaving_end(arg, ok ? LEAVING_DONE : LEAVING_FAILED);
}

static void leaving_drop(struct leaving *l)
{
    if (gateways_drop(l->g->backend.store, l->gateway, l->player, l->held, on_dropped, l) != 0)
        leaving_end(l, LEAVING_FAILED);
}

static void on_forgotten(void *arg, bool ok)
{
    if (ok)
        leaving_drop(arg);
    else
        leaving_end(arg, LEAVING_FAILED);
}

static void leaving_forget(struct leaving *l)
{
    if (presence_forget(l->g->backend.store, l->player, l->named, on_forgotten, l) != 0)
        leaving_end(l, LEAVING_FAILED);
}

/* ---- left ------------------------------------------------------------------------------------------------------- */

static void leaving_said_all(struct leaving *l)
{
    if (l->failed) {
        leaving_end(l, LEAVING_FAILED);
        return;
    }
    if (l->said)
        gateway_count(l->g, GW_LEFT);
    leaving_forget(l);
}

static void on_left(void *arg, int err, int32_t partition, int64_t offset)
{
    struct leaving *l = arg;

    (void)partition;
    (void)offset;
    command_count(l->g, err);
    l->failed = l->failed || err != 0;
    if (--l->waiting == 0)
        leaving_said_all(l);
}

static void leaving_say(struct leaving *l, const char *ticket_id, int32_t partition)
{
    struct mm_issuer issuer = {l->player, l->named, ""};
    struct mm_command c = {.type = MM_LEFT,
                           .ticket_id = ticket_id,
                           .configuration = "",
                           .players = &(struct mm_player){.id = l->player},
                           .player_count = 1,
                           .issuer = issuer};
    struct buf *value = &l->g->scratch;
    int err;

    buf_clear(value);
    mm_command_encode(&c, value);
    l->said = true;
    err = command_send(
        l->g, &(struct command){.type = MM_LEFT, .partition = partition, .key = "", .value = value, .issuer = issuer},
        on_left, l);
    if (err == 0) {
        l->waiting++;
        return;
    }
    command_count(l->g, err);
    l->failed = true;
}

static bool partition_exists(int32_t partition)
{
    return partition >= 0 && partition < topic_defs[TOPIC_QUEUE].partitions;
}

static void leaving_say_all(struct leaving *l, const struct presence_gone *gone)
{
    if (gone->ticket_id[0] != '\0' && partition_exists(gone->partition))
        leaving_say(l, gone->ticket_id, gone->partition);
    for (const struct started *t = l->tickets; t != NULL; t = t->next) {
        if (strcmp(t->id, gone->ticket_id) != 0)
            leaving_say(l, t->id, t->partition);
    }
    if (l->waiting == 0)
        leaving_said_all(l);
}

/* ---- check ------------------------------------------------------------------------------------------------------ */

static void on_checked(void *arg, bool ok, const struct presence_gone *gone)
{
    struct leaving *l = arg;
    bool named;

    if (!ok) {
        leaving_end(l, LEAVING_FAILED);
        return;
    }
    named = gone->state == PRESENCE_OURS && strlen(gone->connection) < sizeof(l->named);
    if (gone->state == PRESENCE_MISSING && !l->dead) {
        leaving_end(l, LEAVING_MISSING);
    } else if (!named) {
        leaving_drop(l);
    } else if (session_of(l->g, l->player) != NULL) {
        leaving_end(l, LEAVING_FAILED); /* it will name that one, if it lasts */
    } else {
        (void)snprintf(l->named, sizeof(l->named), "%s", gone->connection);
        leaving_say_all(l, gone);
    }
}

int leaving_begin(struct gateway *g, const struct leaver *who, leaving_fn *fn, void *arg)
{
    size_t len = strlen(who->player);
    struct leaving *l = mem_alloc(sizeof(*l) + len + 1);
    int rc;

    l->g = g;
    l->fn = fn;
    l->arg = arg;
    l->tickets = who->tickets;
    l->dead = who->dead;
    (void)snprintf(l->gateway, sizeof(l->gateway), "%s", who->gateway);
    (void)snprintf(l->held, sizeof(l->held), "%s", who->connection);
    memcpy(l->player, who->player, len + 1);
    rc = presence_check_gone(g->backend.store, l->player, l->gateway, on_checked, l);
    if (rc != 0)
        free(l);
    return rc;
}
