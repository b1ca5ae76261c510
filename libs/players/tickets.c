/* tickets.c - see tickets.h. */
#include "tickets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "players_redis.h"

#define WAIT_TTL_MS "3600000"

/* ---- claims ----------------------------------------------------------------------------------------------------- */

/* ARGV configuration, ticket, partition, ttl. The answer: took, then the configuration and ticket that hold the
 * claim. */
#define LUA_CLAIM_HELD "local held = redis.call('HMGET', KEYS[1], 'configuration', 'ticket')\n"
#define LUA_CLAIM_TAKE                                                                                                 \
    "if held[1] then\n" /* its ticket stays: the matchmaker says when it is replaced, or that it is not */             \
    "  if held[2] ~= ARGV[2] then redis.call('HSET', KEYS[1], 'next', ARGV[2], 'next_ms', ARGV[4]) end\n"              \
    "  if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end\n"          \
    "  return {0, held[1], held[2]}\n"                                                                                 \
    "end\n"                                                                                                            \
    "redis.call('HSET', KEYS[1], 'configuration', ARGV[1], 'ticket', ARGV[2], 'partition', ARGV[3])\n"                 \
    "redis.call('PEXPIRE', KEYS[1], ARGV[4])\n"                                                                        \
    "return {0}\n"

/* KEYS of both: claim, presence */
static struct store_script claim_take_script = {
    .text = LUA_CLAIM_HELD "if held[1] and held[1] ~= ARGV[1] then return {1, held[1], held[2]} end\n" LUA_CLAIM_TAKE,
};

/* ARGV more: a ticket that is not in the way */
static struct store_script claim_take_other_script = {
    .text = "local at = redis.call('HMGET', KEYS[2], 'connection', 'gone')\n"
            "if not at[1] or at[2] then return {2} end\n" LUA_CLAIM_HELD
            "if held[1] and held[2] ~= ARGV[2] and (held[2] ~= ARGV[5] or held[1] ~= ARGV[1]) then\n"
            "  return {1, held[1], held[2]}\n"
            "end\n" LUA_CLAIM_TAKE,
};

/* The ticket that has the claim is no more: whatever was asked for meanwhile has it, until a matchmaker speaks of
 * that. */
#define LUA_CLAIM_PASS                                                                                                 \
    "local function pass()\n"                                                                                          \
    "  local next = redis.call('HMGET', KEYS[1], 'next', 'next_ms')\n"                                                 \
    "  if not next[1] then return redis.call('DEL', KEYS[1]) end\n"                                                    \
    "  redis.call('HDEL', KEYS[1], 'next', 'next_ms', 'epoch', 'seq')\n"                                               \
    "  redis.call('HSET', KEYS[1], 'ticket', next[1])\n"                                                               \
    "  redis.call('PEXPIRE', KEYS[1], next[2])\n"                                                                      \
    "end\n"                                                                                                            \
    "local function pass_over(ticket)\n"                                                                               \
    "  if redis.call('HGET', KEYS[1], 'next') == ticket then redis.call('HDEL', KEYS[1], 'next', 'next_ms') end\n"     \
    "end\n"

/*
 * Of what a partition says, the later wins, in whatever order it comes. later_than_claim: the claim was kept by a later
 * word of that partition; released: its last word that released one.
 */
#define LUA_CLAIM_ORDER                                                                                                \
    LUA_COMPARE                                                                                                        \
    "local held = redis.call('HMGET', KEYS[1], 'configuration', 'ticket', 'partition', 'epoch', 'seq')\n"              \
    "local epoch, seq = string.match(redis.call('GET', KEYS[2]) or '', '^(%d+):(%d+)$')\n"                             \
    "local function compare_claim(at)\n"                                                                               \
    "  if held[3] ~= ARGV[1] or not held[4] or not held[5] then return 1 end\n"                                        \
    "  return compare(at, {held[4], held[5]})\n"                                                                       \
    "end\n"                                                                                                            \
    "local function compare_released(at)\n"                                                                            \
    "  return epoch and compare(at, {epoch, seq}) or 1\n"                                                              \
    "end\n"                                                                                                            \
    "local at = {ARGV[2], ARGV[3]}\n"

