/* players_redis.c - see players_redis.h. */
#include "players_redis.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "err.h"

const char *players_key(char out[PLAYERS_KEY_SIZE], const char *kind, const char *name)
{
    int len = snprintf(out, PLAYERS_KEY_SIZE, "%s:{%s}", kind, name);

    ASSERT(len > 0 && len < PLAYERS_KEY_SIZE); /* ids are checked at the door */
    return out;
}

const char *players_number(char out[PLAYERS_NUMBER_SIZE], int64_t n)
{
    (void)snprintf(out, PLAYERS_NUMBER_SIZE, "%" PRId64, n);
    return out;
}

bool players_ok(const struct store_reply *r)
{
    return r != NULL && store_reply_error(r) == NULL;
}

const char *players_text(const struct store_reply *r, size_t i, const char *otherwise)
{
    const char *text = store_reply_str(store_reply_at(r, i), NULL);

    return text != NULL ? text : otherwise;
}

int64_t players_int(const struct store_reply *r, size_t i, int64_t otherwise)
{
    const struct store_reply *element = store_reply_at(r, i);
    const char *text = store_reply_str(element, NULL);

    return text != NULL ? strtoll(text, NULL, 10) : store_reply_int(element, otherwise);
}
