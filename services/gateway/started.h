/*
 * started.h - the tickets that a connection started and that are not known to have ended, newest first. Pure.
 *
 * Bound  STARTED_MAX: the oldest makes room. NULL is the empty list.
 */
#ifndef GATEWAY_STARTED_H
#define GATEWAY_STARTED_H

#include <stddef.h>
#include <stdint.h>

#define STARTED_MAX 8

struct started {
    struct started *next;
    int32_t partition;
    int64_t queued_ms; /* monotonic */
    char id[];
};

void started_add(struct started **list, const char *ticket_id, int32_t partition, int64_t now_ms);
const struct started *started_find(const struct started *list, const char *ticket_id); /* NULL: not there */
void started_remove(struct started **list, const char *ticket_id);
void started_clear(struct started **list);

/* The player is sent this message: a ticket that it ends is removed. */
void started_told(struct started **list, const char *json, size_t len);

#endif
