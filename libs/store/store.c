/* store.c - the connection's life and the queue of unanswered commands. See store.h. */
#include "store.h"

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
#include "store_script.h"
#include "store_url.h"
#include "store_uv.h"

#define BACKOFF_MIN_MS 50
#define BACKOFF_MAX_MS 2000
#define PROBE_MS       1000 /* between two questions: a silent death is noticed, and a master that became a replica */
#define REASON_SIZE    200
#define COMMAND_MAX    (STORE_ARGS_MAX + 3) /* EVALSHA, sha, number of keys */

enum store_state {
    STORE_WAITING,    /* no connection; the timer ends the back-off */
    STORE_CONNECTING, /* the start commands are sent, their answers are not all in */
    STORE_READY,      /* PONG came: commands are taken */
    STORE_CLOSED,     /* only the timer's close call-back is awaited */
};

struct call {
    STAILQ_ENTRY(call) entry;
    store_reply_fn *fn; /* may be NULL */
    void *arg;
    int64_t deadline_ms; /* monotonic; never decreases along the queue */
};

struct store {
    struct store_conf conf;
    struct store_url url;
    enum store_state state;
    redisAsyncContext *redis; /* with CONNECTING and READY; hiredis frees it itself after it has reported an error */
    STAILQ_HEAD(call_queue, call) calls; /* unanswered, oldest first: the order in which hiredis answers */
    size_t pending;                      /* length of calls */
    struct script_set scripts;           /* loaded on this connection */
    uv_timer_t timer;                    /* WAITING: the back-off; else the oldest call's deadline, or the next probe */
    int64_t probe_ms;                    /* READY: when the next one is due; monotonic */
    int64_t backoff_ms;
    char reason[REASON_SIZE]; /* reported last */
};

static void store_report(struct store *s, bool ready, const char *reason)
{
    char text[REASON_SIZE];

    (void)snprintf(text, sizeof(text), "%s", reason);
    if (!ready && strcmp(text, s->reason) == 0)
        return;
    memcpy(s->reason, text, sizeof(text));
    if (s->conf.on_state != NULL)
        s->conf.on_state(s->conf.arg, ready, text);
}

/* ---- the queue of calls ----------------------------------------------------------------------------------------- */

static void on_timer(uv_timer_t *timer);

static void store_set_timer(struct store *s, int64_t delay_ms)
{
    int rc = uv_timer_start(&s->timer, on_timer, (uint64_t)(delay_ms > 0 ? delay_ms : 0), 0);

    ASSERT(rc == 0);
}

static void store_watch(struct store *s)
{
    const struct call *oldest = STAILQ_FIRST(&s->calls);
    int64_t due_ms = oldest != NULL ? oldest->deadline_ms : INT64_MAX;

    if (s->state == STORE_READY && s->probe_ms < due_ms)
        due_ms = s->probe_ms;
    if (due_ms != INT64_MAX)
        store_set_timer(s, due_ms - clock_mono_ms());
}

static void answer_oldest(struct store *s, const struct store_reply *reply)
{
    struct call *c = STAILQ_FIRST(&s->calls);

    ASSERT(c != NULL);
    STAILQ_REMOVE_HEAD(&s->calls, entry);
    s->pending--;
    if (c->fn != NULL)
        c->fn(c->arg, reply);
    free(c);
}

static void answer_all(struct store *s)
{
    while (s->pending > 0)
        answer_oldest(s, NULL);
}

static void on_reply(redisAsyncContext *redis, void *reply, void *arg);

static void store_send(struct store *s, store_reply_fn *fn, void *arg, int argc, const char **argv, const size_t *lens)
{
    struct call *c = MEM_NEW(struct call);
    int rc = redisAsyncCommandArgv(s->redis, on_reply, NULL, argc, argv, lens);

    ASSERT(rc == REDIS_OK); /* hiredis refuses only on a context that it has given up, and such a one is not kept */
    c->fn = fn;
    c->arg = arg;
    c->deadline_ms = clock_mono_ms() + s->conf.timeout_ms;
    STAILQ_INSERT_TAIL(&s->calls, c, entry);
    if (++s->pending == 1)
        store_watch(s);
}

/* ---- losing the connection -------------------------------------------------------------------------------------- */

/* From here on hiredis' call-backs for the old context are ignored. */
static redisAsyncContext *store_detach(struct store *s)
{
    redisAsyncContext *redis = s->redis;

    redis->data = NULL;
    s->redis = NULL;
    script_set_clear(&s->scripts);
    return redis;
}

static int64_t next_backoff(struct store *s)
{
    int64_t base = s->backoff_ms;

    s->backoff_ms = base * 2 < BACKOFF_MAX_MS ? base * 2 : BACKOFF_MAX_MS;
    return base - base / 4 + (int64_t)(id_random_u64() % (uint64_t)(base / 2));
}

