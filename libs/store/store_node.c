/* store_node.c - the connection's life and the queue of unanswered commands. See store_node.h. */
#include "store_node.h"

#include <hiredis/async.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "clock.h"
#include "err.h"
#include "id.h"
#include "log.h"
#include "mem.h"
#include "store_format.h"
#include "store_script.h"
#include "store_url.h"
#include "store_uv.h"

#define BACKOFF_MIN_MS 50
#define BACKOFF_MAX_MS 2000
#define PROBE_MS       1000 /* between two questions: a silent death is noticed, and a master that became a replica */

enum node_state {
    NODE_WAITING,    /* no connection; the timer ends the back-off */
    NODE_CONNECTING, /* the start commands are sent, their answers are not all in */
    NODE_READY,      /* PONG came: commands are taken */
    NODE_CLOSED,     /* only the timer's close call-back is awaited */
};

struct call {
    STAILQ_ENTRY(call) entry;
    store_reply_fn *fn; /* may be NULL */
    void *arg;
    int64_t deadline_ms; /* monotonic; never decreases along the queue */
};

struct store_node {
    struct store_node_conf conf;
    enum node_state state;
    redisAsyncContext *redis; /* with CONNECTING and READY; hiredis frees it itself after it has reported an error */
    STAILQ_HEAD(call_queue, call) calls; /* unanswered, oldest first: the order in which hiredis answers */
    size_t pending;                      /* length of calls */
    struct script_set scripts;           /* loaded on this connection */
    uv_timer_t timer;                    /* WAITING: the back-off; else the oldest call's deadline, or the next probe */
    int64_t probe_ms;                    /* READY: when the next one is due; monotonic */
    int64_t backoff_ms;
    uint64_t losses;
    char reason[STORE_REASON_SIZE]; /* reported last */
};

static void node_report(struct store_node *n, bool ready, const char *reason)
{
    char text[STORE_REASON_SIZE];

    (void)snprintf(text, sizeof(text), "%s", reason);
    if (!ready && strcmp(text, n->reason) == 0)
        return;
    memcpy(n->reason, text, sizeof(text));
    if (n->conf.on_state != NULL)
        n->conf.on_state(n->conf.arg, ready, text);
}

/* ---- the queue of calls ----------------------------------------------------------------------------------------- */

static void on_timer(uv_timer_t *timer);

static void node_set_timer(struct store_node *n, int64_t delay_ms)
{
    int rc = uv_timer_start(&n->timer, on_timer, (uint64_t)(delay_ms > 0 ? delay_ms : 0), 0);

    ASSERT(rc == 0);
}

static void node_watch(struct store_node *n)
{
    const struct call *oldest = STAILQ_FIRST(&n->calls);
    int64_t due_ms = oldest != NULL ? oldest->deadline_ms : INT64_MAX;

    if (n->state == NODE_READY && n->probe_ms < due_ms)
        due_ms = n->probe_ms;
    if (due_ms != INT64_MAX)
        node_set_timer(n, due_ms - clock_mono_ms());
}

static void answer_oldest(struct store_node *n, const struct store_reply *reply)
{
    struct call *c = STAILQ_FIRST(&n->calls);

    ASSERT(c != NULL);
    STAILQ_REMOVE_HEAD(&n->calls, entry);
    n->pending--;
    if (c->fn != NULL)
        c->fn(c->arg, reply);
    free(c);
}

static void answer_all(struct store_node *n)
{
    while (n->pending > 0)
        answer_oldest(n, NULL);
}

static void on_reply(redisAsyncContext *redis, void *reply, void *arg);

void store_node_send(struct store_node *n, store_reply_fn *fn, void *arg, const char *command, size_t len)
{
    struct call *c = MEM_NEW(struct call);
    int rc = redisAsyncFormattedCommand(n->redis, on_reply, NULL, command, len);

    ASSERT(rc == REDIS_OK); /* hiredis refuses only on a context that it has given up, and such a one is not kept */
    c->fn = fn;
    c->arg = arg;
    c->deadline_ms = clock_mono_ms() + n->conf.timeout_ms;
    STAILQ_INSERT_TAIL(&n->calls, c, entry);
    if (++n->pending == 1)
        node_watch(n);
}

static void node_ask(struct store_node *n, store_reply_fn *fn, int argc, const char *const *argv)
{
    size_t len;
    char *command = store_format(argc, argv, NULL, &len);

    store_node_send(n, fn, n, command, len);
    free(command);
}

void store_node_load(struct store_node *n, const struct store_script *script)
{
    const char *load[] = {"SCRIPT", "LOAD", script->text};

    if (script_set_add(&n->scripts, script))
        node_ask(n, NULL, 3, load);
}

