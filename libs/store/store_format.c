/* store_format.c - see store_format.h. */
#include "store_format.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <string.h>

#include "err.h"
#include "store_script.h"

#define WORDS_MAX (STORE_ARGS_MAX + 3) /* EVALSHA, sha, number of keys */

char *store_format(int argc, const char *const *argv, const size_t *lens, size_t *len)
{
    const char *copy[WORDS_MAX];
    char *command;
    int rc;

    ASSERT(argc > 0 && (size_t)argc <= sizeof(copy) / sizeof(copy[0]));
    memcpy(copy, argv, (size_t)argc * sizeof(copy[0])); /* hiredis' parameter lacks a const */
    rc = redisFormatCommandArgv(&command, argc, copy, lens);
    ASSERT(rc > 0); /* out of memory */
    *len = (size_t)rc;
    return command;
}

char *store_format_script(struct store_script *script, int key_count, int argc, const char *const *argv,
                          const size_t *lens, size_t *len)
{
    char keys[16];
    const char *full[WORDS_MAX] = {"EVALSHA", script_sha(script), keys};
    size_t full_lens[WORDS_MAX] = {strlen("EVALSHA"), strlen(script->sha)};

    full_lens[2] = (size_t)snprintf(keys, sizeof(keys), "%d", key_count);
    for (int i = 0; i < argc; i++) {
        full[3 + i] = argv[i];
        full_lens[3 + i] = lens != NULL ? lens[i] : strlen(argv[i]);
    }
    return store_format(argc + 3, full, full_lens, len);
}
