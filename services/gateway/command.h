/*
 * command.h - writes what players ask to game-matchmaking-queue, with the headers that mm_command.h names.
 */
#ifndef GATEWAY_COMMAND_H
#define GATEWAY_COMMAND_H

#include "gateway.h"
#include "mm_command.h"

struct command { /* all borrowed: copied by command_send */
    enum mm_command_type type;
    int32_t partition;
    const char *key; /* the configuration; "" when it is not known here */
    const struct buf *value;
    struct mm_issuer issuer;
};

/* As bus_send: 0 and delivered comes once, or an error and it does not. */
int command_send(struct gateway *g, const struct command *c, bus_delivery_fn *delivered, void *arg);

/* One count for each command, when its fate is known: err of the delivery, or of command_send. */
void command_count(struct gateway *g, int err);

#endif
