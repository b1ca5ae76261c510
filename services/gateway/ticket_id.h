/*
 * ticket_id.h - the ids of tickets made here carry their queue partition: "gsm-<partition>-<uuid>" (PROTOCOLS P8).
 * Pure.
 */
#ifndef GATEWAY_TICKET_ID_H
#define GATEWAY_TICKET_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "id.h"

#define TICKET_ID_PREFIX "gsm-" /* clients may not begin their own ids with it */

void ticket_id_new(char out[ID_TICKET_MAX + 1], int32_t partition);
bool ticket_id_reserved(const char *id);
/* The partition written in the id, -1 when it is not one of ours or not below `partitions`. */
int32_t ticket_id_partition(const char *id, int32_t partitions);

#endif
