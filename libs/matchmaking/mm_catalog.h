/*
 * mm_catalog.h - matchmaking configurations and their compiled rule sets, from JSON. Pure: the caller reads the files.
 *
 * matchmaking.json: {"MatchmakingConfigurations":[{"Name","RuleSetName","Partition","RequestTimeoutSeconds",
 *   "AcceptanceRequired"?,"AcceptanceTimeoutSeconds"?,"AdditionalPlayerCount"?,"CustomEventData"?,
 *   "GameProperties"?:[{"Key","Value"}],"Description"?}]}, AWS's CreateMatchmakingConfiguration fields plus Partition:
 *   the queue partition of the pool, written here and never hashed (PROTOCOLS P8).
 * Rule sets: the FlexMatch rule-set JSON (mm_ruleset.h).
 * Ownership: the catalog owns everything that is read from it; it is immutable after parsing.
 */
#ifndef MATCHMAKING_MM_CATALOG_H
#define MATCHMAKING_MM_CATALOG_H

#include <stddef.h>
#include <stdint.h>

#include "json.h"

struct mm_ruleset; /* mm_ruleset.h */

struct mm_configuration {
    const char *name, *rule_set_name;
    int32_t partition;
    int64_t request_timeout_ms;
    int64_t acceptance_timeout_ms;  /* 0: players are not asked whether they accept a match */
    size_t additional_players;      /* seats that a match leaves free */
    const char *custom_event_data;  /* for events; "" when there is none */
    json_object *game_properties;   /* an array, for events; NULL: none */
    const struct mm_ruleset *rules; /* its last phase begins when a request times out, at the latest */
};

struct mm_catalog {
    json_object *root; /* owned; names point into it */
    struct mm_configuration *configurations;
    size_t count;
    struct mm_ruleset **rule_sets; /* owned; one for each distinct RuleSetName */
    size_t rule_set_count;
};

#define MM_ERROR_SIZE 512

/*
 * Gives the text of the rule set `name` (the catalog frees it), or NULL and a sentence in error.
 */
typedef char *mm_load_fn(void *arg, const char *name, size_t *len, char error[MM_ERROR_SIZE]);

/*
 * 0 and *out, or ERR_INVALID and a sentence: file or rule set, path, what was found, what is allowed. partitions: of
 * the queue topic.
 */
int mm_catalog_parse(struct mm_catalog **out, const char *text, size_t len, int32_t partitions, mm_load_fn *load,
                     void *arg, char error[MM_ERROR_SIZE]);

/* The file at path, and rule set N from rulesets/N.json beside it. Reads files: for start-up, not the loop. */
int mm_catalog_load(struct mm_catalog **out, const char *path, int32_t partitions, char error[MM_ERROR_SIZE]);

const struct mm_configuration *mm_catalog_find(const struct mm_catalog *c, const char *name); /* NULL: unknown */
void mm_catalog_free(struct mm_catalog **c);

#endif
