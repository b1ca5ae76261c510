/* presence.c - see presence.h. */
#include "presence.h"

#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "mem.h"
#include "players_redis.h"
#include "topics.h"

#define ACKNOWLEDGE_MAX 16

/* Who waits for a script's answer. */
struct presence_call {
    union {
        presence_taken_fn *taken;
        presence_delivered_fn *delivered;
        presence_gone_fn *gone;
        presence_done_fn *done;
    } fn;
    void *arg;
};

/* Runs a script for a call on the heap; `answer` frees it. */
static int run(struct store *s, struct store_script *script, store_reply_fn *answer, struct presence_call call,
               int key_count, int argc, const char *const *argv, const size_t *lens)
{
    struct presence_call *waiting = mem_dup(&call, sizeof(call));
    int rc = store_script(s, script, answer, waiting, key_count, argc, argv, lens);

    if (rc != 0)
        free(waiting);
    return rc;
}

/* gateway, connection and slot, as scripts return them; gateway NULL: there is none. */
static struct presence presence_of(const struct store_reply *fields)
{
    struct presence p = {players_text(fields, 0, NULL), players_text(fields, 1, NULL),
                         (int32_t)players_int(fields, 2, -1)};

    return p.connection != NULL ? p : (struct presence){.slot = -1};
}

/* ---- taking a player -------------------------------------------------------------------------------------------- */

static struct store_script take_script = {
    /*
     * KEYS presence, inbox; ARGV gateway, slot, connection, since (0: not known), age, first, refuse, spare.
     * Returns enum presence_took, since, the other's gateway, connection and slot, inbox.
     */
    .text = "local fields = {'gateway', 'connection', 'slot', 'since', 'gone'}\n"
            "local gateway, connection, slot, since, gone = unpack(redis.call('HMGET', KEYS[1], unpack(fields)))\n"
            "local time, mine = redis.call('TIME'), tonumber(ARGV[4])\n"
            "local other = connection and connection ~= ARGV[3]\n"
            "since = tonumber(since or 0)\n"
            "if connection and not other then mine = since\n"
            "elseif mine == 0 then mine = time[1] * 1000000 + time[2] - ARGV[5] end\n"
            "local there = other and not gone and {gateway, connection, slot} or {}\n"
            "if ARGV[7] == '1' and there[1] and connection ~= ARGV[8] then return {2, '0', there} end\n"
            "if other and ARGV[6] == '1' then mine = math.max(mine, since + 1) end\n"
            "if other and mine <= since then return {1, '0', there} end\n"
            "mine = string.format('%.0f', mine)\n"
            "redis.call('HSET', KEYS[1], 'gateway', ARGV[1], 'slot', ARGV[2], 'connection', ARGV[3], 'since', mine)\n"
            "redis.call('HDEL', KEYS[1], 'gone')\n"
            "return {0, mine, there, redis.call('XRANGE', KEYS[2], '-', '+')}\n",
};

_Static_assert(PRESENCE_TAKEN == 0 && PRESENCE_NEWER == 1 && PRESENCE_OPEN == 2, "the script returns these numbers");

/* An entry of XRANGE: [stream id, ["id", event id, "message", JSON, "generation", hex]]. False: not one of ours. */
static bool read_message(const struct store_reply *entry, struct inbox_message *out)
{
    const struct store_reply *fields = store_reply_at(entry, 1);

    out->inbox_id = store_reply_str(store_reply_at(entry, 0), NULL);
    out->id = store_reply_str(store_reply_at(fields, 1), NULL);
    out->json = store_reply_str(store_reply_at(fields, 3), &out->json_len);
    out->generation = store_reply_str(store_reply_at(fields, 5), NULL);
    if (out->generation == NULL)
        out->generation = "";
    return out->inbox_id != NULL && out->id != NULL && out->json != NULL;
}

static void on_taken(void *arg, const struct store_reply *reply)
{
    struct presence_call *call = arg;
    const struct store_reply *there = store_reply_at(reply, 2), *inbox = store_reply_at(reply, 3);
    struct presence other = presence_of(there);
    struct inbox_message *messages = mem_alloc(store_reply_count(inbox) * sizeof(*messages));
    struct presence_taken t = {.took = (enum presence_took)players_int(reply, 0, PRESENCE_NEWER),
                               .since_us = players_int(reply, 1, 0),
                               .other = other.gateway != NULL ? &other : NULL,
                               .messages = messages};

    for (size_t i = 0; i < store_reply_count(inbox); i++)
        t.count += read_message(store_reply_at(inbox, i), &messages[t.count]);
    call->fn.taken(call->arg, players_ok(reply), players_ok(reply) ? &t : NULL);
    free(messages);
    free(call);
}

