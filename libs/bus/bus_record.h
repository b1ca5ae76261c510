/*
 * bus_record.h - librdkafka's messages as struct bus_record. Internal to libs/bus.
 */
#ifndef BUS_BUS_RECORD_H
#define BUS_BUS_RECORD_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "bus.h"

/* False: no topic of the table has that name. */
bool bus_topic_find(const char *name, enum topic_id *out);

/* *out points into the message. */
void bus_record_from(struct bus_record *out, enum topic_id topic, const rd_kafka_message_t *m);

#endif
