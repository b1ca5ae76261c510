/* rules: one row a type says which members it has, which of them expansions may change, and how the rest is read. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "mm_ruleset_reader.h"

const char *const mm_rule_type_names[MM_RULE_TYPES] = {
    [MM_RULE_COMPARISON] = "comparison",
    [MM_RULE_DISTANCE] = "distance",
    [MM_RULE_BATCH_DISTANCE] = "batchDistance",
    [MM_RULE_COLLECTION] = "collection",
    [MM_RULE_LATENCY] = "latency",
    [MM_RULE_COMPOUND] = "compound",
    [MM_RULE_ABSOLUTE_SORT] = "absoluteSort",
    [MM_RULE_DISTANCE_SORT] = "distanceSort",
};

const char *const mm_limit_names[MM_LIMITS] = {
    [MM_MAX_DISTANCE] = "maxDistance", [MM_MIN_DISTANCE] = "minDistance", [MM_MIN_COUNT] = "minCount",
    [MM_MAX_COUNT] = "maxCount",       [MM_MAX_LATENCY] = "maxLatency",
};

/* ---- members that several types have ---------------------------------------------------------------------------- */

static void read_party(const struct mm_node *n, struct mm_rule *rule)
{
    static const char *const numeric[] = {[MM_PARTY_AVG] = "avg", [MM_PARTY_MIN] = "min", [MM_PARTY_MAX] = "max"};
    static const char *const lists[] = {"union", "intersection"};
    bool collection = rule->type == MM_RULE_COLLECTION;
    int which = 0;

    (void)mm_node_word_opt(n, "partyAggregation", collection ? lists : numeric, collection ? 2 : 3, &which);
    rule->party = (enum mm_aggregation)(collection ? (int)MM_PARTY_UNION + which : which);
}

static const struct {
    bool integer;
    const char *must;
} limit_values[MM_LIMITS] = {
    [MM_MAX_DISTANCE] = {false, "a number, 0 or more"}, [MM_MIN_DISTANCE] = {false, "a number, 0 or more"},
    [MM_MIN_COUNT] = {true, "an integer, 0 or more"},   [MM_MAX_COUNT] = {true, "an integer, 0 or more"},
    [MM_MAX_LATENCY] = {true, "an integer, 0 or more"},
};

/* A number, or, where FlexMatch's own documents write one so, a number in quotes. */
static bool is_number(json_object *value, bool quoted_ok, double *out)
{
    const char *text;
    char *end;

    if (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double)) {
        *out = json_object_get_double(value);
        return true;
    }
    if (!quoted_ok || !json_object_is_type(value, json_type_string))
        return false;
    text = json_object_get_string(value);
    *out = strtod(text, &end);
    return text[0] != '\0' && text[strspn(text, "0123456789.")] == '\0' && *end == '\0' && isfinite(*out);
}

bool mm_read_limit(const struct mm_rule *rule, const struct mm_node *n, const char *key, enum mm_limit limit,
                   json_object *value, double *out)
{
    bool quoted_ok = rule->type == MM_RULE_BATCH_DISTANCE;
    size_t len;
    const char *text;
    double number;

    if (is_number(value, quoted_ok, &number) && number >= 0 &&
        (!limit_values[limit].integer || number == trunc(number))) {
        *out = number;
        return true;
    }
    text = json_text(value, &len);
    mm_node_problem(n, key, "must be %s, is %.*s", limit_values[limit].must, mm_shown(text, len), text);
    return false;
}

/* ---- one reader a type: the members that are not the same for all ----------------------------------------------- */

typedef void read_fn(struct mm_reader *rd, const struct mm_node *n, struct mm_rule *rule, struct mm_force *force);

static void read_reference(struct mm_reader *rd, const struct mm_node *n, struct mm_rule *rule, struct mm_force *force)
{
    if (mm_node_has(n, "referenceValue"))
        (void)mm_read_reference(rd, rule, n, "referenceValue", mm_node_get(n, "referenceValue"), &force->reference);
    else
        mm_node_problem(n, NULL, "member \"referenceValue\" is missing");
}

static void read_comparison(struct mm_reader *rd, const struct mm_node *n, struct mm_rule *rule, struct mm_force *force)
{
    static const char *const words[] = {
        [MM_LT] = "<", [MM_LE] = "<=", [MM_EQ] = "=", [MM_NE] = "!=", [MM_GE] = ">=", [MM_GT] = ">"};
    int which = MM_EQ;
    bool equality, strings;

    (void)mm_read_measurements(rd, n, rule);
    (void)mm_node_word(n, "operation", words, sizeof(words) / sizeof(words[0]), &which);
    rule->comparison = (enum mm_comparison)which;
    rule->across = !mm_node_has(n, "referenceValue");
    if (!rule->across)
        read_reference(rd, n, rule, force);
    equality = rule->comparison == MM_EQ || rule->comparison == MM_NE;
    strings = rule->measurement_count > 0 && rule->measurements[0]->element == MM_ELEMENT_STRING;
    if (!equality && (rule->across || strings))
        mm_node_problem(n, "operation", "must be = or != %s, is \"%s\"",
                        rule->across ? "without a referenceValue" : "between strings", words[which]);
}

