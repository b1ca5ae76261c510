#include "cast.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cast_traits.h"
#include "dice.h"
#include "err.h"
#include "file.h"
#include "mem.h"

#define RULES_MAX_BYTES 65535
#define PARTY_MAX       4
#define ALONE           0.7 /* share of those who come alone */
#define FIRST_CHOICE    0.7
#define IN_SUBSET       0.25
#define MAP_VALUE_MAX   100
#define FRIENDS_RATING  25 /* points either side */

struct cast {
    struct mm_ruleset *rules;
    struct trait *traits; /* [rules->attribute_count] */
    bool latency;
    size_t party_max;
};

/* Where players live, how many of them, and how far that is from everywhere. */
#define REGIONS 4
static const struct region {
    const char *name;
    double share;
    int ms[REGIONS];
} regions[REGIONS] = {
    {"us-east-1", 0.4, {15, 65, 80, 160}},
    {"us-west-2", 0.2, {65, 15, 135, 100}},
    {"eu-west-1", 0.3, {80, 135, 15, 220}},
    {"ap-northeast-1", 0.1, {160, 100, 220, 15}},
};

/* ---- the rule set ------------------------------------------------------------------------------------------------ */

static size_t party_max(const struct mm_ruleset *r)
{
    size_t most = 1;

    for (size_t i = 0; i < r->family_count; i++)
        if (r->phases[0].families[i].max > most)
            most = r->phases[0].families[i].max;
    return most < PARTY_MAX ? most : PARTY_MAX;
}

static int parse(struct cast *c, const char *path, const char *text, size_t len, char *error, size_t error_size)
{
    struct mm_problems problems = {0};
    char line[MM_PROBLEM_SIZE];
    int rc = mm_ruleset_parse(&c->rules, "demo", text, len, &problems);

    mm_problems_line(&problems, line, sizeof(line));
    if (rc != 0)
        (void)snprintf(error, error_size, "%s: %s", path, line);
    mm_problems_free(&problems);
    return rc;
}

int cast_load(struct cast **out, const char *path, char *error, size_t error_size)
{
    size_t len;
    char *text = file_read(path, RULES_MAX_BYTES, &len, error, error_size);
    struct cast *c;

    if (text == NULL)
        return ERR_INVALID;
    c = MEM_NEW(struct cast);
    if (parse(c, path, text, len, error, error_size) != 0) {
        free(text);
        free(c);
        return ERR_INVALID;
    }
    free(text);
    c->traits = traits_of(c->rules);
    c->party_max = party_max(c->rules);
    for (size_t i = 0; i < c->rules->rule_count; i++)
        c->latency = c->latency || c->rules->rules[i].type == MM_RULE_LATENCY;
    *out = c;
    return 0;
}

void cast_free(struct cast **c)
{
    if (*c == NULL)
        return;
    traits_free((*c)->traits, (*c)->rules->attribute_count);
    mm_ruleset_free(&(*c)->rules);
    free(*c);
    *c = NULL;
}

bool cast_tells_rating(const struct cast *c)
{
    for (size_t i = 0; i < c->rules->attribute_count; i++)
        if (c->traits[i].manner == TRAIT_SCALED)
            return true;
    return false;
}

int64_t cast_last_step_us(const struct cast *c)
{
    return c->rules->phases[c->rules->phase_count - 1].wait_ms * 1000;
}

/* ---- groups ------------------------------------------------------------------------------------------------------ */

static size_t draw_region(uint64_t *dice)
{
    double at = dice_unit(dice);
    size_t i = 0;

    for (; i + 1 < REGIONS && at >= regions[i].share; i++)
        at -= regions[i].share;
    return i;
}

struct cast_group cast_draw(const struct cast *c, int rating, uint64_t *dice)
{
    bool alone = c->party_max == 1 || dice_unit(dice) < ALONE;

    return (struct cast_group){
        .size = alone ? 1 : 2 + dice_below(dice, c->party_max - 1), .region = draw_region(dice), .rating = rating};
}

int cast_rating(const struct cast_group *group, uint64_t *dice)
{
    if (group->size == 1)
        return group->rating;
    return group->rating - FRIENDS_RATING + (int)dice_below(dice, 2 * FRIENDS_RATING + 1);
}

/* ---- one player -------------------------------------------------------------------------------------------------- */

static void scaled(const struct trait *t, int rating, struct buf *out)
{
    buf_json_num(out, round(rating * t->scale * 100) / 100);
}

/* Friends want the same: what most want. */
static size_t favourite(const struct trait *t, bool party, uint64_t *dice)
{
    bool first = party || t->word_count == 1 || dice_unit(dice) < FIRST_CHOICE;

    return first ? 0 : 1 + dice_below(dice, t->word_count - 1);
}

static void choice(const struct trait *t, bool party, uint64_t *dice, struct buf *out)
{
    buf_str(out, t->words[favourite(t, party, dice)]);
}

static void subset(const struct trait *t, bool party, uint64_t *dice, struct buf *out)
{
    size_t sure = favourite(t, party, dice);
    const char *before = "";

    buf_str(out, "[");
    for (size_t i = 0; i < t->word_count; i++) {
        if (i != sure && dice_unit(dice) >= IN_SUBSET)
            continue;
        buf_printf(out, "%s%s", before, t->words[i]);
        before = ",";
    }
    buf_str(out, "]");
}

static void map(const struct trait *t, uint64_t *dice, struct buf *out)
{
    buf_str(out, "{");
    for (size_t i = 0; i < t->word_count; i++)
        buf_printf(out, "%s%s:%zu", i > 0 ? "," : "", t->words[i], 1 + dice_below(dice, MAP_VALUE_MAX));
    buf_str(out, "}");
}

static void value(const struct trait *t, const struct cast_group *group, int rating, uint64_t *dice, struct buf *out)
{
    switch (t->manner) {
    case TRAIT_SCALED:
        scaled(t, rating, out);
        break;
    case TRAIT_CHOICE:
        choice(t, group->size > 1, dice, out);
        break;
    case TRAIT_SUBSET:
        subset(t, group->size > 1, dice, out);
        break;
    case TRAIT_MAP:
        map(t, dice, out);
        break;
    case TRAIT_LEFT_OUT:
        break;
    }
}

static void latency(const struct cast_group *group, uint64_t *dice, struct buf *out)
{
    buf_str(out, ",\"latency_ms\":{");
    for (size_t i = 0; i < REGIONS; i++) {
        int ms = regions[group->region].ms[i];

        buf_printf(out, "%s\"%s\":%d", i > 0 ? "," : "", regions[i].name,
                   ms * 7 / 10 + (int)dice_below(dice, (size_t)ms));
    }
    buf_str(out, "}");
}

void cast_facts(const struct cast *c, const struct cast_group *group, int rating, uint64_t *dice, struct buf *out)
{
    const char *before = "";

    buf_str(out, ",\"attributes\":{");
    for (size_t i = 0; i < c->rules->attribute_count; i++) {
        const struct trait *t = &c->traits[i];

        if (t->manner == TRAIT_LEFT_OUT)
            continue;
        buf_str(out, before);
        buf_json_cstr(out, t->name);
        buf_str(out, ":");
        value(t, group, rating, dice, out);
        before = ",";
    }
    buf_str(out, "}");
    if (c->latency)
        latency(group, dice, out);
}
