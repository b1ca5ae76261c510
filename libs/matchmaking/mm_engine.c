#include "mm_engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "id.h"
#include "mem.h"
#include "mm_admit.h"
#include "mm_ended.h"
#include "mm_pool.h"
#include "mm_rules.h"

#define HASH_DIGITS    16
#define ENDED_A_GROUP  256
#define ENDED_GROUP_MS 1000

struct mm_engine {
    mm_emit_fn *emit;
    void *emit_arg;
    struct mm_pools pools;
    struct mm_ended ended;
    uint64_t seed, matches;
};

static const struct mm_issuer nobody = {"", "", ""};

struct mm_engine *mm_engine_new(const struct mm_catalog *catalog, int32_t partition, mm_emit_fn *emit, void *arg)
{
    struct mm_engine *e = MEM_NEW(struct mm_engine);

    e->emit = emit;
    e->emit_arg = arg;
    for (size_t i = 0; i < catalog->count; i++) {
        const struct mm_configuration *c = &catalog->configurations[i];

        if (c->partition == partition)
            (void)mm_pools_add(&e->pools, c->name, c->rules, c->request_timeout_ms);
    }
    return e;
}

void mm_engine_free(struct mm_engine **e)
{
    if (*e == NULL)
        return;
    mm_pools_free(&(*e)->pools);
    mm_ended_free(&(*e)->ended);
    free(*e);
    *e = NULL;
}

void mm_engine_seed(struct mm_engine *e, uint64_t seed)
{
    e->seed = seed;
    e->matches = 0;
}

/* ---- how a ticket ends ---- */

static void forget(struct mm_engine *e, int64_t now_ms, struct mm_ticket **t)
{
    mm_ended_add(&e->ended, id_hash(mm_ticket_id(*t), strlen(mm_ticket_id(*t))), now_ms);
    mm_ticket_remove(&e->pools, t);
}

struct end {
    enum mm_ticket_state state;
    const char *reason;
};

static const struct end requested = {MM_CANCELLED, "requested"};
static const struct end replaced = {MM_CANCELLED, "replaced"};
static const struct end player_left = {MM_CANCELLED, "player_left"};
static const struct end timed_out = {MM_TIMED_OUT, "timed_out"};

static void end_ticket(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t, const struct end *end,
                       const struct mm_issuer *issuer)
{
    struct mm_transition out = {
        .kind = MM_TICKET,
        .ticket_id = mm_ticket_id(t),
        .state = end->state,
        .configuration = t->pool->name,
        .start_ms = t->start_ms,
        .reason = end->reason,
        .player_count = t->player_count,
        .issuer = *issuer,
    };
    const char *id = mm_ticket_id(t);

    for (size_t i = 0; i < t->player_count; i++)
        out.players[i].id = id = mm_ticket_next_player(id);
    e->emit(e->emit_arg, &out);
    forget(e, now_ms, &t);
}

static size_t team_of(const struct mm_ticket *t, struct mm_match_player players[MM_TICKET_PLAYERS_MAX])
{
    const char *id = mm_ticket_id(t);

    for (size_t i = 0; i < t->player_count; i++) {
        id = mm_ticket_next_player(id);
        players[i] = (struct mm_match_player){id, mm_ticket_id(t), t->start_ms};
    }
    return t->player_count;
}

static void match(struct mm_engine *e, int64_t now_ms, struct mm_ticket *older, struct mm_ticket *newer)
{
    struct mm_match_player first[MM_TICKET_PLAYERS_MAX], second[MM_TICKET_PLAYERS_MAX];
    char match_id[ID_UUID_SIZE];
    struct mm_transition out = {.kind = MM_MATCH, .match_id = match_id, .configuration = older->pool->name};

    id_uuid_from(e->seed, ++e->matches, match_id);
    out.teams[0] = (struct mm_match_team){older->pool->rules->team_names[0], first, team_of(older, first)};
    out.teams[1] = (struct mm_match_team){older->pool->rules->team_names[1], second, team_of(newer, second)};
    out.team_count = MM_MATCH_TEAMS;
    e->emit(e->emit_arg, &out);
    forget(e, now_ms, &older);
    forget(e, now_ms, &newer);
}

