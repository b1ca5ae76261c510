/*
 * mm_rules.h - a FlexMatch rule set, compiled (DESIGN: the engine). Pure.
 *
 * What is done now: playerAttributes of type number (and the others, passed through), two teams of one (two entries, or
 * one with quantity 2), and at most one `distance` rule over one number attribute, measuring
 *   max(flatten(teams[*].players.attributes[A])) against min(flatten(teams[*].players.attributes[A])): |a - b|, or
 *   avg(teams[*].players.attributes[A]) against avg(flatten(teams[*].players.attributes[A])): |a - b| / 2,
 * with expansions of its maxDistance. Everything else of the language is refused with the path to it.
 */
#ifndef MATCHMAKING_MM_RULES_H
#define MATCHMAKING_MM_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm_attributes.h"
#include "mm_catalog.h"

#define MM_TEAM_SIZE 1 /* grows with the rule language */

struct mm_attribute {
    const char *name;
    enum mm_attribute_type type;
    bool has_default;
    double default_number; /* type number */
};

struct mm_step { /* an expansion: from wait_ms on, the window is this */
    int64_t wait_ms;
    double window;
};

struct mm_rules {
    json_object *root; /* owned; names point into it */
    char *name;        /* resource name; owned */
    struct mm_attribute *attributes;
    size_t attribute_count;
    char *team_names[2];    /* owned */
    int distance_attribute; /* index, or -1: any two may meet */
    double scale;           /* |a - b| * scale <= window */
    struct mm_step *steps;  /* steps[0].wait_ms == 0 is the rule's own maxDistance; strictly increasing */
    size_t step_count;
};

int mm_rules_parse(struct mm_rules **out, const char *name, const char *text, size_t len, char error[MM_ERROR_SIZE]);
void mm_rules_free(struct mm_rules **r);

/* The window in force after wait_ms, in attribute units (already divided by scale). INFINITY without a rule. */
double mm_rules_window(const struct mm_rules *r, int64_t wait_ms);

/* The wait_ms of the next expansion step after wait_ms; INT64_MAX: none. */
int64_t mm_rules_next_step(const struct mm_rules *r, int64_t wait_ms);

const struct mm_attribute *mm_rules_attribute(const struct mm_rules *r, const char *name); /* NULL: not declared */

#endif
