/*
 * store.h - Redis on the loop, one server or a Redis Cluster: pipelined commands, scripts, time-outs, reconnect with
 * back-off.
 *
 * Order     commands are sent, and answered, in the order of the calls. When the connection breaks, or a command takes
 *           longer than timeout_ms, everything unanswered is answered with a NULL reply (it may or may not have been
 *           done), in order, and the connection is made again after 50 ms, doubling to 2 s with jitter.
 * Bounds    at most pending_max unanswered commands; beyond it, or while not connected, calls return ERR_BUSY or
 *           ERR_UNAVAILABLE and the call-back will not be called.
 * Start     connected means: AUTH and SELECT done, it is no replica, and a script was run; LOADING, NOAUTH and READONLY
 *           (a replica) are "not ready" with that reason, also when they come later: role and script are asked for
 *           again every second.
 * Host      an address or "localhost", which means 127.0.0.1 (hiredis' look-ups block).
 * Threads   the loop's only. Call-backs never come from inside the call that causes them, except inside store_close,
 *           which may itself be called from a call-back.
 *
 * In a cluster
 *   Keys    a call goes to the node that serves the slot of its first key; all keys of a script have one slot
 *           (asserted, on a single server too). A plain command's key is argv[1], and it has no other.
 *   Order   is promised within a slot. What a node sends elsewhere (MOVED, ASK) or cannot do now (TRYAGAIN, a slot that
 *           is nobody's) is sent again, and what was called later for that slot waits behind it, timeout_ms at most.
 *           One exception: of calls that were on their way in the moment when the keys of their slot began to be moved
 *           to another node, those on several keys may be done after later ones.
 *   Ready   means that each slot is served by a primary that is connected as above and finds the cluster well. While
 *           some are not, calls to the others go on; those to the missing return ERR_UNAVAILABLE.
 *   Nodes   are those that the cluster announces, by addresses; the URL's are where it is asked first, and again when
 *           nobody can be reached. A lost connection answers the unanswered calls of its slots with NULL.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct store;
struct store_reply; /* borrowed: valid inside the call-back */

/* reply NULL: the connection was lost first. An error reply of Redis is a reply: see store_reply_error. */
typedef void store_reply_fn(void *arg, const struct store_reply *reply);

struct store_conf {
    /*
     * redis://[user:password@]host:port[/db], or redis+cluster://[user:password@]host:port,host:port,... with up to 16
     * nodes; kept by reference; never logged with its password
     */
    const char *url;
    int64_t timeout_ms;
    size_t pending_max;
    void (*on_state)(void *arg, bool ready, const char *reason); /* on changes */
    void *arg;
};

/* 0, or ERR_INVALID and a sentence without user and password. */
int store_url_check(const char *url, char *error, size_t error_size);

/* Begins to connect. 0 and *out, or ERR_INVALID (logged): the URL. */
int store_open(struct store **out, uv_loop_t *loop, const struct store_conf *conf);
bool store_ready(const struct store *s);
size_t store_pending(const struct store *s);
uint64_t store_losses(const struct store *s); /* grows when contact was lost, to any of a cluster's servers */
void store_close(struct store **s); /* unanswered calls are answered with NULL inside this call; NULL is fine */

#define STORE_SLOTS 16384

/* The slot of a key: of what stands between its first { and the } after it, the hash tag; without one of the whole
 * key. */
unsigned store_slot(const char *key, size_t len);

bool store_is_cluster(const struct store *s);
/* Both keys are on one server now, and would be lost together. */
bool store_together(const struct store *s, const char *key, const char *other);

#define STORE_ARGS_MAX 24 /* argc at most, of a command or a script */

/* argv and its bytes are copied. lens NULL: NUL-terminated strings. fn may be NULL. */
int store_command(struct store *s, store_reply_fn *fn, void *arg, int argc, const char *const *argv,
                  const size_t *lens);

/*
 * A Lua script: loaded once a connection, then sent by its SHA1 (EVALSHA). Static; sha is filled on first use. When
 * somebody flushes Redis' scripts, the connection is made again: the first call gets the NOSCRIPT error, what came
 * after it NULL, so that no later call is done before the repeat of an earlier one.
 */
struct store_script {
    const char *text;
    char sha[41];
};
int store_script(struct store *s, struct store_script *script, store_reply_fn *fn, void *arg, int key_count, int argc,
                 const char *const *argv, const size_t *lens); /* argv: keys, then arguments */

/* Replies. All accept NULL. */
const char *store_reply_error(const struct store_reply *r); /* the text of an error reply, else NULL */
/* String or status, NUL-terminated; NULL when it is not one (nil too). len may be NULL. */
const char *store_reply_str(const struct store_reply *r, size_t *len);
int64_t store_reply_int(const struct store_reply *r, int64_t otherwise);
size_t store_reply_count(const struct store_reply *r); /* elements of an array, else 0 */
const struct store_reply *store_reply_at(const struct store_reply *r, size_t i);

#endif