/* ---- searching ---- */

static bool is_expired(const struct mm_ticket *t, int64_t now_ms)
{
    return mm_ticket_expiry_ms(t) <= now_ms;
}

/* A partner whose time-out is due, though no tick came to see it, ends here: nobody is matched after their time-out. */
static struct mm_ticket *find_partner(struct mm_engine *e, int64_t now_ms, const struct mm_ticket *t)
{
    double window = mm_rules_window(t->pool->rules, now_ms - t->since_ms);
    struct mm_ticket *partner = mm_ticket_partner(t, window);

    while (partner != NULL && is_expired(partner, now_ms)) {
        end_ticket(e, now_ms, partner, &timed_out, &nobody);
        partner = mm_ticket_partner(t, window);
    }
    return partner;
}

/* When there is something to do about t next: its window widens, or its time is over. */
static void schedule(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t)
{
    int64_t expiry_ms = mm_ticket_expiry_ms(t);
    int64_t step_ms = t->indexed ? mm_rules_next_step(t->pool->rules, now_ms - t->since_ms) : INT64_MAX;

    if (step_ms < INT64_MAX && t->since_ms + step_ms < expiry_ms)
        mm_timers_set(&e->pools.timers, &t->timer, t->since_ms + step_ms);
    else
        mm_timers_set(&e->pools.timers, &t->timer, expiry_ms);
}

static void search(struct mm_engine *e, int64_t now_ms, struct mm_ticket *t)
{
    struct mm_ticket *partner = t->indexed ? find_partner(e, now_ms, t) : NULL;

    if (partner != NULL)
        match(e, now_ms, partner, t);
    else
        schedule(e, now_ms, t);
}

/* ---- commands ---- */

static void refuse(struct mm_engine *e, const struct mm_command *c, const char *code, const char *message)
{
    e->emit(e->emit_arg, &(struct mm_transition){
                             .kind = MM_REFUSED,
                             .ticket_id = c->ticket_id,
                             .reason = code,
                             .message = message,
                             .issuer = c->issuer,
                         });
}

struct start { /* a StartMatchmaking under examination */
    struct mm_engine *engine;
    const struct mm_command *command;
    int64_t now_ms;
    struct mm_pool *pool;
    double value;
    char message[MM_MESSAGE_SIZE];
};

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

    if (issued_ms >= s->now_ms - MM_ENDED_MEMORY_MS)
        return NULL;
    (void)snprintf(s->message, sizeof(s->message), "issued more than %d minutes ago: start again",
                   MM_ENDED_MEMORY_MS / 60000);
    return "start_expired";
}

static const char *check_party(struct start *s)
{
    if (s->command->player_count <= MM_TEAM_SIZE)
        return NULL;
    (void)snprintf(s->message, sizeof(s->message), "the largest team takes %d player, the ticket has %zu", MM_TEAM_SIZE,
                   s->command->player_count);
    return "party_too_large";
}

static const char *check_attributes(struct start *s)
{
    return mm_admit_player(s->pool->rules, s->command->players[0].attributes, &s->value, s->message);
}

/* In the same configuration the new ticket takes the place of the old one; in another, the old one stands. */
static const char *check_players(struct start *s)
{
    for (size_t i = 0; i < s->command->player_count; i++) {
        const char *player_id = s->command->players[i].id;
        const struct mm_ticket *open = mm_ticket_of_player(&s->engine->pools, player_id);

        if (open == NULL || open->pool == s->pool)
            continue;
        (void)snprintf(s->message, sizeof(s->message),
                       "ticket \"%.100s\" of this player is open in configuration \"%.80s\"", mm_ticket_id(open),
                       open->pool->name);
        return "already_queued";
    }
    return NULL;
}

