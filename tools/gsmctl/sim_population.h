/*
 * sim_population.h - who plays: people with attributes and latencies, out of a file. Tickets are made of them.
 */
#ifndef GSMCTL_SIM_POPULATION_H
#define GSMCTL_SIM_POPULATION_H

#include <stddef.h>
#include <stdint.h>

#include "json.h"
#include "sim_rules.h"

struct sim_column {
    const char *name; /* of the attribute, or of the location */
    bool latency;
    enum mm_attribute_type type; /* of an attribute */
};

struct sim_group {       /* people who come as one ticket */
    size_t first, count; /* in members */
};

struct sim_population {
    char *text; /* owned; cells point into it */
    struct sim_column *columns;
    size_t column_count;
    const char **cells; /* [person * column_count + column]; "": none */
    size_t person_count;
    struct sim_group *groups; /* in the file's order; of ratings none: who comes with whom is drawn */
    size_t group_count;
    uint32_t *members; /* people, by group */
};

/*
 * A header of attribute names and, optionally, `party` (people with the same value are one ticket) and
 * `latency:LOCATION` (milliseconds); one person a line. Types are those of rules[0]; a column that no rule set of the
 * `count` given declares is refused. 0, or ERR_INVALID and a sentence: file, line, what is allowed.
 */
int sim_population_from_players(struct sim_population *out, const char *path, const struct sim_rules *rules,
                                size_t count, char error[SIM_ERROR_SIZE]);

/* One number a line: the value of `attribute`, which is borrowed. Errors as above. */
int sim_population_from_ratings(struct sim_population *out, const char *path, const char *attribute,
                                char error[SIM_ERROR_SIZE]);
void sim_population_free(struct sim_population *p); /* leaves it empty */

/* 0, or ERR_INVALID and a sentence that begins with `where`. */
int sim_population_check(const struct sim_column *c, const char *cell, const char *where, char error[SIM_ERROR_SIZE]);

/* In the AWS shape, for a command; the caller puts it. */
json_object *sim_population_attributes(const struct sim_population *p, size_t person);
json_object *sim_population_latency(const struct sim_population *p, size_t person); /* NULL: none */

/* A cell as it is written; "" when it is empty. */
static inline const char *sim_population_text(const struct sim_population *p, size_t person, size_t column)
{
    return p->cells[person * p->column_count + column];
}

/* The value that rules see of a number attribute: the person's, or else the default; NAN: neither. */
double sim_population_number(const struct sim_population *p, size_t person, const struct sim_attribute *a);

#endif
