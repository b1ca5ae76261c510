/*
 * matchmaker.h - the shell: Kafka, Redis, one shard for each partition that a matchmaking configuration names.
 *
 * The consumer group only says which process is to rule which queue partition; positions are in the journal.
 */
#ifndef MATCHMAKER_MATCHMAKER_H
#define MATCHMAKER_MATCHMAKER_H

#include "matchmaker_conf.h"
#include "service.h"

struct matchmaker;

struct matchmaker *matchmaker_new(const struct matchmaker_conf *conf);
void matchmaker_free(struct matchmaker **m);

extern const struct service_hooks matchmaker_hooks;

#endif