int presence_take(struct store *s, const char *player, const struct presence_taking *t, presence_taken_fn *fn,
                  void *arg)
{
    char keys[2][PLAYERS_KEY_SIZE], numbers[3][PLAYERS_NUMBER_SIZE];
    const char *argv[] = {players_key(keys[0], "presence", player),
                          players_key(keys[1], "inbox", player),
                          t->presence.gateway,
                          players_number(numbers[0], t->presence.slot),
                          t->presence.connection,
                          players_number(numbers[1], t->since_us),
                          players_number(numbers[2], t->age_us),
                          t->first ? "1" : "0",
                          t->refuse ? "1" : "0",
                          t->spare};

    return run(s, &take_script, on_taken, (struct presence_call){.fn.taken = fn, .arg = arg}, 2, 10, argv, NULL);
}

/* ---- delivering ------------------------------------------------------------------------------------------------- */

static struct store_script deliver_script = {
    /*
     * KEYS presence, inbox, last; ARGV partition, incarnation, epoch, seq, index, event id, JSON, inbox ttl, INBOX_MAX,
     * last's ttl, generation. All is read before anything is written, and the message is added before it is remembered
     * as taken: if a key is not ours, or Redis is out of memory, nothing is done.
     */
    .text = LUA_COMPARE "local where = redis.call('HMGET', KEYS[1], 'gateway', 'connection', 'slot')\n"
                        "local taken = redis.call('HMGET', KEYS[3], ARGV[1], 'generation')\n"
                        "local inbox_id, dropped, last = '', 0, {}\n"
                        "if taken[2] == ARGV[11] then\n"
                        "  for part in string.gmatch(taken[1] or '', '%d+') do last[#last + 1] = part end\n"
                        "end\n"
                        "if #last ~= 4 or compare({ARGV[2], ARGV[3], ARGV[4], ARGV[5]}, last) > 0 then\n"
                        "  inbox_id = redis.call('XADD', KEYS[2], '*', 'id', ARGV[6], 'message', ARGV[7],\n"
                        "                       'generation', ARGV[11])\n"
                        "  dropped = redis.call('XTRIM', KEYS[2], 'MAXLEN', ARGV[9])\n"
                        "  redis.call('PEXPIRE', KEYS[2], ARGV[8])\n"
                        "  if taken[2] ~= ARGV[11] then redis.call('DEL', KEYS[3]) end\n"
                        "  redis.call('HSET', KEYS[3], 'generation', ARGV[11],\n"
                        "             ARGV[1], table.concat({ARGV[2], ARGV[3], ARGV[4], ARGV[5]}, ':'))\n"
                        "  redis.call('PEXPIRE', KEYS[3], ARGV[10])\n"
                        "end\n"
                        "return {inbox_id, dropped, where}\n",
};

/* Older servers wrap an error into one of the script, so the words are looked for anywhere. */
static int delivery_error(const char *error)
{
    static const char *const hopeless[] = {"WRONGTYPE", "exhausted the last possible ID"};

    for (size_t i = 0; i < sizeof(hopeless) / sizeof(hopeless[0]); i++) {
        if (strstr(error, hopeless[i]) != NULL)
            return ERR_INVALID;
    }
    return ERR_BUSY;
}

static void on_delivered(void *arg, const struct store_reply *reply)
{
    struct presence_call *call = arg;
    const struct store_reply *presence = store_reply_at(reply, 2);
    const char *error = store_reply_error(reply);
    struct presence where = presence_of(presence);
    struct presence_delivered r = {.inbox_id = players_text(reply, 0, ""), .dropped = players_int(reply, 1, 0)};

    if (where.gateway != NULL)
        r.where = &where;
    r.error = error != NULL ? error : "Redis went away";
    if (presence == NULL)
        r.err = error != NULL ? delivery_error(error) : ERR_UNAVAILABLE;
    call->fn.delivered(call->arg, &r);
    free(call);
}

int presence_deliver(struct store *s, const struct presence_message *m, presence_delivered_fn *fn, void *arg)
{
    char keys[3][PLAYERS_KEY_SIZE], numbers[8][PLAYERS_NUMBER_SIZE], text[EVENT_ID_SIZE];
    const char *argv[] = {
        players_key(keys[0], "presence", m->player),
        players_key(keys[1], "inbox", m->player),
        players_key(keys[2], "last", m->player),
        players_number(numbers[0], m->id->partition),
        players_number(numbers[1], m->id->incarnation),
        players_number(numbers[2], m->id->epoch),
        players_number(numbers[3], m->id->seq),
        players_number(numbers[4], m->id->index),
        event_id_format(m->id, text),
        m->json,
        players_number(numbers[5], m->inbox_ttl_ms),
        players_number(numbers[6], INBOX_MAX),
        players_number(numbers[7], topic_defs[TOPIC_EVENTS].retention_ms), /* older events cannot come again */
        m->generation,
    };
    enum { ARGC = sizeof(argv) / sizeof(argv[0]), JSON_ARG = 9 };
    size_t lens[ARGC];

    for (size_t i = 0; i < ARGC; i++)
        lens[i] = i == JSON_ARG ? m->json_len : strlen(argv[i]);
    return run(s, &deliver_script, on_delivered, (struct presence_call){.fn.delivered = fn, .arg = arg}, 3, ARGC, argv,
               lens);
}

