#include <string.h>

#include "mem.h"
#include "mm_ruleset_reader.h"

#define ATTRIBUTES_MAX 100

static const char *const type_names[] = {
    [MM_ATTRIBUTE_STRING] = "string",
    [MM_ATTRIBUTE_NUMBER] = "number",
    [MM_ATTRIBUTE_STRING_LIST] = "string_list",
    [MM_ATTRIBUTE_STRING_NUMBER_MAP] = "string_number_map",
};
enum { TYPE_COUNT = sizeof(type_names) / sizeof(type_names[0]) };

static void read_default(const struct mm_node *n, struct mm_attribute *a)
{
    char error[JSON_ERROR_SIZE];

    if (!mm_node_has(n, "default"))
        return;
    a->fallback = mm_node_get(n, "default");
    (void)mm_node_took(n, mm_attribute_check_value(a->type, a->fallback, ".default", error), error);
}

static bool read_attribute(struct mm_reader *rd, const struct mm_node *n, struct mm_attribute *a)
{
    static const char *const members[] = {"name", "type", "default", NULL};
    const char *name = NULL;
    int type = 0;
    bool named, typed;

    a->name = "";
    if (!mm_node_is_object(n))
        return false;
    (void)mm_node_only(n, members, NULL);
    named = mm_node_name(n, "name", &name);
    if (named && mm_ruleset_attribute(rd->r, name) != MM_NEVER)
        mm_node_problem(n, "name", "\"%.*s\" is another attribute's name", mm_shown(name, strlen(name)), name);
    typed = mm_node_word(n, "type", type_names, TYPE_COUNT, &type);
    a->type = (enum mm_attribute_type)type;
    if (typed)
        read_default(n, a);
    if (named)
        a->name = name;
    return named && typed;
}

void mm_read_attributes(struct mm_reader *rd)
{
    size_t errors = rd->root.problems->errors;
    size_t n = mm_node_list_opt(&rd->root, "playerAttributes", ATTRIBUTES_MAX);

    rd->attributes_broken = rd->root.problems->errors > errors;
    rd->r->attributes = mem_alloc(n * sizeof(*rd->r->attributes));
    for (size_t i = 0; i < n; i++) {
        struct mm_node at = mm_node_element(&rd->root, "playerAttributes", i);

        if (!read_attribute(rd, &at, &rd->r->attributes[i]))
            rd->attributes_broken = true;
        rd->r->attribute_count++;
    }
}

static void refuse_type(const struct mm_node *n, const char *key, const struct mm_attribute *a, unsigned types)
{
    const char *allowed[TYPE_COUNT];
    char list[MM_PATH_SIZE];
    size_t count = 0;

    for (size_t i = 0; i < TYPE_COUNT; i++) {
        if ((types & 1u << i) != 0)
            allowed[count++] = type_names[i];
    }
    mm_node_problem(n, key, "must name an attribute of type %s, and \"%.*s\" is a %s", mm_words(list, allowed, count),
                    mm_shown(a->name, strlen(a->name)), a->name, type_names[a->type]);
}

bool mm_use_attribute(struct mm_reader *rd, const struct mm_node *n, const char *key, const char *name, unsigned types,
                      size_t *out)
{
    int found = mm_ruleset_attribute(rd->r, name);

    if (rd->attributes_broken)
        return false;
    if (found == MM_NEVER) {
        mm_node_problem(n, key, "attribute \"%.*s\" is not declared in playerAttributes", mm_shown(name, strlen(name)),
                        name);
        return false;
    }
    if ((types & 1u << rd->r->attributes[found].type) == 0) {
        refuse_type(n, key, &rd->r->attributes[found], types);
        return false;
    }
    rd->r->attributes[found].used = true;
    *out = (size_t)found;
    return true;
}
