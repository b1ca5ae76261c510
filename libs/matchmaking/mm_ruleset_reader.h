/*
 * mm_ruleset_reader.h - internal: reading a rule set, one file a part of the document. Pure.
 *
 * The parts are read in the order of the functions below; each reports its problems and goes on. What depends on names
 * that could not be read is not judged, so that one mistake is one problem.
 */
#ifndef MATCHMAKING_MM_RULESET_READER_H
#define MATCHMAKING_MM_RULESET_READER_H

#include "mm_node.h"
#include "mm_ruleset.h"

#define MM_SECONDS_MAX 43200 /* FlexMatch's longest request time-out */

enum mm_change_kind { MM_CHANGE_MIN_PLAYERS, MM_CHANGE_MAX_PLAYERS, MM_CHANGE_LIMIT, MM_CHANGE_REFERENCE };

struct mm_change { /* one step of one expansion, for one family or rule */
    int64_t wait_ms;
    enum mm_change_kind kind;
    size_t index; /* of the family, or of the rule */
    enum mm_limit limit;
    double number;
    const struct mm_expr *reference;
    size_t expansion, step; /* where it was read */
};

struct mm_reader {
    struct mm_ruleset *r; /* r->phases[0] is what holds without expansions */
    struct mm_node root;
    /* Names are missing. A rule whose type could not be read has the type MM_RULE_TYPES. */
    bool teams_broken, attributes_broken, rules_broken;
    struct mm_change *changes; /* owned */
    size_t change_count;
};

void mm_read_attributes(struct mm_reader *rd);
void mm_read_algorithm(struct mm_reader *rd);
void mm_read_teams(struct mm_reader *rd);
void mm_read_rules(struct mm_reader *rd);
void mm_read_expansions(struct mm_reader *rd);
void mm_resolve_phases(struct mm_reader *rd);

/* The attribute `name`, found in the member key, which must be of a type in the mask of 1 << enum mm_attribute_type. */
bool mm_use_attribute(struct mm_reader *rd, const struct mm_node *n, const char *key, const char *name, unsigned types,
                      size_t *out);

/* The statement of a compound rule, which may name the rules before it; these are then not enforced by themselves. */
struct mm_logic *mm_compound_parse(struct mm_reader *rd, const struct mm_node *n);
void mm_compound_free(struct mm_logic **l); /* NULL is fine */

/* What an expansion may change of this type of rule: a mask of 1 << enum mm_limit, and MM_MAY_REFERENCE. */
#define MM_MAY_REFERENCE (1u << MM_LIMITS)
unsigned mm_rule_may(const struct mm_ruleset *r, const struct mm_rule *rule);

/* The limit that value, found in the member key of n, stands for; false: a problem was reported. */
bool mm_read_limit(const struct mm_rule *rule, const struct mm_node *n, const char *key, enum mm_limit limit,
                   json_object *value, double *out);

/* As much for a referenceValue. It is kept by the rule set, and must suit what the rule measures. */
bool mm_read_reference(struct mm_reader *rd, const struct mm_rule *rule, const struct mm_node *n, const char *key,
                       json_object *value, const struct mm_expr **out);

/* measurements: an array of expressions, or one bare. They must suit the rule's type. */
bool mm_read_measurements(struct mm_reader *rd, const struct mm_node *n, struct mm_rule *rule);

#endif
