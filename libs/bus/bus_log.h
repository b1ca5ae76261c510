/*
 * bus_log.h - librdkafka's log lines as ours. Internal to libs/bus.
 *
 * Threads  any.
 */
#ifndef BUS_BUS_LOG_H
#define BUS_BUS_LOG_H

#include <librdkafka/rdkafka.h>

/* level: syslog's, as librdkafka gives it. What is known to be noise goes to debug. */
void bus_log(const char *handle, int level, const char *facility, const char *text);

/* For handles without a log queue (tools). */
void bus_log_cb(const rd_kafka_t *rk, int level, const char *facility, const char *text);

#endif
