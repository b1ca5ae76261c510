#include "sim_population.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "mem.h"
#include "mm_command.h"
#include "numbers.h"
#include "sim_cell.h"

static int add_latency(json_object *into, const char *location, const char *cell, const char *where, char *error)
{
    double ms;

    if (!number_parse(cell, &ms) || ms != floor(ms))
        return json_fail(error, where, "must be a whole number of milliseconds, is \"%.40s\"", cell);
    json_object_object_add(into, location, json_object_new_int64((int64_t)ms));
    return mm_latency_check(into, where, error);
}

int sim_population_cell(const struct sim_column *c, const char *cell, json_object *into, const char *where,
                        char error[SIM_ERROR_SIZE])
{
    json_object *value = NULL, *tagged;

    if (c->latency)
        return add_latency(into, c->name, cell, where, error);
    if (sim_cell_read(&value, c->type, cell, where, error) != 0)
        return ERR_INVALID;
    tagged = json_object_new_object();
    json_object_object_add(tagged, mm_attribute_key(c->type), value);
    json_object_object_add(into, c->name, tagged);
    return 0;
}

/* NULL when the person has none. */
static json_object *collect(const struct sim_population *p, size_t person, bool latency)
{
    json_object *all = NULL;
    char error[SIM_ERROR_SIZE];

    for (size_t i = 0; i < p->column_count; i++) {
        const char *cell = p->cells[person * p->column_count + i];

        if (p->columns[i].latency != latency || cell[0] == '\0')
            continue;
        if (all == NULL)
            all = json_object_new_object();
        ASSERT(sim_population_cell(&p->columns[i], cell, all, "", error) == 0); /* it was read before */
    }
    return all;
}

json_object *sim_population_attributes(const struct sim_population *p, size_t person)
{
    return collect(p, person, false);
}

json_object *sim_population_latency(const struct sim_population *p, size_t person)
{
    return collect(p, person, true);
}

double sim_population_number(const struct sim_population *p, size_t person, const struct sim_attribute *a)
{
    double value = a->fallback;

    for (size_t i = 0; i < p->column_count; i++) {
        if (!p->columns[i].latency && strcmp(p->columns[i].name, a->name) == 0)
            (void)number_parse(p->cells[person * p->column_count + i], &value);
    }
    return value;
}

int sim_population_from_ratings(struct sim_population *out, const char *path, const char *attribute,
                                char error[SIM_ERROR_SIZE])
{
    struct numbers ratings;
    struct buf text = {0};
    const char *cell;

    *out = (struct sim_population){0};
    if (numbers_load(&ratings, path, error, SIM_ERROR_SIZE) != 0)
        return ERR_INVALID;
    for (size_t i = 0; i < ratings.count; i++) {
        buf_json_num(&text, ratings.list[i]);
        buf_append(&text, "", 1);
    }
    out->columns = MEM_NEW(struct sim_column);
    out->columns[0] = (struct sim_column){.name = attribute, .type = MM_ATTRIBUTE_NUMBER};
    out->column_count = 1;
    out->person_count = ratings.count;
    out->cells = mem_alloc(ratings.count * sizeof(char *));
    cell = out->text = buf_take(&text);
    for (size_t i = 0; i < ratings.count; i++, cell += strlen(cell) + 1)
        out->cells[i] = cell;
    numbers_free(&ratings);
    return 0;
}

void sim_population_free(struct sim_population *p)
{
    free(p->text);
    free(p->columns);
    free(p->cells);
    free(p->groups);
    free(p->members);
    *p = (struct sim_population){0};
}
