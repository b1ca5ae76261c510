/*
 * asking.h - a request that the matchmaker answers: it goes to the queue, and the answer comes as a message from there.
 */
#ifndef GATEWAY_ASKING_H
#define GATEWAY_ASKING_H

#include "mm_command.h"
#include "operation.h"

/*
 * Sends the command to the partition o->partition in the name of the player, and ends the operation when the broker has
 * it, or answers `unavailable`. key: the configuration; "" when it is not known.
 */
void ask_matchmaker(struct operation *o, const struct mm_command *c, const char *key);

/* A queue partition that no configuration names has no reader, and never had a ticket. */
bool partition_is_used(const struct mm_catalog *c, int32_t partition);

#endif