/* The connection is no good: `first` answers the oldest call, NULL the others. The context is freed unless detached
 * before. */
static void store_break(struct store *s, const struct store_reply *first, const char *reason)
{
    s->state = STORE_WAITING;
    store_report(s, false, reason);
    if (s->redis != NULL)
        redisAsyncFree(store_detach(s));
    if (first != NULL)
        answer_oldest(s, first);
    answer_all(s);
    if (s->state == STORE_WAITING) /* a call-back may have closed the store */
        store_set_timer(s, next_backoff(s));
}

/* hiredis says that it failed, and frees its context when we return. */
static void store_lost(struct store *s, const char *what, const char *why)
{
    char reason[REASON_SIZE];

    (void)snprintf(reason, sizeof(reason), "%s %s:%d: %s", what, s->url.host, s->url.port, why);
    store_detach(s);
    store_break(s, NULL, reason);
}

static void on_connect(const redisAsyncContext *redis, int status)
{
    if (status != REDIS_OK && redis->data != NULL)
        store_lost(redis->data, "cannot connect to", redis->c.errstr); /* redis->errstr is not set yet */
}

static void on_disconnect(const redisAsyncContext *redis, int status)
{
    (void)status;
    if (redis->data != NULL)
        store_lost(redis->data, "lost the connection to", redis->errstr);
}

static void store_timed_out(struct store *s)
{
    char reason[REASON_SIZE];

    (void)snprintf(reason, sizeof(reason), "%s:%d did not answer within %" PRId64 " ms", s->url.host, s->url.port,
                   s->conf.timeout_ms);
    store_break(s, NULL, reason);
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
                                          "NOAUTH Authentication"};

    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
        if (strstr(error, phrases[i]) != NULL)
            return true;
    }
    return false;
}

static void on_reply(redisAsyncContext *redis, void *reply, void *arg)
{
    struct store *s = redis->data;
    const char *error = store_reply_error(reply);

    (void)arg;
    if (s == NULL)
        return;
    if (reply == NULL) {
        store_lost(s, "lost the connection to", redis->errstr);
    } else if (error != NULL && is_fatal_error(error)) {
        store_break(s, reply, error);
    } else {
        answer_oldest(s, reply);
        if (s->redis == redis && s->pending == 0)
            store_watch(s);
    }
}

/* ---- connecting ------------------------------------------------------------------------------------------------- */

static void on_start_done(void *arg, const struct store_reply *reply)
{
    struct store *s = arg;
    const char *error = store_reply_error(reply);

    if (error != NULL && s->state == STORE_CONNECTING)
        store_break(s, NULL, error);
}

/* A replica reads well and refuses every write. A server that has no ROLE (a proxy) is trusted. */
static void on_role(void *arg, const struct store_reply *reply)
{
    struct store *s = arg;
    const char *role = store_reply_str(store_reply_at(reply, 0), NULL);

    if (role != NULL && strcmp(role, "slave") == 0 && (s->state == STORE_CONNECTING || s->state == STORE_READY))
        store_break(s, NULL, "READONLY this Redis is a replica");
}

static void on_pong(void *arg, const struct store_reply *reply)
{
    struct store *s = arg;
    const char *text = store_reply_str(reply, NULL);

    if (s->state != STORE_CONNECTING && s->state != STORE_READY)
        return;
    if (text == NULL || strcmp(text, "PONG") != 0) {
        const char *error = store_reply_error(reply);

        store_break(s, NULL, error != NULL ? error : "a script that says PONG was not answered with PONG");
    } else if (s->state == STORE_CONNECTING) {
        s->state = STORE_READY;
        s->backoff_ms = BACKOFF_MIN_MS;
        store_report(s, true, "ok");
    }
}

/* A script, because a server that holds back its writes (CLIENT PAUSE, a failover) would answer PING. */
static void store_probe(struct store *s)
{
    const char *role[] = {"ROLE"}, *pong[] = {"EVAL", "return 'PONG'", "0"};

    s->probe_ms = clock_mono_ms() + PROBE_MS;
    store_send(s, on_role, s, 1, role, NULL);
    store_send(s, on_pong, s, 3, pong, NULL);
}

/* Sent before the connection stands: the first one's deadline bounds connecting too. */
static void store_send_start(struct store *s)
{
    char db[16];
    const char *auth[] = {"AUTH", s->url.password};
    const char *auth_user[] = {"AUTH", s->url.user, s->url.password};
    const char *select_db[] = {"SELECT", db};

    if (s->url.user[0] != '\0')
        store_send(s, on_start_done, s, 3, auth_user, NULL);
    else if (s->url.password[0] != '\0')
        store_send(s, on_start_done, s, 2, auth, NULL);
    (void)snprintf(db, sizeof(db), "%d", s->url.db);
    if (s->url.db != 0)
        store_send(s, on_start_done, s, 2, select_db, NULL);
    store_probe(s);
}

