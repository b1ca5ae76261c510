/*
 * store_cluster.h - calls to a Redis Cluster: each to the node that has its slot, and again where it was sent
 * elsewhere. Private to libs/store.
 *
 * Lanes    the unanswered calls of a slot are a lane. Those that were sent are all at one node; a call that comes back
 *          (MOVED, ASK, TRYAGAIN) waits at the front of the lane, and whatever is behind it too, until all that was
 *          sent is answered. Then they go on, in order. While keys of the slot are on their way (ASK, TRYAGAIN) they go
 *          one by one.
 * Bounds   a call that waits longer than timeout_ms, or stands behind one that was lost, is answered with NULL.
 */
#ifndef STORE_STORE_CLUSTER_H
#define STORE_STORE_CLUSTER_H

#include "store.h"
#include "store_url.h"

struct store_cluster;

/* conf: url apart, as store_open's; both are kept by reference. */
struct store_cluster *store_cluster_open(uv_loop_t *loop, const struct store_url *url, const struct store_conf *conf);
void store_cluster_close(struct store_cluster **c); /* as store_close */
bool store_cluster_ready(const struct store_cluster *c);
size_t store_cluster_pending(const struct store_cluster *c);
uint64_t store_cluster_losses(const struct store_cluster *c);
bool store_cluster_together(const struct store_cluster *c, unsigned slot, unsigned other);

/* A call may be made: the slot's node is there, or it is on its way to another one and others wait already. */
bool store_cluster_serves(const struct store_cluster *c, unsigned slot);

struct store_cluster_call {
    unsigned slot;
    const struct store_script *script; /* loaded before, wherever it goes; NULL: none */
    char *command;                     /* its protocol; taken, and freed */
    size_t len;
    store_reply_fn *fn;
    void *arg;
};
void store_cluster_call(struct store_cluster *c, const struct store_cluster_call *call);

#endif
