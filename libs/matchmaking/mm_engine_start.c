#include "mm_engine_private.h"

#include <stdio.h>
#include <string.h>

#include "id.h"

struct start { /* a StartMatchmaking under examination */
    struct mm_engine *engine;
    const struct mm_command *command;
    int64_t now_ms;
    struct mm_pool *pool;
    struct mm_facts *facts; /* the ticket will own them */
    char message[MM_MESSAGE_SIZE];
};

/* Then where it stood says whether it is a repeat. */
static bool is_redriven(const struct start *s)
{
    return s->command->origin.time_ms != 0;
}

static const char *check_configuration(struct start *s)
{
    s->pool = mm_pools_find(&s->engine->pools, s->command->configuration);
    if (s->pool != NULL && s->pool->rules != NULL)
        return NULL;
    (void)snprintf(s->message, sizeof(s->message), "there is no matchmaking configuration \"%.128s\" here",
                   s->command->configuration);
    return "unknown_configuration";
}

/* No player acts for another: to those who are not in it, a ticket does not exist. */
static const char *check_issuer(struct start *s)
{
    for (size_t i = 0; i < s->command->player_count; i++) {
        if (strcmp(s->command->players[i].id, s->command->issuer.player_id) == 0)
            return NULL;
    }
    (void)snprintf(s->message, sizeof(s->message), "only a player of the ticket can start it");
    return "ticket_not_found";
}

static const char *check_ticket_id(struct start *s)
{
    const char *id = s->command->ticket_id;

    if (mm_ticket_find(&s->engine->pools, id) == NULL && !mm_ended_has(&s->engine->ended, id_hash(id, strlen(id))))
        return NULL;
    (void)snprintf(s->message, sizeof(s->message), "ticket \"%.128s\" is open, or ended less than %d minutes ago", id,
                   MM_ENDED_MEMORY_MS / 60000);
    return "ticket_exists";
}

static const char *check_issue_time(struct start *s)
{
    int64_t issued_ms = s->command->issued_ms != 0 ? s->command->issued_ms : s->command->start_ms;

    if (is_redriven(s) || issued_ms >= s->now_ms - MM_ENDED_MEMORY_MS)
        return NULL;
    (void)snprintf(s->message, sizeof(s->message), "issued more than %d minutes ago: start again",
                   MM_ENDED_MEMORY_MS / 60000);
    return "start_expired";
}

/* The last check: what it reads is for the ticket, which has the ids. */
static const char *check_facts(struct start *s)
{
    const char *ids[MM_BACKFILL_PLAYERS_MAX];

    for (size_t i = 0; i < s->command->player_count; i++)
        ids[i] = s->command->players[i].id;
    return mm_facts_read(&s->facts, s->pool->rules, &s->pool->locations, s->command->players, s->command->player_count,
                         ids, s->message);
}

/*
 * In the same configuration the new ticket takes the place of the old one; in another, the old one stands, and anywhere
 * against one out of the dead letters, which is older. A game that the player was in has no say.
 */
static const char *check_players(struct start *s)
{
    for (size_t i = 0; i < s->command->player_count; i++) {
        const char *player_id = s->command->players[i].id;
        const struct mm_ticket *open = mm_ticket_of_player(&s->engine->pools, player_id);

        if (open == NULL || open->backfill || (open->pool == s->pool && !is_redriven(s)))
            continue;
        (void)snprintf(s->message, sizeof(s->message),
                       "ticket \"%.100s\" of this player is open in configuration \"%.80s\"", mm_ticket_id(open),
                       open->pool->name);
        return "already_queued";
    }
    return NULL;
}

/* Who looks for a game is not in one. */
static const char *check_playing(struct start *s)
{
    for (size_t i = 0; i < s->command->player_count; i++) {
        const char *player_id = s->command->players[i].id;
        const struct mm_ticket *open = mm_ticket_of_player(&s->engine->pools, player_id);

        if (open == NULL || open->backfill)
            continue;
        (void)snprintf(s->message, sizeof(s->message),
                       "player \"%.100s\" looks for another game, with ticket \"%.100s\"", player_id,
                       mm_ticket_id(open));
        return "already_queued";
    }
    return NULL;
}

static const char *check_server(struct start *s)
{
    if (s->command->issuer.player_id[0] == '\0')
        return NULL;
    (void)snprintf(s->message, sizeof(s->message), "only a game server asks for players for its game");
    return "ticket_not_found";
}

static void end_older(struct start *s, struct mm_ticket *open)
{
    if (open != NULL)
        engine_end(s->engine, s->now_ms, open, &engine_replaced, NULL);
}

static void replace_older(struct start *s)
{
    const struct mm_command *c = s->command;

    for (size_t i = 0; i < c->player_count; i++)
        end_older(s, mm_ticket_of_player(&s->engine->pools, c->players[i].id));
    if (c->type == MM_BACKFILL)
        end_older(s, mm_ticket_of_session(&s->engine->pools, c->game_session));
}

static struct mm_ticket *add(struct start *s)
{
    const struct mm_command *c = s->command;

    return mm_ticket_add(&s->engine->pools, s->pool,
                         &(struct mm_arrival){
                             .ticket_id = c->ticket_id,
                             .players = c->players,
                             .player_count = c->player_count,
                             .start_ms = c->start_ms,
                             .since_ms = c->since_ms != 0 ? c->since_ms : c->start_ms,
                             .backfill = c->type == MM_BACKFILL,
                             .game_session = c->game_session,
                             .facts = s->facts,
                         });
}

static void emit_searching(struct mm_engine *e, const struct mm_command *c, const struct mm_ticket *t)
{
    e->emit(e->emit_arg, &(struct mm_transition){
                             .kind = MM_TICKET,
                             .ticket_id = c->ticket_id,
                             .state = MM_SEARCHING,
                             .configuration = c->configuration,
                             .start_ms = c->start_ms,
                             .order = t->order,
                             .since_ms = mm_ticket_since_ms(t),
                             .reason = "",
                             .players = c->players,
                             .player_count = c->player_count,
                             .backfill = t->backfill,
                             .game_session = c->game_session,
                         });
}

typedef const char *check_fn(struct start *s);

static void start(struct start *s, check_fn *const *checks, size_t count)
{
    const char *code = NULL;
    struct mm_ticket *t;

    for (size_t i = 0; code == NULL && i < count; i++)
        code = checks[i](s);
    if (code != NULL) {
        engine_refuse(s->engine, s->command, code, s->message);
        return;
    }
    replace_older(s);
    t = add(s);
    emit_searching(s->engine, s->command, t);
    engine_search(s->engine, s->now_ms, t);
}

#define COUNT(checks) (sizeof(checks) / sizeof((checks)[0]))

void engine_start(struct mm_engine *e, int64_t now_ms, const struct mm_command *c)
{
    static check_fn *const checks[] = {check_configuration, check_issuer,  check_ticket_id,
                                       check_issue_time,    check_players, check_facts};

    start(&(struct start){.engine = e, .command = c, .now_ms = now_ms}, checks, COUNT(checks));
}

void engine_backfill(struct mm_engine *e, int64_t now_ms, const struct mm_command *c)
{
    static check_fn *const checks[] = {check_configuration, check_server,  check_ticket_id,
                                       check_issue_time,    check_playing, check_facts};

    start(&(struct start){.engine = e, .command = c, .now_ms = now_ms}, checks, COUNT(checks));
}
