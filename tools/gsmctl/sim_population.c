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

static int check_latency(const char *location, const char *cell, const char *where, char *error)
{
    json_object *latency = NULL;
    struct buf text = {0};
    double ms;
    int rc;

    if (!number_parse(cell, &ms) || ms != floor(ms))
        return json_fail(error, where, "must be a whole number of milliseconds, is \"%.40s\"", cell);
    buf_str(&text, "{");
    buf_json_cstr(&text, location);
    buf_printf(&text, ":%.0f}", ms);
    rc = json_parse(text.data, text.len, &latency, error);
    if (rc == 0)
        rc = mm_latency_check(latency, where, error);
    json_object_put(latency);
    buf_free(&text);
    return rc;
}

int sim_population_check(const struct sim_column *c, const char *cell, const char *where, char error[SIM_ERROR_SIZE])
{
    return c->latency ? check_latency(c->name, cell, where, error) : sim_cell_check(c->type, cell, where, error);
}

static void write_cell(struct buf *out, const struct sim_column *c, const char *cell)
{
    double ms = 0;

    buf_str(out, out->len == 0 ? "{" : ",");
    buf_json_cstr(out, c->name);
    if (c->latency) {
        (void)number_parse(cell, &ms);
        buf_printf(out, ":%.0f", ms);
        return;
    }
    buf_printf(out, ":{\"%s\":", mm_attribute_key(c->type));
    ASSERT(sim_cell_write(out, c->type, cell)); /* it was checked */
    buf_str(out, "}");
}

/* NULL when the person has none. */
static json_object *collect(const struct sim_population *p, size_t person, bool latency)
{
    json_object *all = NULL;
    struct buf text = {0};

    for (size_t i = 0; i < p->column_count; i++) {
        const char *cell = sim_population_text(p, person, i);

        if (p->columns[i].latency == latency && cell[0] != '\0')
            write_cell(&text, &p->columns[i], cell);
    }
    if (text.len > 0) {
        buf_str(&text, "}");
        ASSERT(json_parse(text.data, text.len, &all, NULL) == 0);
    }
    buf_free(&text);
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
            (void)number_parse(sim_population_text(p, person, i), &value);
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
