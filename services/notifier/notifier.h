/*
 * notifier.h - the shell: reads game-events as a member of a group, tells the players, commits what is safe.
 *
 *   record -> message.h -> deliveries.h (inbox, outbox) -> window.h -> commit, by partitions.h
 *                 \-> letters.h (malformed, or never taken by Redis)
 *
 * Bounds   reading pauses beyond IN_FLIGHT_MAX events or IN_FLIGHT_MAX_BYTES of them, so also while a partition that
 *          went back catches up; and until Redis' generation is known.
 * Sure     after a lost connection nothing is given to Redis before its generation was read again (PROTOCOLS P5).
 */
#ifndef NOTIFIER_NOTIFIER_H
#define NOTIFIER_NOTIFIER_H

#include "notifier_conf.h"
#include "service.h"

struct notifier;

struct notifier *notifier_new(const struct notifier_conf *conf);
void notifier_free(struct notifier **n);

extern const struct service_hooks notifier_hooks;

#endif