static void read_distance(struct mm_reader *rd, const struct mm_node *n, struct mm_rule *rule, struct mm_force *force)
{
    (void)mm_read_measurements(rd, n, rule);
    read_reference(rd, n, rule, force);
    if (!mm_node_has(n, "maxDistance") && !mm_node_has(n, "minDistance"))
        mm_node_problem(n, NULL, "member \"maxDistance\" or \"minDistance\" is missing");
}

static void read_batch_distance(struct mm_reader *rd, const struct mm_node *n, struct mm_rule *rule,
                                struct mm_force *force)
{
    const char *name = NULL;

    if (!mm_node_name(n, "batchAttribute", &name) ||
        !mm_use_attribute(rd, n, "batchAttribute", name, 1u << MM_ATTRIBUTE_NUMBER | 1u << MM_ATTRIBUTE_STRING,
                          &rule->attribute))
        return;
    if (rd->r->attributes[rule->attribute].type == MM_ATTRIBUTE_NUMBER && !mm_node_has(n, "maxDistance"))
        mm_node_problem(n, NULL, "member \"maxDistance\" is missing: \"%.*s\" is a number",
                        mm_shown(name, strlen(name)), name);
    if (rd->r->attributes[rule->attribute].type == MM_ATTRIBUTE_STRING && mm_node_has(n, "maxDistance"))
        mm_node_note(n, "maxDistance", "has no effect: \"%.*s\" is a string, which must be equal",
                     mm_shown(name, strlen(name)), name);
    (void)force;
}

static void read_collection(struct mm_reader *rd, const struct mm_node *n, struct mm_rule *rule, struct mm_force *force)
{
    static const char *const words[] = {
        [MM_INTERSECTION] = "intersection",
        [MM_CONTAINS] = "contains",
        [MM_REFERENCE_INTERSECTION_COUNT] = "reference_intersection_count",
    };
    int which = MM_INTERSECTION;

    (void)mm_read_measurements(rd, n, rule);
    if (!mm_node_word(n, "operation", words, sizeof(words) / sizeof(words[0]), &which))
        return;
    rule->collection = (enum mm_collection)which;
    if (rule->collection != MM_INTERSECTION)
        read_reference(rd, n, rule, force);
    else if (mm_node_has(n, "referenceValue"))
        mm_node_problem(n, "referenceValue", "must not be there: intersection compares the lists among themselves");
    if (rule->collection != MM_CONTAINS && !mm_node_has(n, "minCount") && !mm_node_has(n, "maxCount"))
        mm_node_note(n, NULL, "has neither minCount nor maxCount: it always passes");
}

static void read_latency(struct mm_reader *rd, const struct mm_node *n, struct mm_rule *rule, struct mm_force *force)
{
    static const char *const words[] = {"min", "avg"};
    int which = 0;

    (void)mm_node_word_opt(n, "distanceReference", words, 2, &which);
    rule->distance_to_avg = which == 1;
    if (!mm_node_has(n, "maxLatency") && !mm_node_has(n, "maxDistance"))
        mm_node_problem(n, NULL, "member \"maxLatency\" or \"maxDistance\" is missing");
    (void)rd;
    (void)force;
}

static void read_compound(struct mm_reader *rd, const struct mm_node *n, struct mm_rule *rule, struct mm_force *force)
{
    rule->statement = mm_compound_parse(rd, n);
    (void)force;
}

static void read_sort(struct mm_reader *rd, const struct mm_node *n, struct mm_rule *rule, struct mm_force *force)
{
    static const char *const directions[] = {"ascending", "descending"}, *const keys[] = {"minValue", "maxValue"};
    int direction = 0, key = 0;
    const char *name = NULL;

    (void)mm_node_word_opt(n, "sortDirection", directions, 2, &direction);
    (void)mm_node_word_opt(n, "mapKey", keys, 2, &key);
    rule->enforced = false;
    rule->descending = direction == 1;
    rule->has_map_key = mm_node_has(n, "mapKey");
    rule->max_key = key == 1;
    if (!mm_node_name(n, "sortAttribute", &name) ||
        !mm_use_attribute(rd, n, "sortAttribute", name,
                          1u << MM_ATTRIBUTE_NUMBER | 1u << MM_ATTRIBUTE_STRING_NUMBER_MAP, &rule->attribute))
        return;
    if ((rd->r->attributes[rule->attribute].type == MM_ATTRIBUTE_STRING_NUMBER_MAP) != rule->has_map_key)
        mm_node_problem(n, rule->has_map_key ? "mapKey" : NULL,
                        rule->has_map_key ? "is for attributes of type string_number_map, and \"%.*s\" is a number"
                                          : "member \"mapKey\" is missing: \"%.*s\" is a string_number_map",
                        mm_shown(name, strlen(name)), name);
    (void)force;
}

/* ---- the types -------------------------------------------------------------------------------------------------- */

#define MAY(limit) (1u << (limit))
#define MEMBERS(...)                                                                                                   \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }

