#include "claiming.h"

#include <stdlib.h>
#include <string.h>

#include "id.h"
#include "mem.h"

struct claiming {
    struct store *store;
    struct claim claim;
    claiming_fn *fn;
    void *arg;
    char ticket_id[ID_TICKET_MAX + 1];
    char instead_of[ID_TICKET_MAX + 1];                     /* the asking player's open ticket */
    size_t count, next;                                     /* players; the one whose claim is being taken */
    char players[MM_TICKET_PLAYERS_MAX][ID_PLAYER_MAX + 1]; /* the asking one is the first */
};

static void end(struct claiming *c, bool ok, const struct claiming_end *e)
{
    c->fn(c->arg, ok, e);
    free(c);
}

/* What is not given back here, as Redis is away, runs out. */
static void give_back(const struct claiming *c)
{
    for (size_t i = 0; i < c->next; i++)
        (void)claim_refuse(c->store, c->players[i], c->ticket_id, (struct ticket_answer){NULL, NULL});
}

static int take(struct claiming *c);

static void go_on(struct claiming *c)
{
    if (c->next == c->count) {
        end(c, true, &(struct claiming_end){.took = CLAIM_TAKEN});
    } else if (take(c) != 0) {
        give_back(c);
        end(c, false, NULL);
    }
}

static void on_taken(void *arg, bool ok, const struct claim_taken *t)
{
    struct claiming *c = arg;

    if (!ok || t->took != CLAIM_TAKEN) {
        give_back(c);
        end(c, ok, ok ? &(struct claiming_end){t->took, c->players[c->next], t} : NULL);
        return;
    }
    if (c->next == 0 && strlen(t->ticket_id) < sizeof(c->instead_of))
        memcpy(c->instead_of, t->ticket_id, strlen(t->ticket_id) + 1);
    c->next++;
    c->claim.instead_of = c->instead_of;
    go_on(c);
}

static int take(struct claiming *c)
{
    return claim_take(c->store, c->players[c->next], &c->claim, on_taken, c);
}

static void add_player(struct claiming *c, const char *player)
{
    memcpy(c->players[c->count++], player, strlen(player) + 1);
}

int claiming_begin(struct store *s, const struct party *party, const char *asks, const struct claim *claim,
                   claiming_fn *fn, void *arg)
{
    struct claiming *c = MEM_NEW(struct claiming);
    int rc;

    *c = (struct claiming){.store = s, .claim = *claim, .fn = fn, .arg = arg};
    memcpy(c->ticket_id, claim->ticket_id, strlen(claim->ticket_id) + 1);
    c->claim.ticket_id = c->ticket_id;
    add_player(c, asks);
    for (size_t i = 0; i < party->count; i++) {
        if (strcmp(party->players[i].id, asks) != 0)
            add_player(c, party->players[i].id);
    }
    rc = take(c);
    if (rc != 0)
        free(c);
    return rc;
}