/* ---- losing the connection -------------------------------------------------------------------------------------- */

/* From here on hiredis' call-backs for the old context are ignored. */
static redisAsyncContext *node_detach(struct store_node *n)
{
    redisAsyncContext *redis = n->redis;

    redis->data = NULL;
    n->redis = NULL;
    script_set_clear(&n->scripts);
    return redis;
}

static int64_t next_backoff(struct store_node *n)
{
    int64_t base = n->backoff_ms;

    n->backoff_ms = base * 2 < BACKOFF_MAX_MS ? base * 2 : BACKOFF_MAX_MS;
    return base - base / 4 + (int64_t)(id_random_u64() % (uint64_t)(base / 2));
}

/* The connection is no good: `first` answers the oldest call, NULL the others. The context is freed unless detached
 * before. */
static void node_break(struct store_node *n, const struct store_reply *first, const char *reason)
{
    n->state = NODE_WAITING;
    n->losses++;
    node_report(n, false, reason);
    if (n->redis != NULL)
        redisAsyncFree(node_detach(n));
    if (first != NULL)
        answer_oldest(n, first);
    answer_all(n);
    if (n->state == NODE_WAITING) /* a call-back may have closed the store */
        node_set_timer(n, next_backoff(n));
}

/* hiredis says that it failed, and frees its context when we return. */
static void node_lost(struct store_node *n, const char *what, const char *why)
{
    char reason[STORE_REASON_SIZE];

    (void)snprintf(reason, sizeof(reason), "%s %s:%d: %s", what, n->conf.address.host, n->conf.address.port, why);
    node_detach(n);
    node_break(n, NULL, reason);
}

static void on_connect(const redisAsyncContext *redis, int status)
{
    if (status != REDIS_OK && redis->data != NULL)
        node_lost(redis->data, "cannot connect to", redis->c.errstr); /* redis->errstr is not set yet */
}

static void on_disconnect(const redisAsyncContext *redis, int status)
{
    (void)status;
    if (redis->data != NULL)
        node_lost(redis->data, "lost the connection to", redis->errstr);
}

static void node_timed_out(struct store_node *n)
{
    char reason[STORE_REASON_SIZE];

    (void)snprintf(reason, sizeof(reason), "%s:%d did not answer within %" PRId64 " ms", n->conf.address.host,
                   n->conf.address.port, n->conf.timeout_ms);
    node_break(n, NULL, reason);
}

/* ---- answers ---------------------------------------------------------------------------------------------------- */

/*
 * Errors that say something about the connection's other end, not about the command. After NOSCRIPT (somebody ran
 * SCRIPT FLUSH) the calls behind the failed one must fail too, else a later one would be done before an earlier one's
 * repeat. Older servers wrap READONLY into a script error, so it is looked for anywhere.
 */
static bool is_fatal_error(const char *error)
{
    static const char *const phrases[] = {"READONLY You can't write", "NOSCRIPT No matching", "LOADING Redis is",
                                          "NOAUTH Authentication", "CLUSTERDOWN The cluster"};

    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
        if (strstr(error, phrases[i]) != NULL)
            return true;
    }
    return false;
}

static void on_reply(redisAsyncContext *redis, void *reply, void *arg)
{
    struct store_node *n = redis->data;
    const char *error = store_reply_error(reply);

    (void)arg;
    if (n == NULL)
        return;
    if (reply == NULL) {
        node_lost(n, "lost the connection to", redis->errstr);
    } else if (error != NULL && is_fatal_error(error)) {
        node_break(n, reply, error);
    } else {
        answer_oldest(n, reply);
        if (n->redis == redis && n->pending == 0)
            node_watch(n);
    }
}

/* ---- connecting ------------------------------------------------------------------------------------------------- */

static void on_start_done(void *arg, const struct store_reply *reply)
{
    struct store_node *n = arg;
    const char *error = store_reply_error(reply);

    if (error != NULL && n->state == NODE_CONNECTING)
        node_break(n, NULL, error);
}

/* A replica reads well and refuses every write. A server that has no ROLE (a proxy) is trusted. */
static void on_role(void *arg, const struct store_reply *reply)
{
    struct store_node *n = arg;
    const char *role = store_reply_str(store_reply_at(reply, 0), NULL);

    if (role != NULL && strcmp(role, "slave") == 0 && (n->state == NODE_CONNECTING || n->state == NODE_READY))
        node_break(n, NULL, "READONLY this Redis is a replica");
}

