/* gateways.c - see gateways.h. */
#include "gateways.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "players_redis.h"

#define SET_KEY    "gateways"
#define REAP_COUNT "64" /* entries a step, about: Redis gives a small hash whole */

/* Who waits for an answer. */
struct gateways_call {
    union {
        gateways_fn *yes;
        gateways_list_fn *list;
        gateways_reap_fn *reap;
    } fn;
    void *arg;
};

static int run(struct store *s, struct store_script *script, store_reply_fn *answer, struct gateways_call call,
               int key_count, int argc, const char *const *argv)
{
    struct gateways_call *waiting = mem_dup(&call, sizeof(call));
    int rc = store_script(s, script, answer, waiting, key_count, argc, argv, NULL);

    if (rc != 0)
        free(waiting);
    return rc;
}

static int command(struct store *s, store_reply_fn *answer, struct gateways_call call, int argc,
                   const char *const *argv)
{
    struct gateways_call *waiting = mem_dup(&call, sizeof(call));
    int rc = store_command(s, answer, waiting, argc, argv, NULL);

    if (rc != 0)
        free(waiting);
    return rc;
}

/* A number: not 0 is yes. */
static void on_number(void *arg, const struct store_reply *reply)
{
    struct gateways_call *call = arg;

    if (call->fn.yes != NULL)
        call->fn.yes(call->arg, players_ok(reply), players_ok(reply) && store_reply_int(reply, 0) != 0);
    free(call);
}

static struct gateways_call yes_call(gateways_fn *fn, void *arg)
{
    return (struct gateways_call){.fn.yes = fn, .arg = arg};
}

/* ---- who lives -------------------------------------------------------------------------------------------------- */

int gateways_enlist(struct store *s, const char *gateway, gateways_fn *fn, void *arg)
{
    const char *argv[] = {"SADD", SET_KEY, gateway};

    return command(s, on_number, yes_call(fn, arg), 3, argv);
}

int gateways_delist(struct store *s, const char *gateway, gateways_fn *fn, void *arg)
{
    const char *argv[] = {"SREM", SET_KEY, gateway};

    return command(s, on_number, yes_call(fn, arg), 3, argv);
}

static struct store_script beat_script = {
    /* KEYS gateway, reaping; ARGV instance, lease */
    .text = "local missed = redis.call('EXISTS', KEYS[1]) == 0 or redis.call('EXISTS', KEYS[2]) == 1\n"
            "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])\n"
            "return missed and 1 or 0\n",
};

int gateways_beat(struct store *s, const char *gateway, const char *instance, int64_t lease_ms, gateways_fn *fn,
                  void *arg)
{
    char keys[2][PLAYERS_KEY_SIZE], lease[PLAYERS_NUMBER_SIZE];
    const char *argv[] = {players_key(keys[0], "gateway", gateway), players_key(keys[1], "reaping", gateway), instance,
                          players_number(lease, lease_ms)};

    return run(s, &beat_script, on_number, yes_call(fn, arg), 2, 4, argv);
}

int gateways_alive(struct store *s, const char *gateway, gateways_fn *fn, void *arg)
{
    char key[PLAYERS_KEY_SIZE];
    const char *argv[] = {"EXISTS", players_key(key, "gateway", gateway)};

    return command(s, on_number, yes_call(fn, arg), 2, argv);
}

static void on_list(void *arg, const struct store_reply *reply)
{
    struct gateways_call *call = arg;
    size_t count = store_reply_count(reply);
    const char **ids = mem_alloc(count * sizeof(*ids));

    for (size_t i = 0; i < count; i++)
        ids[i] = players_text(reply, i, "");
    call->fn.list(call->arg, players_ok(reply), ids, count);
    free(ids);
    free(call);
}

int gateways_list(struct store *s, gateways_list_fn *fn, void *arg)
{
    const char *argv[] = {"SMEMBERS", SET_KEY};

    return command(s, on_list, (struct gateways_call){.fn.list = fn, .arg = arg}, 2, argv);
}