static const char *check_start(struct start *s)
{
    static const char *(*const checks[])(struct start *) = {check_configuration, check_issuer, check_ticket_id,
                                                            check_issue_time,    check_party,  check_attributes,
                                                            check_players};
    const char *code = NULL;

    for (size_t i = 0; code == NULL && i < sizeof(checks) / sizeof(checks[0]); i++)
        code = checks[i](s);
    return code;
}

static void replace_older(struct mm_engine *e, int64_t now_ms, const struct mm_command *c)
{
    for (size_t i = 0; i < c->player_count; i++) {
        struct mm_ticket *open = mm_ticket_of_player(&e->pools, c->players[i].id);

        if (open != NULL)
            end_ticket(e, now_ms, open, &replaced, &nobody);
    }
}

static void emit_searching(struct mm_engine *e, const struct mm_command *c, const struct mm_ticket *t)
{
    struct mm_transition out = {
        .kind = MM_TICKET,
        .ticket_id = c->ticket_id,
        .state = MM_SEARCHING,
        .configuration = c->configuration,
        .start_ms = c->start_ms,
        .order = t->node.order,
        .since_ms = t->since_ms,
        .reason = "",
        .player_count = c->player_count,
        .issuer = nobody,
    };

    memcpy(out.players, c->players, c->player_count * sizeof(c->players[0]));
    e->emit(e->emit_arg, &out);
}

static void start(struct mm_engine *e, int64_t now_ms, const struct mm_command *c)
{
    struct start s = {.engine = e, .command = c, .now_ms = now_ms};
    const char *code = check_start(&s);
    struct mm_ticket *t;

    if (code != NULL) {
        refuse(e, c, code, s.message);
        return;
    }
    replace_older(e, now_ms, c);
    t = mm_ticket_add(&e->pools, s.pool,
                      &(struct mm_arrival){
                          .ticket_id = c->ticket_id,
                          .players = c->players,
                          .player_count = c->player_count,
                          .start_ms = c->start_ms,
                          .indexed = true,
                          .value = s.value,
                      });
    emit_searching(e, c, t);
    search(e, now_ms, t);
}

static void stop(struct mm_engine *e, int64_t now_ms, const struct mm_command *c)
{
    struct mm_ticket *t = mm_ticket_find(&e->pools, c->ticket_id);

    if (t != NULL && mm_ticket_has(t, c->issuer.player_id))
        end_ticket(e, now_ms, t, &requested, &c->issuer);
    else
        refuse(e, c, "ticket_not_found", "no such ticket is open");
}

/* A ticket that ended meanwhile is what most players leave behind: nothing to tell anybody. */
static void left(struct mm_engine *e, int64_t now_ms, const struct mm_command *c)
{
    struct mm_ticket *t = mm_ticket_find(&e->pools, c->ticket_id);

    if (t != NULL && mm_ticket_has(t, c->players[0].id))
        end_ticket(e, now_ms, t, &player_left, &nobody);
}

void mm_engine_apply(struct mm_engine *e, int64_t now_ms, const struct mm_command *c)
{
    static void (*const handlers[MM_COMMAND_TYPES])(struct mm_engine *, int64_t, const struct mm_command *) = {
        [MM_START] = start,
        [MM_STOP] = stop,
        [MM_LEFT] = left,
    };

    mm_ended_forget(&e->ended, now_ms - MM_ENDED_MEMORY_MS);
    handlers[c->type](e, now_ms, c);
}

/* ---- time ---- */

void mm_engine_tick(struct mm_engine *e, int64_t now_ms, size_t max)
{
    struct mm_ticket *t;

    mm_ended_forget(&e->ended, now_ms - MM_ENDED_MEMORY_MS);
    for (size_t n = 0; n < max && (t = mm_ticket_due(&e->pools, now_ms)) != NULL; n++) {
        if (is_expired(t, now_ms))
            end_ticket(e, now_ms, t, &timed_out, &nobody);
        else
            search(e, now_ms, t);
    }
}

int64_t mm_engine_due_ms(const struct mm_engine *e)
{
    return mm_timers_due_ms(&e->pools.timers);
}

/* ---- replay ---- */

/*
 * What the catalog of today cannot place ends by time-out: at once, when the configuration is gone; at its own time,
 * when the ticket does not fit the rule set any more.
 */
