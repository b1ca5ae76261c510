#include "shapes.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "mem.h"

struct shapes {
    char *shape;
    size_t count;
    UT_hash_handle hh;
};

void shapes_add(struct shapes **s, const char *shape)
{
    struct shapes *one;

    HASH_FIND_STR(*s, shape, one);
    if (one == NULL) {
        one = MEM_NEW(struct shapes);
        one->shape = mem_strdup(shape);
        HASH_ADD_KEYPTR(hh, *s, one->shape, strlen(one->shape), one);
    }
    one->count++;
}

static int by_count(const struct shapes *a, const struct shapes *b)
{
    return a->count == b->count ? strcmp(a->shape, b->shape) : a->count < b->count ? 1 : -1;
}

void shapes_print(struct shapes **s, struct buf *out)
{
    HASH_SORT(*s, by_count);
    for (const struct shapes *one = *s; one != NULL; one = one->hh.next)
        buf_printf(out, "%8zu %s of %s\n", one->count, one->count == 1 ? "match" : "matches", one->shape);
}

void shapes_free(struct shapes **s)
{
    struct shapes *one = *s;

    HASH_CLEAR(hh, *s);
    while (one != NULL) {
        struct shapes *next = one->hh.next; /* clearing a table leaves its elements linked */

        free(one->shape);
        free(one);
        one = next;
    }
}