int presence_acknowledge(struct store *s, const char *player, const char *const *inbox_ids, size_t count)
{
    char key[PLAYERS_KEY_SIZE];
    const char *argv[2 + ACKNOWLEDGE_MAX] = {"XDEL", players_key(key, "inbox", player)};

    ASSERT(count > 0 && count <= ACKNOWLEDGE_MAX);
    memcpy(&argv[2], inbox_ids, count * sizeof(argv[0]));
    return store_command(s, NULL, NULL, 2 + (int)count, argv, NULL);
}

/* ---- a connection that is gone ---------------------------------------------------------------------------------- */

static struct store_script mark_gone_script = {
    /* KEYS presence; ARGV connection */
    .text = "if redis.call('HGET', KEYS[1], 'connection') == ARGV[1] then\n"
            "  redis.call('HSET', KEYS[1], 'gone', '1')\n"
            "end\n",
};

int presence_mark_gone(struct store *s, const char *player, const char *connection)
{
    char key[PLAYERS_KEY_SIZE];
    const char *argv[] = {players_key(key, "presence", player), connection};

    return store_script(s, &mark_gone_script, NULL, NULL, 1, 2, argv, NULL);
}

static struct store_script restore_gone_script = {
    /* KEYS presence; ARGV gateway, slot, connection, since */
    .text = "if redis.call('EXISTS', KEYS[1]) == 1 then return end\n"
            "redis.call('HSET', KEYS[1], 'gateway', ARGV[1], 'slot', ARGV[2], 'connection', ARGV[3],\n"
            "           'since', ARGV[4], 'gone', '1')\n",
};

int presence_restore_gone(struct store *s, const char *player, const struct presence *p, int64_t since_us)
{
    char key[PLAYERS_KEY_SIZE], numbers[2][PLAYERS_NUMBER_SIZE];
    const char *argv[] = {players_key(key, "presence", player), p->gateway, players_number(numbers[0], p->slot),
                          p->connection, players_number(numbers[1], since_us)};

    return store_script(s, &restore_gone_script, NULL, NULL, 1, 5, argv, NULL);
}

static struct store_script check_gone_script = {
    /* KEYS presence, claim; ARGV gateway. Returns enum presence_state, connection, ticket, partition. */
    .text = "local gateway, connection = unpack(redis.call('HMGET', KEYS[1], 'gateway', 'connection'))\n"
            "if not connection then return {2} end\n"
            "if gateway ~= ARGV[1] then return {1} end\n"
            "return {0, connection, unpack(redis.call('HMGET', KEYS[2], 'ticket', 'partition'))}\n",
};

_Static_assert(PRESENCE_OURS == 0 && PRESENCE_ANOTHER == 1 && PRESENCE_MISSING == 2, "the script returns these");

static void on_gone(void *arg, const struct store_reply *reply)
{
    struct presence_call *call = arg;
    struct presence_gone gone = {.state = (enum presence_state)players_int(reply, 0, PRESENCE_MISSING),
                                 .connection = players_text(reply, 1, ""),
                                 .ticket_id = players_text(reply, 2, ""),
                                 .partition = (int32_t)players_int(reply, 3, -1)};

    call->fn.gone(call->arg, players_ok(reply), players_ok(reply) ? &gone : NULL);
    free(call);
}

int presence_check_gone(struct store *s, const char *player, const char *gateway, presence_gone_fn *fn, void *arg)
{
    char keys[2][PLAYERS_KEY_SIZE];
    const char *argv[] = {players_key(keys[0], "presence", player), players_key(keys[1], "claim", player), gateway};

    return run(s, &check_gone_script, on_gone, (struct presence_call){.fn.gone = fn, .arg = arg}, 2, 3, argv, NULL);
}

static struct store_script forget_script = {
    /* KEYS presence; ARGV connection */
    .text = "if redis.call('HGET', KEYS[1], 'connection') == ARGV[1] then redis.call('DEL', KEYS[1]) end\n",
};

static void on_forgotten(void *arg, const struct store_reply *reply)
{
    struct presence_call *call = arg;

    call->fn.done(call->arg, players_ok(reply));
    free(call);
}

int presence_forget(struct store *s, const char *player, const char *connection, presence_done_fn *fn, void *arg)
{
    char key[PLAYERS_KEY_SIZE];
    const char *argv[] = {players_key(key, "presence", player), connection};

    return run(s, &forget_script, on_forgotten, (struct presence_call){.fn.done = fn, .arg = arg}, 1, 2, argv, NULL);
}