/* ---- whom each holds -------------------------------------------------------------------------------------------- */

static struct store_script hold_script = {
    /* KEYS held; ARGV player, connection */
    .text = "return 1 - redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])\n",
};

int gateways_hold(struct store *s, const char *gateway, const char *player, const char *connection, gateways_fn *fn,
                  void *arg)
{
    char key[PLAYERS_KEY_SIZE];
    const char *argv[] = {players_key(key, "held", gateway), player, connection};

    return run(s, &hold_script, on_number, yes_call(fn, arg), 1, 3, argv);
}

static struct store_script drop_script = {
    /* KEYS held; ARGV player, connection */
    .text = "if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end\n"
            "return redis.call('HDEL', KEYS[1], ARGV[1])\n",
};

int gateways_drop(struct store *s, const char *gateway, const char *player, const char *connection, gateways_fn *fn,
                  void *arg)
{
    char key[PLAYERS_KEY_SIZE];
    const char *argv[] = {players_key(key, "held", gateway), player, connection};

    return run(s, &drop_script, on_number, yes_call(fn, arg), 1, 3, argv);
}

/* ---- clearing up ------------------------------------------------------------------------------------------------ */

static struct store_script reap_script = {
    /* KEYS gateway, reaping, held; ARGV reaper, lock, cursor, count. Returns enum reap_state, cursor, entries. */
    .text = "if redis.call('EXISTS', KEYS[1]) == 1 then return {2} end\n"
            "local reaper = redis.call('GET', KEYS[2])\n"
            "if reaper and reaper ~= ARGV[1] then return {1} end\n"
            "redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])\n"
            "local page = redis.call('HSCAN', KEYS[3], ARGV[3], 'COUNT', ARGV[4])\n"
            "return {0, page[1], page[2]}\n",
};

_Static_assert(REAP_MINE == 0 && REAP_BUSY == 1 && REAP_ALIVE == 2, "the script returns these numbers");

static void on_reap(void *arg, const struct store_reply *reply)
{
    struct gateways_call *call = arg;
    const struct store_reply *page = store_reply_at(reply, 2);
    size_t count = store_reply_count(page) / 2;
    struct held *entries = mem_alloc(count * sizeof(*entries));
    struct reap_step step = {(enum reap_state)players_int(reply, 0, REAP_BUSY), players_text(reply, 1, "0"), entries,
                             count};

    for (size_t i = 0; i < count; i++)
        entries[i] = (struct held){players_text(page, 2 * i, ""), players_text(page, 2 * i + 1, "")};
    call->fn.reap(call->arg, players_ok(reply), players_ok(reply) ? &step : NULL);
    free(entries);
    free(call);
}

int gateways_reap(struct store *s, const char *gateway, const char *reaper, int64_t lock_ms, const char *cursor,
                  gateways_reap_fn *fn, void *arg)
{
    char keys[3][PLAYERS_KEY_SIZE], lock[PLAYERS_NUMBER_SIZE];
    const char *argv[] = {players_key(keys[0], "gateway", gateway),
                          players_key(keys[1], "reaping", gateway),
                          players_key(keys[2], "held", gateway),
                          reaper,
                          players_number(lock, lock_ms),
                          cursor,
                          REAP_COUNT};

    return run(s, &reap_script, on_reap, (struct gateways_call){.fn.reap = fn, .arg = arg}, 3, 7, argv);
}

static struct store_script reaped_script = {
    /* KEYS reaping, held; ARGV reaper */
    .text = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end\n"
            "return 1 - redis.call('EXISTS', KEYS[2])\n",
};

int gateways_reaped(struct store *s, const char *gateway, const char *reaper, gateways_fn *fn, void *arg)
{
    char keys[2][PLAYERS_KEY_SIZE];
    const char *argv[] = {players_key(keys[0], "reaping", gateway), players_key(keys[1], "held", gateway), reaper};

    return run(s, &reaped_script, on_number, yes_call(fn, arg), 2, 3, argv);
}
