/*
 * bus_probe.h - is Kafka reachable, with the topics as the table says? Internal to libs/bus.
 *
 * It asks every PROBE_MS until the answer is yes, and again after bus_probe_down; then every WATCH_MS, because a broker
 * that stands still keeps its connections. on_change is called on changes only.
 */
#ifndef BUS_BUS_PROBE_H
#define BUS_BUS_PROBE_H

#include "bus_handle.h"

struct bus_probe;

typedef void bus_probe_change_fn(void *arg, bool ready, const char *reason);

struct bus_probe_conf {
    struct bus_handle *handle; /* not owned; closed after the probe */
    const char *brokers;       /* for people */
    const enum topic_id *topics;
    size_t topic_count;
    bus_probe_change_fn *on_change;
    void *arg;
};

void bus_probe_open(struct bus_probe **out, uv_loop_t *loop, const struct bus_probe_conf *conf); /* copies conf */
bool bus_probe_ready(const struct bus_probe *p);
bool bus_probe_reachable(const struct bus_probe *p);         /* the last question was answered, whatever the answer */
void bus_probe_error(struct bus_probe *p, const char *text); /* librdkafka's: the likely cause if nothing answers */
void bus_probe_down(struct bus_probe *p);   /* no broker seems to be connected any more: asks at once */
void bus_probe_close(struct bus_probe **p); /* NULL is fine */

#endif