static struct mm_ticket *restore_new(struct mm_engine *e, const struct mm_transition *t)
{
    struct mm_arrival arrival = {
        .ticket_id = t->ticket_id,
        .players = t->players,
        .player_count = t->player_count,
        .start_ms = t->start_ms,
        .order = t->order,
        .since_ms = t->since_ms,
    };
    struct mm_pool *pool = mm_pools_find(&e->pools, t->configuration);
    char message[MM_MESSAGE_SIZE];

    if (pool == NULL)
        pool = mm_pools_add(&e->pools, t->configuration, NULL, 0);
    if (pool->rules != NULL && t->player_count <= MM_TEAM_SIZE)
        arrival.indexed = mm_admit_player(pool->rules, t->players[0].attributes, &arrival.value, message) == NULL;
    return mm_ticket_add(&e->pools, pool, &arrival);
}

static void restore_end(struct mm_engine *e, int64_t at_ms, const char *ticket_id)
{
    struct mm_ticket *open = mm_ticket_find(&e->pools, ticket_id);

    if (open != NULL)
        forget(e, at_ms, &open);
    else
        mm_ended_add(&e->ended, id_hash(ticket_id, strlen(ticket_id)), at_ms);
}

static void restore_ticket(struct mm_engine *e, int64_t at_ms, const struct mm_transition *t)
{
    struct mm_ticket *open;

    if (t->state != MM_SEARCHING) {
        restore_end(e, at_ms, t->ticket_id);
        return;
    }
    open = mm_ticket_find(&e->pools, t->ticket_id);
    if (open == NULL)
        open = restore_new(e, t);
    mm_timers_set(&e->pools.timers, &open->timer, at_ms); /* due at the next tick, whenever that is */
}

static void restore_match(struct mm_engine *e, int64_t at_ms, const struct mm_transition *t)
{
    for (size_t i = 0; i < t->team_count; i++) {
        for (size_t j = 0; j < t->teams[i].player_count; j++)
            restore_end(e, at_ms, t->teams[i].players[j].ticket_id);
    }
}

/* Their order in time does not matter: an id may be remembered a little longer than the others. */
static void restore_ended(struct mm_engine *e, int64_t at_ms, const struct mm_transition *t)
{
    (void)at_ms;
    for (const char *hex = t->hashes; *hex != '\0'; hex += HASH_DIGITS) {
        char digits[HASH_DIGITS + 1] = {0};
        uint64_t hash;

        memcpy(digits, hex, HASH_DIGITS);
        hash = strtoull(digits, NULL, 16);
        if (!mm_ended_has(&e->ended, hash))
            mm_ended_add(&e->ended, hash, t->ended_ms);
    }
}

static void restore_nothing(struct mm_engine *e, int64_t at_ms, const struct mm_transition *t)
{
    (void)e;
    (void)at_ms;
    (void)t;
}

void mm_engine_restore(struct mm_engine *e, int64_t at_ms, const struct mm_transition *t)
{
    static void (*const by_kind[])(struct mm_engine *, int64_t, const struct mm_transition *) = {
        [MM_TICKET] = restore_ticket,       [MM_MATCH] = restore_match, [MM_REFUSED] = restore_nothing,
        [MM_DEAD_LETTER] = restore_nothing, [MM_ENDED] = restore_ended,
    };

    mm_ended_forget(&e->ended, at_ms - MM_ENDED_MEMORY_MS);
    by_kind[t->kind](e, at_ms, t);
}

/* ---- walks ---- */

void mm_engine_walk_begin(struct mm_engine *e, struct mm_cursor *c)
{
    *c = (struct mm_cursor){.ended_next = e->ended.first, .ended_until = e->ended.next};
    mm_pools_walk(&e->pools, c);
}

void mm_engine_walk_end(struct mm_engine *e, struct mm_cursor *c)
{
    mm_pools_walked(&e->pools, c);
}

