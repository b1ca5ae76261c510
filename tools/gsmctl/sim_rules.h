/*
 * sim_rules.h - a rule set file as the simulator sees it: the engine's catalog, and what the attributes are.
 */
#ifndef GSMCTL_SIM_RULES_H
#define GSMCTL_SIM_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm_attributes.h"
#include "mm_catalog.h"

struct mm_ruleset; /* mm_ruleset.h */

#define SIM_ERROR_SIZE         1024
#define SIM_RULES_MAX_BYTES    65535
#define SIM_CONFIGURATION_NAME "simulate"

struct sim_attribute {
    const char *name;
    enum mm_attribute_type type;
    bool used;       /* a rule or the algorithm reads it */
    double fallback; /* of a number: its default; NAN: none */
};

struct sim_rules {
    const char *path; /* borrowed */
    char *label;      /* the file's name without folder and .json; for people */
    char *text;
    struct mm_ruleset *ruleset; /* names of attributes point into it */
    struct mm_catalog *catalog; /* one configuration, SIM_CONFIGURATION_NAME, partition 0 */
    struct sim_attribute *attributes;
    size_t attribute_count;
};

/* 0, or ERR_INVALID and a sentence that names the file. */
int sim_rules_load(struct sim_rules *out, const char *path, int64_t timeout_s, char error[SIM_ERROR_SIZE]);
void sim_rules_free(struct sim_rules *r); /* leaves it empty */

const struct sim_attribute *sim_rules_find(const struct sim_rules *r, const char *name); /* NULL: not declared */
const struct sim_attribute *sim_rules_first_number(const struct sim_rules *r);           /* NULL: none is declared */

#endif
