/*
 * mm_admit.h - internal: does a player fit a rule set, and by which number are they matched?
 */
#ifndef MATCHMAKING_MM_ADMIT_H
#define MATCHMAKING_MM_ADMIT_H

#include "json.h"
#include "mm_rules.h"

#define MM_MESSAGE_SIZE 256

/*
 * attributes: in the AWS shape, or NULL. NULL and *value (0 when the rule set has no distance rule), or the code of the
 * refusal and a sentence in message.
 */
const char *mm_admit_player(const struct mm_rules *r, json_object *attributes, double *value,
                            char message[MM_MESSAGE_SIZE]);

#endif
