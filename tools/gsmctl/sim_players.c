/* Reads a players file: sim_population_from_players. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "file.h"
#include "mem.h"
#include "mm_command.h"
#include "sim_csv.h"
#include "sim_population.h"

#define FILE_MAX_BYTES ((size_t)1 << 30)
#define NO_COLUMN      SIZE_MAX

static const char latency_prefix[] = "latency:";

struct row { /* a person who comes with others */
    const char *party;
    uint32_t person;
};

struct reader {
    struct sim_population *out;
    const struct sim_rules *rules;
    size_t rules_count;
    const char *path;
    size_t line;
    size_t width, party; /* columns of the file; which of them is `party` */
    struct row *rows;
    size_t row_cap;
    char *error;
};

static int fail(const struct reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int fail(const struct reader *r, const char *format, ...)
{
    char why[SIM_ERROR_SIZE / 2];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    (void)snprintf(r->error, SIM_ERROR_SIZE, "%.400s:%zu: %s", r->path, r->line, why);
    return ERR_INVALID;
}

static const struct sim_attribute *find_declared(const struct reader *r, const char *name)
{
    const struct sim_attribute *found = NULL;

    for (size_t i = 0; found == NULL && i < r->rules_count; i++)
        found = sim_rules_find(&r->rules[i], name);
    return found;
}

/* The attributes that a header may name, for people. */
static int fail_column(const struct reader *r, const char *name)
{
    struct buf allowed = {0};
    int rc;

    for (size_t i = 0; i < r->rules->attribute_count; i++)
        buf_printf(&allowed, "%.60s, ", r->rules->attributes[i].name);
    buf_str(&allowed, "party, latency:LOCATION");
    rc = fail(r, "column \"%.60s\" is no attribute of the rule set; allowed are: %.300s", name, allowed.data);
    buf_free(&allowed);
    return rc;
}

static int add_column(struct reader *r, const char *name)
{
    struct sim_column *c = &r->out->columns[r->out->column_count++];
    const struct sim_attribute *a = find_declared(r, name);

    *c = (struct sim_column){.name = name};
    if (strncmp(name, latency_prefix, sizeof(latency_prefix) - 1) == 0) {
        c->latency = true;
        c->name += sizeof(latency_prefix) - 1;
    } else if (a == NULL)
        return fail_column(r, name);
    else
        c->type = a->type;
    for (size_t i = 0; i + 1 < r->out->column_count; i++) {
        if (r->out->columns[i].latency == c->latency && strcmp(r->out->columns[i].name, c->name) == 0)
            return fail(r, "column \"%.60s\" is there twice", name);
    }
    return 0;
}

static int read_header(struct reader *r, char *line)
{
    const char *cells[SIM_CSV_COLUMNS_MAX], *why = sim_csv_split(line, cells, &r->width);

    if (why != NULL)
        return fail(r, "%s", why);
    r->out->columns = mem_alloc(r->width * sizeof(*r->out->columns));
    r->party = NO_COLUMN;
    for (size_t i = 0; i < r->width; i++) {
        if (strcmp(cells[i], "party") == 0 && r->party == NO_COLUMN)
            r->party = i;
        else if (add_column(r, cells[i]) != 0)
            return ERR_INVALID;
    }
    return 0;
}

static int check_cells(const struct reader *r, const char *const *cells)
{
    int attributes = 0, rc = 0;
    char where[128];

    for (size_t i = 0; rc == 0 && i < r->out->column_count; i++) {
        const struct sim_column *c = &r->out->columns[i];

        (void)snprintf(where, sizeof(where), "%.60s:%zu: %.40s", r->path, r->line, c->name);
        if (cells[i][0] != '\0')
            rc = sim_population_check(c, cells[i], where, r->error);
        attributes += cells[i][0] != '\0' && !c->latency;
    }
    if (rc == 0 && attributes > MM_ATTRIBUTES_MAX)
        rc = fail(r, "has %d attributes; a player may have %d", attributes, MM_ATTRIBUTES_MAX);
    return rc;
}

static int read_person(struct reader *r, char *line)
{
    const char *cells[SIM_CSV_COLUMNS_MAX], *why;
    struct sim_population *p = r->out;
    size_t width, n = p->column_count;

    why = sim_csv_split(line, cells, &width);
    if (why != NULL)
        return fail(r, "%s", why);
    if (width != r->width)
        return fail(r, "has %zu columns; the header has %zu", width, r->width);
    if (r->rows == NULL || p->person_count == r->row_cap) {
        r->row_cap = r->row_cap == 0 ? 1024 : r->row_cap * 2;
        r->rows = mem_realloc(r->rows, r->row_cap, sizeof(*r->rows));
        p->cells = mem_realloc(p->cells, r->row_cap * (n + 1), sizeof(char *));
    }
    r->rows[p->person_count] = (struct row){"", (uint32_t)p->person_count};
    if (r->party != NO_COLUMN) {
        r->rows[p->person_count].party = cells[r->party];
        memmove(&cells[r->party], &cells[r->party + 1], (width - r->party - 1) * sizeof(char *));
    }
    memcpy(&p->cells[p->person_count++ * n], cells, n * sizeof(char *));
    return check_cells(r, cells);
}

static int read_people(struct reader *r)
{
    static const char bom[] = "\xef\xbb\xbf";
    char *rest = r->out->text, *line;
    int rc;

    if (strncmp(rest, bom, sizeof(bom) - 1) == 0)
        rest += sizeof(bom) - 1;
    r->line = 1;
    line = sim_csv_line(&rest);
    rc = line == NULL ? fail(r, "a header with the names of attributes must be there") : read_header(r, line);
    while (rc == 0 && (line = sim_csv_line(&rest)) != NULL) {
        r->line++;
        rc = read_person(r, line);
    }
    if (rc == 0 && r->out->person_count == 0)
        rc = fail(r, "has no player below the header");
    return rc;
}

static int by_party(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int order = strcmp(x->party, y->party);

    return order != 0 ? order : (x->person > y->person) - (x->person < y->person);
}

static int by_first_line(const void *a, const void *b, void *members)
{
    const struct sim_group *x = a, *y = b;
    const uint32_t *people = members;

    return (people[x->first] > people[y->first]) - (people[x->first] < people[y->first]);
}

static int make_groups(struct reader *r)
{
    struct sim_population *p = r->out;

    ASSERT(r->rows != NULL);
    qsort(r->rows, p->person_count, sizeof(*r->rows), by_party);
    p->members = mem_alloc(p->person_count * sizeof(*p->members));
    p->groups = mem_alloc(p->person_count * sizeof(*p->groups));
    for (size_t i = 0; i < p->person_count; i++) {
        bool alone = i == 0 || r->rows[i].party[0] == '\0' || strcmp(r->rows[i].party, r->rows[i - 1].party) != 0;

        p->members[i] = r->rows[i].person;
        if (alone)
            p->groups[p->group_count++] = (struct sim_group){i, 0};
        r->line = r->rows[i].person + 2; /* behind the header */
        if (++p->groups[p->group_count - 1].count > MM_TICKET_PLAYERS_MAX)
            return fail(r, "party \"%.60s\" has more than %d players", r->rows[i].party, MM_TICKET_PLAYERS_MAX);
    }
    qsort_r(p->groups, p->group_count, sizeof(*p->groups), by_first_line, p->members);
    return 0;
}

int sim_population_from_players(struct sim_population *out, const char *path, const struct sim_rules *rules,
                                size_t count, char error[SIM_ERROR_SIZE])
{
    struct reader r = {.out = out, .rules = rules, .rules_count = count, .path = path, .line = 1};
    size_t len;
    int rc;

    r.error = error;
    *out = (struct sim_population){0};
    out->text = file_read(path, FILE_MAX_BYTES, &len, error, SIM_ERROR_SIZE);
    if (out->text == NULL)
        return ERR_INVALID;
    rc = json_utf8_valid(out->text, len) ? read_people(&r) : fail(&r, "the file must be UTF-8");
    if (rc == 0)
        rc = make_groups(&r);
    free(r.rows);
    if (rc != 0)
        sim_population_free(out);
    return rc;
}
