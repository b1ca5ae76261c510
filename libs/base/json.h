/*
 * json.h - strict JSON on top of json-c: what RFC 8259 allows and no more.
 *
 * json-c's strict mode still takes single quotes, NaN, Infinity, duplicate keys (last wins), 1e400 (inf) and, unless
 * asked, broken UTF-8. json_parse refuses all of these, and anything but white space after the value, and more than
 * JSON_DEPTH_MAX levels. A string with an embedded NUL ("\u0000") or a lone surrogate is refused too: nothing here can
 * hold one.
 *
 * Reading  the json_get_* helpers take a `path` for the error text, so that a fault is named by its place:
 *          "$.teams[0].minPlayers: must be an integer from 0 to 200, is \"x\"".
 * Threads  any, but a value belongs to one.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <json-c/json_object.h>
#include <json-c/json_object_iterator.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX  32
#define JSON_ERROR_SIZE 256

/*
 * Parses exactly one value from text[0..len). 0 and *out (the caller calls json_object_put), or ERR_INVALID and a
 * sentence in error with the byte offset, and the line unless it is the first. error may be NULL. The JSON value null
 * gives 0 and *out == NULL.
 */
int json_parse(const char *text, size_t len, json_object **out, char error[JSON_ERROR_SIZE]);

bool json_utf8_valid(const char *text, size_t len);

/* Where a value was read, for error texts. Writes "PATH: " and the sentence; returns ERR_INVALID always. */
int json_fail(char error[JSON_ERROR_SIZE], const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Member look-up in object `o`; the error text names path.key. Each returns 0, or ERR_INVALID with error filled.
 * *_opt leave *out as it was when the member is absent (0). Strings are owned by `o`; min/max are bytes.
 */
int json_get_str(json_object *o, const char *path, const char *key, size_t min, size_t max, const char **out,
                 char *error);
int json_get_str_opt(json_object *o, const char *path, const char *key, size_t min, size_t max, const char **out,
                     char *error);
int json_get_int(json_object *o, const char *path, const char *key, int64_t min, int64_t max, int64_t *out,
                 char *error);
int json_get_int_opt(json_object *o, const char *path, const char *key, int64_t min, int64_t max, int64_t *out,
                     char *error);
int json_get_num(json_object *o, const char *path, const char *key, double *out, char *error);
int json_get_bool(json_object *o, const char *path, const char *key, bool *out, char *error);
int json_get_bool_opt(json_object *o, const char *path, const char *key, bool *out, char *error);
int json_get_array(json_object *o, const char *path, const char *key, size_t min, size_t max, json_object **out,
                   char *error);
int json_get_object_opt(json_object *o, const char *path, const char *key, json_object **out, char *error);

/* Refuses members that are not in the NULL-terminated list; the error names the first one and the list. */
int json_only(json_object *o, const char *path, const char *const *allowed, char *error);

/* Compact text of a value, appended to what the caller holds; the string lives as long as o is not changed. */
const char *json_text(json_object *o, size_t *len);

#endif