/* KEYS claim, released; ARGV partition, epoch, seq, ticket, ttl, configuration */
static struct store_script claim_keep_script = {
    .text = LUA_CLAIM_ORDER LUA_CLAIM_PASS
    "if held[1] and held[1] ~= ARGV[6] then return end\n"
    "if compare_claim(at) < 0 or compare_released(at) < 0 then return end\n"
    "redis.call('HSET', KEYS[1], 'configuration', ARGV[6], 'ticket', ARGV[4], 'partition', ARGV[1],\n"
    "  'epoch', ARGV[2], 'seq', ARGV[3])\n"
    "pass_over(ARGV[4])\n"
    "redis.call('PEXPIRE', KEYS[1], ARGV[5])\n",
};

/*
 * KEYS claim, released; ARGV partition, epoch, seq, ticket, ttl. The claim goes first: a Redis that is out of memory
 * refuses a script whose first write needs some.
 */
static struct store_script claim_release_script = {
    .text = LUA_CLAIM_ORDER LUA_CLAIM_PASS
    "pass_over(ARGV[4])\n"
    "if held[2] == ARGV[4] and compare_claim(at) >= 0 then pass() end\n"
    "if compare_released(at) > 0 then redis.call('SET', KEYS[2], ARGV[2] .. ':' .. ARGV[3], 'PX', ARGV[5]) end\n",
};

/* KEYS claim; ARGV ticket */
static struct store_script claim_refuse_script = {
    .text = LUA_CLAIM_PASS "local held = redis.call('HMGET', KEYS[1], 'ticket', 'epoch')\n"
                           "pass_over(ARGV[1])\n"
                           "if held[1] == ARGV[1] and not held[2] then pass() end\n",
};

struct claim_call {
    claim_fn *fn;
    void *arg;
};

static void on_claimed(void *arg, const struct store_reply *reply)
{
    struct claim_call *call = arg;
    struct claim_taken taken = {(enum claim_took)players_int(reply, 0, CLAIM_TAKEN), players_text(reply, 1, ""),
                                players_text(reply, 2, "")};

    call->fn(call->arg, players_ok(reply), players_ok(reply) ? &taken : NULL);
    free(call);
}

int claim_take(struct store *s, const char *player, const struct claim *c, claim_fn *fn, void *arg)
{
    char keys[2][PLAYERS_KEY_SIZE], numbers[2][PLAYERS_NUMBER_SIZE];
    const char *argv[] = {players_key(keys[0], "claim", player),
                          players_key(keys[1], "presence", player),
                          c->configuration,
                          c->ticket_id,
                          players_number(numbers[0], c->partition),
                          players_number(numbers[1], c->ttl_ms),
                          c->instead_of};
    bool asks = c->instead_of == NULL;
    struct claim_call *call = MEM_NEW(struct claim_call);
    int rc;

    *call = (struct claim_call){fn, arg};
    rc = store_script(s, asks ? &claim_take_script : &claim_take_other_script, on_claimed, call, 2, asks ? 6 : 7, argv,
                      NULL);
    if (rc != 0)
        free(call);
    return rc;
}

struct claim_read_call {
    claim_read_fn *fn;
    void *arg;
};

static void on_claim_read(void *arg, const struct store_reply *reply)
{
    struct claim_read_call *call = arg;
    struct claim_read c = {players_text(reply, 0, ""), (int32_t)players_int(reply, 1, -1)};

    call->fn(call->arg, players_ok(reply), players_ok(reply) ? &c : NULL);
    free(call);
}

int claim_read(struct store *s, const char *player, claim_read_fn *fn, void *arg)
{
    char key[PLAYERS_KEY_SIZE];
    const char *argv[] = {"HMGET", players_key(key, "claim", player), "ticket", "partition"};
    struct claim_read_call *call = MEM_NEW(struct claim_read_call);
    int rc;

    *call = (struct claim_read_call){fn, arg};
    rc = store_command(s, on_claim_read, call, 4, argv, NULL);
    if (rc != 0)
        free(call);
    return rc;
}

