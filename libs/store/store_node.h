/*
 * store_node.h - one connection to one server: pipelining, time-outs, probes, reconnect. Private to libs/store.
 *
 * What store.h says of order, bounds of time and readiness is true of each node; it does not count what is pending for
 * its owner's bound.
 * Owner    may ask questions of its own at the start of a connection and with every probe (on_probe), and call the node
 *          useless (store_node_refuse) when an answer says so.
 */
#ifndef STORE_STORE_NODE_H
#define STORE_STORE_NODE_H

#include "store.h"
#include "store_url.h"

#define STORE_REASON_SIZE 256

struct store_node;

struct store_node_conf {
    uv_loop_t *loop;
    const struct store_url *url; /* user, password and database; kept by reference */
    struct store_address address;
    int64_t timeout_ms;
    void (*on_state)(void *arg, bool ready, const char *reason); /* on changes */
    void (*on_probe)(void *arg); /* may send; its commands are answered before the node is ready. May be NULL */
    void *arg;
};

struct store_node *store_node_open(const struct store_node_conf *conf); /* connects from the loop */
void store_node_close(struct store_node **n);                           /* as store_close */
bool store_node_ready(const struct store_node *n);
size_t store_node_pending(const struct store_node *n);
uint64_t store_node_losses(const struct store_node *n); /* how often it stopped being of use */

/* A command as Redis reads it; copied. Ready, or inside on_probe. */
void store_node_send(struct store_node *n, store_reply_fn *fn, void *arg, const char *command, size_t len);
/* Before the first command that calls the script on this connection; further calls do nothing. */
void store_node_load(struct store_node *n, const struct store_script *script);

/* The connection is no good: all unanswered calls are answered with NULL, then it is made again. */
void store_node_refuse(struct store_node *n, const char *reason);
void store_node_hurry(struct store_node *n); /* a pause before the next attempt ends now */

#endif
