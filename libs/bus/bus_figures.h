/*
 * bus_figures.h - a daemon's figures on their way to game-metrics.
 */
#ifndef BUS_BUS_FIGURES_H
#define BUS_BUS_FIGURES_H

#include <stddef.h>

/*
 * A metrics_emit_fn (telemetry): sends one PutMetricData document. arg: the struct bus_producer. A document that cannot
 * be sent now is dropped with a debug line: figures must not hold up players.
 */
void bus_send_figures(void *producer, const char *key, const char *json, size_t len);

#endif
