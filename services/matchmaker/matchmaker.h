/*
 * matchmaker.h - the shell: Kafka, Redis, one shard for each partition that a matchmaking configuration names.
 *
 * The consumer group only says which process is to rule which queue partition; positions are in the journal.
 */
#ifndef MATCHMAKER_MATCHMAKER_H
#define MATCHMAKER_MATCHMAKER_H

#include "buf.h"
#include "matchmaker_conf.h"
#include "service.h"

struct matchmaker;

struct matchmaker *matchmaker_new(const struct matchmaker_conf *conf);
void matchmaker_free(struct matchmaker **m);

/* Why a ticket waits: appends the document of mm_why.h. False: it does not wait in a partition that is ruled here. */
bool matchmaker_why(const struct matchmaker *m, const char *ticket_id, struct buf *out);
void matchmaker_ruled(const struct matchmaker *m, struct buf *out); /* appends which ones: "0, 3", or "none" */

/* J9: rules that partition once more. False: it is not parked. */
bool matchmaker_unpark(struct matchmaker *m, int32_t partition);

extern const struct service_hooks matchmaker_hooks;

#endif
