/*
 * bus_record.h - librdkafka's messages as struct bus_record. Internal to libs/bus.
 */
#ifndef BUS_BUS_RECORD_H
#define BUS_BUS_RECORD_H

#include <librdkafka/rdkafka.h>

#include "bus.h"

/* *out points into the message. */
void bus_record_from(struct bus_record *out, enum topic_id topic, const rd_kafka_message_t *m);

#endif
