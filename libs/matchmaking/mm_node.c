#include "mm_node.h"

#include <json-c/linkhash.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"

bool mm_node_took(const struct mm_node *n, int rc, const char *error)
{
    const char *colon;
    char path[MM_PATH_SIZE];

    if (rc == 0)
        return true;
    colon = strstr(error, ": ");
    mm_path(path, "%s%.*s", n->path, (int)(colon - error), error);
    mm_problem(n->problems, path, "%s", colon + 2);
    return false;
}

struct mm_node mm_node_element(const struct mm_node *parent, const char *key, size_t i)
{
    struct mm_node n = {.problems = parent->problems};

    n.o = json_object_array_get_idx(json_object_object_get(parent->o, key), i);
    mm_path(n.path, "%s.%s[%zu]", parent->path, key, i);
    return n;
}

bool mm_node_is_object(const struct mm_node *n)
{
    char error[JSON_ERROR_SIZE];

    return mm_node_took(n, mm_shape_object(n->o, "", NULL, error), error);
}

static bool is_listed(const char *name, const char *const *list)
{
    for (; list != NULL && *list != NULL; list++) {
        if (strcmp(name, *list) == 0)
            return true;
    }
    return false;
}

static void add_words(struct buf *out, const char *const *list)
{
    for (; list != NULL && *list != NULL; list++)
        buf_printf(out, "%s%s", out->len == 0 ? "" : ", ", *list);
}

bool mm_node_only(const struct mm_node *n, const char *const *members, const char *const *more)
{
    struct buf known = {0};
    bool all = true;

    add_words(&known, members);
    add_words(&known, more);
    json_object_object_foreach(n->o, name, value)
    {
        (void)value;
        if (is_listed(name, members) || is_listed(name, more))
            continue;
        mm_node_problem(n, NULL, "unknown member \"%.*s\"; known are %s", mm_shown(name, strlen(name)), name,
                        known.data);
        all = false;
    }
    buf_free(&known);
    return all;
}

bool mm_node_has(const struct mm_node *n, const char *key)
{
    return json_object_object_get_ex(n->o, key, NULL);
}

json_object *mm_node_get(const struct mm_node *n, const char *key)
{
    return json_object_object_get(n->o, key);
}

bool mm_node_name(const struct mm_node *n, const char *key, const char **out)
{
    char error[JSON_ERROR_SIZE];

    return mm_node_took(n, json_get_str(n->o, "", key, 1, MM_LABEL_MAX_BYTES, out, error), error);
}

bool mm_node_text(const struct mm_node *n, const char *key, const char **out)
{
    char error[JSON_ERROR_SIZE];

    return mm_node_took(n, json_get_str(n->o, "", key, 0, MM_TEXT_MAX_BYTES, out, error), error);
}

bool mm_node_text_opt(const struct mm_node *n, const char *key, const char **out)
{
    return !mm_node_has(n, key) || mm_node_text(n, key, out);
}

bool mm_node_int(const struct mm_node *n, const char *key, int64_t min, int64_t max, int64_t *out)
{
    char error[JSON_ERROR_SIZE];

    return mm_node_took(n, json_get_int(n->o, "", key, min, max, out, error), error);
}

bool mm_node_int_opt(const struct mm_node *n, const char *key, int64_t min, int64_t max, int64_t *out)
{
    return !mm_node_has(n, key) || mm_node_int(n, key, min, max, out);
}

bool mm_node_word(const struct mm_node *n, const char *key, const char *const *words, size_t count, int *out)
{
    const char *word = NULL;
    char list[MM_PATH_SIZE];

    if (!mm_node_name(n, key, &word))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, words[i]) == 0) {
            *out = (int)i;
            return true;
        }
    }
    mm_node_problem(n, key, "must be %s, is \"%.*s\"", mm_words(list, words, count), mm_shown(word, strlen(word)),
                    word);
    return false;
}

bool mm_node_word_opt(const struct mm_node *n, const char *key, const char *const *words, size_t count, int *out)
{
    return !mm_node_has(n, key) || mm_node_word(n, key, words, count, out);
}

size_t mm_node_list(const struct mm_node *n, const char *key, size_t min, size_t max)
{
    char error[JSON_ERROR_SIZE];
    json_object *list = NULL;

    return mm_node_took(n, json_get_array(n->o, "", key, min, max, &list, error), error)
               ? json_object_array_length(list)
               : 0;
}

size_t mm_node_list_opt(const struct mm_node *n, const char *key, size_t max)
{
    return mm_node_has(n, key) ? mm_node_list(n, key, 0, max) : 0;
}

bool mm_node_string(const struct mm_node *n, const char *key, size_t i, char at[MM_PATH_SIZE], const char **out)
{
    json_object *element = json_object_array_get_idx(mm_node_get(n, key), i);

    mm_path(at, "%s[%zu]", key, i);
    if (json_object_is_type(element, json_type_string) && json_object_get_string_len(element) > 0) {
        *out = json_object_get_string(element);
        return true;
    }
    mm_node_problem(n, at, "must be a string that is not empty, is %s", mm_shape_type(element));
    return false;
}

typedef void problem_fn(struct mm_problems *, const char *path, const char *format, ...);

static void report(const struct mm_node *n, const char *key, problem_fn *add, const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));
static void report(const struct mm_node *n, const char *key, problem_fn *add, const char *format, va_list args)
{
    char path[MM_PATH_SIZE], text[MM_PROBLEM_SIZE];

    (void)vsnprintf(text, sizeof(text), format, args);
    add(n->problems, key == NULL ? n->path : mm_path(path, "%s.%s", n->path, key), "%s", text);
}

void mm_node_problem(const struct mm_node *n, const char *key, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    report(n, key, mm_problem, format, args);
    va_end(args);
}

void mm_node_note(const struct mm_node *n, const char *key, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    report(n, key, mm_problem_note, format, args);
    va_end(args);
}

const char *mm_words(char out[MM_PATH_SIZE], const char *const *words, size_t count)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < count && len < MM_PATH_SIZE; i++) {
        const char *between = i == 0 ? "" : i + 1 == count ? " or " : ", ";

        len += (size_t)snprintf(out + len, MM_PATH_SIZE - len, "%s%s", between, words[i]);
    }
    return out;
}
