#include "cast_traits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "cast.h"
#include "mem.h"

#define USUAL_RATING 1500.0

/* ---- words ------------------------------------------------------------------------------------------------------ */

/* Takes the text. */
static void add_text(struct trait *t, char *text)
{
    bool there = t->word_count == TRAIT_WORDS_MAX;

    for (size_t i = 0; i < t->word_count; i++)
        there = there || strcmp(t->words[i], text) == 0;
    if (there)
        free(text);
    else
        t->words[t->word_count++] = text;
}

static void add_string(struct trait *t, const char *text)
{
    struct buf out = {0};

    buf_json_cstr(&out, text);
    add_text(t, buf_take(&out));
}

static void add_number(struct trait *t, double number)
{
    struct buf out = {0};

    buf_json_num(&out, number);
    add_text(t, buf_take(&out));
}

/* What the rule set has no word for. */
static void make_up(struct trait *t, size_t up_to)
{
    static const char *const words[] = {"alpha", "beta", "gamma"};

    for (size_t i = 0; t->word_count < up_to && i < sizeof(words) / sizeof(words[0]); i++)
        add_string(t, words[i]);
}

static void add_constant(struct trait *t, const struct mm_expr *e)
{
    if (e->source == MM_SOURCE_NUMBER)
        add_number(t, e->number);
    else if (e->source == MM_SOURCE_STRING)
        add_string(t, e->string);
    for (size_t i = 0; e->source == MM_SOURCE_STRINGS && i < e->string_count; i++)
        add_string(t, e->strings[i]);
}

/* ---- what rules say of an attribute ------------------------------------------------------------------------------ */

struct wishes {
    bool alike;   /* the same for all in a match */
    double width; /* of the tightest distance; INFINITY: none */
};

static bool measures(const struct mm_rule *rule, size_t attribute)
{
    for (size_t i = 0; i < rule->measurement_count; i++)
        if (rule->measurements[i]->source == MM_SOURCE_ATTRIBUTE && rule->measurements[i]->attribute == attribute)
            return true;
    return rule->type == MM_RULE_BATCH_DISTANCE && rule->attribute == attribute;
}

static void hear_rule(struct wishes *w, struct trait *t, const struct mm_rule *rule, const struct mm_force *force)
{
    double width = force->limits[MM_MAX_DISTANCE];
    bool distance = rule->type == MM_RULE_DISTANCE || rule->type == MM_RULE_BATCH_DISTANCE;

    if (force->reference != NULL && mm_expr_is_constant(force->reference))
        add_constant(t, force->reference);
    if (rule->type == MM_RULE_COMPARISON && rule->across)
        w->alike = w->alike || rule->comparison == MM_EQ;
    if (rule->type == MM_RULE_BATCH_DISTANCE && isnan(width))
        w->alike = true;
    if (distance && !isnan(width) && width < w->width)
        w->width = width;
}

static struct wishes hear(struct trait *t, const struct mm_ruleset *r, size_t attribute)
{
    struct wishes w = {.width = (double)INFINITY};

    for (size_t i = 0; i < r->rule_count; i++)
        if (measures(&r->rules[i], attribute))
            hear_rule(&w, t, &r->rules[i], &r->phases[0].rules[i]);
    return w;
}

/* ---- by type ----------------------------------------------------------------------------------------------------- */

static void cast_number(struct trait *t, const struct mm_attribute *a, const struct wishes *w)
{
    double usual = a->fallback != NULL ? json_object_get_double(a->fallback) : 0;
    bool compared = t->word_count > (a->fallback != NULL ? 1 : 0);

    t->manner = compared || w->alike ? TRAIT_CHOICE : TRAIT_SCALED;
    if (w->alike) {
        add_number(t, usual);
        add_number(t, usual + 1);
    }
    t->scale = isfinite(w->width) ? fmax(w->width, 1) / CAST_SPREAD : usual > 0 ? usual / USUAL_RATING : 1;
}

static void cast_string(struct trait *t, const struct mm_attribute *a, const struct wishes *w)
{
    (void)w;
    t->manner = TRAIT_CHOICE;
    make_up(t, a->fallback != NULL ? t->word_count : 2);
}

/* A default of nothing, as a block list's, is what fits. */
static void cast_list(struct trait *t, const struct mm_attribute *a, const struct wishes *w)
{
    (void)w;
    if (t->word_count == 0 && a->fallback != NULL)
        return;
    t->manner = TRAIT_SUBSET;
    make_up(t, a->fallback != NULL ? t->word_count : 3);
}

static void cast_map(struct trait *t, const struct mm_attribute *a, const struct wishes *w)
{
    (void)a;
    (void)w;
    t->manner = TRAIT_MAP;
    make_up(t, 2);
}

/* The default comes first: it is what most choose. */
static void add_fallback(struct trait *t, json_object *fallback)
{
    switch (json_object_get_type(fallback)) {
    case json_type_string:
        add_string(t, json_object_get_string(fallback));
        return;
    case json_type_array:
        for (size_t i = 0; i < json_object_array_length(fallback); i++)
            add_string(t, json_object_get_string(json_object_array_get_idx(fallback, i)));
        return;
    case json_type_object: {
        struct json_object_iterator at = json_object_iter_begin(fallback), end = json_object_iter_end(fallback);

        for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
            add_string(t, json_object_iter_peek_name(&at));
        return;
    }
    case json_type_int:
    case json_type_double:
        add_number(t, json_object_get_double(fallback));
        return;
    default:
        return;
    }
}

static void cast_attribute(struct trait *t, const struct mm_ruleset *r, size_t attribute)
{
    static void (*const by_type[])(struct trait * t, const struct mm_attribute *a, const struct wishes *w) = {
        [MM_ATTRIBUTE_STRING] = cast_string,
        [MM_ATTRIBUTE_NUMBER] = cast_number,
        [MM_ATTRIBUTE_STRING_LIST] = cast_list,
        [MM_ATTRIBUTE_STRING_NUMBER_MAP] = cast_map,
    };
    const struct mm_attribute *a = &r->attributes[attribute];
    struct wishes w;

    t->name = a->name;
    add_fallback(t, a->fallback);
    w = hear(t, r, attribute);
    by_type[a->type](t, a, &w);
}

struct trait *traits_of(const struct mm_ruleset *r)
{
    struct trait *traits = mem_alloc((r->attribute_count + 1) * sizeof(*traits));

    memset(traits, 0, (r->attribute_count + 1) * sizeof(*traits));
    for (size_t i = 0; i < r->attribute_count; i++)
        cast_attribute(&traits[i], r, i);
    return traits;
}

void traits_free(struct trait *traits, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < traits[i].word_count; j++)
            free(traits[i].words[j]);
    free(traits);
}
