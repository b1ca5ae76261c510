/*
 * mm_shape.h - internal: what every reader of JSON here asks first, and how places are written. Errors as in json.h.
 */
#ifndef MATCHMAKING_MM_SHAPE_H
#define MATCHMAKING_MM_SHAPE_H

#include "json.h"

#define MM_PATH_SIZE 192 /* longer paths are cut: they are for people */

const char *mm_path(char out[MM_PATH_SIZE], const char *format, ...) __attribute__((format(printf, 2, 3))); /* out */

/* How many bytes of text to show of what was found: for "%.*s", at most 60, whole characters only. */
int mm_shown(const char *text, size_t len);

const char *mm_shape_type(json_object *o); /* "string", "null", ...: what was found, for error texts */

/* ERR_INVALID unless o is an object with no members but the allowed ones (a NULL-terminated list; NULL: any). */
int mm_shape_object(json_object *o, const char *path, const char *const *allowed, char *error);

/* An array member of at most max elements; *out stays as it was when it is absent. */
int mm_shape_array_opt(json_object *o, const char *path, const char *key, size_t max, json_object **out, char *error);

/* A string member of 1..128 of [a-zA-Z0-9-.]: FlexMatch's alphabet of ticket ids and resource names alike. */
int mm_shape_name(json_object *o, const char *path, const char *key, const char **out, char *error);

/* A string member that id_player_valid takes. */
int mm_shape_player(json_object *o, const char *path, const char *key, const char **out, char *error);

/* *out: which of the names text is (NULL is none of them); the error lists them. */
int mm_shape_choice(const char *text, const char *path, const char *const *names, int count, int *out, char *error);

#endif
