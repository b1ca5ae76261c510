/*
 * mm_node.h - internal: an object of a document whose every problem is wanted, and where it stands. Pure.
 *
 * Each reader adds a problem with its place and returns false when the member is not as it must be; *_opt return true
 * and leave *out as it was when the member is absent. What is read points into the document.
 */
#ifndef MATCHMAKING_MM_NODE_H
#define MATCHMAKING_MM_NODE_H

#include "json.h"
#include "mm_problems.h"
#include "mm_shape.h"

#define MM_LABEL_MAX_BYTES 1024  /* names and words in a rule set */
#define MM_TEXT_MAX_BYTES  65535 /* a rule set whole: FlexMatch's limit, and so that of a text in it */

struct mm_node {
    json_object *o;
    struct mm_problems *problems;
    char path[MM_PATH_SIZE];
};

/* Element i of the array member `key` of parent, which is there. */
struct mm_node mm_node_element(const struct mm_node *parent, const char *key, size_t i);

bool mm_node_is_object(const struct mm_node *n);
/* Every member is in one of the two NULL-terminated lists; more may be NULL. */
bool mm_node_only(const struct mm_node *n, const char *const *members, const char *const *more);
bool mm_node_has(const struct mm_node *n, const char *key);
json_object *mm_node_get(const struct mm_node *n, const char *key); /* NULL: absent, or null */

bool mm_node_name(const struct mm_node *n, const char *key, const char **out); /* 1 to MM_LABEL_MAX_BYTES */
bool mm_node_text(const struct mm_node *n, const char *key, const char **out); /* may be empty */
bool mm_node_text_opt(const struct mm_node *n, const char *key, const char **out);
bool mm_node_int(const struct mm_node *n, const char *key, int64_t min, int64_t max, int64_t *out);
bool mm_node_int_opt(const struct mm_node *n, const char *key, int64_t min, int64_t max, int64_t *out);
/* One of words[0..count); *out is its index. */
bool mm_node_word(const struct mm_node *n, const char *key, const char *const *words, size_t count, int *out);
bool mm_node_word_opt(const struct mm_node *n, const char *key, const char *const *words, size_t count, int *out);
/* How many elements an array member has; 0 when it is absent or is no array of min to max elements. */
size_t mm_node_list(const struct mm_node *n, const char *key, size_t min, size_t max);
size_t mm_node_list_opt(const struct mm_node *n, const char *key, size_t max);
/* Element i of the array member `key`: a string that is not empty. at: "key[i]", for further problems. */
bool mm_node_string(const struct mm_node *n, const char *key, size_t i, char at[MM_PATH_SIZE], const char **out);

/* True when rc is 0; else error, which begins with a path from n on (".default: sentence"), is a problem. */
bool mm_node_took(const struct mm_node *n, int rc, const char *error);

/* A problem of the member `key`, or of the object itself when key is NULL. */
void mm_node_problem(const struct mm_node *n, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void mm_node_note(const struct mm_node *n, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "a, b or c", cut when it is long; the caller's buffer. */
const char *mm_words(char out[MM_PATH_SIZE], const char *const *words, size_t count);

#endif
