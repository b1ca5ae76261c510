/*
 * bus_waiting.h - messages whose topic is missing wait until it is there, each topic's in order. Internal to libs/bus.
 *
 * librdkafka gives up what it cannot address, also where it may never give up for any other reason; so who must not
 * drop from the middle (PROTOCOLS E2) keeps it here. While anything of a topic waits, what comes after it has to wait
 * too.
 */
#ifndef BUS_BUS_WAITING_H
#define BUS_BUS_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "bus.h"

struct bus_waiting;

/* True: on its way. False: not yet; it is offered again a moment later. */
typedef bool bus_waiting_send_fn(void *arg, const struct bus_message *m, void *opaque);

void bus_waiting_open(struct bus_waiting **out, uv_loop_t *loop, bus_waiting_send_fn *send, void *arg);
bool bus_waiting_for(const struct bus_waiting *w, enum topic_id topic);
size_t bus_waiting_bytes(const struct bus_waiting *w);

/* Copies the record. opaque is handed to send; it is the caller's. */
void bus_waiting_add(struct bus_waiting *w, const struct bus_record *r, void *opaque);
void bus_waiting_close(struct bus_waiting **w); /* forgets what waits; NULL is fine */

#endif
