/*
 * metrics_daemon.h - the shell around the roll-up: reads every partition of game-metrics, shows the statistics.
 *
 * No group: each instance reads everything, so that two stand in for each other. It starts with the last records of
 * each partition and is ready when it has read each to its end.
 */
#ifndef METRICS_METRICS_DAEMON_H
#define METRICS_METRICS_DAEMON_H

#include "metrics_conf.h"
#include "service.h"

struct metrics_daemon;

struct metrics_daemon *metrics_daemon_new(const struct metrics_conf *conf); /* conf: filled later, by service_main */
void metrics_daemon_free(struct metrics_daemon **d);

extern const struct service_hooks metrics_daemon_hooks;
extern const struct http_route metrics_daemon_routes[]; /* arg: the daemon */

#endif
