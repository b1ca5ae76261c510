#include "mm_admit.h"

#include <json-c/linkhash.h>
#include <stdio.h>

#include "mm_attributes.h"

/* The value of a declared attribute: false, and *found NULL, when the player does not have it. */
static bool get_tagged(json_object *attributes, const struct mm_attribute *a, json_object **tagged)
{
    *tagged = NULL;
    return attributes != NULL && json_object_object_get_ex(attributes, a->name, tagged);
}

static const char *first_member(json_object *tagged)
{
    if (!json_object_is_type(tagged, json_type_object))
        return "no attribute value";
    json_object_object_foreach(tagged, name, value)
    {
        (void)value;
        return name;
    }
    return "empty";
}

static bool has_type(json_object *tagged, enum mm_attribute_type type)
{
    json_object *value = NULL;

    return json_object_object_get_ex(tagged, mm_attribute_key(type), &value) &&
           mm_attribute_check_value(type, value, "", NULL) == 0;
}

static const char *check_types(const struct mm_rules *r, json_object *attributes, char *message)
{
    for (size_t i = 0; i < r->attribute_count; i++) {
        const struct mm_attribute *a = &r->attributes[i];
        json_object *tagged;

        if (!get_tagged(attributes, a, &tagged) || has_type(tagged, a->type))
            continue;
        (void)snprintf(message, MM_MESSAGE_SIZE, "attribute \"%.100s\" must be of type %s, is %.20s", a->name,
                       mm_attribute_key(a->type), first_member(tagged));
        return "invalid_attributes";
    }
    return NULL;
}

static const char *get_value(const struct mm_rules *r, json_object *attributes, double *value, char *message)
{
    const struct mm_attribute *a = &r->attributes[r->distance_attribute];
    json_object *tagged, *number = NULL;

    if (get_tagged(attributes, a, &tagged)) {
        json_object_object_get_ex(tagged, mm_attribute_key(a->type), &number);
        *value = json_object_get_double(number);
        return NULL;
    }
    *value = a->default_number;
    if (a->has_default)
        return NULL;
    /* FlexMatch takes such a ticket and lets it wait until it times out; a player is better served by being told. */
    (void)snprintf(message, MM_MESSAGE_SIZE, "attribute \"%.100s\" is missing, and the rule set has no default for it",
                   a->name);
    return "missing_attribute";
}

const char *mm_admit_player(const struct mm_rules *r, json_object *attributes, double *value,
                            char message[MM_MESSAGE_SIZE])
{
    const char *code = check_types(r, attributes, message);

    *value = 0;
    if (code != NULL || r->distance_attribute < 0)
        return code;
    return get_value(r, attributes, value, message);
}
