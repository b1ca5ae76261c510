/*
 * bus_bounds.h - asks where the logs of a topic's partitions begin and end. Internal to libs/bus.
 */
#ifndef BUS_BUS_BOUNDS_H
#define BUS_BUS_BOUNDS_H

#include "bus_handle.h"

/* As bus_reader_bounds. When the handle is closed first: ERR_CLOSED with tells_closed, else nothing. */
void bus_bounds_ask(struct bus_handle *h, enum topic_id topic, bus_bounds_fn *fn, void *arg, bool tells_closed);

#endif
