/*
 * notifier.h - the shell: reads game-events as a member of a group, tells the players, commits what is safe.
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
