#include "sim_traffic.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "err.h"
#include "mem.h"
#include "mm_command.h"
#include "numbers.h"

#define RATE_MAX 100000
#define WEEK_MS  INT64_C(604800000)

static const char poisson[] = "poisson:";

struct maker {
    struct sim_traffic *out;
    const struct sim_asked *asked;
    uint64_t dice;
    size_t cap, person_cap, turn;              /* turn: whose it is when people come in order; counts up */
    double weights[MM_TICKET_PLAYERS_MAX + 1]; /* by size */
    double weight;                             /* all of them */
    char *error;
};

int64_t sim_duration_ms(const char *text)
{
    static const struct {
        char letter;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    size_t digits = strspn(text, "0123456789");

    if (digits == 0 || digits > 6 || strlen(text) != digits + 1)
        return 0;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        int64_t ms = strtoll(text, NULL, 10) * units[i].ms;

        if (text[digits] == units[i].letter)
            return ms <= WEEK_MS ? ms : 0;
    }
    return 0;
}

/* ---- who ---- */

/* "SIZE:WEIGHT,..." */
static int read_party(struct maker *m)
{
    char copy[256], *rest = copy, *part;

    (void)snprintf(copy, sizeof(copy), "%s", m->asked->party);
    while ((part = strsep(&rest, ",")) != NULL) {
        char *weight = part, *size = strsep(&weight, ":");
        double n = 0, w = 0;

        if (weight == NULL || !number_parse(size, &n) || n != floor(n) || n < 1 || n > MM_TICKET_PLAYERS_MAX ||
            !number_parse(weight, &w) || !(w > 0)) {
            (void)snprintf(m->error, SIM_ERROR_SIZE,
                           "--party: \"%.60s\": must be SIZE:WEIGHT,... with sizes from 1 to %d and weights above 0",
                           part, MM_TICKET_PLAYERS_MAX);
            return ERR_INVALID;
        }
        m->weights[(size_t)n] += w;
        m->weight += w;
    }
    return 0;
}

static void add_person(struct maker *m, uint32_t person)
{
    struct sim_traffic *t = m->out;

    if (t->person_count == m->person_cap) {
        m->person_cap = m->person_cap == 0 ? 4096 : m->person_cap * 2;
        t->persons = mem_realloc(t->persons, m->person_cap, sizeof(*t->persons));
    }
    t->persons[t->person_count++] = person;
}

static size_t pick(struct maker *m, size_t count, bool in_order)
{
    return in_order ? m->turn++ % count : dice_below(&m->dice, count);
}

static size_t draw_size(struct maker *m)
{
    double at = dice_unit(&m->dice) * m->weight;
    size_t size = MM_TICKET_PLAYERS_MAX;

    for (size_t i = 1; i <= MM_TICKET_PLAYERS_MAX; i++) {
        at -= m->weights[i];
        if (at < 0)
            return i;
        if (m->weights[i] > 0)
            size = i;
    }
    return size; /* what rounding left over */
}

static void draw_players(struct maker *m, bool in_order)
{
    const struct sim_population *p = m->out->population;

    if (p->group_count > 0) {
        const struct sim_group *g = &p->groups[pick(m, p->group_count, in_order)];

        for (size_t i = 0; i < g->count; i++)
            add_person(m, p->members[g->first + i]);
        return;
    }
    for (size_t n = draw_size(m); n > 0; n--)
        add_person(m, (uint32_t)pick(m, p->person_count, in_order));
}

static void arrive(struct maker *m, double at_ms, bool in_order)
{
    struct sim_traffic *t = m->out;
    size_t first = t->person_count;

    if (t->count == m->cap) {
        m->cap = m->cap == 0 ? 4096 : m->cap * 2;
        t->list = mem_realloc(t->list, m->cap, sizeof(*t->list));
    }
    draw_players(m, in_order);
    t->list[t->count++] = (struct sim_arrival){(int64_t)at_ms, (uint32_t)first, (uint32_t)(t->person_count - first)};
}

/* ---- when ---- */

static int arrive_by_chance(struct maker *m, const char *rate_text)
{
    uint64_t dice = ~m->dice; /* of its own: the times do not hang on who is drawn */
    double rate, at_ms;

    if (!number_parse(rate_text, &rate) || !(rate > 0) || rate > RATE_MAX) {
        (void)snprintf(m->error, SIM_ERROR_SIZE,
                       "--arrivals: \"poisson:%.40s\": the rate must be a number of tickets a second, up to %d",
                       rate_text, RATE_MAX);
        return ERR_INVALID;
    }
    if (rate * (double)m->asked->length_ms / 1000 > SIM_TICKETS_MAX * 0.99) {
        (void)snprintf(m->error, SIM_ERROR_SIZE,
                       "--arrivals: \"poisson:%.40s\": gives more than %d tickets in that time", rate_text,
                       SIM_TICKETS_MAX);
        return ERR_INVALID;
    }
    at_ms = dice_exponential(&dice, 1000 / rate);
    while (at_ms < (double)m->asked->length_ms) {
        arrive(m, at_ms, false);
        at_ms += dice_exponential(&dice, 1000 / rate);
    }
    return 0;
}

static int arrive_as_recorded(struct maker *m)
{
    struct numbers times;
    double last_s = 0;
    int rc = numbers_load(&times, m->asked->arrivals, m->error, SIM_ERROR_SIZE);

    for (size_t i = 0; rc == 0 && i < times.count; i++) {
        if (times.list[i] < last_s || i >= SIM_TICKETS_MAX) {
            (void)snprintf(m->error, SIM_ERROR_SIZE,
                           "%.400s:%zu: must be at least %g, the line before (times ascend; at most %d lines)",
                           m->asked->arrivals, i + 1, last_s, SIM_TICKETS_MAX);
            rc = ERR_INVALID;
        }
        last_s = times.list[i];
        if (rc == 0 && last_s * 1000 < (double)m->asked->length_ms)
            arrive(m, floor(last_s * 1000 + 0.5), true);
    }
    numbers_free(&times);
    return rc;
}

int sim_traffic_make(struct sim_traffic *out, const struct sim_population *p, const struct sim_asked *asked,
                     char error[SIM_ERROR_SIZE])
{
    struct maker m = {.out = out, .asked = asked, .dice = asked->seed};
    int rc;

    m.error = error;
    *out = (struct sim_traffic){.population = p, .length_ms = asked->length_ms};
    rc = p->group_count > 0 ? 0 : read_party(&m);
    if (rc == 0 && strncmp(asked->arrivals, poisson, sizeof(poisson) - 1) == 0)
        rc = arrive_by_chance(&m, asked->arrivals + sizeof(poisson) - 1);
    else if (rc == 0)
        rc = arrive_as_recorded(&m);
    if (rc == 0 && out->count == 0) {
        (void)snprintf(error, SIM_ERROR_SIZE, "--arrivals: \"%.100s\": nobody comes in that time", asked->arrivals);
        rc = ERR_INVALID;
    }
    if (rc != 0)
        sim_traffic_free(out);
    return rc;
}

void sim_traffic_free(struct sim_traffic *t)
{
    free(t->list);
    free(t->persons);
    *t = (struct sim_traffic){0};
}
