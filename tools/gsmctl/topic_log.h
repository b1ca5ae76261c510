/*
 * topic_log.h - what a topic holds now, read from a place to a place; blocks until it is read.
 *
 * Errors   are printed, by kafka_tool_fail.
 */
#ifndef GSMCTL_TOPIC_LOG_H
#define GSMCTL_TOPIC_LOG_H

#include "kafka_tool.h"

struct topic_log;

/* NULL: a setting is wrong, said in the log. */
struct topic_log *topic_log_open(struct kafka_tool *t);
void topic_log_close(struct topic_log **l); /* NULL is fine */

/* The bounds of all partitions into out, of BUS_PARTITIONS_MAX. False: printed why. */
bool topic_log_bounds(struct topic_log *l, enum topic_id topic, struct bus_bounds *out);

/*
 * Hands on every record from ranges[p].start to before ranges[p].end of each partition p; an empty range is not read.
 * Each partition in its order. What has been deleted meanwhile is left out. False: printed why.
 */
typedef void topic_log_fn(void *arg, const struct bus_record *r);
bool topic_log_read(struct topic_log *l, enum topic_id topic, const struct bus_bounds *ranges, topic_log_fn *fn,
                    void *arg);

#endif
