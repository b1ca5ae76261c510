/*
 * mm_attributes.h - internal: FlexMatch's AttributeValue. The public half is in mm_command.h.
 */
#ifndef MATCHMAKING_MM_ATTRIBUTES_H
#define MATCHMAKING_MM_ATTRIBUTES_H

#include "json.h"

enum mm_attribute_type {
    MM_ATTRIBUTE_STRING,
    MM_ATTRIBUTE_NUMBER,
    MM_ATTRIBUTE_STRING_LIST,
    MM_ATTRIBUTE_STRING_NUMBER_MAP,
};

/* {"skill":{"N":1500},...}: shapes and limits. 0, or ERR_INVALID and a sentence whose path begins with `path`. */
int mm_attributes_check(json_object *attributes, const char *path, char *error);

/* A value of this type, without the member that names the type. */
int mm_attribute_check_value(enum mm_attribute_type type, json_object *value, const char *path, char *error);

/* The member that carries a value of this type: "S", "N", "SL" or "SDM". */
const char *mm_attribute_key(enum mm_attribute_type type);

#endif
