/*
 * redis_cluster.h - for tests: a Redis Cluster of one's own on free ports, three primaries and a replica of each.
 *
 * Nodes 0..2 are the primaries, of the lower, middle and upper third of the slots, 3..5 their replicas in that order.
 * They die with the test's process. A failure to bring it about ends the test.
 */
#ifndef TESTS_REDIS_CLUSTER_H
#define TESTS_REDIS_CLUSTER_H

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "redis_server.h"
#include "store.h"

enum { CLUSTER_PRIMARIES = 3, CLUSTER_NODES = 2 * CLUSTER_PRIMARIES, CLUSTER_ID_SIZE = 41, CLUSTER_TEXT = 65536 };

struct redis_cluster {
    struct redis_server nodes[CLUSTER_NODES];
    uint16_t bus_ports[CLUSTER_NODES];
    char ids[CLUSTER_NODES][CLUSTER_ID_SIZE];
    const char *password; /* NULL: none */
};

/* One command to one node, and its answer as redis-cli prints it; false: the node is away, or says an error. */
static inline bool cluster_ask(const struct redis_cluster *c, int node, char out[CLUSTER_TEXT], const char *command)
{
    char line[512];
    FILE *cli;

    (void)snprintf(line, sizeof(line), "exec redis-cli -e -p %u %s %s %s 2>&1", c->nodes[node].port,
                   c->password != NULL ? "--no-auth-warning -a" : "", c->password != NULL ? c->password : "", command);
    cli = popen(line, "re");
    ck_assert_ptr_nonnull(cli);
    out[fread(out, 1, CLUSTER_TEXT - 1, cli)] = '\0';
    return pclose(cli) == 0;
}

__attribute__((format(printf, 3, 4))) static inline void cluster_must(const struct redis_cluster *c, int node,
                                                                      const char *format, ...)
{
    char command[256], answer[CLUSTER_TEXT];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    while (!cluster_ask(c, node, answer, command)) {
        ck_assert_msg(strstr(answer, "Could not connect") != NULL, "node %d, %s: %s", node, command, answer);
        (void)usleep(10000);
    }
}

static inline bool cluster_node_says(const struct redis_cluster *c, int node, const char *command, const char *text)
{
    char answer[CLUSTER_TEXT];

    return cluster_ask(c, node, answer, command) && strstr(answer, text) != NULL;
}

static inline void cluster_wait(const struct redis_cluster *c, int node, const char *command, const char *text)
{
    while (!cluster_node_says(c, node, command, text))
        (void)usleep(10000);
}

static inline void cluster_node_start(struct redis_cluster *c, int node)
{
    char bus[8];
    const char *const options[] = {"--cluster-enabled",
                                   "yes",
                                   "--cluster-port",
                                   bus,
                                   "--cluster-node-timeout",
                                   "1000",
                                   "--cluster-replica-validity-factor",
                                   "0",
                                   "--repl-diskless-sync-delay",
                                   "0",
                                   NULL};

    (void)snprintf(bus, sizeof(bus), "%u", c->bus_ports[node]);
    redis_server_start_with(&c->nodes[node], options, c->password);
}

static inline void cluster_start(struct redis_cluster *c)
{
    char answer[CLUSTER_TEXT];

    for (int i = 0; i < CLUSTER_NODES; i++) {
        redis_server_prepare(&c->nodes[i]);
        c->bus_ports[i] = free_port();
        cluster_node_start(c, i);
    }
    for (int i = 0; i < CLUSTER_NODES; i++) {
        cluster_must(c, i, "CLUSTER SET-CONFIG-EPOCH %d", i + 1);
        cluster_must(c, i, "CLUSTER MEET 127.0.0.1 %u %u", c->nodes[0].port, c->bus_ports[0]);
        ck_assert(cluster_ask(c, i, answer, "CLUSTER MYID"));
        (void)snprintf(c->ids[i], CLUSTER_ID_SIZE, "%.40s", answer);
    }
    for (int i = 0; i < CLUSTER_PRIMARIES; i++)
        cluster_must(c, i, "CLUSTER ADDSLOTSRANGE %d %d", i * STORE_SLOTS / CLUSTER_PRIMARIES,
                     (i + 1) * STORE_SLOTS / CLUSTER_PRIMARIES - 1);
    for (int i = CLUSTER_PRIMARIES; i < CLUSTER_NODES; i++) {
        cluster_wait(c, i, "CLUSTER NODES", c->ids[i - CLUSTER_PRIMARIES]);
        cluster_must(c, i, "CLUSTER REPLICATE %s", c->ids[i - CLUSTER_PRIMARIES]);
    }
    for (int i = 0; i < CLUSTER_NODES; i++)
        cluster_wait(c, i, "CLUSTER INFO", "cluster_state:ok");
    for (int i = CLUSTER_PRIMARIES; i < CLUSTER_NODES; i++)
        cluster_wait(c, i, "INFO replication", "master_link_status:up");
}

static inline void cluster_remove(struct redis_cluster *c)
{
    for (int i = 0; i < CLUSTER_NODES; i++)
        redis_server_remove(&c->nodes[i]);
}

#endif
