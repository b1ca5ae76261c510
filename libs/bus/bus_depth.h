/*
 * bus_depth.h - how much lies in topics from a place on, and since when: asked of Kafka now and then.
 *
 * Cost     two small requests a topic and broker each time, and where something lies that was not first before, one
 *          fetch of its partition. A consumer handle of its own.
 * Counts   offsets: what a transaction or a compaction leaves out is counted, too. Our topics have neither.
 * Threads  the loop's only.
 */
#ifndef BUS_BUS_DEPTH_H
#define BUS_BUS_DEPTH_H

#include "bus.h"

struct bus_depth;

struct bus_depth_conf {
    const struct bus_conf *bus;
    const enum topic_id *topics; /* kept by reference */
    size_t topic_count;
    int64_t every_ms;
    /* Where in a partition what counts begins: an offset, BUS_BEGINNING: at its start, BUS_END: nothing counts. */
    int64_t (*from)(void *arg, enum topic_id topic, int32_t partition);
    void (*on_told)(void *arg); /* something may be another than before */
    void *arg;
};

struct bus_depth_sum { /* over the partitions of a topic */
    int64_t messages;
    int64_t oldest_ms; /* when the first of them was appended; -1: there is none, or it is not known yet */
};

int bus_depth_open(struct bus_depth **out, uv_loop_t *loop, const struct bus_depth_conf *conf); /* as bus_reader_open */
struct bus_depth_sum bus_depth_of(const struct bus_depth *d, enum topic_id topic);
int64_t bus_depth_age_s(const struct bus_depth_sum *s, int64_t now_ms); /* since the oldest; 0: there is none */
void bus_depth_close(struct bus_depth **d);                             /* NULL is fine */

#endif
