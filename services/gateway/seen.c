#include "seen.h"

#include <stdlib.h>

#include "id.h"
#include "mem.h"

#define SEEN_FIRST 8

static void seen_remember(struct seen *s, uint64_t hash)
{
    if (s->count == SEEN_MAX) {
        s->hashes[s->oldest] = hash;
        s->oldest = (s->oldest + 1) % SEEN_MAX;
        return;
    }
    if (s->count == s->size) {
        s->size = s->size == 0 ? SEEN_FIRST : s->size * 2;
        s->hashes = mem_realloc(s->hashes, s->size, sizeof(*s->hashes));
    }
    s->hashes[s->count++] = hash;
}

bool seen_add(struct seen *s, const char *id, size_t len)
{
    uint64_t hash = id_hash(id, len);

    for (uint32_t i = 0; i < s->count; i++) {
        if (s->hashes[i] == hash)
            return false;
    }
    seen_remember(s, hash);
    return true;
}

void seen_free(struct seen *s)
{
    free(s->hashes);
    *s = (struct seen){0};
}
