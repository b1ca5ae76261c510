/* generation_keys.c - see generation_keys.h. */
#include "generation_keys.h"

#include <stdio.h>
#include <string.h>

/* Of numbers as hash tags, the first in each GENERATION_KEYS-th of the slots. */
static void spread(char out[GENERATION_KEYS][GENERATION_KEY_SIZE])
{
    char key[GENERATION_KEY_SIZE];
    size_t found = 0;

    memset(out, 0, GENERATION_KEYS * sizeof(out[0]));
    for (unsigned n = 0; found < GENERATION_KEYS; n++) {
        size_t len = (size_t)snprintf(key, sizeof(key), "generation:{%u}", n);
        size_t at = store_slot(key, len) * GENERATION_KEYS / STORE_SLOTS;

        if (out[at][0] != '\0')
            continue;
        memcpy(out[at], key, sizeof(key));
        found++;
    }
}

size_t generation_keys(bool cluster, char out[GENERATION_KEYS][GENERATION_KEY_SIZE])
{
    if (cluster) {
        spread(out);
        return GENERATION_KEYS;
    }
    (void)snprintf(out[0], GENERATION_KEY_SIZE, "generation");
    return 1;
}
