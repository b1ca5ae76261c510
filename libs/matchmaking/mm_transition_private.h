/*
 * mm_transition_private.h - internal: what the two readers of transitions share: that of tickets and small things
 * (mm_transition_decode.c), and that of what has teams (mm_transition_match.c). Errors as in json.h; $ is the
 * transition.
 */
#ifndef MATCHMAKING_MM_TRANSITION_PRIVATE_H
#define MATCHMAKING_MM_TRANSITION_PRIVATE_H

#include "mm_transition.h"

#define TRANSITION_TEXT_MAX    4096
#define TRANSITION_TIME_MAX_MS (INT64_C(1) << 53) /* what every reader of JSON can hold; leaves room for sums */

int transition_time(json_object *o, const char *path, const char *key, int64_t *out, char *error);
int transition_name_opt(json_object *o, const char *key, const char **out, char *error); /* an id, or a resource's */
int transition_issuer(struct mm_issuer *issuer, json_object *o, char *error);            /* absent: stays as it was */

/* *out: which one of the names the member is. */
int transition_name_of(json_object *o, const char *key, const char *const *names, int count, int *out, char *error);

/* Kinds with teams. */
int transition_proposal(struct mm_transition *t, json_object *o, char *error);
int transition_dropped(struct mm_transition *t, json_object *o, char *error);
int transition_match(struct mm_transition *t, json_object *o, char *error);

#endif
