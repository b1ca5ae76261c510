/*
 * bus_conf.h - librdkafka configurations: what all handles share, what one adds, KAFKA_CONF last. Internal to libs/bus.
 */
#ifndef BUS_BUS_CONF_H
#define BUS_BUS_CONF_H

#include <librdkafka/rdkafka.h>
#include <stddef.h>

#include "bus.h"

struct bus_setting {
    const char *name, *value; /* name == NULL ends a list */
};

/* *out is for rd_kafka_new, which takes it over. 0, or ERR_INVALID and a sentence that names the property. */
int bus_conf_build(rd_kafka_conf_t **out, rd_kafka_type_t type, const struct bus_conf *conf,
                   const struct bus_setting *settings, char *error, size_t error_size);

#endif