static void describe(const struct mm_ticket *t, struct mm_transition *out)
{
    const char *id = mm_ticket_id(t);

    *out = (struct mm_transition){
        .kind = MM_TICKET,
        .ticket_id = id,
        .state = MM_SEARCHING,
        .configuration = t->pool->name,
        .start_ms = t->start_ms,
        .order = t->node.order,
        .since_ms = t->since_ms,
        .reason = "",
        .player_count = t->player_count,
        .issuer = nobody,
    };
    for (size_t i = 0; i < t->player_count; i++)
        out->players[i].id = id = mm_ticket_next_player(id);
}

size_t mm_engine_walk(struct mm_engine *e, struct mm_cursor *c, size_t max, mm_emit_fn *fn, void *arg)
{
    const struct mm_ticket *t;
    struct mm_transition out;
    size_t n = 0;

    (void)e;
    for (; n < max && (t = mm_pools_next(c)) != NULL; n++) {
        describe(t, &out);
        fn(arg, &out);
    }
    return n;
}

/* The endings of about a second, as of the last of them: it has all their ids forgotten together. */
static void snapshot_ended(const struct mm_engine *e, struct mm_cursor *c, struct buf *out)
{
    struct buf hashes = {0};
    struct mm_transition t = {.kind = MM_ENDED};
    int64_t first_ms = 0, at_ms;
    uint64_t hash;

    for (size_t n = 0; n < ENDED_A_GROUP && c->ended_next < c->ended_until; n++, c->ended_next++) {
        mm_ended_get(&e->ended, c->ended_next, &hash, &at_ms);
        first_ms = n == 0 ? at_ms : first_ms;
        if (at_ms - first_ms > ENDED_GROUP_MS)
            break;
        t.ended_ms = at_ms > t.ended_ms ? at_ms : t.ended_ms;
        buf_printf(&hashes, "%016" PRIx64, hash);
    }
    t.hashes = hashes.data;
    mm_transition_encode(&t, out);
    buf_free(&hashes);
}

static void snapshot_ticket(const struct mm_ticket *t, struct buf *out)
{
    const char *details[2 * MM_TICKET_PLAYERS_MAX];
    struct mm_transition encoded;

    describe(t, &encoded);
    details[0] = mm_ticket_details(t);
    for (size_t i = 1; i < 2 * (size_t)t->player_count; i++)
        details[i] = mm_ticket_next_player(details[i - 1]);
    encoded.details = details;
    mm_transition_encode(&encoded, out);
}

/* What was forgotten meanwhile is skipped. */
static bool has_ended(const struct mm_engine *e, struct mm_cursor *c)
{
    if (c->ended_next < e->ended.first)
        c->ended_next = e->ended.first;
    return c->ended_next < c->ended_until;
}

bool mm_engine_snapshot(struct mm_engine *e, struct mm_cursor *c, size_t max_bytes, struct buf *out)
{
    const struct mm_ticket *t;

    while (out->len < max_bytes) {
        bool ended = has_ended(e, c);

        t = ended ? NULL : mm_pools_next(c);
        if (!ended && t == NULL)
            return false;
        buf_str(out, out->len > 0 ? "," : "");
        if (ended)
            snapshot_ended(e, c, out);
        else
            snapshot_ticket(t, out);
    }
    return true;
}

/* ---- figures ---- */

size_t mm_engine_waiting(const struct mm_engine *e)
{
    return e->pools.waiting;
}

size_t mm_engine_waiting_in(const struct mm_engine *e, const char *configuration)
{
    const struct mm_pool *pool = mm_pools_find(&e->pools, configuration);

    return pool == NULL ? 0 : pool->count;
}

int64_t mm_engine_oldest_ms(const struct mm_engine *e, const char *configuration)
{
    const struct mm_pool *pool = mm_pools_find(&e->pools, configuration);
    const struct mm_ticket *oldest = pool == NULL ? NULL : mm_pool_oldest(pool);

    return oldest == NULL ? -1 : oldest->start_ms;
}

size_t mm_engine_bytes(const struct mm_engine *e)
{
    return mm_pools_bytes(&e->pools) + mm_ended_bytes(&e->ended);
}
