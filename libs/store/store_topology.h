/*
 * store_topology.h - the nodes of a cluster, and which of them serves which slot. Private to libs/store.
 *
 * Map    each node is asked for CLUSTER INFO and CLUSTER SLOTS when it is connected and with every probe, and while
 *        something is missing one of them every fifth of a second. Believed is who says that the cluster is well,
 *        unless the answer is older (by the cluster's epoch) than what is known. Who says that it is not well is of no
 *        use.
 * Nodes  one connection each: to those that serve slots, to the URL's until these are known, and again when nobody can
 *        be reached any more. Who serves nothing is let go after some seconds.
 * Ready  every slot is served by a node that is ready. Else the reason names the first slots that are not.
 */
#ifndef STORE_STORE_TOPOLOGY_H
#define STORE_STORE_TOPOLOGY_H

#include "store_node.h"

struct store_topology;

/* A node of the cluster. It lasts while it has calls, and until the loop's next turn. */
struct store_peer {
    struct store_address address;
    struct store_node *node;
    size_t calls;                    /* unanswered; counted by whoever sends them */
    struct store_topology *topology; /* the rest is the topology's own */
    int64_t used_ms;                 /* monotonic: when somebody last had a use for it */
    int64_t epoch;                   /* the cluster's, as it last said */
    char reason[STORE_REASON_SIZE];  /* its state, reported last */
    struct store_peer *next;
};

struct store_topology_conf {
    uv_loop_t *loop;
    const struct store_url *url; /* kept by reference */
    int64_t timeout_ms;
    void (*on_state)(void *arg, bool ready, const char *reason); /* on changes */
    void (*on_change)(void *arg);                                /* what had to wait may go on now */
    void *arg;
};

struct store_topology *store_topology_open(const struct store_topology_conf *conf);
void store_topology_close(struct store_topology **t); /* answers what the nodes were asked with NULL */
bool store_topology_ready(const struct store_topology *t);
uint64_t store_topology_losses(const struct store_topology *t);

struct store_peer *store_topology_owner(const struct store_topology *t, unsigned slot); /* NULL: nobody */
/* The slot is that node's now. */
void store_topology_moved(struct store_topology *t, unsigned slot, const struct store_address *to);
/* The node there, new if need be. */
struct store_peer *store_topology_peer(struct store_topology *t, const struct store_address *address);

#endif