static const struct kind {
    read_fn *read;
    unsigned may; /* have, and change by expansions */
    const char *const *members;
} kinds[MM_RULE_TYPES] = {
    [MM_RULE_COMPARISON] = {read_comparison, MM_MAY_REFERENCE,
                            MEMBERS("measurements", "referenceValue", "operation", "partyAggregation")},
    [MM_RULE_DISTANCE] = {read_distance, MAY(MM_MAX_DISTANCE) | MAY(MM_MIN_DISTANCE) | MM_MAY_REFERENCE,
                          MEMBERS("measurements", "referenceValue", "maxDistance", "minDistance", "partyAggregation")},
    [MM_RULE_BATCH_DISTANCE] = {read_batch_distance, MAY(MM_MAX_DISTANCE),
                                MEMBERS("batchAttribute", "maxDistance", "partyAggregation")},
    [MM_RULE_COLLECTION] = {read_collection, MAY(MM_MIN_COUNT) | MAY(MM_MAX_COUNT) | MM_MAY_REFERENCE,
                            MEMBERS("measurements", "operation", "referenceValue", "minCount", "maxCount",
                                    "partyAggregation")},
    [MM_RULE_LATENCY] = {read_latency, MAY(MM_MAX_LATENCY) | MAY(MM_MAX_DISTANCE),
                         MEMBERS("maxLatency", "maxDistance", "distanceReference", "partyAggregation")},
    [MM_RULE_COMPOUND] = {read_compound, 0, MEMBERS("statement")},
    [MM_RULE_ABSOLUTE_SORT] = {read_sort, 0, MEMBERS("sortDirection", "sortAttribute", "mapKey", "partyAggregation")},
    [MM_RULE_DISTANCE_SORT] = {read_sort, 0, MEMBERS("sortDirection", "sortAttribute", "mapKey", "partyAggregation")},
};

unsigned mm_rule_may(const struct mm_ruleset *r, const struct mm_rule *rule)
{
    if (rule->across || (rule->type == MM_RULE_COLLECTION && rule->collection == MM_INTERSECTION))
        return kinds[rule->type].may & ~MM_MAY_REFERENCE;
    if (rule->type == MM_RULE_BATCH_DISTANCE && rule->attribute < r->attribute_count &&
        r->attributes[rule->attribute].type == MM_ATTRIBUTE_STRING)
        return 0;
    return kinds[rule->type].may;
}

static void read_limits(const struct mm_ruleset *r, const struct mm_node *n, const struct mm_rule *rule,
                        struct mm_force *force)
{
    unsigned may = mm_rule_may(r, rule);

    for (size_t i = 0; i < MM_LIMITS; i++) {
        const char *key = mm_limit_names[i];

        if ((may & MAY(i)) != 0 && mm_node_has(n, key))
            (void)mm_read_limit(rule, n, key, (enum mm_limit)i, mm_node_get(n, key), &force->limits[i]);
    }
}

static bool read_name(struct mm_reader *rd, const struct mm_node *n, struct mm_rule *rule)
{
    const char *name = NULL;

    if (!mm_node_name(n, "name", &name))
        return false;
    if (mm_ruleset_rule(rd->r, name) != MM_NEVER)
        mm_node_problem(n, "name", "\"%.*s\" is another rule's name", mm_shown(name, strlen(name)), name);
    rule->name = name;
    return true;
}

static bool read_rule(struct mm_reader *rd, const struct mm_node *n, struct mm_rule *rule, struct mm_force *force)
{
    static const char *const members[] = {"name", "description", "type", NULL};
    const char *description;
    int type = 0;
    bool named;

    rule->name = "";
    rule->type = MM_RULE_TYPES;
    for (size_t i = 0; i < MM_LIMITS; i++)
        force->limits[i] = (double)NAN;
    if (!mm_node_is_object(n))
        return false;
    named = read_name(rd, n, rule);
    (void)mm_node_text_opt(n, "description", &description);
    if (!mm_node_word(n, "type", mm_rule_type_names, MM_RULE_TYPES, &type))
        return named;
    rule->type = (enum mm_rule_type)type;
    rule->enforced = true;
    (void)mm_node_only(n, members, kinds[type].members);
    read_party(n, rule);
    kinds[type].read(rd, n, rule, force);
    read_limits(rd->r, n, rule, force);
    return named;
}

void mm_read_rules(struct mm_reader *rd)
{
    struct mm_ruleset *r = rd->r;
    size_t errors = rd->root.problems->errors;
    size_t n = mm_node_list_opt(&rd->root, "rules", MM_RULES_MAX);

    rd->rules_broken = rd->root.problems->errors > errors;
    r->rules = mem_alloc(n * sizeof(*r->rules));
    r->phases[0].rules = mem_alloc(n * sizeof(struct mm_force));
    for (size_t i = 0; i < n; i++) {
        struct mm_node at = mm_node_element(&rd->root, "rules", i);

        if (!read_rule(rd, &at, &r->rules[i], &r->phases[0].rules[i]))
            rd->rules_broken = true;
        r->rule_count++;
    }
}