/* configuration: NULL for a release. */
static int claim_say(struct store *s, struct store_script *script, const char *player, const char *ticket_id,
                     const struct decided_at *at, int64_t ttl_ms, const char *configuration,
                     struct ticket_answer answer)
{
    char keys[2][PLAYERS_KEY_SIZE], kind[PLAYERS_NUMBER_SIZE + sizeof("released-")], numbers[4][PLAYERS_NUMBER_SIZE];
    const char *argv[] = {players_key(keys[0], "claim", player),     keys[1],
                          players_number(numbers[0], at->partition), players_number(numbers[1], at->epoch),
                          players_number(numbers[2], at->seq),       ticket_id,
                          players_number(numbers[3], ttl_ms),        configuration};

    (void)snprintf(kind, sizeof(kind), "released-%d", (int)at->partition);
    players_key(keys[1], kind, player);
    return store_script(s, script, answer.fn, answer.arg, 2, configuration != NULL ? 8 : 7, argv, NULL);
}

int claim_keep(struct store *s, const char *player, const char *configuration, const char *ticket_id,
               const struct decided_at *at, int64_t ttl_ms, struct ticket_answer answer)
{
    return claim_say(s, &claim_keep_script, player, ticket_id, at, ttl_ms, configuration, answer);
}

int claim_release(struct store *s, const char *player, const char *ticket_id, const struct decided_at *at,
                  struct ticket_answer answer)
{
    return claim_say(s, &claim_release_script, player, ticket_id, at, CLAIM_MEMORY_MS, NULL, answer);
}

int claim_refuse(struct store *s, const char *player, const char *ticket_id, struct ticket_answer answer)
{
    char key[PLAYERS_KEY_SIZE];
    const char *argv[] = {players_key(key, "claim", player), ticket_id};

    return store_script(s, &claim_refuse_script, answer.fn, answer.arg, 1, 2, argv, NULL);
}

/* ---- views ------------------------------------------------------------------------------------------------------ */

/* The fields of ticket:{T}; those that the script compares come first, where it expects them. */
/*    field          type */
#define VIEW_FIELDS(X)                                                                                                 \
    X(epoch, I64)                                                                                                      \
    X(seq, I64)                                                                                                        \
    X(partition, I32)                                                                                                  \
    X(state, STR)                                                                                                      \
    X(reason, STR)                                                                                                     \
    X(configuration, STR)                                                                                              \
    X(players, STR)                                                                                                    \
    X(start_ms, I64)                                                                                                   \
    X(end_ms, I64)                                                                                                     \
    X(match_id, STR)

#define VIEW_ENUM(field, type) FIELD_##field,
enum { VIEW_FIELDS(VIEW_ENUM) FIELD_COUNT };

#define VIEW_NAME(field, type) #field,
static const char *const field_names[FIELD_COUNT] = {VIEW_FIELDS(VIEW_NAME)};

static struct store_script view_write_script = {
    /* KEYS ticket; ARGV ttl, then field, value, ... */
    .text = LUA_COMPARE "local held = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'partition')\n"
                        "if held[1] and held[2] and held[3] == ARGV[7] and compare({ARGV[3], ARGV[5]}, held) < 0 then\n"
                        "  return\n"
                        "end\n"
                        "redis.call('HSET', KEYS[1], unpack(ARGV, 2))\n"
                        "redis.call('PEXPIRE', KEYS[1], ARGV[1])\n",
};

#define VIEW_TEXT_STR(field)  v->field
#define VIEW_TEXT_I32(field)  players_number(numbers[FIELD_##field], v->field)
#define VIEW_TEXT_I64(field)  VIEW_TEXT_I32(field)
#define VIEW_ARG(field, type) argv[argc++] = #field, argv[argc++] = VIEW_TEXT_##type(field);

int ticket_view_write(struct store *s, const struct ticket_view *v, int64_t ttl_ms, struct ticket_answer answer)
{
    char key[PLAYERS_KEY_SIZE], ttl[PLAYERS_NUMBER_SIZE], numbers[FIELD_COUNT][PLAYERS_NUMBER_SIZE];
    const char *argv[2 + 2 * FIELD_COUNT] = {players_key(key, "ticket", v->ticket_id), players_number(ttl, ttl_ms)};
    int argc = 2;

    VIEW_FIELDS(VIEW_ARG)
    return store_script(s, &view_write_script, answer.fn, answer.arg, 1, argc, argv, NULL);
}