static void store_connect(struct store *s)
{
    redisAsyncContext *redis = redisAsyncConnect(s->url.host, s->url.port);

    ASSERT(redis != NULL); /* out of memory */
    redis->data = s;
    s->redis = redis;
    s->state = STORE_CONNECTING;
    if (redis->err != 0) {
        store_lost(s, "cannot connect to", redis->errstr);
        redisAsyncFree(redis);
        return;
    }
    store_uv_attach(redis, s->timer.loop);
    redisAsyncSetConnectCallback(redis, on_connect);
    redisAsyncSetDisconnectCallback(redis, on_disconnect);
    store_send_start(s);
}

static void on_timer(uv_timer_t *timer)
{
    struct store *s = timer->data;
    const struct call *oldest = STAILQ_FIRST(&s->calls);
    int64_t now_ms = clock_mono_ms();

    if (s->state == STORE_WAITING) {
        store_connect(s);
        return;
    }
    if (oldest != NULL && oldest->deadline_ms <= now_ms) {
        store_timed_out(s);
        return;
    }
    if (s->state == STORE_READY && s->probe_ms <= now_ms)
        store_probe(s);
    store_watch(s);
}

/* ---- the public side -------------------------------------------------------------------------------------------- */

int store_open(struct store **out, uv_loop_t *loop, const struct store_conf *conf)
{
    struct store *s = MEM_NEW(struct store);
    char error[REASON_SIZE];
    int rc = store_url_parse(conf->url, &s->url, error, sizeof(error));

    if (rc != 0) {
        log_error("store_open reason=\"%s\"", error);
        free(s);
        return rc;
    }
    s->conf = *conf;
    s->backoff_ms = BACKOFF_MIN_MS;
    STAILQ_INIT(&s->calls);
    rc = uv_timer_init(loop, &s->timer);
    ASSERT(rc == 0);
    s->timer.data = s;
    store_set_timer(s, 0); /* connects from the loop, so that no call-back comes before we return */
    *out = s;
    return 0;
}

bool store_ready(const struct store *s)
{
    return s->state == STORE_READY;
}

size_t store_pending(const struct store *s)
{
    return s->pending;
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void store_close(struct store **store)
{
    struct store *s = *store;

    if (s == NULL)
        return;
    *store = NULL;
    s->state = STORE_CLOSED;
    if (s->redis != NULL)
        redisAsyncFree(store_detach(s));
    answer_all(s);
    uv_close((uv_handle_t *)&s->timer, on_timer_closed);
}

static int store_admit(const struct store *s)
{
    if (s->state != STORE_READY)
        return ERR_UNAVAILABLE;
    return s->pending < s->conf.pending_max ? 0 : ERR_BUSY;
}

int store_command(struct store *s, store_reply_fn *fn, void *arg, int argc, const char *const *argv, const size_t *lens)
{
    const char *copy[STORE_ARGS_MAX];
    int rc = store_admit(s);

    ASSERT(argc > 0 && argc <= STORE_ARGS_MAX);
    if (rc != 0)
        return rc;
    memcpy(copy, argv, (size_t)argc * sizeof(copy[0])); /* hiredis' parameter lacks a const */
    store_send(s, fn, arg, argc, copy, lens);
    return 0;
}

static void store_load_script(struct store *s, const struct store_script *script)
{
    const char *load[] = {"SCRIPT", "LOAD", script->text};

    if (script_set_add(&s->scripts, script))
        store_send(s, NULL, NULL, 3, load, NULL);
}

int store_script(struct store *s, struct store_script *script, store_reply_fn *fn, void *arg, int key_count, int argc,
                 const char *const *argv, const size_t *lens)
{
    char keys[16];
    const char *full[COMMAND_MAX] = {"EVALSHA", script_sha(script), keys};
    size_t full_lens[COMMAND_MAX] = {strlen("EVALSHA"), strlen(script->sha)};
    int rc = store_admit(s);

    ASSERT(key_count > 0 && key_count <= argc && argc <= STORE_ARGS_MAX);
    if (rc != 0)
        return rc;
    full_lens[2] = (size_t)snprintf(keys, sizeof(keys), "%d", key_count);
    for (int i = 0; i < argc; i++) {
        full[3 + i] = argv[i];
        full_lens[3 + i] = lens != NULL ? lens[i] : strlen(argv[i]);
    }
    store_load_script(s, script);
    store_send(s, fn, arg, argc + 3, full, full_lens);
    return 0;
}
