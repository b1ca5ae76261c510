/* store_script.c - see store_script.h. */
#include "store_script.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

bool script_set_add(struct script_set *set, const struct store_script *script)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->items[i] == script)
            return false;
    }
    set->items = mem_realloc(set->items, set->count + 1, sizeof(struct store_script *));
    set->items[set->count++] = script;
    return true;
}

void script_set_clear(struct script_set *set)
{
    free(set->items);
    *set = (struct script_set){0};
}

const char *script_sha(struct store_script *script)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[SHA_DIGEST_LENGTH];

    if (script->sha[0] != '\0')
        return script->sha;
    SHA1((const unsigned char *)script->text, strlen(script->text), digest);
    for (size_t i = 0; i < sizeof(digest); i++) {
        script->sha[2 * i] = hex[digest[i] >> 4];
        script->sha[2 * i + 1] = hex[digest[i] & 15];
    }
    return script->sha;
}