/* Reading takes two steps: the mean wait is a key of the configuration, which only the view names. */
struct view_call {
    struct store *store;
    ticket_view_fn *fn;
    void *arg;
    char *ticket_id;
    char *values[FIELD_COUNT]; /* copies: the first reply is gone when the second comes */
};

#define VIEW_VALUE_STR(field)   .field = call->values[FIELD_##field],
#define VIEW_VALUE_I32(field)   .field = (int32_t)strtol(call->values[FIELD_##field], NULL, 10),
#define VIEW_VALUE_I64(field)   .field = strtoll(call->values[FIELD_##field], NULL, 10),
#define VIEW_VALUE(field, type) VIEW_VALUE_##type(field)

static void view_answer(struct view_call *call, bool ok, bool found, int64_t mean_wait_ms)
{
    struct ticket_view view = {.ticket_id = call->ticket_id, VIEW_FIELDS(VIEW_VALUE)};

    call->fn(call->arg, ok, ok && found ? &view : NULL, mean_wait_ms);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        free(call->values[i]);
    free(call->ticket_id);
    free(call);
}

static void on_wait(void *arg, const struct store_reply *reply)
{
    const char *mean = store_reply_str(reply, NULL);

    view_answer(arg, true, true, mean != NULL ? strtoll(mean, NULL, 10) : -1);
}

/* What stands in Redis is no id that was checked at a door. */
static bool wait_ask(struct view_call *call)
{
    const char *configuration = call->values[FIELD_configuration];
    char key[PLAYERS_KEY_SIZE];
    const char *get[] = {"GET", key};

    if (strlen(configuration) > PLAYERS_NAME_MAX)
        return false;
    players_key(key, "wait", configuration);
    return store_command(call->store, on_wait, call, 2, get, NULL) == 0;
}

static void on_view(void *arg, const struct store_reply *reply)
{
    struct view_call *call = arg;
    bool ok = store_reply_count(reply) == FIELD_COUNT;
    bool found = players_text(reply, FIELD_state, NULL) != NULL;

    for (size_t i = 0; i < FIELD_COUNT; i++)
        call->values[i] = mem_strdup(players_text(reply, i, ""));
    if (!ok || !found || !wait_ask(call))
        view_answer(call, ok, found, -1);
}

int ticket_view_read(struct store *s, const char *ticket_id, ticket_view_fn *fn, void *arg)
{
    struct view_call *call = MEM_NEW(struct view_call);
    char key[PLAYERS_KEY_SIZE];
    const char *argv[2 + FIELD_COUNT] = {"HMGET", players_key(key, "ticket", ticket_id)};
    int rc;

    memcpy(&argv[2], field_names, sizeof(field_names));
    *call = (struct view_call){.store = s, .fn = fn, .arg = arg, .ticket_id = mem_strdup(ticket_id)};
    rc = store_command(s, on_view, call, 2 + FIELD_COUNT, argv, NULL);
    if (rc != 0) {
        free(call->ticket_id);
        free(call);
    }
    return rc;
}

/* ---- what else the matchmaker writes ---------------------------------------------------------------------------- */

int wait_write(struct store *s, const char *configuration, int64_t mean_wait_ms)
{
    char key[PLAYERS_KEY_SIZE], wait[PLAYERS_NUMBER_SIZE];
    const char *argv[] = {"SET", players_key(key, "wait", configuration), players_number(wait, mean_wait_ms), "PX",
                          WAIT_TTL_MS};

    return store_command(s, NULL, NULL, 5, argv, NULL);
}

int rebuilt_read(struct store *s, int32_t partition, struct ticket_answer answer)
{
    char key[PLAYERS_KEY_SIZE], number[PLAYERS_NUMBER_SIZE];
    const char *argv[] = {"GET", players_key(key, "views", players_number(number, partition))};

    return store_command(s, answer.fn, answer.arg, 2, argv, NULL);
}

int rebuilt_write(struct store *s, int32_t partition, const char *generation, struct ticket_answer answer)
{
    char key[PLAYERS_KEY_SIZE], number[PLAYERS_NUMBER_SIZE];
    const char *argv[] = {"SET", players_key(key, "views", players_number(number, partition)), generation};

    return store_command(s, answer.fn, answer.arg, 3, argv, NULL);
}