static void on_pong(void *arg, const struct store_reply *reply)
{
    struct store_node *n = arg;
    const char *text = store_reply_str(reply, NULL);

    if (n->state != NODE_CONNECTING && n->state != NODE_READY)
        return;
    if (text == NULL || strcmp(text, "PONG") != 0) {
        const char *error = store_reply_error(reply);

        node_break(n, NULL, error != NULL ? error : "a script that says PONG was not answered with PONG");
    } else if (n->state == NODE_CONNECTING) {
        n->state = NODE_READY;
        n->backoff_ms = BACKOFF_MIN_MS;
        node_report(n, true, "ok");
    }
}

/* A script, because a server that holds back its writes (CLIENT PAUSE, a failover) would answer PING. */
static void node_probe(struct store_node *n)
{
    const char *role[] = {"ROLE"}, *pong[] = {"EVAL", "return 'PONG'", "0"};

    n->probe_ms = clock_mono_ms() + PROBE_MS;
    if (n->conf.on_probe != NULL)
        n->conf.on_probe(n->conf.arg);
    node_ask(n, on_role, 1, role);
    node_ask(n, on_pong, 3, pong);
}

/* Sent before the connection stands: the first one's deadline bounds connecting too. */
static void node_send_start(struct store_node *n)
{
    char db[16];
    const char *auth[] = {"AUTH", n->conf.url->password};
    const char *auth_user[] = {"AUTH", n->conf.url->user, n->conf.url->password};
    const char *select_db[] = {"SELECT", db};

    if (n->conf.url->user[0] != '\0')
        node_ask(n, on_start_done, 3, auth_user);
    else if (n->conf.url->password[0] != '\0')
        node_ask(n, on_start_done, 2, auth);
    (void)snprintf(db, sizeof(db), "%d", n->conf.url->db);
    if (n->conf.url->db != 0)
        node_ask(n, on_start_done, 2, select_db);
    node_probe(n);
}

static void node_connect(struct store_node *n)
{
    redisAsyncContext *redis = redisAsyncConnect(n->conf.address.host, n->conf.address.port);

    ASSERT(redis != NULL); /* out of memory */
    redis->data = n;
    n->redis = redis;
    n->state = NODE_CONNECTING;
    if (redis->err != 0) {
        node_lost(n, "cannot connect to", redis->errstr);
        redisAsyncFree(redis);
        return;
    }
    store_uv_attach(redis, n->timer.loop);
    redisAsyncSetConnectCallback(redis, on_connect);
    redisAsyncSetDisconnectCallback(redis, on_disconnect);
    node_send_start(n);
}

static void on_timer(uv_timer_t *timer)
{
    struct store_node *n = timer->data;
    const struct call *oldest = STAILQ_FIRST(&n->calls);
    int64_t now_ms = clock_mono_ms();

    if (n->state == NODE_WAITING) {
        node_connect(n);
        return;
    }
    if (oldest != NULL && oldest->deadline_ms <= now_ms) {
        node_timed_out(n);
        return;
    }
    if (n->state == NODE_READY && n->probe_ms <= now_ms)
        node_probe(n);
    node_watch(n);
}

/* ---- the owner's side ------------------------------------------------------------------------------------------- */

struct store_node *store_node_open(const struct store_node_conf *conf)
{
    struct store_node *n = MEM_NEW(struct store_node);
    int rc;

    n->conf = *conf;
    n->backoff_ms = BACKOFF_MIN_MS;
    STAILQ_INIT(&n->calls);
    rc = uv_timer_init(conf->loop, &n->timer);
    ASSERT(rc == 0);
    n->timer.data = n;
    node_set_timer(n, 0); /* connects from the loop, so that no call-back comes before we return */
    return n;
}

bool store_node_ready(const struct store_node *n)
{
    return n->state == NODE_READY;
}

size_t store_node_pending(const struct store_node *n)
{
    return n->pending;
}

uint64_t store_node_losses(const struct store_node *n)
{
    return n->losses;
}

void store_node_refuse(struct store_node *n, const char *reason)
{
    if (n->state == NODE_CONNECTING || n->state == NODE_READY)
        node_break(n, NULL, reason);
}

void store_node_hurry(struct store_node *n)
{
    if (n->state == NODE_WAITING)
        node_set_timer(n, 0);
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void store_node_close(struct store_node **node)
{
    struct store_node *n = *node;

    if (n == NULL)
        return;
    *node = NULL;
    n->state = NODE_CLOSED;
    if (n->redis != NULL)
        redisAsyncFree(node_detach(n));
    answer_all(n);
    uv_close((uv_handle_t *)&n->timer, on_timer_closed);
}
